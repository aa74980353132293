import { minutes, seconds } from '../../lib/clock';
import type { Event } from '../../request/event';
import { applyEvent } from '../../store/commit/apply';
import type { ClaimedWork } from '../../store/work/claims';
import type { DispatchOptions } from '../options';

/** Clients wait 3 to 5 s after the end before a result is there (defender-api.md §1.3). */
const firstRetryMs = seconds(3);
const longestRetryMs = minutes(2);

/** The row is done, and its request learns what came of it, in one transaction. */
export async function endWork({ store, clock }: DispatchOptions, row: ClaimedWork, event?: Event): Promise<void> {
  await store.transact(async (tx) => {
    const now = clock.now();
    const stored = row.requestId === null ? null : await tx.request(row.requestId);
    if (event !== undefined && stored !== null) await applyEvent(tx, stored, event, 'defender', now);
    await tx.finishWork(row, now);
  });
}

/** The row is tried again after a pause (ms) that grows with its tries. */
export const retryLater = (options: DispatchOptions, row: ClaimedWork, problem: string, atLeastMs = 0): Promise<void> =>
  retryAfter(
    options,
    row,
    problem,
    Math.max(Math.min(firstRetryMs * 2 ** (row.claims - 1), longestRetryMs), atLeastMs),
  );

/** The row is tried again after exactly this (ms). */
export const retryAfter = (
  { store, clock }: DispatchOptions,
  row: ClaimedWork,
  problem: string,
  waitMs: number,
): Promise<void> => store.transact((tx) => tx.retryWork(row, clock.now() + Math.ceil(waitMs), problem));
