import type { Place } from '../../request/place';
import type { Tx } from '../../store/store';
import type { ClaimedWork, DueWork } from '../../store/work/claims';
import { readOrderingKey } from '../../store/work/ordering-key';
import { teamsWork } from '../../store/work/work';
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

/** One call to Teams that may be made now, and counts until its end is told. */
export interface PacedCall {
  /** Under which it counts; no other call under way has it. */
  readonly name: string;
  /** The conversation, or the opening of chats. */
  readonly place: Rate;
  readonly tenant: Rate;
  /** By our clock from before the claim, so that it is over for us before anybody takes over what it is for. */
  readonly leaseUntil: number;
}

/** The call of a row, to what its ordering key names. */
export interface PacedWork extends PacedCall {
  readonly work: ClaimedWork;
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

/** What may be begun after the commit that has leased it. */
export type Start = () => void;

/** What a transaction has taken in hand. */
export interface Taken {
  /** Of rows that were leased or put off. */
  readonly count: number;
  readonly start: Start;
}

/** What came of a call. */
export interface EndedCall {
  readonly paced: PacedCall;
  /** Null when none was made. */
  readonly endedAt: number | null;
  /** Teams asked to wait until then, which holds the whole conversation, for all replicas; null when it did not. */
  readonly holdUntil: number | null;
}

/** More than may be under way at once, so that those who wait for the same conversation do not hide everybody else. */
const looked = 500;

/**
 * Leases what is due and may go now, at most `limit`. The rest is put off to when it may be asked again, without losing its place, or stays
 * due when that is at the end of a call under way. The call of each leased row counts from here until its end is told, so that neither a
 * crash nor another replica makes room for one too many: `over` are the calls that end in this transaction, and what waited for them goes at
 * once. The last thing of a transaction, since nothing may be locked after the paces.
 */
export async function claimWithinPace(
  tx: Tx,
  { now, leaseMs, leaseToken, limit }: ClaimOptions,
  over: readonly EndedCall[] = [],
): Promise<{ readonly claimed: readonly PacedWork[]; readonly postponed: number }> {
  const due =
    limit > 0 ? (await tx.dueWork({ types: teamsWork, now, limit: looked })).map(withRates).sort(wordsFirst) : [];
  const rates = new Map([...due, ...over.map(({ paced }) => paced)].flatMap(ratesOf).map((rate) => [rate.key, rate]));
  if (rates.size === 0) return { claimed: [], postponed: 0 };
  const paces = new Map(await tx.lockRates([...rates.keys()], unhurried));
  for (const call of over) end(call, paces);
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
    for (const { key, limits } of ratesOf(row))
      paces.set(key, begun(paceOf(paces, key), row.name, now + leaseMs, now, limits)); // guard: calls-count-from-their-claim
  }
  idsByInstant.delete(Number.POSITIVE_INFINITY);
  for (const [at, ids] of idsByInstant) await tx.postponeWork(ids, at);
  const rowsById = new Map(going.map((row) => [row.workId, row]));
  const claimed = await tx.leaseWork([...rowsById.keys()], { now, leaseMs, leaseToken });
  const changed = new Set([...going, ...over.map(({ paced }) => paced)].flatMap(ratesOf).map(({ key }) => key));
  await tx.saveRates([...rates.values()].filter(({ key }) => changed.has(key)).map((rate) => toRow(rate, paces)));
  return {
    claimed: claimed.flatMap((work) => {
      const row = rowsById.get(work.workId);
      if (row === undefined) return [];
      const { name, place, tenant } = row;
      return [{ work, name, place, tenant, leaseUntil: now + leaseMs }];
    }),
    postponed: [...idsByInstant.values()].flat().length,
  };
}

/**
 * A call to a conversation for which there is no row; null when it must wait. Until its end is told nothing else is sent there, by whichever replica,
 * as if it were the first with its ordering key. The last thing of a transaction as well.
 */
export async function beginWithinPace(
  tx: Tx,
  { conversationId, tenantId }: Pick<Place, 'conversationId' | 'tenantId'>,
  { key, now, leaseMs }: { readonly key: string; readonly now: number; readonly leaseMs: number },
): Promise<PacedCall | null> {
  const rates = {
    conversationId,
    place: conversationRate(conversationId),
    tenant: tenantRate(tenantId),
    isEdit: false,
  };
  const name = `${sayingIn(conversationId)}${key}`;
  const paces = new Map(
    await tx.lockRates(
      ratesOf(rates).map((rate) => rate.key),
      unhurried,
    ),
  );
  if (earliest(rates, paces, now) > now) return null; // guard: teams-rates-kept-by-what-is-said-at-once
  const leaseUntil = now + leaseMs;
  for (const rate of ratesOf(rates))
    paces.set(rate.key, begun(paceOf(paces, rate.key), name, leaseUntil, now, rate.limits)); // guard: what-is-said-at-once-counts-from-its-commit
  await tx.saveRates(ratesOf(rates).map((rate) => toRow(rate, paces)));
  return { name, place: rates.place, tenant: rates.tenant, leaseUntil };
}

function end({ paced, endedAt, holdUntil }: EndedCall, paces: Map<string, Pace>): void {
  for (const { key, limits } of ratesOf(paced)) paces.set(key, ended(paceOf(paces, key), paced.name, endedAt, limits)); // guard: ends-of-calls-are-recorded
  const { key } = paced.place;
  if (holdUntil !== null) paces.set(key, held(paceOf(paces, key), holdUntil)); // guard: a-wait-holds-the-conversation
}

const ratesOf = ({ place, tenant }: Rates): readonly Rate[] => [place, tenant];

interface Rates {
  readonly place: Rate;
  readonly tenant: Rate;
}

/** How a call without a row is named where it is made. */
const sayingIn = (conversationId: string): string => `saying:${conversationId}:`;

const isSayingIn = (conversationId: string, { underWay }: Pace, now: number): boolean =>
  Object.entries(underWay).some(([name, until]) => until > now && name.startsWith(sayingIn(conversationId)));

interface Rated extends Rates {
  /** Null: not known yet. */
  readonly conversationId: string | null;
  readonly isEdit: boolean;
}

interface RatedWork extends DueWork, Rated {
  readonly name: string;
}

/** All openings of chats together count as one conversation, since theirs is not known yet. */
function withRates(row: DueWork): RatedWork {
  const ordering = readOrderingKey(row.orderingKey ?? '');
  const isKnown = ordering.type === 'conversation' || ordering.type === 'edits';
  return {
    ...row,
    name: String(row.workId),
    isEdit: ordering.type === 'edits',
    conversationId: isKnown ? ordering.conversationId : null,
    place: isKnown
      ? conversationRate(ordering.conversationId)
      : { key: `opening:${row.tenantId}`, limits: conversationLimits },
    tenant: tenantRate(row.tenantId),
  };
}

const conversationRate = (conversationId: string): Rate => ({
  key: `conversation:${channelOf(conversationId)}`,
  limits: conversationLimits,
});

const tenantRate = (tenantId: string | null): Rate => ({ key: `tenant:${tenantId}`, limits: tenantLimits });

function earliest(
  { conversationId, place, tenant, isEdit }: Rated,
  paces: ReadonlyMap<string, Pace>,
  now: number,
): number {
  if (conversationId !== null && isSayingIn(conversationId, paceOf(paces, place.key), now))
    return Number.POSITIVE_INFINITY; // guard: nothing-overtakes-what-is-being-said
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
