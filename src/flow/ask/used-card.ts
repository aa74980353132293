import { createHash } from 'node:crypto';
import type { Draft } from '../../chat/draft';
import { err, type Result } from '../../lib/result';
import { openStates, type RequestId } from '../../request/request';
import { type UsedCard, usedCardFacts } from '../../request/used-card';
import type { Reader, Tx } from '../../store/store';
import type { Turn } from '../../thread/kit/turn';
import type { Refusal } from '../../thread/sentences/refusals';

/** One press that asks for something. */
export interface CardUse {
  /** Under which name uses of this content by this person here are kept. */
  readonly key: string;
  readonly cardId: string;
}

/**
 * By person, conversation and content, so that on one card everybody may ask for their own, and nobody for the same twice. The device is the one
 * found, however it was named. Null where no card was pressed.
 */
export function cardUseOf(
  { replyToId, place, person }: Turn,
  { device, many, commands, reason }: Draft,
): CardUse | null {
  if (replyToId === null) return null;
  const content = [place.conversationId, person.id, many?.queries ?? device, commands, reason];
  const key = `${usedCardFacts}${createHash('sha256').update(JSON.stringify(content)).digest('hex')}`;
  return { key, cardId: replyToId };
}

/** Why this press asks for nothing new; null when it does. */
export const findUse = async (reader: Reader, use: CardUse | null): Promise<Refusal | null> =>
  use === null ? null : refusalOf(reader, use, await reader.fact<UsedCard>(use.key));

/**
 * A card is used once. A form, the question that came of it and a copy of that question are several cards of one wish: while what came of one of
 * them is open, none of the others asks for the same.
 */
async function refusalOf(reader: Reader, { cardId }: CardUse, used: UsedCard | null): Promise<Refusal | null> {
  if (used === null) return null;
  const { requestId: id, activityId } = used;
  if (used.cardIds.includes(cardId)) return { type: 'cardUsed', id, activityId };
  const state = (await reader.request(id))?.request.state;
  const isOpen = openStates.some((open) => open === state);
  return isOpen ? { type: 'askedAlready', id } : null;
}

/** Makes what a card asks for unless that is made already; of two presses at once one makes it. */
export async function useCard(
  tx: Tx,
  { activityId, at }: Turn,
  use: CardUse | null,
  make: () => Promise<Result<RequestId, Refusal>>,
): Promise<Result<RequestId, Refusal>> {
  if (use === null) return make();
  const used = await tx.lockFact<UsedCard>(use.key);
  const refusal = await refusalOf(tx, use, used);
  if (refusal !== null) return err(refusal); // guard: one-request-a-card
  const made = await make();
  const cardIds = [...(used?.cardIds ?? []), use.cardId];
  if (made.ok) await tx.saveFact(use.key, { requestId: made.value, activityId, at, cardIds } satisfies UsedCard);
  return made;
}
