import type { Policy } from '../policy/policy';
import type { Copy, Tx } from '../store/store';
import { answers } from '../thread/answers';
import { sentencePost } from '../thread/sentence';

/** An approver who never got their card must not be waited for in silence: the thread says so, and that the card there will do. */
export async function tellUnreached(
  tx: Tx,
  policy: Policy,
  { copy, code }: { readonly copy: Copy | null; readonly code: string },
  { trial, now }: { readonly trial: boolean; readonly now: number },
): Promise<void> {
  const stored = copy === null ? null : await tx.request(copy.requestId);
  if (copy?.personId == null || stored?.request.state !== 'awaitingApproval') return;
  // Each change of the card tries that chat again; the thread hears of it once.
  const told = `unreached:${copy.copyId}`;
  if ((await tx.fact<number>(told)) !== null) return;
  await tx.saveFact(told, now);
  const { id, conversationId } = stored.request;
  const text = answers.unreached(id, policy.names.get(copy.personId) ?? copy.personId, code);
  const post = sentencePost(text, { trial, summary: `${id}: an approver was not reached` });
  await tx.addWork([
    { requestId: id, work: { type: 'sendPost', conversationId, post }, lane: conversationId, dueAt: now },
  ]);
}
