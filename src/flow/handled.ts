import { createHash } from 'node:crypto';
import type { Tx } from '../store/store';
import type { Turn } from '../thread/kit/turn';

/**
 * False for what was handled before and was delivered again. Teams' ids are milliseconds within a conversation, so that two people may send the
 * same one at once (teams.md E2); what it delivers again comes from the same person in the same conversation. What has no id is never taken for
 * a repetition.
 */
export async function isFirstDelivery(tx: Tx, { activityId, place, person, at }: Turn): Promise<boolean> {
  if (activityId === '') return true;
  const sent = [
    activityId,
    person.id, // guard: an-id-is-one-persons
    place.conversationId, // guard: an-id-is-of-one-conversation
  ];
  return tx.claimActivity(`turn:${createHash('sha256').update(JSON.stringify(sent)).digest('hex')}`, at);
}
