import Database from 'libsql';
import { StoreError } from '../store-error';

/** SQLite's primary result codes (sqlite.org/rescode.html). */
export const sqliteBusy = 5;
const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;
const reasonByCode: Readonly<Record<number, string>> = {
  3: 'this user may not access it',
  5: 'another program holds a lock on it',
  6: 'another part of this program holds a lock on it',
  7: 'there is not enough memory',
  8: 'it is read-only',
  10: 'the disk reported an error',
  13: 'the disk is full',
  14: 'it cannot be opened',
  15: 'its locks do not work',
};

/** The failure in this store's words; null for what only a bug can cause. */
export function toStoreError(error: unknown, path: string): StoreError | null {
  const code = primaryCode(error);
  if (code === sqliteCorrupt || code === sqliteNotADatabase) return damaged(path, error);
  const reason = code === null ? undefined : reasonByCode[code];
  if (reason === undefined) return null;
  return new StoreError(
    'store.unavailable',
    `The database file ${path} could not be used: ${reason}. Nothing was changed; put that right and it goes on.`,
    { cause: error },
  );
}

export function primaryCode(error: unknown): number | null {
  const rawCode = error instanceof Database.SqliteError ? error.rawCode : undefined;
  return rawCode === undefined ? null : rawCode & 0xff;
}

export const damaged = (path: string, cause: unknown): StoreError =>
  new StoreError(
    'store.corrupt',
    `The database file ${path} is damaged or is not a database, so nothing in it can be trusted. It was left as it is: move it away and restore a backup.`,
    { cause },
  );
