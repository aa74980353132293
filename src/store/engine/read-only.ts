import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import Database from 'libsql';
import { silentLog } from '../../lib/log';
import { StoreError } from '../store-error';
import { type DatabasePassword, isPostgres } from './database-address';
import { SqliteConnection } from './sqlite-connection';
import { heldBy } from './sqlite-dialect';
import type { Db } from './tables';

/** A database file that is only looked at: no lock, no step of the schema, no byte of it changed. */
export function openFileReadOnly(path: string): { readonly database: Database.Database; close(): void } {
  // To read a write-ahead log, SQLite puts an index of it beside the file and leaves it there.
  const index = `${path}-shm`;
  const hadIndex = existsSync(index);
  const database = new Database(toReadOnlyUri(path));
  return {
    database,
    close() {
      database.close();
      // Beside a lock it may be a service's by now, which could not do without.
      if (!hadIndex && !existsSync(`${path}.lock`)) rmSync(index, { force: true });
    },
  };
}

/** The same for a file or a server, by the address that a service would open. Throws a `StoreError` that an operator can act on. */
export async function readOnly<T>(url: string, read: (db: Db) => Promise<T>, password?: DatabasePassword): Promise<T> {
  if (isPostgres(url)) {
    // Loaded only where it is used.
    const { openPostgres } = require('./postgres') as typeof import('./postgres');
    const engine = openPostgres(url, silentLog, password);
    return read(engine.readDb).finally(() => engine.close());
  }
  const path = pathOf(url);
  let file: ReturnType<typeof openFileReadOnly> | null = null;
  try {
    file = openFileReadOnly(path);
    return await read(heldBy(new SqliteConnection(file.database, path)));
  } catch (cause) {
    throw new StoreError(
      'store.corrupt',
      `The database file ${path} cannot be read as a database of this service. Check that this account may read it and the files beside it; if it may, restore a backup.`,
      { cause },
    );
  } finally {
    file?.close();
  }
}

export const pathOf = (url: string): string => resolve(url.replace(/^sqlite:/i, ''));

/**
 * libsql writes through its own `readonly` option (measured with 0.5.29: it checkpoints, and creates what is missing); SQLite's URI
 * parameters hold. Without a write-ahead log beside it the file is whole in itself, and reading it leaves no trace at all.
 */
function toReadOnlyUri(path: string): string {
  const absolute = resolve(path).split(/[\\/]/).map(encodeURIComponent).join('/');
  return `file:${absolute}?mode=ro${existsSync(`${path}-wal`) ? '' : '&immutable=1'}`;
}
