import { type AuditEntry, type AuditRow, canonicalJson, hashEntry } from '../audit/chain';
import type { RequestId } from '../request/request';
import type { Reader } from './store';
import type { Db } from './tables';

/** Appends within the caller's transaction, so that state and audit commit together; updating the head makes writers take turns. */
export async function appendAudit(db: Db, entry: AuditEntry): Promise<void> {
  const { seq, hash: previousHash } = await db
    .updateTable('audit_head')
    .set((e) => ({ seq: e('seq', '+', 1) }))
    .where('id', '=', 1)
    .returning(['seq', 'hash'])
    .executeTakeFirstOrThrow();
  const hash = hashEntry(previousHash, seq, entry);
  await db
    .insertInto('audit')
    .values({
      seq,
      at: entry.at,
      request_id: entry.requestId,
      actor: entry.actor,
      what: entry.what,
      detail: canonicalJson(entry.detail),
      previous_hash: previousHash,
      hash,
    })
    .execute();
  await db.updateTable('audit_head').set({ hash }).where('id', '=', 1).execute();
}

export async function findAuditRows(
  db: Db,
  { requestId, afterSeq, limit }: NonNullable<Parameters<Reader['auditRows']>[0]> = {},
): Promise<readonly AuditRow[]> {
  let query = db.selectFrom('audit').selectAll().orderBy('seq');
  if (requestId !== undefined) query = query.where('request_id', '=', requestId);
  if (afterSeq !== undefined) query = query.where('seq', '>', afterSeq);
  if (limit !== undefined) query = query.limit(limit);
  return (await query.execute()).map((row) => ({
    seq: row.seq,
    at: row.at,
    requestId: row.request_id as RequestId | null,
    actor: row.actor,
    what: row.what,
    detail: JSON.parse(row.detail) as AuditRow['detail'],
    previousHash: row.previous_hash,
    hash: row.hash,
  }));
}
