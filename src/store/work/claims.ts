import type { ExpressionBuilder, QueryResult, Selectable } from 'kysely';
import type { RequestId } from '../../request/request';
import type { Engine } from '../engine/engine';
import { firstOf, prepared } from '../engine/prepared';
import type { Db, Tables, WorkTable } from '../engine/tables';
import type { ReaderMethods, WriterMethods } from '../rows/methods';
import { findNextWake } from '../rows/requests';
import { StoreError } from '../store-error';
import type { NewWork, WorkType } from './work';

/** A row that may be leased. `tenantId` is that of the conversation that its key names, else of its request. */
export interface DueWork {
  readonly workId: number;
  readonly orderingKey: string | null;
  readonly tenantId: string | null;
}

/** A claimed row. `claims` counts how often it was claimed, this time included: a submit that is claimed twice must not POST again. */
export interface ClaimedWork extends NewWork {
  readonly workId: number;
  /** As it was added; `dueAt` moves with each try. */
  readonly firstDueAt: number;
  readonly claims: number;
  readonly leaseToken: string;
}

interface DueNow {
  readonly types: readonly WorkType[];
  readonly now: number;
}

interface Lease {
  readonly now: number;
  readonly leaseMs: number;
  readonly leaseToken: string;
}

export interface ClaimReader {
  /** Whether this claim still stands: nobody has taken the row over, and its lease has not run out. */
  holdsLease(work: ClaimedWork, now: number): Promise<boolean>;
  /** The earliest instant at which a request's clock or a claimable work row is due; null when nothing waits. */
  nextDueAt(): Promise<number | null>;
  /** Whether `claimWork` would find something: a look that costs no transaction. */
  isWorkDue(types: readonly WorkType[], now: number): Promise<boolean>;
}

export interface ClaimWriter {
  /**
   * Leases due rows: undone, not leased (or the lease ran out), due, and the oldest with their key. Increments `claims`.
   * Leased rows must be ended by one of the three below with their token; a token that lost its lease throws `StoreError('store.leaseLost')`.
   */
  claimWork(options: DueNow & Lease & { readonly limit: number }): Promise<readonly ClaimedWork[]>;
  /** The two halves of `claimWork`, for those who lease only some of what is due: what is not leased stays as it is. */
  dueWork(options: DueNow & { readonly limit: number }): Promise<readonly DueWork[]>;
  leaseWork(workIds: readonly number[], lease: Lease): Promise<readonly ClaimedWork[]>;
  finishWork(work: ClaimedWork, now: number): Promise<void>;
  /** `isApart`: from now on nothing but its own request waits for it. */
  retryWork(work: ClaimedWork, dueAt: number, problem: string, isApart?: boolean): Promise<void>;
  /** Dead letter: kept, counted, never tried again by itself. */
  giveUpWork(work: ClaimedWork, now: number, problem: string): Promise<void>;
  /**
   * Gives a lease back before its time, so that another worker may have the row at once; a lease that was lost is left alone. That it was
   * claimed still counts: a submission that was given back is looked up.
   */
  releaseWork(work: ClaimedWork): Promise<void>;
}

export const claimReader: ReaderMethods<ClaimReader> = {
  async holdsLease(work, now) {
    return (await firstOf(lookForLease(this.db, { ...keyOf(work), now }))) !== undefined;
  },
  async nextDueAt() {
    const found = [await findNextWake(this.db), (await firstOf(selectNextClaimable(this.db, {})))?.at];
    const known = found.filter((at) => at != null);
    return known.length === 0 ? null : Math.min(...known);
  },
  async isWorkDue(types, now) {
    return (await firstOf(lookForWork(this.db, { types, now }))) !== undefined;
  },
};

export const claimWriter: WriterMethods<ClaimWriter> = {
  /** Two statements rather than one, since a locking subquery of an update may be run more than once by PostgreSQL. */
  async claimWork(options) {
    const due = await findDueWork(this.db, this.engine.skipLocked, options);
    return leaseWork(
      this.db,
      due.map((row) => row.workId),
      options,
    );
  },
  dueWork(options) {
    return findDueWork(this.db, this.engine.skipLocked, options);
  },
  leaseWork(ids, lease) {
    return leaseWork(this.db, ids, lease);
  },
  finishWork(work, now) {
    return endLease(work, finish(this.db, { ...keyOf(work), now }));
  },
  async retryWork(work, dueAt, problem, isApart = false) {
    await endLease(work, retry(this.db, { ...keyOf(work), dueAt, problem: storable(problem) }));
    if (isApart) await setApart(this.db, work);
  },
  giveUpWork(work, now, problem) {
    return endLease(work, giveUp(this.db, { ...keyOf(work), now, problem: storable(problem) }));
  },
  async releaseWork(work) {
    await release(this.db, keyOf(work));
  },
};

export async function findDueWork(
  db: Db,
  skipLocked: Engine['skipLocked'],
  { types, now, limit }: DueNow & { readonly limit: number },
): Promise<readonly DueWork[]> {
  if (types.length === 0) return [];
  const { rows } = await selectDueWork(db, { types, now, limit }, skipLocked);
  return rows.map((row) => ({
    workId: row.id,
    orderingKey: row.ordering_key,
    tenantId: row.conversation_tenant ?? row.request_tenant,
  }));
}

const selectDueWork = prepared((db, given: DueNow & { limit: number }, skipLocked) =>
  skipLocked(
    dueWork(db, given)
      .select(['work.id', 'work.ordering_key'])
      .select((e) => [
        e
          .selectFrom('conversations')
          .select('conversations.tenant_id')
          .whereRef('conversations.conversation_id', '=', 'work.ordering_key')
          .as('conversation_tenant'),
        e
          .selectFrom('requests')
          .select('requests.tenant_id')
          .whereRef('requests.id', '=', 'work.request_id')
          .as('request_tenant'),
      ])
      .orderBy('due_at')
      .orderBy('work.id')
      .limit(given.limit),
  ),
);

const lookForWork = prepared((db, given: DueNow) => dueWork(db, given).select('work.id').limit(1));

const dueWork = (db: Db, { types, now }: DueNow) =>
  db
    .selectFrom('work')
    .where('ended_at', 'is', null)
    .where('due_at', '<=', now)
    .where((e) => e.or([e('lease_until', 'is', null), e('lease_until', '<=', now)]))
    .where('type', 'in', types)
    .where(isFirstInOrder);

/** The earliest instant at which `claimWork` over all types would find something. */
const selectNextClaimable = prepared((db) =>
  db
    .selectFrom('work')
    .select((e) =>
      e.fn
        .min(e.case().when('lease_until', '>', e.ref('due_at')).then(e.ref('lease_until')).else(e.ref('due_at')).end())
        .as('at'),
    )
    .where('ended_at', 'is', null)
    .where(isFirstInOrder),
);

/** No undone row with the same key is older, whether it is due, leased or backing off; one that is set apart holds its own request only. */
const isFirstInOrder = (e: ExpressionBuilder<Tables, 'work'>) =>
  e.or([
    e('work.ordering_key', 'is', null),
    e.not(
      e.exists(
        e
          .selectFrom('work as older')
          .select('older.id')
          .whereRef('older.ordering_key', '=', 'work.ordering_key')
          .whereRef('older.id', '<', 'work.id')
          .where('older.ended_at', 'is', null)
          // guard: a-failing-post-holds-its-own-request-only
          .where((o) => o.or([o('older.apart', '=', 0), o('older.request_id', '=', o.ref('work.request_id'))])),
      ),
    ),
  ]);

async function leaseWork(
  db: Db,
  ids: readonly number[],
  { now, leaseMs, leaseToken }: Lease,
): Promise<readonly ClaimedWork[]> {
  if (ids.length === 0) return [];
  const { rows } = await lease(db, { ids, leaseToken, leaseUntil: now + leaseMs });
  return [...rows].sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id)).map((row) => rowToClaimed(row, leaseToken));
}

const lease = prepared(
  (db, { ids, leaseToken, leaseUntil }: { ids: readonly number[]; leaseToken: string; leaseUntil: number }) =>
    db
      .updateTable('work')
      .set((e) => ({ claims: e('claims', '+', 1), lease_token: leaseToken, lease_until: leaseUntil }))
      .where('id', 'in', ids)
      .returningAll(),
);

interface LeaseKey {
  readonly workId: number;
  readonly leaseToken: string;
}

const keyOf = ({ workId, leaseToken }: ClaimedWork): LeaseKey => ({ workId, leaseToken });

const lookForLease = prepared((db, { workId, leaseToken, now }: LeaseKey & { now: number }) =>
  db
    .selectFrom('work')
    .select('id')
    .where('id', '=', workId)
    .where('lease_token', '=', leaseToken)
    .where('lease_until', '>', now),
);

const unlease = (db: Db, { workId, leaseToken }: LeaseKey) =>
  db
    .updateTable('work')
    .set({ lease_token: null, lease_until: null })
    .where('id', '=', workId)
    .where('lease_token', '=', leaseToken);

const finish = prepared((db, given: LeaseKey & { now: number }) =>
  unlease(db, given).set({ ended_at: given.now, outcome: 'done' }),
);
const retry = prepared((db, given: LeaseKey & { dueAt: number; problem: string }) =>
  unlease(db, given).set({ due_at: given.dueAt, problem: given.problem }),
);
const giveUp = prepared((db, given: LeaseKey & { now: number; problem: string }) =>
  unlease(db, given).set({ ended_at: given.now, outcome: 'givenUp', problem: given.problem }),
);
const release = prepared(unlease);

async function setApart(db: Db, { workId, requestId, orderingKey }: ClaimedWork): Promise<void> {
  await db
    .updateTable('work')
    .set({ apart: 1 })
    .where('ended_at', 'is', null)
    .where('apart', '=', 0)
    .where((e) =>
      e.or([
        e('id', '=', workId),
        e.and([e('ordering_key', '=', orderingKey ?? ''), e('request_id', '=', requestId ?? '')]),
      ]),
    )
    .execute();
}

/** What a dead process held may be taken at once; that it was claimed still counts, so a submission is looked up and not repeated. */
export async function freeLeases(db: Db): Promise<void> {
  const free = { lease_token: null, lease_until: null };
  await db.updateTable('work').set(free).where('lease_token', 'is not', null).execute();
}

async function endLease(work: ClaimedWork, change: Promise<QueryResult<unknown>>): Promise<void> {
  if ((await change).numAffectedRows === 0n) {
    throw new StoreError(
      'store.leaseLost',
      `Work ${work.workId} (${work.work.type}) is no longer held by this worker: its lease ran out and it was taken over, or it was ended before. Leave it to its new holder.`,
    );
  }
}

const rowToClaimed = (row: Selectable<WorkTable>, leaseToken: string): ClaimedWork => ({
  workId: row.id,
  requestId: row.request_id as RequestId | null,
  work: JSON.parse(row.body),
  orderingKey: row.ordering_key,
  dueAt: row.due_at,
  firstDueAt: row.first_due_at,
  claims: row.claims,
  leaseToken,
});

const maxProblemLength = 1_000;

/** PostgreSQL takes no NUL in text, and libsql cuts the text there. */
const storable = (problem: string): string => problem.replaceAll('\0', '\\0').slice(0, maxProblemLength);
