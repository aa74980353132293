import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../src/lib/result';
import { type Leavable, leavable } from './plan-mischief';

export interface ChaosOptions {
  /** How many times a process is killed (kill -9). */
  readonly kills: number;
  readonly store: 'sqlite' | 'postgres';
  readonly replicas: number;
  readonly seed: number;
  /** How many times as fast as the wall time goes by. */
  readonly speed: number;
  /** An empty PostgreSQL database that the run may fill; null: the run makes one. */
  readonly databaseUrl: string | null;
  /** Kinds of trouble that are left out. */
  readonly without: readonly Leavable[];
  /** Logs and database stay although all held. */
  readonly keep: boolean;
}

/** What was asked for: one story after the other, which share the kills. */
export interface ChaosRun {
  readonly stories: readonly ChaosOptions[];
}

export const usage = `Usage: npm run chaos -- [--kills 200] [--store sqlite|postgres] [--replicas 2] [--seed N | --seeds 1..5]
                         [--speed 30] [--without regions,clocks] [--database-url postgres://…] [--keep]

Runs the service's own processes against the emulators, kills them, stalls them, breaks their calls, and counts afterwards
what was done twice, lost or told wrongly. Several seeds are played one after the other, share the kills and get one table. The same seed makes the same story. Exit code 0: nothing. 1: something, and
where to look. 2: it could not be run.`;

/** What the words after `npm run chaos --` ask for, or one sentence on what is wrong with them. */
export function parseChaosOptions(args: readonly string[], anySeed: number): Result<ChaosRun | 'help', string> {
  let values: ReturnType<typeof split>;
  try {
    values = split(args);
  } catch {
    return err(`I do not know one of these words: ${args.join(' ')}.`);
  }
  if (values.help) return ok('help');
  const { store = 'sqlite' } = values;
  if (store !== 'sqlite' && store !== 'postgres') return err('--store must be sqlite or postgres.');
  const replicas = readNumber(values.replicas, store === 'sqlite' ? 1 : 2, 1, 4);
  const kills = readNumber(values.kills, 200, 1, 5_000);
  const seeds = readSeeds(values, anySeed);
  const speed = readNumber(values.speed, usualSpeed, 1, 200);
  if (kills === null) return err('--kills must be a whole number from 1 to 5000.');
  if (replicas === null) return err('--replicas must be a whole number from 1 to 4.');
  if (typeof seeds === 'string') return err(seeds);
  if (seeds.length > kills) return err('--kills must be at least as many as there are seeds: the stories share them.');
  if (speed === null) return err('--speed must be a whole number from 1 to 200.');
  if (store === 'sqlite' && replicas > 1)
    return err(
      'With --store sqlite there is one replica: one process may use the file. Take --store postgres for several.',
    );
  const url = values['database-url'];
  if (store === 'sqlite' && url !== undefined) return err('--database-url is for --store postgres.');
  if (url !== undefined && !/^postgres(ql)?:\/\//.test(url))
    return err('--database-url must begin with postgres:// and lead to an empty database.');
  if (url !== undefined && seeds.length > 1)
    return err('--database-url is for one seed: each story needs an empty database.');
  const without = (values.without ?? '').split(',').filter(Boolean);
  if (!without.every(isLeavable)) return err(`--without must name some of: ${leavable.join(', ')}.`);
  const shared = { store, replicas, speed, databaseUrl: url ?? null, without, keep: values.keep ?? false } as const;
  return ok({ stories: seeds.map((seed, n) => ({ ...shared, seed, kills: share(kills, seeds.length, n) })) });
}

/** Fast enough to end soon, slow enough for two cores (docs/chaos.md). */
const usualSpeed = 30;

const isLeavable = (word: string): word is Leavable => leavable.some((kind) => kind === word);

const share = (kills: number, stories: number, n: number): number =>
  Math.floor(kills / stories) + (n < kills % stories ? 1 : 0);

const largestSeed = 4_294_967_295;
const mostSeeds = 100;

/** A sentence where they cannot be read. */
function readSeeds(
  { seed, seeds }: { readonly seed?: string | undefined; readonly seeds?: string | undefined },
  anySeed: number,
): readonly number[] | string {
  if (seeds === undefined) {
    const one = readNumber(seed, anySeed, 0, largestSeed);
    return one === null ? '--seed must be a whole number from 0 to 4294967295.' : [one];
  }
  if (seed !== undefined) return 'Take --seed for one story or --seeds for several, not both.';
  const [, first, last] = /^(\d{1,10})\.\.(\d{1,10})$/.exec(seeds) ?? [];
  const from = readNumber(first ?? '', 0, 0, largestSeed);
  const to = readNumber(last ?? '', 0, 0, largestSeed);
  if (from === null || to === null || to < from || to - from >= mostSeeds)
    return '--seeds must be two whole numbers such as 1..5, the smaller one first, for at most 100 stories.';
  return Array.from({ length: to - from + 1 }, (_, n) => from + n);
}

const split = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h' },
      kills: { type: 'string' },
      store: { type: 'string' },
      replicas: { type: 'string' },
      seed: { type: 'string' },
      seeds: { type: 'string' },
      speed: { type: 'string' },
      without: { type: 'string' },
      'database-url': { type: 'string' },
      keep: { type: 'boolean' },
    },
  }).values;

/** Null for what is no whole number within the bounds. */
function readNumber(text: string | undefined, usual: number, least: number, most: number): number | null {
  if (text === undefined) return usual;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number <= most ? number : null;
}
