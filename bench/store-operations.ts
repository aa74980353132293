import { join } from 'node:path';
import { createViews } from '../src/dispatch/views';
import { minutes, systemClock } from '../src/lib/clock';
import { silentLog } from '../src/lib/log';
import { parsePolicy } from '../src/policy/parse-policy';
import { openRequest } from '../src/request/transition';
import { storeNewRequest } from '../src/store/commit/apply';
import { openStore } from '../src/store/open';
import type { Store } from '../src/store/store';
import { type Cluster, findPostgres, startCluster } from '../test/postgres/cluster';
import { policyOf } from '../test/stories/stage';
import { ask, type Bench, checked, openBench, openConnector, runsAt, until } from './approvals';
import { requestOf } from './history';
import type { Row, Section } from './report';
import { median } from './statistics';
import { type LoadSide, runLoad } from './turns';
import { hangUp, nowMs, send, WireConnector } from './wire';
import { fineClock, type World } from './world';

export interface StoreOptions {
  readonly rounds: number;
  /** Of each operation, each round and engine. */
  readonly operations: number;
  readonly load: number;
  /** Approved at once, each round. */
  readonly approvals: number;
}

const noPostgres = 'There is no PostgreSQL on this machine (initdb, postgres). On Debian: apt-get install postgresql';

/** The store on both engines, and replicas on the one that can have them. */
export async function measureStores(world: World, options: StoreOptions): Promise<readonly Section[]> {
  const cluster = findPostgres() === null ? null : await startCluster({ durable: true });
  try {
    const operations = await measureOperations(world, cluster, options);
    return [operations, cluster === null ? noReplicas : await measureReplicas(world, cluster, options)];
  } finally {
    await cluster?.stop();
    hangUp();
  }
}

type Times = Readonly<Record<'insert' | 'work' | 'plan', number>>;

async function measureOperations(world: World, cluster: Cluster | null, options: StoreOptions): Promise<Section> {
  const sqlite = await openStore({ url: `sqlite:${join(await world.newDir(), 'store.db')}`, log: silentLog });
  const postgres = cluster === null ? null : await openStore({ url: await cluster.createDatabase(), log: silentLog });
  const ours: Times[] = [];
  const theirs: Times[] = [];
  for (let round = -1; round < options.rounds; round++) {
    const from = (round + 1) * options.operations;
    const a = await timeOperations(sqlite, from, options.operations);
    const b = postgres === null ? null : await timeOperations(postgres, from, options.operations);
    if (round < 0) continue;
    ours.push(a);
    if (b !== null) theirs.push(b);
  }
  await sqlite.close();
  await postgres?.close();
  const row = (what: string, name: keyof Times): Row => ({
    what,
    unit: 'ms',
    ours: ours.map((times) => times[name]),
    against: postgres === null ? null : { what: 'PostgreSQL', values: theirs.map((times) => times[name]) },
    target: null,
  });
  return {
    title: 'Store operations, SQLite beside PostgreSQL',
    how: `${options.operations} of each one after the other a round, on a store that grows with them; every commit is synced to the disk on both. PostgreSQL is a server of its own on loopback, with its default settings. Medians of the rounds' medians.`,
    rows: [
      row('new request, effects, audit', 'insert'),
      row('claim and finish work', 'work'),
      row('read the plan', 'plan'),
    ],
    ...(postgres === null ? { missing: [{ what: 'PostgreSQL', why: noPostgres }] } : {}),
  };
}

async function timeOperations(store: Store, from: number, count: number): Promise<Times> {
  const policy = parsePolicy(policyOf());
  if (!policy.ok) throw new Error('The policy of the benchmark has faults.');
  const limits = { runsPerMinute: 10, sessions: 50 };
  const views = createViews({ policy: () => policy.value, limits, clock: systemClock, trial: true });
  const insert: number[] = [];
  const work: number[] = [];
  const plan: number[] = [];
  for (let i = from; i < from + count; i++) {
    const now = systemClock.now();
    insert.push(await timed(() => store.transact((tx) => storeNewRequest(tx, openRequest(requestOf(i, now)), now))));
    work.push(await timed(() => claimAndFinish(store, now, `bench-${i}`)));
    plan.push(await timed(() => views.plan(store)));
  }
  return { insert: median(insert), work: median(work), plan: median(plan) };
}

async function claimAndFinish(store: Store, now: number, leaseToken: string): Promise<void> {
  const [row] = await store.transact((tx) =>
    tx.claimWork({ types: ['sendCard'], now, leaseMs: minutes(1), limit: 1, leaseToken }),
  );
  if (row === undefined) throw new Error('There was no work to claim.');
  await store.transact((tx) => tx.finishWork(row, now));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = nowMs();
  await work();
  return nowMs() - startedAt;
}

const noReplicas: Section = {
  title: 'One replica and two',
  how: 'Several replicas need PostgreSQL.',
  rows: [],
  missing: [{ what: 'turns and approvals a second', why: noPostgres }],
};

interface Rates {
  readonly turns: number;
  readonly approvals: number;
}

async function measureReplicas(world: World, cluster: Cluster, options: StoreOptions): Promise<Section> {
  const one: Rates[] = [];
  const two: Rates[] = [];
  for (let round = 0; round < options.rounds; round++) {
    one.push(await runReplicas(world, cluster, 1, options));
    two.push(await runReplicas(world, cluster, 2, options));
  }
  const row = (what: string, unit: Row['unit'], name: keyof Rates): Row => ({
    what,
    unit,
    ours: two.map((rates) => rates[name]),
    against: { what: 'one replica', values: one.map((rates) => rates[name]) },
    target: null,
  });
  return {
    title: 'Two replicas beside one, on PostgreSQL',
    how: `A fresh database each time; the load is shared between the replicas. Turns: ${options.load} help messages from 16 connections, up to the last answer at the Connector. Approvals: ${options.approvals} requests that are out already are approved at once; up to the last POST at the emulator. Load, database, emulator and replicas share this machine's cores, so with two cores a second replica has little to run on: this shows what sharing costs, and not what more machines bring.`,
    rows: [row('turns per second', 'turns/s', 'turns'), row('approved requests per second', 'requests/s', 'approvals')],
  };
}

async function runReplicas(world: World, cluster: Cluster, count: number, options: StoreOptions): Promise<Rates> {
  const env = { DATABASE_URL: await cluster.createDatabase() };
  const dirs = await Promise.all(Array.from({ length: count }, () => world.newDir()));
  const connector = await openConnector();
  const wire = await new WireConnector().start();
  const benches: Bench[] = [];
  for (const dir of dirs) benches.push(await openBench(world, { dir, connector, env }));
  const urls = benches.map((bench) => bench.url);
  const side: LoadSide = { urls, connector: wire, authorization: null, next: 0 };
  await runLoad(side, 16, options.load);
  const turns = await runLoad(side, 16, options.load);

  const first = world.takeDevices(options.approvals);
  const clicks: string[] = [];
  for (let i = 0; i < options.approvals; i++) clicks.push((await ask(benches[0] as Bench, first + i)).click);
  const before = runsAt(world).length;
  const startedAt = fineClock.now();
  await Promise.all(clicks.map((click, i) => checked(send(urls[i % urls.length] as string, click, null))));
  const lastAt = await until('the last POST', () => runsAt(world)[before + options.approvals - 1]);
  for (const bench of benches) await bench.close();
  await connector.stop();
  await wire.stop();
  return { turns, approvals: (options.approvals / (lastAt - startedAt)) * 1_000 };
}
