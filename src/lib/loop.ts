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
/** Looked at in any case, should a wake-up have been missed. */
const longestPauseMs = 30_000;
/** After a pass that failed; doubled at each further one. */
const firstPauseAfterFailureMs = 1_000;

/** Calls `work` whenever something is due, until stopped. A pass that throws is tried again; that it fails is told once, and once that it works again. */
export function createLoop(
  work: DueWork,
  options: { readonly clock: Clock; readonly onFailure: (error: unknown) => void; readonly onRecovered?: () => void },
): Loop {
  const { clock, onFailure, onRecovered = () => {} } = options;
  let failures = 0;
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
      const did = await work.startDue();
      const outcome: Outcome = did > 0 ? { type: 'busy' } : { type: 'idle', nextAt: await work.nextDueAt() };
      if (failures > 0) onRecovered();
      failures = 0;
      return outcome;
    } catch (error) {
      if (failures === 0) onFailure(error);
      failures += 1;
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
        await clock.sleep(pauseMs, nudged);
        // Whoever nudged goes on first: what it sends is on its way before the next pass begins.
        return setImmediate();
      }
      case 'failed':
        // Not cut short by a nudge, since a pass may nudge and then fail.
        return clock.sleep(
          Math.min(firstPauseAfterFailureMs * 2 ** Math.min(failures - 1, 10), longestPauseMs),
          stopping.signal,
        );
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
