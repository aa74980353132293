import type { ChainHead } from '../../audit/chain';
import { type Pause, pauseFact } from '../../request/pause';
import type { RequestId } from '../../request/request';
import { applyEvent } from '../commit/apply';
import type { Stored } from '../rows/requests';
import type { Reader, Store, Tx } from '../store';
import type { HeadNote } from './head-note';

/** The name under which it is kept when a backup was last found to have been restored. */
export const restoredFact = 'store.restoredAt';

/** What was found and done after a backup was restored. */
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
export const doubtAfterRestore = (store: Store, note: HeadNote, now: number): Promise<Restored | null> =>
  store.transact(async (tx) => {
    const noted = await findMissing(tx, note);
    return noted === null ? null : doubtUnsent(tx, noted, now);
  });

/** The entry that was noted and that the database does not have; null when it has it, or none was noted. */
export async function findMissing(reader: Reader, note: HeadNote): Promise<ChainHead | null> {
  const noted = note.read();
  if (noted === null || noted.seq === 0) return null;
  const [row] = await reader.auditRows({ afterSeq: noted.seq - 1, limit: 1 });
  return row?.seq === noted.seq && row.hash === noted.hash ? null : noted;
}

/** Puts what is undecided or not surely submitted into doubt, and audits that; `noted` is what the database was known to have. */
export async function doubtUnsent(tx: Tx, noted: ChainHead | null, now: number): Promise<Restored> {
  const found = await tx.auditHead();
  let open: readonly Stored[] = [];
  open = await tx.requestsIn(['awaitingApproval', 'queued', 'submitting', 'unknown', 'batchRunning']); // guard: restored-approvals-do-not-count
  const doubted: RequestId[] = [];
  for (const stored of open) {
    const applied = await applyEvent(tx, stored, { type: 'storeRestored' }, 'bot', now);
    if (applied.ok) doubted.push(stored.request.id);
  }
  await tx.saveFact(restoredFact, now);
  const isPaused = (await tx.fact<Pause>(pauseFact)) !== null;
  // The pause that was in force may be newer than the backup.
  if (!isPaused) await tx.saveFact(pauseFact, pausedByRestore(now)); // guard: restored-store-starts-paused
  await tx.appendAudit({
    at: now,
    requestId: null,
    actor: 'bot',
    what: 'restored',
    detail: { noted, found, doubted, pause: isPaused ? 'kept' : 'begun' },
  });
  return { noted, found, doubted };
}

/** By nobody who could be the one to resume, so whoever may lift a pause may lift this one. */
const pausedByRestore = (now: number): Pause => ({
  by: { id: 'bot', tenantId: '', name: 'Live Response' },
  personKey: 'bot',
  // No longer than a card shows whole.
  reason: 'My database was restored from a backup. Look in Defender what has run since, then type resume.',
  at: now,
});
