import { minutes, seconds } from '../../lib/clock';
import type { InState } from '../../request/request';

/** A request whose action is open in Defender, and so is followed. */
export type Watched = InState<'pending' | 'running'>;

/** When the open actions are read next, and who reads them now: one of all replicas, until the lease runs out. Instants in epoch ms. */
export interface Poll {
  readonly dueAt: number;
  readonly token: string | null;
  readonly leaseUntil: number;
}

/** The name of the fact that holds a `Poll`; whoever locks it has its turn at reading. */
export const pollFact = 'watch.poll';

/** A list that takes longer than this has failed, or its reader has died. */
export const pollLeaseMs = minutes(1);
/** 706 reads an hour: with the 12 of the bypass watch below 720, of the 1,500 that all reads of the API share (defender-api.md §1.2). */
const livelyIntervalMs = seconds(5.1);
/** While nothing but devices that are not reached is open: what changes is still seen within 10 s. */
const calmIntervalMs = seconds(10);
const livelyForMs = minutes(5);
/** Three quarters of an hour's quota, however many pages a list has: the rest is for look-ups. */
const intervalPerPageMs = Math.ceil(minutes(60) / (0.75 * 1_500));
/** From this load on polls come further apart, up to four times at a full quota: look-ups and other users of the app must have their share, and we ours. */
const slowFromLoad = 0.6;
const slowest = 4;
/** After a list that could not be read, where Defender names no wait. */
export const pauseAfterFailureMs = seconds(15);
export const longestPauseMs = minutes(5);
/** Lists that come one on another would only show the same. */
export const shortestPauseMs = seconds(1);

/**
 * All replicas share one quota of reads, so polls are as far apart as what is open allows: ms until the open actions are read again. `pages` is
 * what the last list took, `load` how full the quota is (0 to 1), `now` in epoch ms.
 */
export function pollIntervalOf(
  open: readonly Watched[],
  now: number,
  { pages, load }: { readonly pages: number; readonly load: number },
): number {
  const lively = open.some((r) => r.state === 'running' || r.cancel !== null || now - r.submittedAt < livelyForMs);
  const over = Math.min(Math.max((load - slowFromLoad) / (1 - slowFromLoad), 0), 1);
  const intervalMs = Math.max(lively ? livelyIntervalMs : calmIntervalMs, pages * intervalPerPageMs);
  return intervalMs * (1 + over * (slowest - 1));
}

/** Due, and nobody reads. What lies further ahead than we ever wait was written by a clock that has been set back since. */
export function mayPoll(poll: Poll | null, now: number): boolean {
  if (poll === null) return true;
  const isDue = poll.dueAt <= now || poll.dueAt > now + longestPauseMs;
  const isHeld = poll.token !== null && poll.leaseUntil > now && poll.leaseUntil <= now + pollLeaseMs;
  return isDue && !isHeld;
}
