import { setImmediate } from 'node:timers/promises';
import type { Clock } from './clock';

/** Work that knows when it is due next. */
export interface DueWork {
  /** Starts or does what is due; resolves to how much that was. */
  startDue(): Promise<number>;
  /** Null: only a nudge can bring work. */
  nextDueAt(): Promise<number | null>;
}

export interface Loop {
  start(): void;
  /** Something was stored that may be due at once. */
  nudge(): void;
  /** Resolves when the pass under way has ended; no further one begins. */
  stop(): Promise<void>;
}

/** A pass that found nothing is not repeated sooner: what is due then is held by somebody else. */
const shortestPauseMs = 50;
/** Ours: looked at in any case, should a wake-up have been missed. */
const longestPauseMs = 30_000;
const pauseAfterFailureMs = 1_000;

/** Calls `work` whenever something is due, until stopped. A pass that throws is reported and tried again. */
export function createLoop(
  work: DueWork,
  options: { readonly clock: Clock; readonly onFailure: (error: unknown) => void },
): Loop {
  const { clock, onFailure } = options;
  const stopping = new AbortController();
  let wake = new AbortController();
  let ended: Promise<void> | null = null;

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      // Taken before the pass: a nudge during it must lead to another one.
      wake = new AbortController();
      await pause(await pass(), wake.signal);
    }
  }

  async function pass(): Promise<Outcome> {
    try {
      if ((await work.startDue()) > 0) return { type: 'busy' };
      return { type: 'idle', nextAt: await work.nextDueAt() };
    } catch (error) {
      onFailure(error);
      return { type: 'failed' };
    }
  }

  async function pause(outcome: Outcome, nudged: AbortSignal): Promise<void> {
    switch (outcome.type) {
      case 'busy':
        // The store answers within one turn of the event loop: without this, work that is always due would keep everybody else from running.
        return setImmediate();
      case 'idle': {
        const { nextAt } = outcome;
        const untilMs = nextAt === null ? longestPauseMs : nextAt - clock.now();
        const pauseMs = Math.min(Math.max(untilMs, shortestPauseMs), longestPauseMs);
        return clock.sleep(pauseMs, nudged);
      }
      case 'failed':
        // Not cut short by a nudge, since a pass may nudge and then fail.
        return clock.sleep(pauseAfterFailureMs, stopping.signal);
    }
  }

  return {
    start() {
      ended ??= run();
    },
    // A reason of our own, since node makes an error with a stack for one that is not given.
    nudge: () => wake.abort('nudged'),
    async stop() {
      stopping.abort();
      wake.abort();
      await ended;
    },
  };
}

type Outcome =
  | { readonly type: 'busy' }
  | { readonly type: 'idle'; readonly nextAt: number | null }
  | { readonly type: 'failed' };
