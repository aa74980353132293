import { createHelp } from '../chat/help';
import type { Tx } from '../store/store';
import { helpCard } from '../thread/help-card';
import type { Turn } from '../thread/turn';
import type { Answer } from './answer';

/**
 * What follows when the bot is added: what it does, and after it, in an approver's own chat, every card that waits for them. A card that was
 * sent before the chat was known may never have been seen, and one that is seen twice counts only as the newest (T-10).
 */
export const greet = (turn: Turn, { trial }: { readonly trial: boolean }): Answer => ({
  posts: [],
  write: async (tx) => {
    const { conversationId } = turn.place;
    const post = helpCard(createHelp(null), { trial });
    const work = { type: 'sendPost', conversationId, post } as const;
    await tx.addWork([{ requestId: null, work, lane: conversationId, dueAt: turn.at }]);
    if (turn.place.scope === 'personal') await showOpenCards(tx, turn);
    return [];
  },
});

async function showOpenCards(tx: Tx, { place, person, tenantId, at }: Turn): Promise<void> {
  for (const { request } of await tx.requestsIn(['awaitingApproval'])) {
    if (request.tenantId !== tenantId) continue;
    const own = (await tx.copies(request.id)).find((copy) => copy.personId === person.id);
    if (own === undefined) continue;
    await tx.placeCopy(own.copyId, { conversationId: place.conversationId, activityId: null });
    await tx.refreshCopies(request.id, at);
  }
}
