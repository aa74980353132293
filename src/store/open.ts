import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type Clock, systemClock } from '../lib/clock';
import type { Log } from '../lib/log';
import { type DatabasePassword, isPostgres } from './engine/database-address';
import type { Engine } from './engine/engine';
import { migrate } from './engine/migrate';
import { withSchemaWatch } from './engine/schema-watch';
import { openSqlite } from './engine/sqlite';
import { withContinuity } from './offline/continuity';
import { bringBackAfterClock } from './rows/clock-set-back';
import { createSqlStore, type SqlStoreOptions } from './sql-store';
import type { Store } from './store';
import { StoreError } from './store-error';
import { freeLeases } from './work/claims';

const clockWasAhead =
  'The clock of this machine is behind what the database has seen: one of the two was wrong. Waits, limits and deadlines that lay in the future were brought back, so that none lasts longer than it should. Check the time of this machine.';

interface OpenOptions extends Partial<SqlStoreOptions> {
  /** `sqlite:<path>` or `postgres://…`. */
  readonly url: string;
  readonly password?: DatabasePassword;
  readonly log: Log;
  readonly clock?: Clock;
}

/** Opens the store, creates what is not there, and brings it up to date; throws a `StoreError` that an operator can act on. */
export async function openStore(options: OpenOptions): Promise<Store> {
  const { log, clock = systemClock, nesting = 'refused' } = options;
  const startedAt = clock.now();
  const { engine, path } = openEngine(options, startedAt);
  try {
    const migrations = await migrate(engine);
    log.info({ path, migrations, tookMs: clock.now() - startedAt }, 'The store is open');
    if (engine.isSole) await freeLeases(engine.db);
    const store = createSqlStore(engine, { nesting });
    // Of several services no one's clock is the right one: there the database's is taken.
    const setBack = engine.isSole ? await bringBackAfterClock(store, startedAt) : null;
    if (setBack !== null) log.warn({ path, ...setBack }, clockWasAhead);
    const known = await withContinuity(store, engine, { path, clock, log });
    return engine.isSole ? known : withSchemaWatch(known, engine, clock);
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** `path` is what a log may say of the address: it may hold a password. */
function openEngine(
  { url, log, password }: OpenOptions,
  now: number,
): { readonly engine: Engine; readonly path: string } {
  if (isPostgres(url)) {
    // Loaded only where it is used: a start on SQLite does without its driver.
    const { openPostgres } = require('./engine/postgres') as typeof import('./engine/postgres');
    return { engine: openPostgres(url, log, password), path: 'postgres' };
  }
  const path = parseSqliteUrl(url);
  const holder = { pid: process.pid, host: hostname(), since: new Date(now).toISOString() };
  return { engine: openSqlite(path, holder), path };
}

function parseSqliteUrl(url: string): string {
  const path = /^sqlite:(.+)$/i.exec(url)?.[1];
  if (path === undefined || path === ':memory:' || path.startsWith('//')) {
    throw new StoreError(
      'store.unavailable',
      'The database address must be sqlite: followed by the path of a file, because requests and approvals must survive a restart. Use, for example, sqlite:./data/live-response.db, or postgres://user:password@host/database for several replicas.',
    );
  }
  return resolve(path);
}
