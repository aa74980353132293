import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import Database from 'libsql';
import { makeFolderSync } from '../../lib/make-folder';
import { createHeadNote } from '../offline/head-note';
import { StoreError } from '../store-error';
import type { Engine } from './engine';
import { createOwnerOnly, takeFromOthers } from './owner-only';
import { createSameFile } from './same-file';
import { SqliteConnection } from './sqlite-connection';
import { dialectOver, heldBy } from './sqlite-dialect';
import { damaged, primaryCode, sqliteBusy, toStoreError } from './sqlite-failure';
import type { Tables } from './tables';

/** Who holds a database file, as the refusal names them. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * Opens one SQLite file in WAL mode with a full sync at every commit. Two connections: one writes, one transaction at a time;
 * the other serves reads outside of transactions from the last committed state, so that neither waits for the other.
 */
export function openSqlite(path: string, holder: Holder): Engine {
  const opened: Array<{ close(): unknown }> = [];
  const keep = <T extends { close(): unknown }>(closable: T): T => {
    opened.push(closable);
    return closable;
  };
  try {
    makeFolderSync(dirname(path));
    keep(takeLock(path, holder));
    checkIntegrity(path);
    createOwnerOnly(path);
    takeFromOthers([path, `${path}-wal`, `${path}-shm`, `${path}.lock`]);
    const database = keep(connect(path));
    const writer = new SqliteConnection(database, path, createSameFile(path));
    const reader = new SqliteConnection(keep(connect(path, 'pragma query_only = on')), path);
    const db = new Kysely<Tables>({ dialect: dialectOver(writer) });
    const held = heldBy(writer);
    const headNote = createHeadNote(`${path}.head`);
    return {
      db,
      transaction: (survives, work) => writer.transaction(survives === 'power' ? 'full' : 'normal', () => work(held)),
      readDb: heldBy(reader),
      schemaDb: db,
      isSole: true,
      headNote,
      identityColumn: 'integer primary key autoincrement',
      forUpdate: (query) => query,
      skipLocked: (query) => query,
      identity: async () => null,
      now: null,
      /** The checkpoint is asked for, since libsql really closes a connection only when its statements were garbage-collected. */
      async close() {
        await Promise.all([writer.shut(), reader.shut()]);
        headNote.flush();
        const closing = opened.splice(0).reverse();
        if (closing.length === 0) return;
        try {
          database.exec('pragma wal_checkpoint(truncate)');
        } finally {
          for (const closable of closing) closable.close();
        }
      },
    };
  } catch (error) {
    for (const closable of opened.reverse()) closable.close();
    throw error instanceof StoreError ? error : (toStoreError(error, path) ?? cannotOpen(path, error));
  }
}

/** Long enough for two services that start at the same instant to sort out which of them is first. */
const lockTimeoutMs = 100;

/**
 * Keeps a second service off the file: a write lock that is held on a small database beside it. The operating system drops it with
 * the process, however that ends, so there is no stale lock to judge; the row in it only tells people who the holder is.
 */
function takeLock(path: string, holder: Holder): { close(): void } {
  const lockPath = `${path}.lock`;
  createOwnerOnly(lockPath);
  const lock = new Database(lockPath);
  try {
    lock.exec(`pragma busy_timeout = ${lockTimeoutMs}`);
    lock.exec('begin immediate');
    lock.exec('create table if not exists holder (id integer primary key, pid integer, host text, since text)');
    lock
      .prepare('insert or replace into holder (id, pid, host, since) values (1, ?, ?, ?)')
      .run([holder.pid, holder.host, holder.since]);
    lock.exec('commit');
    lock.exec('begin immediate');
  } catch (error) {
    const refusal = primaryCode(error) === sqliteBusy ? lockedBy(path, lock, error) : toStoreError(error, lockPath);
    lock.close();
    throw refusal ?? error;
  }
  return {
    close() {
      lock.exec('rollback');
      lock.close();
    },
  };
}

function lockedBy(path: string, lock: Database.Database, cause: unknown): StoreError {
  const holder = readHolder(lock);
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  return new StoreError(
    'store.locked',
    `The database file ${path} is in use by ${who}, and two services on one file would get in each other's way. Stop that one first, or give this one a file of its own.`,
    { cause },
  );
}

/** Null while the holder is only just writing its row, or when the lock was taken by something else. */
function readHolder(lock: Database.Database): Holder | null {
  try {
    const [holder] = lock.prepare('select pid, host, since from holder').all([]) as Holder[];
    return holder ?? null;
  } catch {
    return null;
  }
}

/** Looks before anything is written: a damaged file must stay as it is for those who repair it. */
function checkIntegrity(path: string): void {
  if (!existsSync(path)) return;
  const database = new Database(path);
  try {
    const rows = database.prepare('pragma quick_check(1)').all([]) as Array<{ quick_check: string }>;
    if (rows[0]?.quick_check !== 'ok') throw damaged(path, rows[0]?.quick_check);
  } finally {
    database.close();
  }
}

/** Short, since the driver waits on the event loop; only a tool that somebody runs on the file can make it wait at all. */
const busyTimeoutMs = 250;

function connect(path: string, ...pragmas: readonly string[]): Database.Database {
  const database = new Database(path);
  try {
    const [mode] = database.prepare('pragma journal_mode = wal').all([]) as Array<{ journal_mode: string }>;
    if (mode?.journal_mode !== 'wal') throw noWal(path);
    for (const pragma of [
      'pragma synchronous = full',
      'pragma foreign_keys = on',
      `pragma busy_timeout = ${busyTimeoutMs}`,
      ...pragmas,
    ]) {
      database.exec(pragma);
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

const cannotOpen = (path: string, cause: unknown): StoreError =>
  new StoreError(
    'store.unavailable',
    `The database file ${path} cannot be opened or created. Check that its folder exists, is a folder, and may be written by this user.`,
    { cause },
  );

const noWal = (path: string): StoreError =>
  new StoreError(
    'store.unavailable',
    `The database file ${path} lies where write-ahead logging does not work, as on a network share. Use a folder on a local disk.`,
  );
