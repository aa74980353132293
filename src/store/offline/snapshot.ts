import { sql } from 'kysely';
import { isPostgres } from '../engine/database-address';
import { readOnly } from '../engine/read-only';
import { readerOver } from '../sql-store';
import type { Reader } from '../store';

/**
 * Reads a store, or a backup of one, as it is at one instant, while a service may be writing to it; no byte of it is changed. Whatever `read`
 * throws becomes a `StoreError` that an operator can act on, so it does nothing but read.
 */
export const readSnapshot = <T>(url: string, read: (reader: Reader) => Promise<T>): Promise<T> =>
  readOnly(url, async (db) => {
    if (isPostgres(url))
      return db
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute((tx) => read(readerOver(tx)));
    await sql`begin`.execute(db);
    try {
      return await read(readerOver(db));
    } finally {
      await sql`rollback`.execute(db);
    }
  });
