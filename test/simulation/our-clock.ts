import type { Agenda } from './agenda';

/** The service's own clock: the agenda's is Defender's, and ours may be ahead of it or behind, and jump. */
export interface OurClock {
  now(): number;
  /** When an instant of ours comes in Defender's time, as far as that is known now. */
  toDefenders(instant: number): number;
  /** As a stored due time: it happens once our clock says so, whatever the clock has done meanwhile. */
  at(instant: number, happen: () => void): void;
  /** The same for a row of work, which a start with a clock that was ahead brings back to now. */
  workAt(instant: number, happen: () => void): void;
  jump(ms: number): void;
  bringBack(): void;
}

interface Waiting {
  at: number;
  readonly isWork: boolean;
  readonly happen: () => void;
}

export function createOurClock(agenda: Agenda, aheadMs: number): OurClock {
  const waiting = new Set<Waiting>();
  let ahead = aheadMs;
  const now = () => agenda.now + ahead;

  function arm(entry: Waiting): void {
    agenda.at(entry.at - ahead, () => {
      if (!waiting.has(entry)) return;
      if (entry.at > now()) {
        arm(entry);
        return;
      }
      waiting.delete(entry);
      entry.happen();
    });
  }

  function wait(entry: Waiting): void {
    waiting.add(entry);
    arm(entry);
  }

  return {
    now,
    toDefenders: (instant) => instant - ahead,
    at: (instant, happen) => wait({ at: instant, isWork: false, happen }),
    workAt: (instant, happen) => wait({ at: instant, isWork: true, happen }),
    jump(ms) {
      ahead += ms;
      if (ms > 0) for (const entry of waiting) arm(entry);
    },
    bringBack() {
      for (const entry of waiting) {
        if (!entry.isWork || entry.at <= now()) continue;
        entry.at = now();
        arm(entry);
      }
    },
  };
}
