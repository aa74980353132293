import { existsSync } from 'node:fs';
import Database from 'libsql';
import { type AuditRow, type ChainHead, genesis } from '../../audit/chain';
import { openFileReadOnly } from '../engine/read-only';
import type { AuditTable } from '../engine/tables';
import { toAuditRow } from '../rows/audit';
import { StoreError } from '../store-error';

/** The audit in a database file that is only looked at: no lock, no migration, no byte of it changed. */
export interface AuditCopy {
  /** In order, read as they are asked for. */
  rows(wanted?: Wanted): Iterable<AuditRow>;
  readonly count: number;
  readonly recordedHead: ChainHead;
  close(): void;
}

export interface Wanted {
  readonly requestId?: string;
  /** Inclusive. */
  readonly from?: number;
  /** Exclusive. */
  readonly to?: number;
}

/** Opens a copy, or the file of a running service. Throws a `StoreError` that the operator can act on. */
export function openAuditCopy(path: string): AuditCopy {
  if (!existsSync(path))
    throw new StoreError('store.unavailable', `There is no file ${path}. Name a copy of the service's database.`);
  const { database, close } = openFileReadOnly(path);
  try {
    const [state] = database
      .prepare('select (select count(*) from audit) as count, seq, hash from audit_head where id = 1')
      .all([]) as Array<{ count: number } & ChainHead>;
    return {
      rows: (wanted) => read(database, path, wanted),
      count: state?.count ?? 0,
      recordedHead: state === undefined ? genesis : { seq: state.seq, hash: state.hash },
      close,
    };
  } catch (error) {
    close();
    throw unreadable(path, error);
  }
}

const unreadable = (path: string, cause: unknown): StoreError =>
  new StoreError(
    'store.corrupt',
    `The file ${path} cannot be read as a database of this service. Make the copy again, with the -wal file beside it when there is one, in a folder that you may write to.`,
    { cause },
  );

function* read(database: Database.Database, path: string, wanted: Wanted = {}): Iterable<AuditRow> {
  const { requestId, from, to } = wanted;
  const conditions = [
    ...(requestId === undefined ? [] : [{ sql: 'request_id = ?', value: requestId }]),
    ...(from === undefined ? [] : [{ sql: 'at >= ?', value: from }]),
    ...(to === undefined ? [] : [{ sql: 'at < ?', value: to }]),
  ];
  const where = conditions.length === 0 ? '' : `where ${conditions.map((c) => c.sql).join(' and ')}`;
  const values = conditions.map((c) => c.value);
  try {
    const rows = database.prepare(`select * from audit ${where} order by seq`).iterate(values);
    for (const row of rows) yield toAuditRow(row as AuditTable);
  } catch (error) {
    throw error instanceof Database.SqliteError ? unreadable(path, error) : error;
  }
}
