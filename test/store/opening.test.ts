import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import { type Log, silentLog } from '../../src/lib/log';
import { openStore } from '../../src/store/open';
import { StoreError } from '../../src/store/store-error';
import { insert, requestId, sampleRequest, sampleWork, t0, useStores } from './sample';

const stores = useStores();

const refusal = async (opening: Promise<unknown>): Promise<StoreError> => {
  const error = await opening.then(
    () => new Error('It was opened.'),
    (reason) => reason,
  );
  if (!(error instanceof StoreError)) throw error;
  return error;
};

test('the folder and the file are made, in WAL mode with a full sync at every commit', async () => {
  const path = stores.newPath();
  const lines: unknown[] = [];
  const log: Log = { info: (fields, message) => lines.push([message, fields]), warn: () => {}, error: () => {} };
  const clock = { now: () => t0, sleep: async () => {} };
  const store = await openStore({ url: `sqlite:${path}`, log, clock });
  expect(lines).toEqual([['The store is open', { path, migrations: ['0001-first'], tookMs: 0 }]]);
  const [mode] = new Database(path).prepare('pragma journal_mode').all([]) as unknown[];
  expect(mode).toEqual({ journal_mode: 'wal' });
  await store.close();
});

describe('nobody but the account of the service may read its files (T-43)', () => {
  const rights = (folder: string) =>
    Object.fromEntries(
      readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]),
    );
  const all = ['live-response.db', 'live-response.db-shm', 'live-response.db-wal', 'live-response.db.lock'];
  const ownerOnly = Object.fromEntries(all.map((name) => [name, '600']));

  test('also in a folder that is there already and open to all', async () => {
    const path = stores.newPath();
    mkdirSync(dirname(path), { mode: 0o777 });
    await stores.open(path);
    expect(rights(dirname(path))).toMatchObject(ownerOnly);
  });

  test('and files that an older version or a copy has left open to all are closed to others', async () => {
    const path = stores.newPath();
    await (await stores.open(path)).close();
    for (const name of readdirSync(dirname(path))) chmodSync(join(dirname(path), name), 0o666);
    await stores.open(path);
    expect(rights(dirname(path))).toMatchObject(ownerOnly);
  });
});

test('a place in which nothing can be made is refused at once, wherever it is', async () => {
  const { code, message } = await refusal(stores.open('/proc/nope/deeper/a.db'));
  expect([code, message]).toEqual([
    'store.unavailable',
    'The database file /proc/nope/deeper/a.db cannot be opened or created. Check that its folder exists, is a folder, and may be written by this user.',
  ]);
});

test('a file that another service has open is refused by name of its holder, and is free once that one closed', async () => {
  const path = stores.newPath();
  const clock = { now: () => t0, sleep: async () => {} };
  const log: Log = { info: () => {}, warn: () => {}, error: () => {} };
  const first = await openStore({ url: `sqlite:${path}`, log, clock });
  const { code, message } = await refusal(stores.open(path));
  expect(code).toBe('store.locked');
  expect(message.replace(path, '<path>').replace(/process \d+ on \S+,/, 'process <pid> on <host>,')).toBe(
    "The database file <path> is in use by process <pid> on <host>, since 2026-11-23T12:00:00.000Z, and two services on one file would get in each other's way. Stop that one first, or give this one a file of its own.",
  );
  expect(message).toContain(`process ${process.pid} on`);
  await first.close();
  await stores.open(path);
});

test('a file whose lock something else has taken is refused as well', async () => {
  const path = stores.newPath();
  mkdirSync(dirname(path), { recursive: true });
  const other = new Database(`${path}.lock`);
  other.exec('begin immediate');
  const { code, message } = await refusal(stores.open(path));
  expect([code, message.replace(path, '<path>')]).toEqual([
    'store.locked',
    "The database file <path> is in use by another process, and two services on one file would get in each other's way. Stop that one first, or give this one a file of its own.",
  ]);
  other.close();
});

test('a lock that is no database is refused by its own name', async () => {
  const path = stores.newPath();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.lock`, '{"pid":17}'.repeat(20));
  const { code, message } = await refusal(stores.open(path));
  expect(code).toBe('store.corrupt');
  expect(message).toContain(`${path}.lock is damaged`);
});

describe('a damaged file is refused and left as it is', () => {
  const damage: ReadonlyArray<readonly [string, (bytes: Buffer) => Buffer]> = [
    ['text in place of a database', () => Buffer.from('These are not the bytes you are looking for.\n'.repeat(100))],
    ['the second half is gone', (bytes) => bytes.subarray(0, bytes.length / 2)],
    [
      'a page in the middle is overwritten',
      (bytes) => Buffer.concat([bytes.subarray(0, 4096 * 3), Buffer.alloc(4096 * 4, 0xff), bytes.subarray(4096 * 7)]),
    ],
    ['the header is overwritten', (bytes) => Buffer.concat([Buffer.alloc(100, 0xff), bytes.subarray(100)])],
  ];
  test.each(damage)('%s', async (_what, spoil) => {
    const path = stores.newPath();
    const store = await stores.open(path);
    await insert(store, sampleRequest());
    await store.close();
    const spoilt = spoil(readFileSync(path));
    writeFileSync(path, spoilt);
    const { code, message } = await refusal(stores.open(path));
    expect(code).toBe('store.corrupt');
    expect(message.replace(path, '<path>')).toBe(
      'The database file <path> is damaged or is not a database, so nothing in it can be trusted. It was left as it is: move it away and restore a backup.',
    );
    expect(readFileSync(path).equals(spoilt)).toBe(true);
  });

  test('a page that nothing reads at the start, of a service that was killed', async () => {
    const path = stores.newPath();
    const filling = await stores.open(path);
    await insert(
      filling,
      ...Array.from({ length: 50 }, (_, n) => sampleRequest({ id: requestId(`LR-${n}`), reason: 'x'.repeat(1_000) })),
    );
    await filling.close();
    const killed = await stores.open(path);
    await killed.transact((tx) => tx.saveFact('in the log only', 1));
    const copy = join(dirname(path), 'copy.db');
    const bytes = readFileSync(path);
    const spoilt = Buffer.concat([bytes.subarray(0, -4096), Buffer.alloc(4096, 0xff)]);
    writeFileSync(copy, spoilt);
    copyFileSync(`${path}-wal`, `${copy}-wal`);
    expect((await refusal(stores.open(copy))).code).toBe('store.corrupt');
    expect(readFileSync(copy).equals(spoilt)).toBe(true);
    expect(readFileSync(`${copy}-wal`).equals(readFileSync(`${path}-wal`))).toBe(true);
  });

  test('and its lock is free again, so that a restored backup opens', async () => {
    const path = stores.newPath();
    const store = await stores.open(path);
    await store.close();
    const backup = readFileSync(path);
    writeFileSync(path, 'broken');
    await refusal(stores.open(path));
    writeFileSync(path, backup);
    await stores.open(path);
  });
});

test('a database of a newer version is refused and not touched', async () => {
  const path = stores.newPath();
  await (await stores.open(path)).close();
  const database = new Database(path);
  database.exec("insert into kysely_migration (name, timestamp) values ('0999-later', 'x')");
  database.exec('pragma wal_checkpoint(truncate)');
  database.close();
  const before = readFileSync(path);
  const { code, message } = await refusal(stores.open(path));
  expect(code).toBe('store.newerSchema');
  expect(message).toBe(
    'The database was last used by a newer version of this program (it has 0999-later), and this version could damage it. Start the newer version again, or restore a backup from before the update.',
  );
  expect(readFileSync(path).equals(before)).toBe(true);
});

test('a migration that fails half-way leaves nothing behind', async () => {
  const path = stores.newPath();
  mkdirSync(dirname(path), { recursive: true });
  const database = new Database(path);
  database.exec('create table audit_head (foreign_thing text)');
  await expect(stores.open(path)).rejects.toThrow();
  const tables = database.prepare("select name from sqlite_master where type = 'table'").all([]) as Array<{
    name: string;
  }>;
  expect(tables.map((table) => table.name)).not.toContain('requests');
  database.exec('drop table audit_head');
  await insert(await stores.open(path), sampleRequest());
});

test('a place that cannot hold a file is refused', async () => {
  const path = stores.newPath();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${dirname(path)}/file`, '');
  const { code, message } = await refusal(stores.open(`${dirname(path)}/file/x.db`));
  expect(code).toBe('store.unavailable');
  expect(message.replace(dirname(path), '<folder>')).toBe(
    'The database file <folder>/file/x.db cannot be opened or created. Check that its folder exists, is a folder, and may be written by this user.',
  );
});

test.each([
  [
    'postgres://bot:secret@127.0.0.1:1/live',
    'The database live on 127.0.0.1:1 could not be used: it cannot be reached. Check DATABASE_URL and the network. Nothing was half done.',
  ],
  [
    'postgres://bot:secret@[/live',
    'DATABASE_URL is not an address. It must be postgres://user:password@host:5432/database, with special characters of the password percent-encoded.',
  ],
  ['mysql://bot:secret@db/live', wrongAddress()],
  ['sqlite::memory:', wrongAddress()],
  ['sqlite:', wrongAddress()],
  ['sqlite://secret@host/live', wrongAddress()],
  ['', wrongAddress()],
])('the address %s is refused without repeating it', async (url, sentence) => {
  const { code, message } = await refusal(openStore({ url, log: { info: () => {}, warn: () => {}, error: () => {} } }));
  expect(code).toBe('store.unavailable');
  expect(message).toBe(sentence);
  expect(message).not.toContain('secret');
});

test('a file that another program holds for writing makes a transaction fail cleanly, and later ones work', async () => {
  const path = stores.newPath();
  const store = await stores.open(path);
  const other = new Database(path);
  other.exec('begin immediate');
  const { code, message } = await refusal(insert(store, sampleRequest()));
  expect(code).toBe('store.unavailable');
  expect(message.replace(path, '<path>')).toBe(
    'The database file <path> could not be used: another program holds a lock on it. Nothing was changed; put that right and it goes on.',
  );
  expect(await store.countByState()).toEqual({});
  other.exec('commit');
  other.close();
  await insert(store, sampleRequest());
  expect(await store.countByState()).toEqual({ awaitingApproval: 1 });
});

function wrongAddress(): string {
  return 'The database address must be sqlite: followed by the path of a file, because requests and approvals must survive a restart. Use, for example, sqlite:./data/live-response.db, or postgres://user:password@host/database for several replicas.';
}

test('what a dead process held may be taken at once, and that it was held still counts', async () => {
  const path = stores.newPath();
  const claim = { types: ['submit'], now: t0, leaseMs: 60_000, limit: 1 } as const;
  const before = await openStore({ url: `sqlite:${path}`, log: silentLog });
  await before.transact(async (tx) => {
    await tx.addWork([sampleWork()]);
    await tx.claimWork({ ...claim, leaseToken: 'dead' });
  });
  await before.close();
  const after = await stores.open(path);
  const [row] = await after.transact((tx) => tx.claimWork({ ...claim, leaseToken: 'alive' }));
  expect(row?.claims).toBe(2);
});
