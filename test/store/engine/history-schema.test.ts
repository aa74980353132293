import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Kysely, Migrator } from 'kysely';
import type { KeptResult } from '../../../src/evidence/keep-result';
import type { LiveResponseRequest } from '../../../src/request/request';
import { sinceOf } from '../../../src/request/since';
import { migrations } from '../../../src/store/engine/migrations';
import { openSqlite } from '../../../src/store/engine/sqlite';
import { samples } from '../../request/sample';
import { inState, requestId, t0, useStores } from '../sample';

const stores = useStores();

/** As the version before left it. */
async function withOldDatabase(
  requests: readonly LiveResponseRequest[],
  results: ReadonlyArray<readonly [string, KeptResult]>,
) {
  const path = stores.newPath();
  mkdirSync(dirname(path), { recursive: true });
  const engine = openSqlite(path, { pid: 1, host: 'h', since: 's' });
  const old = Object.fromEntries(Object.entries(migrations(engine.columns)).filter(([name]) => name < '0003'));
  const migrator = new Migrator({ db: engine.db, provider: { getMigrations: async () => old } });
  expect((await migrator.migrateToLatest()).error).toBeUndefined();
  const db = engine.db as unknown as Kysely<Record<string, Record<string, unknown>>>;
  for (const request of requests)
    await db
      .insertInto('requests')
      .values({
        id: request.id,
        version: 1,
        tenant_id: 't',
        machine_id: 'm',
        requester_id: 'r',
        conversation_id: 'c',
        state: request.state,
        wake_at: null,
        body: JSON.stringify(request),
      })
      .execute();
  for (const [id, result] of results)
    await db
      .insertInto('results')
      .values({ request_id: id, command_index: result.index, body: JSON.stringify(result) })
      .execute();
  await db
    .insertInto('work')
    .values({ request_id: null, type: 'submit', lane: null, copy_id: null, due_at: t0 + 5, body: '{}', claims: 0 })
    .execute();
  await engine.close();
  return path;
}

const of = (index: number, raw: string | null, file: string | null): KeptResult =>
  ({ index, rawRelativePath: raw, file: file === null ? null : { relativePath: file } }) as KeptResult;

test('a database of the version before knows afterwards since when each request is where it is', async () => {
  const requests = Object.values(samples).map((sample, i) => ({ ...sample, id: requestId(`LR-${2222 + i}`) }));
  const path = await withOldDatabase(requests, []);
  const store = await stores.open(path);
  const { requests: figures, work } = await store.figures();
  expect(new Map(figures.map(({ state, oldestSince }) => [state, oldestSince]))).toEqual(
    new Map(requests.map((request) => [request.state, sinceOf(request)])),
  );
  expect(work).toEqual([{ type: 'submit', count: 1, oldestDueAt: t0 + 5 }]);
});

test('and which file of the evidence is whose, over more rows than are read at once', async () => {
  const many = Array.from({ length: 1_100 }, (_, i) => ({
    ...samples.succeeded,
    id: requestId(`LR-${10_000 + i}`),
    endedAt: t0,
  }));
  const path = await withOldDatabase(
    many,
    many.flatMap(({ id }, i) => [
      [id, of(0, `raw/${i}`, null)] as const,
      [id, of(1, i === 0 ? 'both' : null, i === 0 ? 'both' : 'shared')] as const,
    ]),
  );
  const store = await stores.open(path);
  expect((await store.figures()).requests).toEqual([{ state: 'succeeded', count: 1_100, oldestSince: t0 }]);
  await store.transact((tx) => tx.pruneRequests({ endedBefore: t0 + 1, now: t0, limit: 2_000, keepPlaces: [] }));
  const leaving = await store.leavingFiles({ notedBefore: t0, limit: 5_000 });
  expect(leaving).toHaveLength(1_102);
  expect(leaving.map(({ path: file }) => file)).toEqual(
    expect.arrayContaining(['raw/0', 'raw/1099', 'both', 'shared']),
  );
});

test('a state has its instant, whatever else it knows', () => {
  expect(sinceOf(inState(samples.running, 'submitting'))).not.toBe(sinceOf(samples.running));
});
