import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import type { DatabasePassword } from '../engine/database-address';
import { readOnly } from '../engine/read-only';
import type { AuditTable } from '../engine/tables';

const rowsAtOnce = 1_000;

/**
 * Copies the audit of a PostgreSQL database, as it is at one instant, into a file of its own that `openAuditCopy` reads: whoever verifies
 * or exports works on a copy, whatever the engine. Nothing is changed there, and a reading right is enough. Throws a `StoreError`.
 */
export async function copyPostgresAudit(
  url: string,
  password?: DatabasePassword,
): Promise<{ readonly path: string; remove(): void }> {
  // Made by mkdtemp for this user alone: an audit is as confidential as its database.
  const folder = mkdtempSync(join(tmpdir(), 'live-response-audit-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const path = join(folder, 'audit.db');
  const copy = new Database(path);
  try {
    copy.exec(
      'create table audit (seq integer primary key, at integer, request_id text, actor text, what text, detail text, salt text, previous_hash text, hash text);' +
        'create table audit_head (id integer primary key, seq integer, hash text)',
    );
    const insert = copy.prepare('insert into audit values (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    await readOnly(
      url,
      (given) =>
        given
          .transaction()
          .setIsolationLevel('repeatable read')
          .setAccessMode('read only')
          .execute(async (db) => {
            for (let after = -1, more = true; more; ) {
              const some = db.selectFrom('audit').selectAll().where('seq', '>', after).orderBy('seq').limit(rowsAtOnce);
              const rows = await some.execute();
              copy.exec('begin');
              for (const row of rows) insert.run(valuesOf(row));
              copy.exec('commit');
              after = rows.at(-1)?.seq ?? after;
              more = rows.length === rowsAtOnce;
            }
            for (const { id, seq, hash } of await db.selectFrom('audit_head').selectAll().execute())
              copy.prepare('insert into audit_head values (?, ?, ?)').run([id, seq, hash]);
          }),
      password,
    );
    return { path, remove };
  } catch (error) {
    remove();
    throw error;
  } finally {
    copy.close();
  }
}

const valuesOf = (row: AuditTable): unknown[] => [
  row.seq,
  row.at,
  row.request_id,
  row.actor,
  row.what,
  row.detail,
  row.salt,
  row.previous_hash,
  row.hash,
];
