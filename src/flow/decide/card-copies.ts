import type { RequestId } from '../../request/request';
import type { Card } from '../../store/rows/cards';
import type { Tx } from '../../store/store';

/** Where a card is shown, and when. */
interface Showing {
  readonly id: RequestId;
  readonly conversationId: string;
  readonly at: number;
}

/**
 * The approval card as the newest message of the person's own chat. The card of before says that it is replaced: no card that was ever posted
 * keeps buttons or a state that nobody updates any more.
 */
export async function postApprovalAnew(tx: Tx, showing: Showing & { readonly personId: string }): Promise<void> {
  const { id, conversationId, personId, at } = showing;
  const known = (await tx.cards(id)).filter((copy) => copy.personId === personId && copy.audience === 'approver');
  for (const copy of known.filter(({ activityId }) => activityId !== null)) await tx.replaceCard(copy, at);
  const unposted = known.find(({ activityId }) => activityId === null);
  if (unposted === undefined) return post(tx, { requestId: id, audience: 'approver', personId, conversationId }, at);
  await tx.setCardMessage(unposted.cardId, { conversationId, activityId: null });
  await tx.refreshCards(id, at);
}

/** A request's card for those who only want to read it; it follows the request like every other, and replaces the last one here. */
export async function postReaderCard(tx: Tx, { id, conversationId, at }: Showing): Promise<void> {
  const isHere = (copy: Card) => copy.audience === 'reader' && copy.conversationId === conversationId;
  for (const copy of (await tx.cards(id)).filter(isHere)) await tx.replaceCard(copy, at);
  await post(tx, { requestId: id, audience: 'reader', personId: null, conversationId }, at);
}

async function post(tx: Tx, given: Omit<Card, 'cardId' | 'activityId'>, at: number): Promise<void> {
  const { cardId, requestId } = await tx.addCard({ ...given, activityId: null });
  await tx.addWork([{ requestId, work: { type: 'sendCard', cardId }, orderingKey: given.conversationId, dueAt: at }]);
}
