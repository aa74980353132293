import { createHash } from 'node:crypto';
import type { Draft } from '../../chat/draft';
import { err, type Result } from '../../lib/result';
import type { RequestId } from '../../request/request';
import { type UsedCard, usedCardFacts } from '../../request/used-card';
import type { Reader, Tx } from '../../store/store';
import type { Turn } from '../../thread/kit/turn';
import type { Refusal } from '../../thread/sentences/refusals';

/**
 * Under which name a card's use is kept: by card, person and content, so that on one card everybody may ask for their own, and nobody for the
 * same twice. The device is the one found, however it was named. Null where no card was pressed.
 */
export function usedCardKey({ replyToId, place, person }: Turn, { device, commands, reason }: Draft): string | null {
  if (replyToId === null) return null;
  const used = [place.conversationId, replyToId, person.id, device, commands, reason];
  return `${usedCardFacts}${createHash('sha256').update(JSON.stringify(used)).digest('hex')}`;
}

export const findUse = (reader: Reader, key: string | null): Promise<UsedCard | null> =>
  key === null ? Promise.resolve(null) : reader.fact<UsedCard>(key);

export const usedRefusal = ({ requestId, activityId }: UsedCard): Extract<Refusal, { type: 'cardUsed' }> => ({
  type: 'cardUsed',
  id: requestId,
  activityId,
});

/** Makes what a card asks for unless that is made already; of two presses at once one makes it. */
export async function useCard(
  tx: Tx,
  { activityId, at }: Turn,
  key: string | null,
  make: () => Promise<Result<RequestId, Refusal>>,
): Promise<Result<RequestId, Refusal>> {
  if (key === null) return make();
  const used = await tx.lockFact<UsedCard>(key);
  if (used !== null) return err(usedRefusal(used)); // guard: one-request-a-card
  const made = await make();
  if (made.ok) await tx.saveFact(key, { requestId: made.value, activityId, at } satisfies UsedCard);
  return made;
}
