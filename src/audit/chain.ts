import { createHash } from 'node:crypto';
import { err, ok, type Result } from '../lib/result';
import type { RequestId } from '../request/request';

/** One thing that happened; `actor` is an Entra object id, `defender`, `clock` or `bot`. */
export interface AuditEntry {
  readonly at: number;
  readonly requestId: RequestId | null;
  readonly actor: string;
  readonly what: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An entry with the chance that hides it: who has only the hash of its content cannot find the content by trying. */
export interface SaltedEntry extends AuditEntry {
  /** 128 random bits in lower-case hex, drawn for each entry. */
  readonly salt: string;
}

/** One link of the audit chain. */
export interface AuditRow extends SaltedEntry {
  readonly seq: number;
  readonly previousHash: string;
  readonly hash: string;
}

/** The last row of a chain; kept elsewhere, it is the anchor that shows a cut tail. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** `seq` is the first row at which the chain no longer holds. */
export interface ChainFault {
  readonly seq: number;
  /** `missing`: a row was taken out, doubled or moved. `unlinked`: it does not continue the row before it. `edited`: its content is not what was hashed. */
  readonly problem: 'missing' | 'unlinked' | 'edited';
}

/** The head of an empty chain. */
export const genesis: ChainHead = { seq: 0, hash: '0'.repeat(64) };

/**
 * Finds an edit, a deletion in the middle and a reordering; returns the new head. A cut tail leaves a chain that holds: only a
 * head that was kept elsewhere shows it. Whoever can write the store can rebuild the whole chain, so the anchor is what proves (T-31).
 */
export function verifyChain(rows: Iterable<AuditRow>, from: ChainHead = genesis): Result<ChainHead, ChainFault> {
  let head = from;
  for (const row of rows) {
    const seq = head.seq + 1;
    if (row.seq !== seq) return err({ seq, problem: 'missing' }); // guard: chain-order
    if (row.previousHash !== head.hash) return err({ seq, problem: 'unlinked' }); // guard: chain-link
    if (row.hash !== hashEntry(row.previousHash, seq, row)) return err({ seq, problem: 'edited' }); // guard: chain-content
    head = { seq, hash: row.hash };
  }
  return ok(head);
}

export const hashEntry = (previousHash: string, seq: number, entry: SaltedEntry): string =>
  hashLink(previousHash, seq, contentHashOf(entry));

/**
 * Lower-case hex SHA-256 over the previous hash, the position and the hash of the content, as one JSON array: so a part of the chain can be
 * handed to somebody who may read only some of its entries, and still be verified.
 */
export const hashLink = (previousHash: string, seq: number, contentHash: string): string =>
  sha256(canonicalJson(['live-response-audit/1', previousHash, seq, contentHash]));

/** Lower-case hex SHA-256 over all that an entry says, as one JSON array in a fixed order. */
export const contentHashOf = ({ salt, at, requestId, actor, what, detail }: SaltedEntry): string =>
  sha256(canonicalJson(['live-response-audit-content/1', salt, at, requestId, actor, what, detail]));

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** JSON with sorted keys and no blanks: what was parsed from it gives the same bytes again, whatever order the keys were set in. */
export function canonicalJson(value: unknown): string {
  return write(JSON.parse(JSON.stringify(value) ?? 'null'));
}

function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`).join(',')}}`;
}
