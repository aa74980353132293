import { err, ok, type Result } from '../lib/result';
import { type AuditRow, type ChainFault, type ChainHead, genesis, verifyChain } from './chain';

/** An audit as it was found: its rows in order, and what the database itself notes about them. */
export interface FoundAudit {
  readonly rows: Iterable<AuditRow>;
  readonly count: number;
  readonly recordedHead: ChainHead;
}

export type AuditFault =
  | ({ readonly type: 'chain' } & ChainFault)
  /** Rows that stand beside the chain: not reached by going through it in order. */
  | { readonly type: 'rowsBeside'; readonly count: number }
  /** The database's own note of the last entry is another one. */
  | { readonly type: 'headDiffers'; readonly recorded: ChainHead; readonly last: ChainHead }
  /** The anchored entry is not there any more, or not yet in this copy. */
  | { readonly type: 'anchorMissing'; readonly anchor: ChainHead; readonly last: ChainHead }
  /** Another entry stands where the anchored one stood: the chain was built anew. */
  | { readonly type: 'anchorDiffers'; readonly anchor: ChainHead; readonly found: string };

/** What verification came to; `confirmed` is the last entry that an anchor vouches for, together with all before it. */
export interface Verified {
  readonly head: ChainHead;
  readonly confirmed: ChainHead | null;
}

/**
 * Everything that can be told from a copy, in one pass. Without an anchor a chain proves only that its rows belong together: whoever
 * can write the store can also shorten it, or hash all of it anew (T-40).
 */
export function verifyAudit(
  found: FoundAudit,
  anchors: readonly ChainHead[],
): Result<Verified, readonly [AuditFault, ...AuditFault[]]> {
  const anchored = new Map<number, string>(anchors.map(({ seq }) => [seq, '']));
  let last = genesis;
  function* noting(): Iterable<AuditRow> {
    for (const row of found.rows) {
      yield row;
      // Reached only when the row held.
      last = { seq: row.seq, hash: row.hash };
      if (anchored.has(row.seq)) anchored.set(row.seq, row.hash);
    }
  }
  if (anchored.has(0)) anchored.set(0, genesis.hash);
  const chain = verifyChain(noting());
  const faults: AuditFault[] = [];
  if (!chain.ok) faults.push({ type: 'chain', ...chain.error });
  else {
    if (found.count !== last.seq) faults.push({ type: 'rowsBeside', count: found.count - last.seq }); // guard: no-rows-beside-the-chain
    if (!isSame(found.recordedHead, last)) faults.push({ type: 'headDiffers', recorded: found.recordedHead, last }); // guard: recorded-head-is-last
  }
  const met: ChainHead[] = [];
  for (const anchor of anchors) {
    const hash = anchored.get(anchor.seq) ?? '';
    if (hash === anchor.hash) {
      met.push(anchor);
      continue;
    }
    if (hash !== '') faults.push({ type: 'anchorDiffers', anchor, found: hash }); // guard: anchor-fits-the-chain
    if (hash === '' && chain.ok) faults.push({ type: 'anchorMissing', anchor, last }); // guard: anchor-shows-a-cut-tail
  }
  const [first, ...others] = faults;
  if (first !== undefined) return err([first, ...others]);
  const confirmed = met.reduce<ChainHead | null>((best, a) => (best === null || a.seq > best.seq ? a : best), null);
  return ok({ head: last, confirmed });
}

const isSame = (a: ChainHead, b: ChainHead): boolean => a.seq === b.seq && a.hash === b.hash;
