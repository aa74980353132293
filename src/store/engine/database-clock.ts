import { type Clock, minutes, seconds } from '../../lib/clock';
import type { Log } from '../../lib/log';
import type { DueWork } from '../../lib/loop';

/** How often it is compared again: two computers drift apart by milliseconds in that time. */
const compareEveryMs = minutes(1);
/** Of several comparisons the one with the shortest way is the most exact. */
const comparisons = 3;
/** More than this between two comparisons is no drift: somebody has set the database's clock, or this process stood still. */
const noteworthyMs = seconds(1);

/**
 * The clock that all replicas share, so that leases, rates and the clocks of approvals mean the same to each of them: the database's
 * time, carried on between comparisons by the monotonic time of this process. What the local clock does has no influence. It never goes back.
 */
export async function followDatabase(options: {
  readonly readNow: () => Promise<number>;
  readonly sleep: Clock['sleep'];
  /** Milliseconds from any beginning, never set: `performance.now`. */
  readonly monotonic: () => number;
  readonly log: Log;
}): Promise<Clock & DueWork> {
  const { readNow, sleep, monotonic, log } = options;
  let aheadMs = await compare();
  let comparedAt = monotonic();
  let latest = 0;
  const now = (): number => {
    latest = Math.max(latest, Math.round(monotonic() + aheadMs));
    return latest;
  };
  return {
    now,
    sleep,
    async startDue() {
      if (monotonic() - comparedAt < compareEveryMs) return 0;
      const next = await compare();
      comparedAt = monotonic();
      const movedMs = Math.round(next - aheadMs);
      if (Math.abs(movedMs) > noteworthyMs)
        log.warn(
          { movedMs },
          'The clock of the database has moved against ours. Check the time service of both; until then clocks of requests may run out early or late by that much.',
        );
      aheadMs = next;
      return 0;
    },
    nextDueAt: async () => now() + Math.max(compareEveryMs - (monotonic() - comparedAt), 0),
  };

  /** How far the database is ahead of our monotonic time; its answer is taken for the middle of the way there and back. */
  async function compare(): Promise<number> {
    let best = { tookMs: Number.POSITIVE_INFINITY, aheadMs: 0 };
    for (let i = 0; i < comparisons; i++) {
      const askedAt = monotonic();
      const then = await readNow();
      const tookMs = monotonic() - askedAt;
      if (tookMs < best.tookMs) best = { tookMs, aheadMs: then - (askedAt + tookMs / 2) };
    }
    return best.aheadMs;
  }
}
