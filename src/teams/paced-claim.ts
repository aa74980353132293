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
  readonly rates: readonly Rate[];
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

/**
 * Leases what is due and may go now; the rest is put off to when it may be asked again, without losing its place. The call of each leased
 * row counts from here until its end is recorded, so that neither a crash nor another replica makes room for one too many.
 */
export async function claimWithinPace(
  tx: Tx,
  { now, leaseMs, leaseToken, limit }: ClaimOptions,
): Promise<{ readonly claimed: readonly PacedWork[]; readonly postponed: number }> {
  const due = (await tx.dueWork({ types: teamsWork, now, limit })).map(withRates).sort(wordsFirst);
  const rates = new Map(due.flatMap((row) => row.rates.map((rate) => [rate.key, rate])));
  const paces = new Map(await tx.lockPaces([...rates.keys()], unhurried));
  const ratesById = new Map<number, readonly Rate[]>();
  const idsByInstant = new Map<number, number[]>();
  for (const row of due) {
    const at = Math.max(...row.rates.map(({ key, limits }) => row.mayAt(paces.get(key) ?? unhurried, now, limits)));
    // guard: teams-rates-kept
    if (at > now) {
      idsByInstant.set(at, [...(idsByInstant.get(at) ?? []), row.workId]);
      continue;
    }
    ratesById.set(row.workId, row.rates);
    for (const { key, limits } of row.rates)
      paces.set(key, begun(paces.get(key) ?? unhurried, String(row.workId), now + leaseMs, now, limits));
  }
  for (const [at, ids] of idsByInstant) await tx.postponeWork(ids, at);
  const claimed = await tx.leaseWork([...ratesById.keys()], { now, leaseMs, leaseToken });
  const changed = new Set([...ratesById.values()].flat().map((rate) => rate.key));
  await tx.savePaces([...rates.values()].filter(({ key }) => changed.has(key)).map((rate) => toRow(rate, paces)));
  return {
    claimed: claimed.map((work) => ({ work, rates: ratesById.get(work.workId) ?? [], leaseUntil: now + leaseMs })),
    postponed: due.length - claimed.length,
  };
}

/**
 * The end of a row's call, in the transaction that records what came of it and as its last write; `endedAt` is null when none was made.
 * `holdUntil`: Teams asked to wait, which holds the whole conversation, for all replicas.
 */
export async function recordPace(
  tx: Tx,
  { work, rates }: PacedWork,
  { endedAt, holdUntil }: { readonly endedAt: number | null; readonly holdUntil: number | null },
): Promise<void> {
  const paces = new Map(
    await tx.lockPaces(
      rates.map((rate) => rate.key),
      unhurried,
    ),
  );
  for (const { key, limits } of rates)
    paces.set(key, ended(paces.get(key) ?? unhurried, String(work.workId), endedAt, limits));
  const [first] = rates;
  if (first !== undefined && holdUntil !== null)
    paces.set(first.key, held(paces.get(first.key) ?? unhurried, holdUntil)); // guard: a-wait-holds-the-conversation
  await tx.savePaces(rates.map((rate) => toRow(rate, paces)));
}

interface RatedWork extends DueWork {
  readonly rates: readonly Rate[];
  readonly isEdit: boolean;
  readonly mayAt: typeof mayBeginAt;
}

/** The conversation first, then the tenant; all openings of chats together count as one conversation, since theirs is not known yet. */
function withRates(row: DueWork): RatedWork {
  const lane = readLane(row.lane ?? '');
  const isKnown = lane.type === 'conversation' || lane.type === 'edits';
  const isEdit = lane.type === 'edits';
  const key = isKnown ? `conversation:${channelOf(lane.conversationId)}` : `opening:${row.tenantId}`;
  return {
    ...row,
    isEdit,
    mayAt: isEdit ? mayEditAt : mayBeginAt,
    rates: [
      { key, limits: conversationLimits },
      { key: `tenant:${row.tenantId}`, limits: tenantLimits },
    ],
  };
}

/** Teams counts all threads of a channel as one conversation. */
const channelOf = (conversationId: string): string => conversationId.split(';messageid=')[0] ?? conversationId;

/** An edit draws the latest state whenever it goes, and what happens meanwhile rides on it. */
const wordsFirst = (a: RatedWork, b: RatedWork): number => Number(a.isEdit) - Number(b.isEdit);

const toRow = ({ key, limits }: Rate, paces: ReadonlyMap<string, Pace>) => {
  const pace = paces.get(key) ?? unhurried;
  return { key, pace, forgetAt: saysNothingAfter(pace, limits) };
};
