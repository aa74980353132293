import type { Insertable, Selectable } from 'kysely';
import type { LiveResponseRequest, RequestId, State } from '../../request/request';
import { sinceOf } from '../../request/since';
import { restsUntil } from '../../request/waiting';
import { wakeAt } from '../../request/wake-at';
import type { Engine } from '../engine/engine';
import { firstOf, prepared } from '../engine/prepared';
import type { Db, RequestsTable } from '../engine/tables';
import { findPruned } from '../history/pruned';
import { type Reader, type Stored, StoreError } from '../store';
import { queueColumns } from './queue';

export async function findRequest(db: Db, id: RequestId, forUpdate?: Engine['forUpdate']): Promise<Stored | null> {
  const row = await firstOf(
    forUpdate === undefined ? selectRequest(db, { id }) : selectRequestToChange(db, { id }, forUpdate),
  );
  return row === undefined ? null : rowToStored(row);
}

const requestById = (db: Db, { id }: { readonly id: RequestId }) =>
  db.selectFrom('requests').select(['version', 'body']).where('id', '=', id);

const selectRequest = prepared(requestById);

const selectRequestToChange = prepared((db, given: { readonly id: RequestId }, forUpdate) =>
  forUpdate(requestById(db, given)),
);

export async function findRequestsIn(db: Db, states: readonly State[]): Promise<readonly Stored[]> {
  if (states.length === 0) return [];
  const rows = await db.selectFrom('requests').select(stored).where('state', 'in', states).orderBy('seq').execute();
  return rows.map(rowToStored);
}

export async function findRecentRequests(
  db: Db,
  filter: Parameters<Reader['recentRequests']>[0],
  limit: number,
): Promise<readonly Stored[]> {
  let query = db.selectFrom('requests').select(stored).orderBy('seq', 'desc').limit(limit);
  if (filter.tenantId !== undefined) query = query.where('tenant_id', '=', filter.tenantId);
  if (filter.machineId !== undefined) query = query.where('machine_id', '=', filter.machineId);
  if (filter.requesterId !== undefined) query = query.where('requester_id', '=', filter.requesterId);
  if (filter.conversationId !== undefined) query = query.where('conversation_id', '=', filter.conversationId);
  if (filter.states !== undefined) query = query.where('state', 'in', filter.states);
  return (await query.execute()).map(rowToStored);
}

export async function findRequestsDue(db: Db, now: number): Promise<readonly Stored[]> {
  const { rows } = await selectRequestsDue(db, { now });
  return rows.map(rowToStored);
}

const selectRequestsDue = prepared((db, { now }: { now: number }) =>
  db.selectFrom('requests').select(['version', 'body']).where('wake_at', '<=', now).orderBy('wake_at').orderBy('seq'),
);

export const findNextWake = async (db: Db): Promise<number | null> =>
  (await firstOf(selectNextWake(db, {})))?.at ?? null;

const selectNextWake = prepared((db) =>
  db
    .selectFrom('requests')
    .select((e) => e.fn.min('wake_at').as('at'))
    .where('wake_at', 'is not', null),
);

export async function countRequestsByState(db: Db): Promise<Partial<Record<State, number>>> {
  const rows = await db
    .selectFrom('requests')
    .select((e) => ['state', e.fn.countAll<number>().as('count')])
    .groupBy('state')
    .execute();
  return Object.fromEntries(rows.map((row) => [row.state, row.count]));
}

export async function insertRequest(db: Db, request: LiveResponseRequest): Promise<void> {
  if ((await findPruned(db, request.id)) !== null) throw idTaken(request.id); // guard: pruned-id-is-not-given-again
  const row = {
    id: request.id,
    version: 1,
    tenant_id: request.tenantId,
    machine_id: request.device.machineId,
    requester_id: request.requester.id,
    conversation_id: request.conversationId,
    ...changing(request),
  };
  if ((await firstOf(insertNew(db, row))) === undefined) throw idTaken(request.id);
}

const insertNew = prepared((db, row: Insertable<RequestsTable>) =>
  db
    .insertInto('requests')
    .values(row)
    .onConflict((c) => c.column('id').doNothing())
    .returning('seq'),
);

const idTaken = (id: RequestId): StoreError =>
  new StoreError('store.duplicateId', `The request id ${id} is taken. Draw another one.`);

export async function saveRequest(db: Db, request: LiveResponseRequest, expectedVersion: number): Promise<void> {
  const { numAffectedRows } = await updateRequest(db, {
    id: request.id,
    expectedVersion,
    version: expectedVersion + 1,
    ...changing(request),
  });
  if (numAffectedRows === 0n) {
    throw new StoreError(
      'store.conflict',
      `Request ${request.id} is not at version ${expectedVersion}: somebody else changed it. Read it again and decide anew.`,
    );
  }
}

const updateRequest = prepared(
  (
    db,
    {
      id,
      expectedVersion,
      ...row
    }: { id: RequestId; expectedVersion: number; version: number } & ReturnType<typeof changing>,
  ) => db.updateTable('requests').set(row).where('id', '=', id).where('version', '=', expectedVersion),
);

const stored = ['version', 'body'] as const;

const rowToStored = (row: Pick<Selectable<RequestsTable>, (typeof stored)[number]>): Stored => ({
  request: JSON.parse(row.body) as LiveResponseRequest,
  version: row.version,
});

const changing = (request: LiveResponseRequest) => ({
  state: request.state,
  wake_at: wakeAt(request),
  ...queueColumns(request),
  rests_until: restsUntil(request),
  since: sinceOf(request),
  body: JSON.stringify(request),
});
