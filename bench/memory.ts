import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../src/lib/clock';
import { silentLog } from '../src/lib/log';
import { openStore } from '../src/store/open';
import { ana, tenantId } from '../test/fakes/fake-connector';
import { openBench } from './approvals';
import { type Memory, memoryOf } from './child';
import { insertEnded, insertOpen } from './history';
import type { Row, Section } from './report';
import { hangUp, messageOf, send } from './wire';
import { deviceName, type World } from './world';

export interface MemoryOptions {
  readonly rounds: number;
  /** Requests that have come to their end. */
  readonly history: number;
  readonly open: number;
}

/** Memory with a long history beside none, at rest and with requests open. */
export async function measureMemory(world: World, options: MemoryOptions): Promise<Section> {
  const { rounds, history, open } = options;
  const [none, ended, opened, both] = [
    await makeStore(world, 0, 0),
    await makeStore(world, history, 0),
    await makeStore(world, 0, open),
    await makeStore(world, history, open),
  ];
  const idle = { ours: [] as Memory[], theirs: [] as Memory[] };
  const busy = { ours: [] as Memory[], theirs: [] as Memory[] };
  for (let round = 0; round < rounds; round++) {
    idle.theirs.push(await live(world, none));
    idle.ours.push(await live(world, ended));
    busy.theirs.push(await live(world, opened));
    busy.ours.push(await live(world, both));
  }
  hangUp();
  const rows = [
    { when: 'nothing open', ...idle },
    { when: `${open} open`, ...busy },
  ].flatMap(({ when, ours, theirs }): readonly Row[] =>
    (['heap', 'rss'] as const).map((what) => ({
      what: `${what === 'rss' ? 'RSS' : 'heap'}, ${when}`,
      unit: 'MB',
      ours: ours.map((memory) => memory[what]),
      against: { what: 'no history', values: theirs.map((memory) => memory[what]) },
      target: { type: 'atMost', value: 1.1, of: 'ratio' },
    })),
  );
  return {
    title: `Memory after ${history} requests`,
    how: `The service on a store with ${history} ended requests (each with its cards, vote and audit entries) beside one without, after ${messages} messages that read the store; garbage collected first. Open: ${open} requests that Defender has, for devices that are never reached, are followed besides. Flat means within a tenth. ${rounds} rounds.`,
    rows,
  };
}

/** So many that both processes have taken from the system what they take under load: one that has hardly worked holds less, whatever its store holds. */
const messages = 288;
/** Each of them reads the store in another way. */
const words = ['queue', 'status', 'whoami', 'library', 'device ws-042', 'help'];

/** A database file with so many requests; null when there are none. */
async function makeStore(world: World, ended: number, open: number): Promise<string | null> {
  if (ended + open === 0) return null;
  const path = join(await world.newDir(), 'live-response.db');
  const store = await openStore({ url: `sqlite:${path}`, log: silentLog });
  const now = systemClock.now();
  await insertEnded(store, ended, now);
  await insertOpen(store, startActions(world, open), now);
  await store.close();
  return path;
}

function startActions(world: World, count: number): readonly string[] {
  const first = world.takeDevices(count);
  return Array.from(
    { length: count },
    (_, i) =>
      world.emulator.addForeignAction({
        requestor: 'Live Response for Teams',
        machineId: `${deviceName(first + i)}.contoso.com`,
        commands: [{ type: 'RunScript', params: [{ key: 'ScriptName', value: 'minidump.ps1' }] }],
      }).id,
  );
}

async function live(world: World, database: string | null): Promise<Memory> {
  const dir = await world.newDir();
  if (database !== null) await copyFile(database, join(dir, 'live-response.db'));
  const bench = await openBench(world, { dir });
  for (let i = 0; i < messages; i++) {
    const seat = { conversationId: `a:memory-${i}`, tenantId, personId: ana.aadObjectId };
    const text = words[i % words.length] as string;
    const { status } = await send(bench.url, messageOf(seat, bench.connector.url, text), null);
    if (status !== 200) throw new Error(`${text} was answered ${status}.`);
  }
  await systemClock.sleep(settleMs);
  const memory = await memoryOf(bench.program);
  await bench.close();
  return memory;
}

/** Long enough for what is on its way to Teams when the last message is answered, and for a read of what is open. */
const settleMs = 9_000;
