import type { Insertable, Selectable } from 'kysely';
import { incidentKey, incidentOf } from '../../request/ask/incident';
import type { ExitFacts } from '../../request/batch/outcome-of-target';
import type { LiveResponseRequest, RequestId, State } from '../../request/request';
import { sinceOf } from '../../request/since';
import { restsUntil } from '../../request/waiting';
import { wakeAt } from '../../request/wake-at';
import { firstOf, prepared } from '../engine/prepared';
import type { Db, RequestsTable } from '../engine/tables';
import { findPruned } from '../history/pruned';
import { StoreError } from '../store-error';
import type { ReaderMethods, WriterMethods } from './methods';
import { queueColumns } from './queue';

/** A request with its version for compare-and-swap. */
export interface Stored {
  readonly request: LiveResponseRequest;
  readonly version: number;
}

export interface StoredTarget extends Stored {
  readonly results: readonly ExitFacts[];
}

export interface RequestReader {
  request(id: RequestId): Promise<Stored | null>;
  /** Oldest first. */
  requestsIn(states: readonly State[]): Promise<readonly Stored[]>;
  /** Newest first, at most `limit`, of all tenants unless given. Targets of batches are there only where the device is given: elsewhere their batch stands for them. */
  recentRequests(
    filter: {
      readonly tenantId?: string;
      readonly machineId?: string;
      readonly requesterId?: string;
      readonly conversationId?: string;
      /** By its id, without case. */
      readonly incident?: string;
      readonly states?: readonly State[];
    },
    limit: number,
  ): Promise<readonly Stored[]>;
  /** The targets of a batch that were let go, by their number, with what their results say. */
  targets(batchId: RequestId): Promise<readonly StoredTarget[]>;
  /** Open requests whose clock is due at or before `now`. */
  requestsDue(now: number): Promise<readonly Stored[]>;
  countByState(): Promise<Readonly<Partial<Record<State, number>>>>;
}

export interface RequestWriter {
  /** Locked until the transaction ends: whoever else wants to change it waits, and then sees it as this transaction leaves it. */
  request(id: RequestId): Promise<Stored | null>;
  /** Throws `StoreError('store.duplicateId')` when the id is taken. */
  insertRequest(request: LiveResponseRequest): Promise<void>;
  /** Compare-and-swap; throws `StoreError('store.conflict')` when the stored version is another one. */
  saveRequest(request: LiveResponseRequest, expectedVersion: number): Promise<void>;
}

export const requestReader: ReaderMethods<RequestReader> = {
  async request(id) {
    return toStored(await firstOf(selectRequest(this.db, { id })));
  },
  async requestsIn(states) {
    if (states.length === 0) return [];
    const query = this.db.selectFrom('requests').select(stored).where('state', 'in', states).orderBy('seq');
    return (await query.execute()).map(rowToStored);
  },
  async recentRequests({ tenantId, machineId, requesterId, conversationId, incident, states }, limit) {
    let query = this.db.selectFrom('requests').select(stored).orderBy('seq', 'desc').limit(limit);
    if (tenantId !== undefined) query = query.where('tenant_id', '=', tenantId);
    if (machineId === undefined) query = query.where('batch_id', 'is', null);
    else query = query.where('machine_id', '=', machineId);
    if (requesterId !== undefined) query = query.where('requester_id', '=', requesterId);
    if (conversationId !== undefined) query = query.where('conversation_id', '=', conversationId);
    if (incident !== undefined) query = query.where('incident', '=', incidentKey(incident));
    if (states !== undefined) query = query.where('state', 'in', states);
    return (await query.execute()).map(rowToStored);
  },
  async targets(batchId) {
    const { rows } = await selectTargets(this.db, { batchId });
    const results = (await selectTargetResults(this.db, { batchId })).rows;
    return rows
      .map(rowToStored)
      .map((one) => ({
        ...one,
        results: results
          .filter((row) => row.request_id === one.request.id)
          .map((row) => {
            const { index, command, exitCode }: ExitFacts = JSON.parse(row.body);
            return { index, command, exitCode };
          }),
      }))
      .sort((a, b) => (a.request.target?.number ?? 0) - (b.request.target?.number ?? 0));
  },
  async requestsDue(now) {
    return (await selectDue(this.db, { now })).rows.map(rowToStored);
  },
  async countByState() {
    const rows = await this.db
      .selectFrom('requests')
      .select((e) => ['state', e.fn.countAll<number>().as('count')])
      .groupBy('state')
      .execute();
    return Object.fromEntries(rows.map((row) => [row.state, row.count]));
  },
};

export const requestWriter: WriterMethods<RequestWriter> = {
  async request(id) {
    return toStored(await firstOf(selectRequestToChange(this.db, { id }, this.engine.forUpdate)));
  },
  async insertRequest(request) {
    const { id } = request;
    if ((await findPruned(this.db, id)) !== null) throw idTaken(id); // guard: pruned-id-is-not-given-again
    const row = {
      id,
      version: 1,
      tenant_id: request.tenantId,
      // A batch has no device of its own: its targets do.
      machine_id: request.batch === undefined ? request.device.machineId : '',
      batch_id: request.target?.of ?? null,
      requester_id: request.requester.id,
      conversation_id: request.conversationId,
      ...changing(request),
    };
    if ((await firstOf(insertNew(this.db, row))) === undefined) throw idTaken(id);
  },
  async saveRequest(request, expectedVersion) {
    const { id } = request;
    const change = { id, expectedVersion, version: expectedVersion + 1, ...changing(request) };
    if ((await updateRequest(this.db, change)).numAffectedRows === 0n)
      throw new StoreError(
        'store.conflict',
        `Request ${id} is not at version ${expectedVersion}: somebody else changed it. Read it again and decide anew.`,
      );
  },
};

const stored = ['version', 'body'] as const;

const requestById = (db: Db, { id }: { readonly id: RequestId }) =>
  db.selectFrom('requests').select(stored).where('id', '=', id);

const selectRequest = prepared(requestById);

const selectRequestToChange = prepared((db, given: { readonly id: RequestId }, forUpdate) =>
  forUpdate(requestById(db, given)),
);

const selectDue = prepared((db, { now }: { now: number }) =>
  db.selectFrom('requests').select(stored).where('wake_at', '<=', now).orderBy('wake_at').orderBy('seq'),
);

const selectTargets = prepared((db, { batchId }: { batchId: RequestId }) =>
  db.selectFrom('requests').select(stored).where('batch_id', '=', batchId),
);

const selectTargetResults = prepared((db, { batchId }: { batchId: RequestId }) =>
  db
    .selectFrom('results')
    .innerJoin('requests', 'requests.id', 'results.request_id')
    .select(['results.request_id', 'results.body'])
    .where('requests.batch_id', '=', batchId),
);

export const findNextWake = async (db: Db): Promise<number | null> =>
  (await firstOf(selectNextWake(db, {})))?.at ?? null;

const selectNextWake = prepared((db) =>
  db
    .selectFrom('requests')
    .select((e) => e.fn.min('wake_at').as('at'))
    .where('wake_at', 'is not', null),
);

const insertNew = prepared((db, row: Insertable<RequestsTable>) =>
  db
    .insertInto('requests')
    .values(row)
    .onConflict((c) => c.column('id').doNothing())
    .returning('seq'),
);

const idTaken = (id: RequestId): StoreError =>
  new StoreError('store.duplicateId', `The request id ${id} is taken. Draw another one.`);

type Change = { id: RequestId; expectedVersion: number; version: number } & ReturnType<typeof changing>;

const updateRequest = prepared((db, { id, expectedVersion, ...row }: Change) =>
  db.updateTable('requests').set(row).where('id', '=', id).where('version', '=', expectedVersion),
);

type StoredRow = Pick<Selectable<RequestsTable>, (typeof stored)[number]>;

const rowToStored = (row: StoredRow): Stored => ({ request: JSON.parse(row.body), version: row.version });
const toStored = (row: StoredRow | undefined): Stored | null => (row === undefined ? null : rowToStored(row));

const keyOf = (incident: string | null): string | null => (incident === null ? null : incidentKey(incident));

const changing = (request: LiveResponseRequest) => ({
  incident: keyOf(incidentOf(request)),
  state: request.state,
  wake_at: wakeAt(request),
  ...queueColumns(request),
  rests_until: restsUntil(request),
  state_since: sinceOf(request),
  body: JSON.stringify(request),
});
