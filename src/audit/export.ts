import { hasHidden } from '../lib/visible';
import type { AuditRow } from './chain';

/**
 * One audit entry as one line of JSON, without its line end; the names are a contract with those who read it (docs/audit.md).
 * Every control, line-separating and bidi character is a `\u` escape, so that no entry can pass for two, and no reader is misled (T-39).
 */
export function exportLine(row: AuditRow): string {
  const { seq, salt, at, requestId, actor, what, detail, previousHash, hash } = row;
  // An instant that was edited into nonsense must still be exported, as what it is.
  const time = Math.abs(at) <= latestDate ? new Date(at).toISOString() : null;
  let line = JSON.stringify({
    schema: 'live-response-audit/1',
    seq,
    time,
    at,
    requestId,
    actor,
    what,
    detail,
    salt,
    previousHash,
    hash,
  });
  line = line.replace(/[^\x20-\x7e]/gu, (char) => (hasHidden(char) ? asJsonEscapes(char) : char)); // guard: export-escapes-hidden
  return line;
}

/** What a JavaScript date can hold (ECMA-262, 21.4.1.1). */
const latestDate = 8.64e15;

/** JSON knows code units only: a character beyond them is two escapes. */
const asJsonEscapes = (char: string): string =>
  Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');
