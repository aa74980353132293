import { appendFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import pino from 'pino';
import { StartError } from '../src/start-checks';
import { StoreError } from '../src/store/store-error';
import { instructions } from './local/instructions';
import { knowsTrialPeople, startTrial, type Trial } from './local/trial';
import { TrialError } from './local/trial-error';

const root = join(__dirname, '..', '..', '..');
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `npm run local`: everything a person needs to try the bot, until Ctrl-C. */
async function main(): Promise<void> {
  const startedAt = Date.now();
  let trial: Trial | null = null;
  let isStopping = false;
  const stopped = new Promise<'stop'>((resolve) => {
    const stop = () => {
      console.log('\nStopping ...');
      isStopping = true;
      resolve('stop');
    };
    // A second signal means at once: leaving kills what was started outside.
    for (const signal of signals) process.on(signal, () => (isStopping ? process.exit(1) : stop()));
    whenNpmEnds(stop);
  });
  try {
    const botPort = portOf('PORT', 3978);
    const firstWindowPort = portOf('PLAYGROUND_PORT', 56150);
    const dir = join(root, '.trial');
    const policyFile = process.env.POLICY_FILE ?? join(root, 'env', 'policy.yaml');
    const starting = startTrial({
      botPort,
      firstWindowPort,
      dir,
      policyFile,
      log: createFileLog(join(dir, 'service.log')),
      say: console.log,
    });
    const first = await Promise.race([starting, stopped]);
    // Leaving kills whatever is half started.
    if (first === 'stop') return process.exit(0);
    trial = first;
    console.log(instructions({ ana: trial.anaUrl, bo: trial.boUrl, dir: relative(process.cwd(), dir) || '.' }));
    if (!(await knowsTrialPeople(policyFile)))
      console.log(
        `Note: ${policyFile} does not name Ana (…a1) and Bo (…b1), so the trial's people may not ask or approve. Use the file as it came (git checkout), or point POLICY_FILE to a copy of it.\n`,
      );
    console.log(`Ready after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s.`);
    const end = await Promise.race([trial.died, stopped]);
    const died = end === 'stop' ? null : end;
    if (died !== null) console.error(`${died}\nThe rest is stopped as well.`);
    await trial.stop();
    process.exit(died === null ? 0 : 1);
  } catch (error) {
    console.error(sentenceOf(error));
    await trial?.stop();
    process.exit(1);
  }
}

/** A SIGTERM to npm ends npm and its shell and never arrives here (measured with npm 11). */
function whenNpmEnds(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 500);
  watch.unref();
}

function portOf(name: string, fallback: number): number {
  const text = process.env[name]?.trim();
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_534)
    throw new TrialError(`${name} must be a whole number from 1 to 65534; unset it to use ${fallback}.`);
  return port;
}

/** In a file, so that it does not scroll the instructions away. */
const createFileLog = (file: string) =>
  pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (level) => ({ level }) } },
    { write: (line) => appendFileSync(file, line) },
  );

/** Faults that we know have their own words; anything else is a bug and shows where it is. */
function sentenceOf(error: unknown): string {
  if (error instanceof StartError) return error.lines.join('\n');
  if (error instanceof TrialError || error instanceof StoreError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

void main();
