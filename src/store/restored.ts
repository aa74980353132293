import type { ChainHead } from '../audit/chain';
import type { RequestId } from '../request/request';
import { applyEvent } from './apply';
import type { HeadNote } from './head-note';
import type { Store, Stored } from './store';

/** The name under which it is kept when a backup was last found to have been put back. */
export const restoredFact = 'store.restoredAt';

/** What was found and done after a backup was put back. */
export interface Restored {
  /** The last entry that this service is known to have written (null: it cannot know), and the last one that the database has. */
  readonly noted: ChainHead | null;
  readonly found: ChainHead;
  /** What may have run since: looked for in Defender, and neither decided nor sent any more. */
  readonly doubted: readonly RequestId[];
}

/**
 * Puts every request into doubt that is undecided or not surely submitted when the database is not the one that was written last: what
 * the backup calls waiting may have been denied, withdrawn or run since (T-44), and Defender is asked. Null: nothing of the kind.
 */
export async function doubtAfterRestore(store: Store, note: HeadNote, now: number): Promise<Restored | null> {
  const noted = note.read();
  if (noted === null || noted.seq === 0) return null;
  const [row] = await store.auditRows({ afterSeq: noted.seq - 1, limit: 1 });
  if (row?.seq === noted.seq && row.hash === noted.hash) return null;
  return doubtUnsent(store, noted, now);
}

/** Puts what is undecided or not surely submitted into doubt, and audits that; `noted` is what the database was known to have. */
export function doubtUnsent(store: Store, noted: ChainHead | null, now: number): Promise<Restored> {
  return store.transact(async (tx) => {
    const found = await tx.auditHead();
    let open: readonly Stored[] = [];
    open = await tx.requestsIn(['awaitingApproval', 'queued', 'submitting', 'unknown']); // guard: restored-approvals-do-not-count
    const doubted: RequestId[] = [];
    for (const stored of open) {
      const applied = await applyEvent(tx, stored, { type: 'storeRestored' }, 'bot', now);
      if (applied.ok) doubted.push(stored.request.id);
    }
    await tx.saveFact(restoredFact, now);
    await tx.appendAudit({
      at: now,
      requestId: null,
      actor: 'bot',
      what: 'restored',
      detail: { noted, found, doubted },
    });
    return { noted, found, doubted };
  });
}
