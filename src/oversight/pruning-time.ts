import { type Clock, hours, minutes } from '../lib/clock';
import type { Reader, Tx } from '../store/store';

/** The name under which the time is kept by which history was last pruned to the end; never later than what the clock said then. */
export const prunedByFact = 'history.prunedBy';

/** Long enough for a time service to set right a machine that started, or woke, with a wrong clock. */
const steadyForMs = hours(1);
/** The two clocks of one machine do not drift apart by as much in weeks. */
const jumpMs = minutes(1);
/** Catches up after a stop, and leaves people weeks to see that a clock is wrong before much is gone. */
const longestStepMs = 3 * hours(24);

/**
 * The time by which history may be removed. What is removed never comes back, so no clock is believed at once: not near a start or a jump,
 * and never for more than some days a pass.
 */
export interface PruningTime {
  /** How long the clock must still go on steadily before anything is removed; 0 when it may be. */
  unsteadyForMs(): number;
  /** Null when none was kept yet: then nothing is old by a clock that was looked at twice. */
  read(reader: Reader, prunedAt: number | null): Promise<number | null>;
  keep(tx: Tx, by: number): Promise<void>;
}

export function createPruningTime({
  clock,
  monotonic,
}: {
  readonly clock: Clock;
  /** Milliseconds from any beginning, never set: `performance.now`. */
  readonly monotonic: () => number;
}): PruningTime {
  const look = () => ({ wall: clock.now(), ran: monotonic() });
  let since = look();
  return {
    unsteadyForMs() {
      const now = look();
      const ranMs = now.ran - since.ran;
      if (Math.abs(now.wall - since.wall - ranMs) > jumpMs) {
        since = now; // guard: nothing-is-pruned-near-a-jump
        return steadyForMs;
      }
      return Math.max(steadyForMs - ranMs, 0); // guard: nothing-is-pruned-near-a-start
    },
    async read(reader, prunedAt) {
      const before = (await reader.fact<number>(prunedByFact)) ?? prunedAt;
      return before === null ? null : Math.min(clock.now(), before + longestStepMs); // guard: pruning-moves-by-days
    },
    keep: (tx, by) => tx.saveFact(prunedByFact, by),
  };
}
