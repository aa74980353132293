import { parseRequestId } from '../../request/id';
import type { PrunedRequest } from '../../store/history/pruned';
import type { Reader } from '../../store/store';
import type { Turn } from '../../thread/kit/turn';
import type { Refusal } from '../../thread/sentences/refusals';

/** Why there is no request by that id here: nobody ever asked it, or the retention has removed it. */
export async function findMissing(reader: Reader, turn: Turn, typed: string): Promise<Refusal> {
  const id = parseRequestId(typed);
  const pruned = id === null ? null : await reader.prunedRequest(id);
  return orPruned(pruned, turn, { type: 'unknownRequest', id: typed });
}

/** Why the card that was clicked leads nowhere: it was replaced, or its request was removed by the retention. */
export async function findMissingCard(reader: Reader, turn: Turn): Promise<Refusal> {
  const { conversationId } = turn.place;
  const pruned =
    turn.replyToId === null ? null : await reader.prunedByCard({ conversationId, activityId: turn.replyToId });
  return orPruned(pruned, turn, { type: 'cardOutdated' });
}

/** A request of another tenant does not exist here, and never did (T-38). */
function orPruned(pruned: PrunedRequest | null, turn: Turn, otherwise: Refusal): Refusal {
  if (pruned === null) return otherwise;
  if (pruned.tenantId !== turn.tenantId) return otherwise; // guard: pruned-requests-stay-in-their-tenant
  return { type: 'prunedRequest', id: pruned.id, endedAt: pruned.endedAt };
}
