import { z } from 'zod/v4';
import { type AuditRow, type ChainHead, contentHashOf, hashLink } from '../audit/chain';
import { err, ok, type Result } from '../lib/result';
import type { RequestId } from '../request/request';
import { canonicalText, readCanonical } from './manifest';

const Hash = z.string().regex(/^[0-9a-f]{64}$/);

/** An entry about a request of the bundle stands there whole; any other by the hash of its content, which is somebody else's. */
const LineSchema = z.union([
  z.strictObject({ seq: z.int(), contentHash: Hash, hash: Hash }),
  z.strictObject({
    seq: z.int(),
    salt: z.string(),
    at: z.number(),
    requestId: z.string(),
    actor: z.string(),
    what: z.string(),
    detail: z.record(z.string(), z.unknown()),
    hash: Hash,
  }),
]);

/** One canonical line of the slice, with its line end. */
export function sliceLine(row: AuditRow, requests: ReadonlySet<string>): string {
  const { seq, salt, at, requestId, actor, what, detail, hash } = row;
  const isOurs = requestId !== null && requests.has(requestId);
  const line = isOurs
    ? { seq, salt, at, requestId, actor, what, detail, hash }
    : { seq, contentHash: contentHashOf(row), hash };
  return `${canonicalText(line)}\n`;
}

/** An entry of a request, as its slice proves it. */
export interface OwnEntry {
  readonly seq: number;
  readonly at: number;
  readonly requestId: RequestId;
  readonly actor: string;
  readonly what: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Slice {
  readonly entries: readonly OwnEntry[];
  /** Each position with its hash: what an anchor is looked for in. */
  readonly hashes: ReadonlyMap<number, string>;
  readonly last: ChainHead;
}

export type SliceFault =
  | { readonly type: 'unreadable'; readonly line: number }
  | { readonly type: 'missing' | 'edited'; readonly seq: number }
  | { readonly type: 'foreign'; readonly seq: number };

/** Reads a slice and recomputes every link of it, from the entry before it on. */
export function readSlice(
  text: Uint8Array,
  after: ChainHead,
  requests: ReadonlySet<string>,
): Result<Slice, SliceFault> {
  const entries: OwnEntry[] = [];
  const hashes = new Map<number, string>([[after.seq, after.hash]]);
  let last = after;
  let line = 0;
  for (const bytes of linesOf(Buffer.from(text))) {
    line++;
    const read = LineSchema.safeParse(bytes === null ? undefined : readCanonical(bytes));
    if (!read.success) return err({ type: 'unreadable', line });
    const entry = read.data;
    const seq = last.seq + 1;
    if (entry.seq !== seq) return err({ type: 'missing', seq });
    const contentHash =
      'contentHash' in entry ? entry.contentHash : contentHashOf({ ...entry, requestId: entry.requestId as RequestId });
    if (hashLink(last.hash, seq, contentHash) !== entry.hash) return err({ type: 'edited', seq }); // guard: slice-links-hold
    if ('what' in entry) {
      if (!requests.has(entry.requestId)) return err({ type: 'foreign', seq }); // guard: slice-holds-no-other-request
      entries.push({ ...entry, requestId: entry.requestId as RequestId });
    }
    last = { seq, hash: entry.hash };
    hashes.set(seq, entry.hash);
  }
  return ok({ entries, hashes, last });
}

/** Null for what follows the last line end: every line has one. */
function* linesOf(text: Buffer): Iterable<Buffer | null> {
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf(0x0a, at);
    if (end === -1) return yield null;
    yield text.subarray(at, end);
    at = end + 1;
  }
}
