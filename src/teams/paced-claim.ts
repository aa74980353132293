import { readLane } from '../store/lane';
import { type ClaimedWork, type DueWork, type Tx, teamsWork } from '../store/store';
import {
  begun,
  conversationLimits,
  ended,
  held,
  type Limit,
  mayBeginAt,
  mayEditAt,
  type Pace,
  saysNothingAfter,
  tenantLimits,
  unhurried,
} from './pace';

/** A row that may be sent now: one call to Teams, to what its lane names. */
export interface PacedWork {
  readonly work: ClaimedWork;
  /** The conversation, or the opening of chats. */
  readonly place: Rate;
  readonly tenant: Rate;
  /** By our clock from before the claim, so that it is over for us before anybody takes the row over. */
  readonly leaseUntil: number;
}

/** What a call counts against. */
interface Rate {
  readonly key: string;
  readonly limits: readonly Limit[];
}

export interface ClaimOptions {
  readonly now: number;
  readonly leaseMs: number;
  readonly leaseToken: string;
  readonly limit: number;
}

/** More than may be under way at once, so that those who wait for the same conversation do not hide everybody else. */
const looked = 500;

/**
 * Leases what is due and may go now, at most `limit`. The rest is put off to when it may be asked again, without losing its place, or stays
 * due when that is at the end of a call under way. The call of each leased row counts from here until its end is recorded, so that
 * neither a crash nor another replica makes room for one too many.
 */
export async function claimWithinPace(
  tx: Tx,
  { now, leaseMs, leaseToken, limit }: ClaimOptions,
): Promise<{ readonly claimed: readonly PacedWork[]; readonly postponed: number }> {
  const due = (await tx.dueWork({ types: teamsWork, now, limit: looked })).map(withRates).sort(wordsFirst);
  const rates = new Map(due.flatMap(({ place, tenant }) => [place, tenant].map((rate) => [rate.key, rate])));
  const paces = new Map(await tx.lockPaces([...rates.keys()], unhurried));
  const going: RatedWork[] = [];
  const idsByInstant = new Map<number, number[]>();
  for (const row of due) {
    if (going.length === limit) break;
    const at = earliest(row, paces, now);
    // guard: teams-rates-kept
    if (at > now) {
      idsByInstant.set(at, [...(idsByInstant.get(at) ?? []), row.workId]);
      continue;
    }
    going.push(row);
    for (const { key, limits } of [row.place, row.tenant])
      paces.set(key, begun(paceOf(paces, key), String(row.workId), now + leaseMs, now, limits)); // guard: calls-count-from-their-claim
  }
  idsByInstant.delete(Number.POSITIVE_INFINITY);
  for (const [at, ids] of idsByInstant) await tx.postponeWork(ids, at);
  const rowsById = new Map(going.map((row) => [row.workId, row]));
  const claimed = await tx.leaseWork([...rowsById.keys()], { now, leaseMs, leaseToken });
  const changed = new Set(going.flatMap(({ place, tenant }) => [place.key, tenant.key]));
  await tx.savePaces([...rates.values()].filter(({ key }) => changed.has(key)).map((rate) => toRow(rate, paces)));
  return {
    claimed: claimed.flatMap((work) => {
      const row = rowsById.get(work.workId);
      return row === undefined ? [] : [{ work, place: row.place, tenant: row.tenant, leaseUntil: now + leaseMs }];
    }),
    postponed: [...idsByInstant.values()].flat().length,
  };
}

/**
 * The end of a row's call, in the transaction that records what came of it and as its last write; `endedAt` is null when none was made.
 * `holdUntil`: Teams asked to wait, which holds the whole conversation, for all replicas.
 */
export async function recordPace(
  tx: Tx,
  { work, place, tenant }: PacedWork,
  { endedAt, holdUntil }: { readonly endedAt: number | null; readonly holdUntil: number | null },
): Promise<void> {
  const rates = [place, tenant];
  const keys = rates.map((rate) => rate.key);
  const paces = new Map(await tx.lockPaces(keys, unhurried));
  for (const { key, limits } of rates) paces.set(key, ended(paceOf(paces, key), String(work.workId), endedAt, limits)); // guard: ends-of-calls-are-recorded
  if (holdUntil !== null) paces.set(place.key, held(paceOf(paces, place.key), holdUntil)); // guard: a-wait-holds-the-conversation
  await tx.savePaces(rates.map((rate) => toRow(rate, paces)));
}

interface RatedWork extends DueWork {
  readonly place: Rate;
  readonly tenant: Rate;
  readonly isEdit: boolean;
}

/** All openings of chats together count as one conversation, since theirs is not known yet. */
function withRates(row: DueWork): RatedWork {
  const lane = readLane(row.lane ?? '');
  const isKnown = lane.type === 'conversation' || lane.type === 'edits';
  const key = isKnown ? `conversation:${channelOf(lane.conversationId)}` : `opening:${row.tenantId}`;
  return {
    ...row,
    isEdit: lane.type === 'edits',
    place: { key, limits: conversationLimits },
    tenant: { key: `tenant:${row.tenantId}`, limits: tenantLimits },
  };
}

function earliest({ place, tenant, isEdit }: RatedWork, paces: ReadonlyMap<string, Pace>, now: number): number {
  const mayAt = isEdit ? mayEditAt : mayBeginAt;
  return Math.max(
    mayAt(paceOf(paces, place.key), now, place.limits),
    mayBeginAt(paceOf(paces, tenant.key), now, tenant.limits),
  );
}

/** Teams counts all threads of a channel as one conversation. */
const channelOf = (conversationId: string): string => conversationId.split(';messageid=')[0] ?? conversationId;

/** An edit draws the latest state whenever it goes, and what happens meanwhile rides on it. */
const wordsFirst = (a: RatedWork, b: RatedWork): number => Number(a.isEdit) - Number(b.isEdit);

const paceOf = (paces: ReadonlyMap<string, Pace>, key: string): Pace => paces.get(key) ?? unhurried;

const toRow = ({ key, limits }: Rate, paces: ReadonlyMap<string, Pace>) => {
  const pace = paceOf(paces, key);
  return { key, pace, forgetAt: saysNothingAfter(pace, limits) };
};
