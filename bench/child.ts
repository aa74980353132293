import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';

/** Memory of a process in MB, after its garbage was collected. */
export interface Memory {
  readonly rss: number;
  readonly heap: number;
}

/** What the programs of the benchmark say to it, over the channel that node gives a child. */
export type Told =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'memory'; readonly memory: Memory }
  /** Processor time so far, of all threads. */
  | { readonly type: 'cpu'; readonly ms: number }
  | { readonly type: 'done'; readonly values: Readonly<Record<string, readonly number[]>> };

export interface Program {
  readonly child: ChildProcess;
  /** Sends a word and gives what the program tells next. */
  ask(word: string): Promise<Told>;
  stop(): Promise<void>;
}

/** Starts a program of `bench/programs` in a process of its own; its log goes to a file, as it would behind a collector. */
export async function startProgram(
  name: string,
  { env, dir }: { readonly env: Readonly<Record<string, string>>; readonly dir: string },
): Promise<Program & { readonly first: Told }> {
  const log = openSync(join(dir, `${name}.log`), 'a');
  const child = spawn(process.execPath, ['--expose-gc', ...profiling(), join(__dirname, 'programs', `${name}.js`)], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', log, 'inherit', 'ipc'],
  });
  closeSync(log);
  const ended = once(child, 'exit');
  const next = async (): Promise<Told> => {
    const told = await Promise.race([once(child, 'message'), ended.then(([code]) => code as number | null)]);
    if (Array.isArray(told)) return told[0] as Told;
    throw new Error(`The program ${name} ended with ${told} and said nothing.`);
  };
  return {
    child,
    first: await next(),
    ask(word) {
      child.send(word);
      return next();
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** `BENCH_NODE_ARGS='--cpu-prof --cpu-prof-dir=/tmp/prof' npm run bench` looks into the programs that are measured. */
const profiling = (): readonly string[] => (process.env.BENCH_NODE_ARGS ?? '').split(' ').filter((arg) => arg !== '');

export const portOf = (told: Told): number => {
  if (told.type !== 'listening') throw new Error(`A port was expected, and ${told.type} was told.`);
  return told.port;
};

export async function memoryOf(program: Program): Promise<Memory> {
  const told = await program.ask('memory');
  if (told.type !== 'memory') throw new Error(`The memory was expected, and ${told.type} was told.`);
  return told.memory;
}

export async function cpuMsOf(program: Program): Promise<number> {
  const told = await program.ask('cpu');
  if (told.type !== 'cpu') throw new Error(`The processor time was expected, and ${told.type} was told.`);
  return told.ms;
}
