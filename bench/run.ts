import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { minutes } from '../src/lib/clock';
import { measureApprovals } from './approvals';
import { measureColdStart } from './cold-start';
import { measureMakespan } from './makespan';
import { measureMemory } from './memory';
import { measureReading } from './reading';
import { type Machine, quietLoad, type Section, toMarkdown, toText } from './report';
import { measureStores } from './store-operations';
import { measureTurns } from './turns';
import { nowMs } from './wire';
import { openWorld, type World } from './world';

type Measure = (world: World) => Promise<readonly Section[]>;

/** In this order; each can be asked for alone by its name. */
const measurements: Readonly<Record<string, Measure>> = {
  start: async (world) => [await measureColdStart(world, { rounds: 9, service })],
  turns: async (world) => [
    await measureTurns(world, { rounds: 7, turns: 60, warmUps: 1_500, load: 800, connections: 16 }),
  ],
  approvals: async (world) => [await measureApprovals(world, { rounds: 9, requests: 6 })],
  memory: async (world) => [await measureMemory(world, { rounds: 3, history: 10_000, open: 50 })],
  reading: async () => [await measureReading({ open: 50, forMs: minutes(20) })],
  makespan: async () => [measureMakespan()],
  store: (world) => measureStores(world, { rounds: 3, operations: 60, load: 640, approvals: 10 }),
};

/** The same with as little as has a spread at all: to see that everything can be measured. */
const quickly: typeof measurements = {
  start: async (world) => [await measureColdStart(world, { rounds: 3, service })],
  turns: async (world) => [
    await measureTurns(world, { rounds: 3, turns: 20, warmUps: 20, load: 160, connections: 16 }),
  ],
  approvals: async (world) => [await measureApprovals(world, { rounds: 3, requests: 3 })],
  memory: async (world) => [await measureMemory(world, { rounds: 1, history: 500, open: 50 })],
  reading: async () => [await measureReading({ open: 50, forMs: minutes(2) })],
  makespan: async () => [measureMakespan()],
  store: (world) => measureStores(world, { rounds: 1, operations: 20, load: 160, approvals: 5 }),
};

const service = join(process.cwd(), 'dist', 'index.js');

/**
 * `npm run bench`: measures everything and writes bench/RESULTS.md; with names, measures these alone and writes nothing; with `--quick`, little
 * of everything. Judges by targets, and
 * fails only when something cannot be measured: how fast a machine is today is no bug.
 */
async function main(args: readonly string[]): Promise<void> {
  const table = args.includes('--quick') ? quickly : measurements;
  const asked = args.filter((arg) => arg !== '--quick');
  const unknown = asked.filter((name) => !(name in measurements));
  if (unknown.length > 0)
    throw new Error(
      `There is no measurement ${unknown.join(', ')}. There are: ${Object.keys(measurements).join(', ')}.`,
    );
  const names = asked.length > 0 ? asked : Object.keys(measurements);
  const startedAt = nowMs();
  const before = loadByCore();
  const sections: Section[] = [];
  const world = await openWorld();
  try {
    for (const name of names) {
      process.stderr.write(`measuring ${name} ...\n`);
      const measured = (await table[name]?.(world)) ?? [];
      sections.push(...measured);
      console.log(`${toText(measured)}\n`);
    }
  } finally {
    await world.close();
  }
  const tookS = (nowMs() - startedAt) / 1_000;
  if (before > quietLoad)
    console.log(
      `The machine was busy before the first measurement (load ${before.toFixed(2)} a core): times are no good.`,
    );
  if (asked.length > 0) return;
  const file = join(process.cwd(), 'bench', 'RESULTS.md');
  await writeFile(file, toMarkdown(sections, describeMachine(tookS, before)));
  console.log(`Written to bench/RESULTS.md after ${Math.round(tookS)} s.`);
}

const loadByCore = (): number => (loadavg()[0] ?? 0) / availableParallelism();

function describeMachine(tookS: number, before: number): Machine {
  const git = (...args: readonly string[]) => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' with uncommitted changes';
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1_073_741_824),
    node: process.version,
    os: `${process.platform} ${release()}`,
    commit: `${git('rev-parse', '--short', 'HEAD')}${changed}`,
    date: new Date().toISOString(),
    tookS,
    busyBefore: before,
  };
}

void main(process.argv.slice(2));
