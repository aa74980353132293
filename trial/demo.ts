import { playDemo } from './demo/play';

/** What a shell expects of a program that Ctrl-C has ended. */
const endedBySignal = 130;

async function main(): Promise<void> {
  const stopping = new AbortController();
  // Once: a second Ctrl-C ends the process at once.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const colour = process.stdout.isTTY === true && !process.env.NO_COLOR;
  const width = Math.min(Math.max(process.stdout.columns ?? 100, 60), 120);
  try {
    const held = await playDemo({
      write: (text) => process.stdout.write(text),
      width,
      colour,
      signal: stopping.signal,
    });
    process.exitCode = held ? 0 : 1;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    process.stdout.write('\nStopped. Everything that was started has ended.\n');
    process.exitCode = endedBySignal;
  }
}

void main();
