import { randomBytes } from 'node:crypto';
import type { Anchor } from '../../audit/anchor';
import { type AuditEntry, type AuditRow, type ChainHead, canonicalJson, genesis, hashEntry } from '../../audit/chain';
import type { RequestId } from '../../request/request';
import { firstOf, prepared } from '../engine/prepared';
import type { AuditTable, Db } from '../engine/tables';
import type { ReaderMethods, WriterMethods } from './methods';

export interface AuditReader {
  /** The last committed entry of the chain. */
  auditHead(): Promise<ChainHead>;
  auditRows(options?: {
    readonly requestId?: RequestId;
    readonly afterSeq?: number;
    readonly limit?: number;
  }): Promise<readonly AuditRow[]>;
  /** The heads that were handed out to be kept outside: of the newest entry of that kind up to `seq`, and of those after it, oldest first. */
  auditAnchors(around: { readonly upTo: number } | { readonly after: number }): Promise<readonly Anchor[]>;
}

export interface AuditWriter {
  /** Stored as the last thing of the transaction, in the order of asking: reads in it do not see the entry yet. */
  appendAudit(entry: AuditEntry): Promise<void>;
}

export const auditReader: ReaderMethods<AuditReader> = {
  async auditHead() {
    return (await firstOf(selectHead(this.db, {}))) ?? genesis;
  },
  async auditRows({ requestId, afterSeq, limit } = {}) {
    let query = this.db.selectFrom('audit').selectAll().orderBy('seq');
    if (requestId !== undefined) query = query.where('request_id', '=', requestId);
    if (afterSeq !== undefined) query = query.where('seq', '>', afterSeq);
    if (limit !== undefined) query = query.limit(limit);
    return (await query.execute()).map(toAuditRow);
  },
  async auditAnchors(around) {
    const anchored = this.db.selectFrom('audit').selectAll().where('what', '=', 'anchored');
    const query =
      'upTo' in around
        ? anchored.where('seq', '<=', around.upTo).orderBy('seq', 'desc').limit(1)
        : anchored.where('seq', '>', around.after).orderBy('seq').limit(10);
    return (await query.execute()).map(toAuditRow).flatMap(({ at, detail: { seq, hash } }) => {
      return typeof seq === 'number' && typeof hash === 'string' ? [{ at, seq, hash }] : [];
    });
  },
};

export const auditWriter: WriterMethods<AuditWriter> = {
  async appendAudit(entry) {
    this.entries.push(entry);
  },
};

/**
 * Appends in the caller's transaction, so that state and audit commit together (T-42). Last of all in it: updating the head makes
 * writers of every replica take turns until the commit, and a lock that everybody takes last cannot be part of a deadlock.
 */
export async function writeEntries(db: Db, entries: readonly AuditEntry[]): Promise<ChainHead | null> {
  if (entries.length === 0) return null;
  const last = await firstOf(countEntries(db, { added: entries.length }));
  if (last === undefined) throw new Error('The audit has no head.');
  let head: ChainHead = { seq: last.seq - entries.length, hash: last.hash };
  for (const entry of entries) {
    const seq = head.seq + 1;
    const salted = { ...entry, salt: randomBytes(16).toString('hex') };
    const hash = hashEntry(head.hash, seq, salted);
    await insertEntry(db, toTable({ ...salted, seq, previousHash: head.hash, hash }));
    head = { seq, hash };
  }
  await updateHead(db, { hash: head.hash });
  return head;
}

const countEntries = prepared((db, { added }: { added: number }) =>
  db
    .updateTable('audit_head')
    .set((e) => ({ seq: e('seq', '+', added) }))
    .where('id', '=', 1)
    .returning(['seq', 'hash']),
);

const insertEntry = prepared((db, row: AuditTable) => db.insertInto('audit').values(row));

const updateHead = prepared((db, { hash }: { hash: string }) =>
  db.updateTable('audit_head').set({ hash }).where('id', '=', 1),
);

const selectHead = prepared((db) => db.selectFrom('audit_head').select(['seq', 'hash']).where('id', '=', 1));

const toTable = (row: AuditRow): AuditTable => ({
  seq: row.seq,
  at: row.at,
  request_id: row.requestId,
  actor: row.actor,
  what: row.what,
  detail: canonicalJson(row.detail),
  salt: row.salt,
  previous_hash: row.previousHash,
  hash: row.hash,
});

/** A detail that is not written as we write it was edited, even where it still says the same; it must not hash to the same. */
export const toAuditRow = (row: AuditTable): AuditRow => ({
  seq: row.seq,
  at: row.at,
  requestId: row.request_id as RequestId | null,
  actor: row.actor,
  what: row.what,
  detail: readDetail(row.detail) ?? { unreadable: row.detail },
  salt: row.salt,
  previousHash: row.previous_hash,
  hash: row.hash,
});

function readDetail(text: string): AuditRow['detail'] | null {
  try {
    const detail = JSON.parse(text) as AuditRow['detail'];
    if (canonicalJson(detail) !== text) return null; // guard: detail-is-canonical
    return detail;
  } catch {
    return null;
  }
}
