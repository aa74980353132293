import { seconds } from '../../lib/clock';
import { openStates } from '../../request/request';
import { applyEvent } from '../commit/apply';
import type { Store } from '../store';

/** What was found and done after a process with a clock that was ahead. */
export interface SetBack {
  readonly behindMs: number;
  readonly rows: number;
  readonly requests: number;
}

/** Clocks of one machine that differ by less have only drifted. */
const toleranceMs = seconds(2);

/**
 * Before anything runs: when the database says that something has happened later than now, what it says of the future came from the
 * same wrong clock. Waits and limits are brought back to now, deadlines to their own period. Null: nothing of the kind.
 */
export async function bringBackAfterClock(store: Store, now: number): Promise<SetBack | null> {
  const latest = await store.latestRecordedTime();
  if (latest === null || latest <= now + toleranceMs) return null;
  return store.transact(async (tx) => {
    const rows = await tx.bringBackTimes(now);
    const open = await tx.requestsIn(openStates);
    for (const stored of open) await applyEvent(tx, stored, { type: 'clockSetBack' }, 'clock', now);
    const behindMs = latest - now;
    await tx.appendAudit({
      at: now,
      requestId: null,
      actor: 'clock',
      what: 'clockSetBack',
      detail: { behindMs, rows },
    });
    return { behindMs, rows, requests: open.length };
  });
}
