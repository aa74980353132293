import type { Told } from '../child';

/** Says something to the benchmark that started this program. */
export const tell = (told: Told): void => void process.send?.(told);

const toMb = (bytes: number): number => bytes / 1_048_576;

/** Answers what the benchmark asks, until it stops the program. */
export function answerTo(stop: () => Promise<void>): void {
  process.on('message', (word) => {
    if (word === 'cpu') tellCpu();
    if (word === 'memory') tellMemory();
  });
  process.once('SIGTERM', () => void stop().then(() => process.exit(0)));
  // Whoever started this is gone, and nobody else ends it.
  process.once('disconnect', () => process.exit(1));
}

function tellCpu(): void {
  const { user, system } = process.cpuUsage();
  tell({ type: 'cpu', ms: (user + system) / 1_000 });
}

function tellMemory(): void {
  globalThis.gc?.();
  // Again: the first frees what only finalizers held.
  setImmediate(() => {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    tell({ type: 'memory', memory: { rss: toMb(rss), heap: toMb(heapUsed) } });
  });
}
