import { type CompiledQuery, sql } from 'kysely';
import Database from 'libsql';
import type { Engine } from '../../../src/store/engine/engine';
import { migrate } from '../../../src/store/engine/migrate';
import { openSqlite } from '../../../src/store/engine/sqlite';
import type { Db } from '../../../src/store/engine/tables';
import { createSqlStore } from '../../../src/store/sql-store';
import { findDueWork } from '../../../src/store/work/claims';
import { requestId, sampleRequest, useStores } from '../sample';

const stores = useStores();
let path: string;
let engine: Engine;
beforeEach(async () => {
  path = stores.newPath();
  engine = openSqlite(path, { pid: 1, host: 'h', since: 's' });
  await migrate(engine);
});
afterEach(() => engine.close());

const pragma = async (db: Db, name: string): Promise<number | string | undefined> => {
  const { rows } = await sql<Record<string, number | string>>`pragma ${sql.raw(name)}`.execute(db);
  return Object.values(rows[0] ?? {})[0];
};

test('every commit is synced in full, and references are checked', async () => {
  expect(await pragma(engine.db, 'journal_mode')).toBe('wal');
  expect(await pragma(engine.db, 'synchronous')).toBe(2);
  expect(await pragma(engine.db, 'foreign_keys')).toBe(1);
});

test('the connection for reads cannot write', async () => {
  const write = engine.readDb.insertInto('facts').values({ name: 'x', value: '1' }).execute();
  await expect(write).rejects.toMatchObject({ code: 'store.unavailable' });
});

test('a claim looks at undone rows only, by index, however many have ended', async () => {
  let query: CompiledQuery | undefined;
  const spied: Engine['skipLocked'] = (claimable) => {
    query = claimable.compile();
    return claimable;
  };
  await findDueWork(engine.db, spied, { types: ['submit'], now: 1, limit: 10 });
  if (query === undefined) throw new Error('nothing asked');
  /** Elsewhere than the engine: libsql never ends an `explain`, and what is not ended keeps its snapshot. */
  const database = new Database(path);
  const plan = database.prepare(`explain query plan ${query.sql}`).all(query.parameters.map(() => 1)) as Array<{
    detail: string;
  }>;
  expect(plan.map((row) => row.detail)).toEqual([
    'SEARCH work USING INDEX work_due_at (due_at<?)',
    'CORRELATED SCALAR SUBQUERY 3',
    'SEARCH older USING INDEX work_ordering_key (ordering_key=? AND id<?)',
    'CORRELATED SCALAR SUBQUERY 1',
    'SEARCH conversations USING INDEX sqlite_autoindex_conversations_1 (conversation_id=?)',
    'CORRELATED SCALAR SUBQUERY 2',
    'SEARCH requests USING INDEX sqlite_autoindex_requests_1 (id=?)',
  ]);
  const indexes = database
    .prepare("select sql from sqlite_master where name in ('work_due_at', 'work_ordering_key')")
    .all([]) as Array<{ sql: string }>;
  expect(indexes.map((index) => index.sql.endsWith('where ended_at is null'))).toEqual([true, true]);
});

test('a full disk rolls the whole transaction back, even when the error is swallowed, and nothing leaks out of it', async () => {
  const store = createSqlStore(engine);
  const pages = Number(await pragma(engine.db, 'page_count'));
  await pragma(engine.db, `max_page_count = ${pages + 8}`);

  const swallowing = store.transact(async (tx) => {
    await tx.insertRequest(sampleRequest());
    await tx.insertRequest(sampleRequest({ id: requestId('LR-BIGG'), reason: 'x'.repeat(100_000) })).catch(() => {});
    await tx.saveFact('after', 1).catch(() => {});
  });
  await expect(swallowing).rejects.toMatchObject({
    code: 'store.unavailable',
    message: expect.stringContaining('could not be used: the disk is full.'),
    cause: expect.objectContaining({ code: 'SQLITE_FULL' }),
  });
  expect(await store.countByState()).toEqual({});
  expect(await store.fact('after')).toBeNull();

  await store.transact((tx) => tx.insertRequest(sampleRequest()));
  expect(await store.countByState()).toEqual({ awaitingApproval: 1 });
});

test('transactions run one after the other, in the order of asking', async () => {
  const store = await stores.openNew();
  const log: string[] = [];
  const run = (name: string) =>
    store.transact(async (tx) => {
      log.push(`${name} starts`);
      await tx.fact('x');
      await new Promise(setImmediate);
      log.push(`${name} ends`);
    });
  await Promise.all(['a', 'b', 'c'].map(run));
  expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
});

test('a commit that need not outlast a loss of power waits for no disk, the next one that must takes it along, and no head is noted for it', async () => {
  const store = createSqlStore(engine);
  const synced = async () => Number(await pragma(engine.db, 'synchronous'));
  const entry = { at: 1, requestId: null, actor: 'bot', what: 'x', detail: {} };
  await store.transact((tx) => tx.appendAudit(entry));
  expect([await synced(), engine.headNote.read()?.seq]).toEqual([2, 1]);
  await store.transact((tx) => tx.appendAudit(entry), 'process');
  expect([await synced(), engine.headNote.read()?.seq]).toEqual([1, 1]);
  expect((await store.auditHead()).seq).toBe(2);
  await store.transact((tx) => tx.appendAudit(entry));
  expect([await synced(), engine.headNote.read()?.seq]).toEqual([2, 3]);
});
