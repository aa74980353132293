import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../src/lib/clock';
import { silentLog } from '../src/lib/log';
import { openStore } from '../src/store/open';
import { ana, tenantId } from '../test/fakes/fake-connector';
import { askAndApprove, openBench } from './approvals';
import { type Memory, memoryOf } from './child';
import { insertEnded } from './history';
import type { Row, Section } from './report';
import { hangUp, messageOf, send } from './wire';
import type { World } from './world';

export interface MemoryOptions {
  readonly rounds: number;
  /** Requests that have come to their end. */
  readonly history: number;
  readonly open: number;
}

/** What people did in one life of the service, and what it took at the end of each. */
interface Life {
  readonly idle: Memory;
  readonly open: Memory;
}

/** Memory with a long history beside none, at rest and with requests open. */
export async function measureMemory(world: World, options: MemoryOptions): Promise<Section> {
  const { rounds, history, open } = options;
  const seeded = join(await world.newDir(), 'live-response.db');
  const store = await openStore({ url: `sqlite:${seeded}`, log: silentLog });
  await insertEnded(store, history, systemClock.now());
  await store.close();

  const empty: Life[] = [];
  const full: Life[] = [];
  for (let round = 0; round < rounds; round++) {
    empty.push(await live(world, null, open));
    full.push(await live(world, seeded, open));
  }
  hangUp();
  const rows = (['idle', 'open'] as const).flatMap((when): readonly Row[] =>
    (['heap', 'rss'] as const).map((what) => ({
      what: `${what === 'rss' ? 'RSS' : 'heap'}, ${when === 'idle' ? 'nothing open' : `${open} open`}`,
      unit: 'MB',
      ours: full.map((life) => life[when][what]),
      against: { what: 'no history', values: empty.map((life) => life[when][what]) },
      target: { type: 'atMost', value: 1.1, of: 'ratio' },
    })),
  );
  return {
    title: `Memory after ${history} requests`,
    how: `The service on a store with ${history} ended requests (each with its cards, vote, submission work and audit entries) beside one on an empty store; garbage collected first. At rest: after ${messages} messages that read the history. Open: after ${open} requests were asked, approved and sent besides. Flat means within a tenth. ${rounds} rounds.`,
    rows,
  };
}

const messages = 120;
/** Each of them reads the store in another way. */
const words = ['queue', 'status', 'whoami', 'library', 'device ws-042', 'help'];

async function live(world: World, database: string | null, open: number): Promise<Life> {
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
  const idle = await memoryOf(bench.program);
  const from = world.takeDevices(open);
  for (let i = 0; i < open; i++) await askAndApprove(bench, world, from + i);
  await systemClock.sleep(settleMs);
  const opened = await memoryOf(bench.program);
  await bench.close();
  return { idle, open: opened };
}

/** What is on its way to Teams when the last message is answered. */
const settleMs = 1_000;
