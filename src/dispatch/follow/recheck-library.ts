import type { LiveResponseRequest } from '../../request/request';
import type { ClaimedWork } from '../../store/work/claims';
import type { DispatchOptions } from '../options';
import { findLibraryChanges } from '../submit/changes';

/** Flags what changed while it ran; the hashes that were compared before the POST are the request's own (T-20). */
export async function recheckLibrary(
  { store, defender, clock }: DispatchOptions,
  row: ClaimedWork,
  request: LiveResponseRequest,
): Promise<void> {
  const names = request.library.map(({ fileName }) => fileName);
  const changes = findLibraryChanges(request, await defender.forPurpose('result').listLibrary(names));
  await store.transact(async (tx) => {
    const now = clock.now();
    if (changes.length > 0) {
      const work = { type: 'sendNews', news: { type: 'changedDuringRun', changes } } as const;
      await tx.addWork([{ requestId: request.id, work, orderingKey: request.conversationId, dueAt: now }]); // guard: change-during-the-run-is-told
      await tx.appendAudit({
        at: now,
        requestId: request.id,
        actor: 'bot',
        what: 'changedDuringRun',
        detail: { changes },
      });
    }
    await tx.finishWork(row, now);
  });
}
