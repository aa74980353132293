import { parseArgs } from 'node:util';
import { playDemo } from './demo/play';

/** What a shell expects of a program that Ctrl-C has ended. */
const endedBySignal = 130;

async function main(): Promise<void> {
  const evidenceTo = readWords();
  if (evidenceTo === undefined) return;
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
      evidenceTo,
    });
    process.exitCode = held ? 0 : 1;
  } catch (error) {
    if (!stopping.signal.aborted) throw error;
    process.stdout.write('\nStopped. Everything that was started has ended.\n');
    process.exitCode = endedBySignal;
  }
}

/** The folder that `--evidence` names, or null; undefined when the words are none that the demo knows. */
function readWords(): string | null | undefined {
  try {
    return parseArgs({ options: { evidence: { type: 'string' } } }).values.evidence ?? null;
  } catch {
    process.stderr.write(
      'npm run demo [-- --evidence FOLDER]: FOLDER gets the evidence bundle of the first request.\n',
    );
    process.exitCode = 2;
    return undefined;
  }
}

void main();
