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
  let wake = new AbortController();
  let stopped = false;
  let ended: Promise<void> = Promise.resolve();

  async function run(): Promise<void> {
    while (!stopped) {
      // Taken before the pass: a nudge during it must lead to another one.
      wake = new AbortController();
      const { signal } = wake;
      const pauseMs = await pass();
      if (!stopped && pauseMs > 0) await clock.sleep(pauseMs, signal);
    }
  }

  async function pass(): Promise<number> {
    try {
      if ((await work.startDue()) > 0) return 0;
      const at = await work.nextDueAt();
      return at === null ? longestPauseMs : Math.min(Math.max(at - clock.now(), shortestPauseMs), longestPauseMs);
    } catch (error) {
      onFailure(error);
      return pauseAfterFailureMs;
    }
  }

  return {
    start() {
      ended = run();
    },
    nudge: () => wake.abort(),
    async stop() {
      stopped = true;
      wake.abort();
      await ended;
    },
  };
}
