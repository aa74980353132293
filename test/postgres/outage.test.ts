import { sql } from 'kysely';
import { Client } from 'pg';
import { verifyChain } from '../../src/audit/chain';
import { silentLog } from '../../src/lib/log';
import type { Survives } from '../../src/store/engine/engine';
import { openPostgres } from '../../src/store/engine/postgres';
import type { Db } from '../../src/store/engine/tables';
import { openStore } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import { StoreError } from '../../src/store/store-error';
import { asQueued, insert, requestId, sampleRequest } from '../store/sample';
import { recordingLog } from '../teams/kit';
import { type Cluster, query, startCluster } from './cluster';

/** A server of this file's own, which it may crash. */
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});
async function open(url: string, log = recordingLog()) {
  const store = await openStore({ url, log });
  opened.push(store);
  return store;
}

/** The database as it is now, under another name: what a standby that is behind, or a backup, would hold. */
async function snapshot(url: string): Promise<string> {
  const name = new URL(url).pathname.slice(1);
  await disconnect(url);
  await query(cluster.url, `create database ${name}_old template ${name}`);
  return `${name}_old`;
}

const disconnect = (url: string) =>
  query(
    cluster.url,
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(url).pathname.slice(1)}'`,
  );

/** Puts the older database in the place of the present one, under the feet of whoever uses it. */
async function putBack(url: string, older: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  for (let tries = 0; ; tries++) {
    await disconnect(url);
    try {
      await query(cluster.url, `alter database ${name} rename to ${name}_lost`);
      break;
    } catch (error) {
      if (tries === 20) throw error;
    }
  }
  await query(cluster.url, `alter database ${older} rename to ${name}`);
}

const failureOf = async (work: Promise<unknown>): Promise<StoreError> => {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw new Error(`Not a StoreError: ${String(error)}`);
  return error;
};

test('while the server is down everything fails with a sentence, and when it is back all that was committed is there and work goes on', async () => {
  const store = await open(await cluster.createDatabase());
  await insert(store, sampleRequest());
  await cluster.crash();
  for (const work of [() => store.transact((tx) => tx.saveFact('x', 1)), () => store.countByState()]) {
    const { code, message } = await failureOf(work());
    expect(code).toBe('store.unavailable');
    expect(message).toMatch(/^The database lr_\w+ on 127\.0\.0\.1:\d+ could not be used: (it|the connection) /);
  }
  await cluster.start();
  expect(await store.countByState()).toEqual({ awaitingApproval: 1 });
  await store.transact((tx) => tx.saveFact('x', 2));
  expect(await store.fact('x')).toBe(2);
});

test('a transaction that the server’s crash meets in its middle leaves nothing behind', async () => {
  const store = await open(await cluster.createDatabase());
  const crashing = store.transact(async (tx) => {
    await tx.insertRequest(sampleRequest());
    await cluster.crash();
    await tx.saveFact('x', 1);
  });
  expect((await failureOf(crashing)).code).toBe('store.unavailable');
  await cluster.start();
  expect(await store.countByState()).toEqual({});
});

test('a transaction that stands still is ended by the server, so that it holds up nobody', async () => {
  const url = await cluster.createDatabase();
  const [stalled, other] = [await open(url), await open(url)];
  await insert(stalled, sampleRequest());
  const { id } = sampleRequest();
  const wait = stalled.transact(async (tx) => {
    await tx.request(id);
    // What the server does after 15 s of silence, without the wait.
    await query(
      cluster.url,
      "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'",
    );
    await tx.saveRequest(asQueued(sampleRequest()), 1);
  });
  expect((await failureOf(wait)).code).toBe('store.unavailable');
  await other.transact(async (tx) => {
    const stored = await tx.request(id);
    expect(stored?.version).toBe(1);
  });
  const [session] = await query(url, 'select 1');
  expect(session).toBeDefined();
});

test('every session that stands still in a transaction, or waits too long, lets itself be ended by the server', async () => {
  const engine = openPostgres(await cluster.createDatabase(), silentLog);
  const shown = async (db: Db, name: string) => {
    const { rows } = await sql<Record<string, string>>`show ${sql.raw(name)}`.execute(db);
    return Object.values(rows[0] ?? {})[0];
  };
  for (const db of [engine.db, engine.readDb]) {
    expect(await shown(db, 'idle_in_transaction_session_timeout')).toBe('15s');
    expect(await shown(db, 'statement_timeout')).toBe('10s');
    expect(await shown(db, 'lock_timeout')).toBe('8s');
  }
  expect(await shown(engine.schemaDb, 'statement_timeout')).toBe('0');
  const commits = (survives: Survives) => engine.transaction(survives, (tx) => shown(tx, 'synchronous_commit'));
  expect([await commits('power'), await commits('process'), await commits('power')]).toEqual(['on', 'off', 'on']);
  await engine.close();
});

const waiting = sampleRequest({ id: requestId('LR-2222') });
const approved = asQueued(sampleRequest({ id: requestId('LR-3333') }));
const statesOf = async (store: Store) =>
  Promise.all([waiting, approved].map(async ({ id }) => (await store.request(id))?.request.state));
const note = (store: Store, what: string) =>
  store.transact((tx) => tx.appendAudit({ at: 1, requestId: null, actor: 'bot', what, detail: {} }));

test('when a standby without our last commits takes over under the running service, nothing is written there before what is undecided or unsent is in doubt', async () => {
  const url = await cluster.createDatabase();
  const log = recordingLog();
  const store = await open(url, log);
  await insert(store, waiting, approved);
  await note(store, 'known to the standby');
  const older = await snapshot(url);
  await note(store, 'lost');
  await putBack(url, older);
  await store.transact(async (tx) => {
    expect((await tx.request(approved.id))?.request.state).toBe('unknown');
  });
  expect(await statesOf(store)).toEqual(['unknown', 'unknown']);
  expect(verifyChain(await store.auditRows()).ok).toBe(true);
  expect((await store.auditRows()).map(({ what }) => what)).toEqual([
    'known to the standby',
    'storeRestored',
    'storeRestored',
    'restored',
  ]);
  expect(log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message)).toContainEqual(
    expect.stringContaining('A backup was restored'),
  );
  await disconnect(url);
  await note(store, 'later');
  expect((await store.auditRows()).map(({ what }) => what).at(-1)).toBe('later');
});

test('until what is unsent is in doubt, every other transaction waits, more than there are connections as well', async () => {
  const url = await cluster.createDatabase();
  const store = await open(url);
  await insert(store, waiting, approved);
  await note(store, 'known to the standby');
  const older = await snapshot(url);
  await note(store, 'lost');
  await putBack(url, older);
  // Holds up the doubt about the approved request, and nothing else.
  const holder = new Client({ connectionString: url });
  await holder.connect();
  await holder.query('begin');
  await holder.query(`select 1 from requests where id = '${approved.id}' for update`);
  const all = Promise.all(Array.from({ length: 20 }, (_, i) => store.transact((tx) => tx.saveFact(`early ${i}`, 1))));
  const waits =
    "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%requests%'";
  while ((await query(url, waits)).length === 0) await new Promise(setImmediate);
  for (let asked = 0; asked < 30; asked++)
    expect(await query(url, "select name from facts where name like 'early%'")).toEqual([]);
  await holder.query('rollback');
  await holder.end();
  await all;
  expect(await statesOf(store)).toEqual(['unknown', 'unknown']);
  expect(await query(url, "select name from facts where name like 'early%'")).toHaveLength(20);
});

test('a server that comes back with all that was committed puts nothing into doubt', async () => {
  const url = await cluster.createDatabase();
  const store = await open(url);
  await insert(store, waiting, approved);
  await note(store, 'known');
  await disconnect(url);
  await note(store, 'known as well');
  expect(await statesOf(store)).toEqual(['awaitingApproval', 'queued']);
});

test('a copy of the database that is put in its place while no service runs is noticed at the next start', async () => {
  const url = await cluster.createDatabase();
  const first = await open(url);
  await insert(first, waiting, approved);
  await note(first, 'known');
  const older = await snapshot(url);
  await first.close();
  const again = await open(url);
  expect(await statesOf(again)).toEqual(['awaitingApproval', 'queued']);
  await again.close();
  await putBack(url, older);
  const log = recordingLog();
  expect(await statesOf(await open(url, log))).toEqual(['unknown', 'unknown']);
  expect(log.lines.filter(({ level }) => level === 'warn')).toMatchObject([
    { noted: null, doubted: [waiting.id, approved.id] },
  ]);
  expect(await statesOf(await open(url))).toEqual(['unknown', 'unknown']);
});

test('a failover that lost nothing, and then a new start, puts nothing into doubt', async () => {
  const url = await cluster.createDatabase();
  const store = await open(url);
  await insert(store, waiting, approved);
  await note(store, 'known to both');
  // Another database by its numbers, which has all that was committed.
  await putBack(url, await snapshot(url));
  await store.transact((tx) => tx.saveFact('x', 1));
  await store.close();
  const log = recordingLog();
  expect(await statesOf(await open(url, log))).toEqual(['awaitingApproval', 'queued']);
  expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([]);
});
