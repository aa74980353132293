import type { Policy } from '../policy/policy';
import type { Card } from '../store/rows/cards';
import type { Tx } from '../store/store';
import type { ClaimedWork } from '../store/work/claims';
import { orderingKeyOf, postRow, readOrderingKey } from '../store/work/ordering-key';
import type { NewWork } from '../store/work/work';
import { sentencePost } from '../thread/kit/sentence';
import { answers } from '../thread/sentences/answers';
import type { Unreached } from '../thread/sentences/unreached-words';

interface Undelivered extends Unreached {
  readonly work: ClaimedWork;
  /** Of a card; null for all else. */
  readonly copy: Card | null;
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
  undelivered.copy === null || undelivered.copy.audience === 'end'
    ? sayElsewhere(tx, undelivered, at)
    : tellThread(tx, policy, { ...undelivered, copy: undelivered.copy }, at);

/** An approver who never got their card must not be waited for in silence: the thread says so, and that the card there will do. */
async function tellThread(
  tx: Tx,
  policy: Pick<Policy, 'names'>,
  { copy, ...seen }: Unreached & { readonly copy: Card },
  { trial, now }: Now,
): Promise<void> {
  const stored = await tx.request(copy.requestId);
  if (copy.personId === null || stored?.request.state !== 'awaitingApproval') return;
  // Each change of the card tries that chat again; the thread hears of it once.
  if (!(await isFirst(tx, `unreached:${copy.cardId}`, now))) return;
  const { id, conversationId } = stored.request;
  const text = answers.unreached(id, policy.names.get(copy.personId) ?? copy.personId, seen);
  const post = sentencePost(text, { trial, summary: `${id}: an approver was not reached` });
  await tx.addWork([postRow(conversationId, post, { requestId: id, at: now })]);
}

/** News and results that their conversation does not take any more go to whoever asked, in their own chat. */
async function sayElsewhere(tx: Tx, { work: row, ...seen }: Undelivered, { trial, now }: Now): Promise<void> {
  const { requestId, work, orderingKey: refused } = row;
  const isShut = closed.includes(seen.code) || (work.type === 'sendPost' && work.insteadOf !== undefined);
  if (requestId === null || !isShut) return;
  const stored = await tx.request(requestId);
  if (stored === null || refused !== stored.request.conversationId) return;
  const { id, requester, conversationId } = stored.request;
  const orderingKey = await keyOfOwnChat(tx, requester.id);
  if (orderingKey === refused) return;
  const inOwnChat = (moved: NewWork['work']): NewWork => ({ requestId, work: moved, orderingKey, dueAt: now });
  const post = sentencePost(answers.elsewhere(id, seen), { trial, summary: `${id}: told here from now on` });
  await tx.addWork([
    ...((await isFirst(tx, `elsewhere:${id}`, now)) ? [inOwnChat({ type: 'sendPost', conversationId, post })] : []),
    inOwnChat((await moveCard(tx, work, requester.id)) ? work : toMove(work, requester.id)),
  ]);
}

/** The card of an end goes on in the requester's own chat, where later results edit it; false where it is no card, or the chat is not known. */
async function moveCard(tx: Tx, work: NewWork['work'], personId: string): Promise<boolean> {
  const place = work.type === 'sendCard' ? await tx.personalPlace(personId) : null;
  if (work.type !== 'sendCard' || place === null) return false;
  await tx.setCardMessage(work.cardId, { conversationId: place.conversationId, activityId: null });
  return true;
}

/** What was not even taken as plain words there may be taken elsewhere as it was; a card belongs where it stands. */
function toMove(work: NewWork['work'], personId: string): NewWork['work'] {
  if (work.type === 'sendNews') return { ...work, personId };
  // Of cards only the one of an end comes here.
  if (work.type === 'sendCard') return { type: 'sendNews', news: { type: 'ended' }, personId };
  if (work.type !== 'sendPost' || work.insteadOf === undefined) return work;
  const { insteadOf, ...standIn } = work;
  return insteadOf.type === 'sendCard' ? standIn : toMove(insteadOf, personId);
}

/** Of what Teams answers, that nobody may write there any more; all else is about the message. */
const closed: readonly string[] = ['teams.goneConversation', 'teams.doubtful', 'teams.forbidden', 'teams.noPlace'];

const keyOfOwnChat = async (tx: Tx, personId: string): Promise<string> =>
  (await tx.personalPlace(personId))?.conversationId ?? orderingKeyOf({ type: 'person', personId });

/**
 * What has not arrived for minutes is said where it can be read: of an approver's card in the thread, of the thread to whoever asked. Only where nothing
 * waits: else the sentence would wait as well, and be there when it is no longer true.
 */
export async function tellDelayed(
  tx: Tx,
  policy: Pick<Policy, 'names'>,
  { work: { requestId, orderingKey: delayed }, copy, ...seen }: Undelivered,
  { trial, now }: Now,
): Promise<void> {
  const stored = requestId === null ? null : await tx.request(requestId);
  if (stored === null) return;
  const { id, requester, conversationId, state } = stored.request;
  const approver = copy?.personId ?? null;
  if (approver !== null && state !== 'awaitingApproval') return;
  if (approver === null && !isKeyIn(delayed, conversationId)) return;
  const orderingKey = approver === null ? await keyOfOwnChat(tx, requester.id) : conversationId;
  if (isKeyIn(delayed, orderingKey) || (await tx.isAnythingBefore(orderingKey))) return;
  if (!(await isFirst(tx, approver === null ? `delayed:${id}` : `delayed:${copy?.cardId}`, now))) return;
  const text =
    approver === null
      ? answers.elsewhereSoFar(id, seen)
      : answers.unreachedSoFar(id, policy.names.get(approver) ?? approver, seen);
  const post = sentencePost(text, { trial, summary: `${id}: not reached so far` });
  await tx.addWork([{ requestId: id, work: { type: 'sendPost', conversationId, post }, orderingKey, dueAt: now }]);
}

const isKeyIn = (name: string | null, conversationId: string): boolean => {
  const ordering = readOrderingKey(name ?? '');
  return (ordering.type === 'conversation' || ordering.type === 'edits') && ordering.conversationId === conversationId;
};

async function isFirst(tx: Tx, fact: string, now: number): Promise<boolean> {
  if ((await tx.fact<number>(fact)) !== null) return false;
  await tx.saveFact(fact, now);
  return true;
}
