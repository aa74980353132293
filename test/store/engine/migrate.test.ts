import { sql } from 'kysely';
import type { Engine } from '../../../src/store/engine/engine';
import { appliedSteps, migrate, type Steps, stepsFor } from '../../../src/store/engine/migrate';
import { openSqlite } from '../../../src/store/engine/sqlite';
import { useStores } from '../sample';

const stores = useStores();
let engine: Engine;
beforeEach(() => {
  engine = openSqlite(stores.newPath(), { pid: 1, host: 'h', since: 's' });
});
afterEach(() => engine.close());

const step = (...statements: readonly string[]): Steps[string] => ({
  async up(db) {
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
});
const next = (): Steps => ({
  ...stepsFor(engine.identityColumn),
  '0002-colours': step('create table colours (name text)', "insert into colours values ('red')"),
});
const colours = async () => (await sql<{ name: string }>`select name from colours`.execute(engine.db)).rows;

test('a database takes the steps that it has not taken, in order, and each of them once', async () => {
  expect(await migrate(engine)).toEqual(['0001-first']);
  expect(await migrate(engine, next())).toEqual(['0002-colours']);
  const last = { ...next(), '0003-more-colours': step("insert into colours values ('green')") };
  expect(await migrate(engine, last)).toEqual(['0003-more-colours']);
  expect(await migrate(engine, last)).toEqual([]);
  expect(await colours()).toEqual([{ name: 'red' }, { name: 'green' }]);
});

test('a step that fails leaves nothing behind, and is taken once its cause is fixed', async () => {
  await migrate(engine);
  const failing = {
    ...next(),
    '0003-shapes': step('create table shapes (name text)', 'insert into nowhere values (1)'),
  };
  await expect(migrate(engine, failing)).rejects.toThrow('nowhere');
  expect(await appliedSteps(engine.db)).toEqual(['0001-first']);
  await expect(colours()).rejects.toThrow('no such table');
  const fixed = { ...next(), '0003-shapes': step('create table shapes (name text)') };
  expect(await migrate(engine, fixed)).toEqual(['0002-colours', '0003-shapes']);
});

test('a database that has taken a step of a newer version is refused', async () => {
  await migrate(engine, next());
  await expect(migrate(engine)).rejects.toMatchObject({
    code: 'store.newerSchema',
    message: expect.stringContaining('(it has 0002-colours)'),
  });
});
