import { applyEvent } from '../store/commit/apply';
import type { Store } from '../store/store';
import { createAdmissionPass } from './admission-pass';
import { createBatchPass } from './batches/batch-pass';
import { createActionWatch } from './follow/action-watch';
import { createDefenderWork } from './follow/defender-work';
import type { DispatchOptions } from './options';
import { createViews, type Views } from './views';

/** Everything between an approved request and its last result. The loop that calls it is the service's; it owns no timer. */
export interface Dispatch {
  /** Starts whatever is due: clocks, admission, Defender work, polling. Resolves to how much was started. */
  startDue(): Promise<number>;
  /** Resolves when all that was started has ended. */
  idle(): Promise<void>;
  /** When to start again although nothing happens; null when only an event can bring work. */
  nextDueAt(): Promise<number | null>;
  readonly views: Views;
}

/** `onTaskEnded` is told each time that `nextDueAt` may have moved without anything new in the store. */
export function createDispatch(options: DispatchOptions & { readonly onTaskEnded?: () => void }): Dispatch {
  const { store, clock, log, onTaskEnded = () => {} } = options;
  const views = createViews(options);
  const batches = createBatchPass(options);
  const admission = createAdmissionPass({ ...options, views });
  const work = createDefenderWork(options);
  const watch = createActionWatch(options);
  const underWay = new Set<Promise<unknown>>();

  function track(task: Promise<unknown>, what: string): void {
    const tracked = task
      .catch((error: unknown) =>
        log.error({ what, ...problemOf(error) }, 'A task failed; what is on disk decides what happens next'),
      )
      .finally(() => {
        underWay.delete(tracked);
        // What is due next was not known while it ran.
        onTaskEnded();
      });
    underWay.add(tracked);
  }

  return {
    views,
    async startDue() {
      let started = await runClocks(store, clock.now());
      // Before admission, so that what is let go now may go now.
      started += await batches.run();
      const parts = [() => admission.start(), () => admission.showPositions(), () => work.start(), () => watch.start()];
      for (const start of parts) {
        // At once: when the next part fails, nobody else would hear of a task that fails as well, and that ends the process.
        for (const { done, what } of await start()) {
          track(done, what);
          started++;
        }
      }
      return started;
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    async nextDueAt() {
      const instants = [
        await store.nextDueAt(),
        await admission.nextDueAt(),
        batches.nextDueAt(),
        await watch.nextDueAt(),
      ].filter((at) => at !== null);
      return instants.length === 0 ? null : Math.min(...instants);
    },
  };
}

/** Puts the clock to every request whose instant has come. */
async function runClocks(store: Store, now: number): Promise<number> {
  const due = await store.requestsDue(now);
  for (const { request } of due) {
    await store.transact(async (tx) => {
      const stored = await tx.request(request.id);
      if (stored) await applyEvent(tx, stored, { type: 'clock' }, 'clock', now);
    });
  }
  return due.length;
}

/** What a log may say of an error: its class and code, never its text, which may hold what a device or a person wrote. */
export function problemOf(error: unknown): {
  readonly error: string;
  readonly code: string | null;
  readonly stack?: string;
} {
  if (!(error instanceof Error)) return { error: typeof error, code: null };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  const frames =
    code === null
      ? (error.stack ?? '')
          .split('\n')
          .filter((line) => line.trimStart().startsWith('at '))
          .slice(0, 6)
          .join('\n')
      : '';
  return frames === '' ? { error: error.name, code } : { error: error.name, code, stack: frames };
}
