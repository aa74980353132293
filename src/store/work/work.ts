import type { ExpressionBuilder, Insertable, QueryResult, Selectable } from 'kysely';
import type { RequestId } from '../../request/request';
import type { Engine } from '../engine/engine';
import { firstOf, prepared } from '../engine/prepared';
import type { Db, Tables, WorkTable } from '../engine/tables';
import {
  type ClaimedWork,
  type DueWork,
  type NewWork,
  type Reader,
  StoreError,
  type Tx,
  type Work,
  type WorkType,
} from '../store';

export async function addWork(db: Db, rows: readonly NewWork[]): Promise<void> {
  for (const { requestId, work, lane, dueAt } of rows)
    await insertWork(db, {
      request_id: requestId,
      type: work.type,
      lane,
      copy_id: work.type === 'sendCard' ? work.copyId : null,
      due_at: dueAt,
      first_due_at: dueAt,
      body: JSON.stringify(work),
      claims: 0,
    });
}

type AddedWork = Pick<
  Insertable<WorkTable>,
  'request_id' | 'type' | 'lane' | 'copy_id' | 'due_at' | 'first_due_at' | 'body' | 'claims'
>;

/** What is added behind a row of its request that is set apart keeps its order behind that, and is set apart with it. */
const insertWork = prepared((db, row: AddedWork) =>
  db.insertInto('work').values({
    ...row,
    apart: db
      .selectFrom('work as before')
      .select((e) => e.fn.coalesce(e.fn.max('before.apart'), e.lit(0)).as('apart'))
      .where('before.ended_at', 'is', null)
      .where('before.lane', '=', row.lane ?? '')
      .where('before.request_id', '=', row.request_id ?? ''),
  }),
);

/** Two statements rather than one, since a locking subquery of an update may be run more than once by PostgreSQL. */
export async function claimWork(
  db: Db,
  skipLocked: Engine['skipLocked'],
  options: Parameters<Tx['claimWork']>[0],
): Promise<readonly ClaimedWork[]> {
  const due = await findDueWork(db, skipLocked, options);
  return leaseWork(
    db,
    due.map((row) => row.workId),
    options,
  );
}

export async function findDueWork(
  db: Db,
  skipLocked: Engine['skipLocked'],
  { types, now, limit }: Parameters<Tx['dueWork']>[0],
): Promise<readonly DueWork[]> {
  if (types.length === 0) return [];
  const { rows } = await selectDueWork(db, { types, now, limit }, skipLocked);
  return rows.map((row) => ({ workId: row.id, lane: row.lane, tenantId: row.place_tenant ?? row.request_tenant }));
}

const selectDueWork = prepared((db, given: LookForWork & { limit: number }, skipLocked) =>
  skipLocked(
    dueWork(db, given)
      .select(['work.id', 'work.lane'])
      .select((e) => [
        e
          .selectFrom('places')
          .select('places.tenant_id')
          .whereRef('places.conversation_id', '=', 'work.lane')
          .as('place_tenant'),
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

export async function isWorkDue(db: Db, ...[types, now]: Parameters<Reader['isWorkDue']>): Promise<boolean> {
  return (await firstOf(lookForWork(db, { types, now }))) !== undefined;
}

export async function isLaneBusy(db: Db, lane: string): Promise<boolean> {
  return (await firstOf(lookIntoLane(db, { lane }))) !== undefined;
}

const lookIntoLane = prepared((db, { lane }: { lane: string }) =>
  db
    .selectFrom('work')
    .select('id')
    .where('ended_at', 'is', null)
    .where('lane', '=', lane)
    .where('apart', '=', 0)
    .limit(1),
);

interface LookForWork {
  readonly types: readonly WorkType[];
  readonly now: number;
}

const lookForWork = prepared((db, given: LookForWork) => dueWork(db, given).select('work.id').limit(1));

const dueWork = (db: Db, { types, now }: LookForWork) =>
  db
    .selectFrom('work')
    .where('ended_at', 'is', null)
    .where('due_at', '<=', now)
    .where((e) => e.or([e('lease_until', 'is', null), e('lease_until', '<=', now)]))
    .where('type', 'in', types)
    .where(leadsItsLane);

export async function leaseWork(
  db: Db,
  ids: readonly number[],
  { now, leaseMs, leaseToken }: Parameters<Tx['leaseWork']>[1],
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

export async function holdsLease(db: Db, work: ClaimedWork, now: number): Promise<boolean> {
  return (await firstOf(lookForLease(db, { ...keyOf(work), now }))) !== undefined;
}

const lookForLease = prepared((db, { workId, leaseToken, now }: LeaseKey & { now: number }) =>
  db
    .selectFrom('work')
    .select('id')
    .where('id', '=', workId)
    .where('lease_token', '=', leaseToken)
    .where('lease_until', '>', now),
);

export const finishWork = (db: Db, work: ClaimedWork, now: number): Promise<void> =>
  endLease(work, finish(db, { ...keyOf(work), now }));

export async function retryWork(
  db: Db,
  work: ClaimedWork,
  ...[dueAt, problem, isApart = false]: ParametersAfterWork<Tx['retryWork']>
): Promise<void> {
  await endLease(work, retry(db, { ...keyOf(work), dueAt, problem: storable(problem) }));
  if (isApart) await setApart(db, work);
}

type ParametersAfterWork<F> = F extends (work: ClaimedWork, ...rest: infer R) => unknown ? R : never;

export const giveUpWork = (db: Db, work: ClaimedWork, now: number, problem: string): Promise<void> =>
  endLease(work, giveUp(db, { ...keyOf(work), now, problem: storable(problem) }));

interface LeaseKey {
  readonly workId: number;
  readonly leaseToken: string;
}

const keyOf = ({ workId, leaseToken }: ClaimedWork): LeaseKey => ({ workId, leaseToken });

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

async function setApart(db: Db, { workId, requestId, lane }: ClaimedWork): Promise<void> {
  await db
    .updateTable('work')
    .set({ apart: 1 })
    .where('ended_at', 'is', null)
    .where('apart', '=', 0)
    .where((e) =>
      e.or([e('id', '=', workId), e.and([e('lane', '=', lane ?? ''), e('request_id', '=', requestId ?? '')])]),
    )
    .execute();
}

/** That it was claimed still counts: a submission that was given back is looked up. */
export async function releaseWork(db: Db, work: ClaimedWork): Promise<void> {
  await release(db, keyOf(work));
}

/** The earliest instant at which `claimWork` over all types would find something. */
export const findNextClaimable = async (db: Db): Promise<number | null> =>
  (await firstOf(selectNextClaimable(db, {})))?.at ?? null;

const selectNextClaimable = prepared((db) =>
  db
    .selectFrom('work')
    .select((e) =>
      e.fn
        .min(e.case().when('lease_until', '>', e.ref('due_at')).then(e.ref('lease_until')).else(e.ref('due_at')).end())
        .as('at'),
    )
    .where('ended_at', 'is', null)
    .where(leadsItsLane),
);

export async function countWaitingWork(db: Db): Promise<Partial<Record<WorkType, number>>> {
  const rows = await db
    .selectFrom('work')
    .select((e) => ['type', e.fn.countAll<number>().as('count')])
    .where('ended_at', 'is', null)
    .groupBy('type')
    .execute();
  return Object.fromEntries(rows.map((row) => [row.type, row.count]));
}

/** What a dead process held may be taken at once; that it was claimed still counts, so a submission is looked up and not repeated. */
export async function freeLeases(db: Db): Promise<void> {
  await db
    .updateTable('work')
    .set({ lease_token: null, lease_until: null })
    .where('lease_token', 'is not', null)
    .execute();
}

/**
 * Rows that a later change can ride on: what is leased may have been rendered already. Locked, so that nobody leases and renders one
 * before that change is committed.
 */
export async function findCopiesWithUnclaimedCard(
  db: Db,
  forUpdate: Engine['forUpdate'],
  copyIds: readonly number[],
): Promise<ReadonlySet<number>> {
  if (copyIds.length === 0) return new Set();
  const { rows } = await selectUnclaimedCards(db, { copyIds }, forUpdate);
  return new Set(rows.flatMap((row) => (row.copy_id === null ? [] : [row.copy_id])));
}

const selectUnclaimedCards = prepared((db, { copyIds }: { copyIds: readonly number[] }, forUpdate) =>
  forUpdate(
    db
      .selectFrom('work')
      .select('copy_id')
      .where('ended_at', 'is', null)
      .where('lease_token', 'is', null)
      .where('copy_id', 'in', copyIds)
      .orderBy('id'),
  ),
);

/** Not before `dueAt`, at the same place of the lane; it was not tried. */
export async function postponeWork(db: Db, ids: readonly number[], dueAt: number): Promise<void> {
  if (ids.length === 0) return;
  await db.updateTable('work').set({ due_at: dueAt }).where('id', 'in', ids).execute();
}

/** All undone rows of one lane into another, where they keep their age. */
export async function moveLane(db: Db, from: string, to: string): Promise<void> {
  await db.updateTable('work').set({ lane: to }).where('ended_at', 'is', null).where('lane', '=', from).execute();
}

export async function replaceWork(db: Db, workId: number, work: Work): Promise<void> {
  const row = { type: work.type, copy_id: work.type === 'sendCard' ? work.copyId : null, body: JSON.stringify(work) };
  await db.updateTable('work').set(row).where('id', '=', workId).execute();
}

/** A copy's rows follow it. */
export async function moveCopyToLane(db: Db, copyId: number, lane: string): Promise<void> {
  await takeCopyToLane(db, { copyId, lane });
}

const takeCopyToLane = prepared((db, { copyId, lane }: { copyId: number; lane: string }) =>
  db
    .updateTable('work')
    .set({ lane })
    .where('ended_at', 'is', null)
    .where('copy_id', '=', copyId)
    .where('lane', '<>', lane),
);

/** No undone row of the same lane is older, whether it is due, leased or backing off; one that is set apart holds its own request only. */
const leadsItsLane = (e: ExpressionBuilder<Tables, 'work'>) =>
  e.or([
    e('work.lane', 'is', null),
    e.not(
      e.exists(
        e
          .selectFrom('work as older')
          .select('older.id')
          .whereRef('older.lane', '=', 'work.lane')
          .whereRef('older.id', '<', 'work.id')
          .where('older.ended_at', 'is', null)
          // guard: a-failing-post-holds-its-own-request-only
          .where((o) => o.or([o('older.apart', '=', 0), o('older.request_id', '=', o.ref('work.request_id'))])),
      ),
    ),
  ]);

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
  work: JSON.parse(row.body) as Work,
  lane: row.lane,
  dueAt: row.due_at,
  firstDueAt: row.first_due_at,
  claims: row.claims,
  leaseToken,
});

const maxProblemLength = 1_000;

/** PostgreSQL takes no NUL in text, and libsql cuts the text there. */
const storable = (problem: string): string => problem.replaceAll('\0', '\\0').slice(0, maxProblemLength);
