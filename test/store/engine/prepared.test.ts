import {
  DummyDriver,
  Kysely,
  type LogEvent,
  PostgresAdapter,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { prepared } from '../../../src/store/engine/prepared';
import type { Db, Tables } from '../../../src/store/engine/tables';

/** What would be run, in the words of a dialect that reaches no database. */
function dialect(name: 'sqlite' | 'postgres') {
  const run: Array<{ sql: string; parameters: readonly unknown[] }> = [];
  const isSqlite = name === 'sqlite';
  const db: Db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => (isSqlite ? new SqliteAdapter() : new PostgresAdapter()),
      createDriver: () => new DummyDriver(),
      createQueryCompiler: () => (isSqlite ? new SqliteQueryCompiler() : new PostgresQueryCompiler()),
      createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
    },
    log({ query: { sql, parameters } }: LogEvent) {
      run.push({ sql, parameters });
    },
  });
  return { db, run };
}

const sqlOf = (run: ReadonlyArray<{ readonly sql: string }>) => run.map(({ sql }) => sql);

test('a query is built once, however often it runs, and each time with what it is given', async () => {
  let builds = 0;
  const find = prepared((db, { name }: { name: string }) => {
    builds += 1;
    return db.selectFrom('facts').select('value').where('name', '=', name);
  });
  const { db, run } = dialect('sqlite');
  await find(db, { name: 'a' });
  await find(db, { name: 'b' });
  expect(builds).toBe(1);
  expect(run.map(({ parameters }) => parameters)).toEqual([['a'], ['b']]);
});

test('each dialect has words of its own for the same query', async () => {
  const find = prepared((db, { name }: { name: string }) =>
    db.selectFrom('facts').select('value').where('name', '=', name),
  );
  const [sqlite, postgres] = [dialect('sqlite'), dialect('postgres')];
  for (const { db } of [sqlite, postgres, sqlite]) await find(db, { name: 'a' });
  expect(sqlOf([...sqlite.run, ...postgres.run])).toEqual([
    'select "value" from "facts" where "name" = ?',
    'select "value" from "facts" where "name" = ?',
    'select "value" from "facts" where "name" = $1',
  ]);
});

test('lists of up to four, sixteen and so on share a statement, in which the last item stands more than once', async () => {
  const find = prepared((db, { names }: { names: readonly string[] }) =>
    db.selectFrom('facts').select('value').where('name', 'in', names),
  );
  const { db, run } = dialect('sqlite');
  await find(db, { names: ['a', 'b'] });
  await find(db, { names: ['a', 'b', 'c'] });
  await find(db, { names: ['a'] });
  expect(run.map(({ parameters }) => parameters)).toEqual([['a', 'b', 'b', 'b'], ['a', 'b', 'c', 'c'], ['a']]);
  expect(new Set(sqlOf(run)).size).toBe(2);
});
