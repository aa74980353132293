import type { Told } from '../child';

/** Says something to the benchmark that started this program. */
export const tell = (told: Told): void => void process.send?.(told);

const toMb = (bytes: number): number => bytes / 1_048_576;

/** Answers what the benchmark asks, until it stops the program. */
export function answerTo(stop: () => Promise<void>): void {
  process.on('message', (word) => {
    if (word !== 'usage') return;
    const { user, system } = process.cpuUsage();
    // Twice: the first frees what only finalizers held.
    globalThis.gc?.();
    setImmediate(() => {
      globalThis.gc?.();
      const { rss, heapUsed } = process.memoryUsage();
      tell({ type: 'usage', usage: { rss: toMb(rss), heap: toMb(heapUsed), cpu: (user + system) / 1_000 } });
    });
  });
  process.once('SIGTERM', () => void stop().then(() => process.exit(0)));
}
