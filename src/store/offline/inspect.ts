import { existsSync } from 'node:fs';
import { sql } from 'kysely';
import Database from 'libsql';
import type { Place } from '../../request/place';
import { type DatabasePassword, isPostgres } from '../engine/database-address';
import { appliedSteps, stepsFor } from '../engine/migrate';
import { pathOf, readOnly } from '../engine/read-only';
import { findPlace } from '../rows/conversations';

/** What a database is like, seen from outside: no lock is kept, no step taken, no byte of it changed. */
export interface StoreInspection {
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
export async function inspectStore(url: string, password?: DatabasePassword): Promise<StoreInspection> {
  if (isPostgres(url)) return compare('postgres', null, await readOnly(url, appliedSteps, password));
  const path = pathOf(url);
  if (!existsSync(path)) return { ...compare('sqlite', path, []), exists: false };
  const steps = await readOnly(url, async (db) => {
    const { rows } = await sql<{ quick_check: string }>`pragma quick_check(1)`.execute(db);
    if (rows[0]?.quick_check !== 'ok') throw new Error(rows[0]?.quick_check);
    return appliedSteps(db);
  });
  return { ...compare('sqlite', path, steps), inUse: isHeld(`${path}.lock`) };
}

/** The conversation as the service knows it; null when the bot was never written to in it. Throws a `StoreError`. */
export async function inspectConversation(
  url: string,
  conversationId: string,
  password?: DatabasePassword,
): Promise<Place | null> {
  if (!isPostgres(url) && !existsSync(pathOf(url))) return null;
  return readOnly(url, (db) => findPlace(db, conversationId), password);
}

function compare(engine: StoreInspection['engine'], path: string | null, taken: readonly string[]): StoreInspection {
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
