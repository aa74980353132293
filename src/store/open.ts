import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type Clock, systemClock } from '../lib/clock';
import type { Log } from '../lib/log';
import { migrate } from './migrate';
import { voidAfterRestore } from './restored';
import { createSqlStore } from './sql-store';
import { openSqlite } from './sqlite';
import { type Store, StoreError } from './store';
import { freeLeases } from './work';

/** Opens the store at `sqlite:<path>`, creates it when it is not there, and brings it up to date; throws a `StoreError` that an operator can act on. */
export async function openStore(options: {
  readonly url: string;
  readonly log: Log;
  readonly clock?: Clock;
}): Promise<Store> {
  const { url, log, clock = systemClock } = options;
  const path = parseStoreUrl(url);
  const startedAt = clock.now();
  const engine = openSqlite(path, { pid: process.pid, host: hostname(), since: new Date(startedAt).toISOString() });
  try {
    const migrations = await migrate(engine);
    log.info({ path, migrations, tookMs: clock.now() - startedAt }, 'The store is open');
    if (engine.isSole) await freeLeases(engine.db);
    const store = createSqlStore(engine);
    const restored = engine.headNote === null ? null : await voidAfterRestore(store, engine.headNote, startedAt);
    if (restored !== null)
      log.warn(
        { path, ...restored },
        'A backup was put back: the database lacks entries that were written after it. What was undecided or not yet submitted in it is void; ask people to make those requests again.',
      );
    return store;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

/** The absolute path in the address. The address itself is never repeated in a message, since it may hold a password. */
function parseStoreUrl(url: string): string {
  if (/^postgres(ql)?:/i.test(url)) {
    throw new StoreError(
      'store.unavailable',
      'PostgreSQL is not supported by this version yet. Use a file, such as sqlite:./data/live-response.db.',
    );
  }
  const path = /^sqlite:(.+)$/i.exec(url)?.[1];
  if (path === undefined || path === ':memory:' || path.startsWith('//')) {
    throw new StoreError(
      'store.unavailable',
      'The database address must be sqlite: followed by the path of a file, because requests and approvals must survive a restart. Use, for example, sqlite:./data/live-response.db.',
    );
  }
  return resolve(path);
}
