import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../src/lib/result';

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
  /** Logs and database stay although all held. */
  readonly keep: boolean;
}

export const usage = `Usage: npm run chaos -- [--kills 200] [--store sqlite|postgres] [--replicas 2] [--seed N] [--speed 12]
                         [--database-url postgres://…] [--keep]

Runs the service's own processes against the emulators, kills them, stalls them, breaks their calls, and counts afterwards
what was done twice, lost or told wrongly. The same seed makes the same story. Exit code 0: nothing. 1: something, and
where to look. 2: it could not be run.`;

/** What the words after `npm run chaos --` ask for, or one sentence on what is wrong with them. */
export function parseChaosOptions(args: readonly string[], anySeed: number): Result<ChaosOptions | 'help', string> {
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
  const seed = readNumber(values.seed, anySeed, 0, 4_294_967_295);
  const speed = readNumber(values.speed, 12, 1, 200);
  if (kills === null) return err('--kills must be a whole number from 1 to 5000.');
  if (replicas === null) return err('--replicas must be a whole number from 1 to 4.');
  if (seed === null) return err('--seed must be a whole number from 0 to 4294967295.');
  if (speed === null) return err('--speed must be a whole number from 1 to 200.');
  if (store === 'sqlite' && replicas > 1)
    return err(
      'With --store sqlite there is one replica: one process may use the file. Take --store postgres for several.',
    );
  const url = values['database-url'];
  if (store === 'sqlite' && url !== undefined) return err('--database-url is for --store postgres.');
  if (url !== undefined && !/^postgres(ql)?:\/\//.test(url))
    return err('--database-url must begin with postgres:// and lead to an empty database.');
  return ok({ kills, store, replicas, seed, speed, databaseUrl: url ?? null, keep: values.keep ?? false });
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
      speed: { type: 'string' },
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
