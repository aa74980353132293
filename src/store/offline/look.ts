import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'libsql';
import { silentLog } from '../../lib/log';
import type { Place } from '../../request/place';
import { appliedSteps, stepsFor } from '../engine/migrate';
import { openPostgres } from '../engine/postgres';
import type { PlacesTable } from '../engine/tables';
import { findPlace } from '../rows/copies';
import { StoreError } from '../store';
import { toReadOnlyUri } from './audit-copy';

/** What a database is like, seen from outside: no lock is kept, no step taken, no byte of it changed. */
export interface StoreLook {
  readonly engine: 'sqlite' | 'postgres';
  /** Of the file; null on PostgreSQL, whose address may hold a password. */
  readonly path: string | null;
  /** False: nothing is there yet, and the first start makes it. */
  readonly exists: boolean;
  /** Steps of the schema that this program would take at its start. */
  readonly toTake: readonly string[];
  /** Steps that a newer program has taken. */
  readonly unknown: readonly string[];
  /** A service has the file open. Always false on PostgreSQL, which takes any number of them. */
  readonly inUse: boolean;
}

/** Throws a `StoreError` that an operator can act on. */
export async function lookAtStore(url: string): Promise<StoreLook> {
  if (isPostgres(url)) return onPostgres(url, async (engine) => compare('postgres', null, await appliedSteps(engine)));
  const path = pathOf(url);
  if (!existsSync(path)) return { ...compare('sqlite', path, []), exists: false };
  const steps = readOnly(path, (database) => {
    const [health] = database.prepare('pragma quick_check(1)').all([]) as Array<{ quick_check: string }>;
    if (health?.quick_check !== 'ok') throw damaged(path, health?.quick_check);
    const known = database.prepare("select name from sqlite_master where name = 'kysely_migration'").all([]);
    if (known.length === 0) return [];
    return (database.prepare('select name from kysely_migration order by name').all([]) as Array<{ name: string }>).map(
      ({ name }) => name,
    );
  });
  return { ...compare('sqlite', path, steps), inUse: isHeld(`${path}.lock`) };
}

/** The conversation as the service knows it; null when the bot was never written to in it. Throws a `StoreError`. */
export async function lookUpPlace(url: string, conversationId: string): Promise<Place | null> {
  if (isPostgres(url)) return onPostgres(url, ({ readDb }) => findPlace(readDb, conversationId));
  const path = pathOf(url);
  if (!existsSync(path)) return null;
  const [row] = readOnly(
    path,
    (database) =>
      database.prepare('select * from places where conversation_id = ?').all([conversationId]) as PlacesTable[],
  );
  return row === undefined
    ? null
    : {
        conversationId: row.conversation_id,
        tenantId: row.tenant_id,
        scope: row.scope as Place['scope'],
        reference: row.reference,
        personId: row.person_id,
      };
}

const isPostgres = (url: string): boolean => /^postgres(ql)?:\/\//i.test(url);
const pathOf = (url: string): string => resolve(url.replace(/^sqlite:/i, ''));

async function onPostgres<T>(url: string, look: (engine: ReturnType<typeof openPostgres>) => Promise<T>): Promise<T> {
  const engine = openPostgres(url, silentLog);
  try {
    return await look(engine);
  } finally {
    await engine.close();
  }
}

function compare(engine: StoreLook['engine'], path: string | null, taken: readonly string[]): StoreLook {
  const known = Object.keys(stepsFor(''));
  return {
    engine,
    path,
    exists: taken.length > 0,
    toTake: known.filter((step) => !taken.includes(step)),
    unknown: taken.filter((step) => !known.includes(step)),
    inUse: false,
  };
}

function readOnly<T>(path: string, read: (database: Database.Database) => T): T {
  let database: Database.Database | null = null;
  try {
    database = new Database(toReadOnlyUri(path));
    return read(database);
  } catch (error) {
    throw error instanceof StoreError ? error : damaged(path, error);
  } finally {
    database?.close();
  }
}

/** Whoever holds it keeps a write lock; it is asked for and given back at once, which a starting service waits out. */
function isHeld(lockPath: string): boolean {
  if (!existsSync(lockPath)) return false;
  const lock = new Database(lockPath);
  try {
    lock.exec('pragma busy_timeout = 0');
    lock.exec('begin immediate');
    lock.exec('rollback');
    return false;
  } catch {
    return true;
  } finally {
    lock.close();
  }
}

const damaged = (path: string, cause: unknown): StoreError =>
  new StoreError(
    'store.corrupt',
    `The database file ${path} cannot be read as a database of this service. Check that this account may read it and the files beside it; if it may, restore a backup.`,
    { cause },
  );
