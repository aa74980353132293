import type { Policy } from '../policy/policy';
import { laneName } from '../store/lane';
import type { ClaimedWork, Copy, NewWork, Tx } from '../store/store';
import { answers } from '../thread/answers';
import { sentencePost } from '../thread/sentence';

interface Undelivered {
  readonly work: ClaimedWork;
  /** Of a card; null for all else. */
  readonly copy: Copy | null;
  readonly code: string;
}

interface Now {
  readonly trial: boolean;
  readonly now: number;
}

/** What Teams will not take is not lost in silence: whoever can still be reached hears of it. */
export const tellUnreached = (
  tx: Tx,
  policy: Pick<Policy, 'names'>,
  undelivered: Undelivered,
  at: Now,
): Promise<void> =>
  undelivered.copy === null
    ? sayElsewhere(tx, undelivered, at)
    : tellThread(tx, policy, { copy: undelivered.copy, code: undelivered.code }, at);

/** An approver who never got their card must not be waited for in silence: the thread says so, and that the card there will do. */
async function tellThread(
  tx: Tx,
  policy: Pick<Policy, 'names'>,
  { copy, code }: { readonly copy: Copy; readonly code: string },
  { trial, now }: Now,
): Promise<void> {
  const stored = await tx.request(copy.requestId);
  if (copy.personId === null || stored?.request.state !== 'awaitingApproval') return;
  // Each change of the card tries that chat again; the thread hears of it once.
  if (!(await isFirst(tx, `unreached:${copy.copyId}`, now))) return;
  const { id, conversationId } = stored.request;
  const text = answers.unreached(id, policy.names.get(copy.personId) ?? copy.personId, code);
  const post = sentencePost(text, { trial, summary: `${id}: an approver was not reached` });
  await tx.addWork([
    { requestId: id, work: { type: 'sendPost', conversationId, post }, lane: conversationId, dueAt: now },
  ]);
}

/** News and results that their conversation does not take any more go to whoever asked, in their own chat. */
async function sayElsewhere(tx: Tx, { work: row, code }: Undelivered, { trial, now }: Now): Promise<void> {
  const { requestId, work, lane: refused } = row;
  if (requestId === null || !closed.includes(code)) return;
  const stored = await tx.request(requestId);
  if (stored === null || refused !== stored.request.conversationId) return;
  const { id, requester, conversationId } = stored.request;
  const lane =
    (await tx.personalPlace(requester.id))?.conversationId ?? laneName({ type: 'person', personId: requester.id });
  if (lane === refused) return;
  const inOwnChat = (moved: NewWork['work']): NewWork => ({ requestId, work: moved, lane, dueAt: now });
  const post = sentencePost(answers.elsewhere(id, code), { trial, summary: `${id}: told here from now on` });
  await tx.addWork([
    ...((await isFirst(tx, `elsewhere:${id}`, now)) ? [inOwnChat({ type: 'sendPost', conversationId, post })] : []),
    inOwnChat(work.type === 'sendNews' ? { ...work, personId: requester.id } : work),
  ]);
}

/** Of what Teams answers, that nobody may write there any more; all else is about the message. */
const closed: readonly string[] = ['teams.goneConversation', 'teams.forbidden', 'teams.noPlace'];

async function isFirst(tx: Tx, fact: string, now: number): Promise<boolean> {
  if ((await tx.fact<number>(fact)) !== null) return false;
  await tx.saveFact(fact, now);
  return true;
}
