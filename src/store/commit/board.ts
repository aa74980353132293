import { type Board, boardDueAt, boardFact, boardFrom } from '../../request/board';
import { type LiveResponseRequest, openStates } from '../../request/request';
import type { Tx } from '../store';
import { orderingKeyOfCard } from '../work/ordering-key';

/**
 * Shows a change of a request on the board of its conversation: begins one from a few open requests on, has it edited every so often, and ends it
 * with the last open request. Its pending edit is a row of work like that of every card, so that a crash loses none and a full Teams doubles none.
 */
export async function updateBoard(
  tx: Tx,
  { conversationId, createdAt }: LiveResponseRequest,
  now: number,
): Promise<void> {
  const name = boardFact(conversationId);
  const board = await tx.fact<Board>(name);
  const open = await tx.recentRequests({ conversationId, states: openStates }, boardFrom);
  if ((board === null || board.isOver) && open.length >= boardFrom) return begin(tx, conversationId, now);
  // Results that come after the last end belong on the board as well.
  if (board === null || (board.isOver && createdAt < board.since)) return;
  const isOver = open.length === 0;
  const isPending = board.dueAt > now;
  const card = isPending ? null : await tx.card(board.cardId);
  if (isPending && isOver !== board.isOver) await tx.saveFact(name, { ...board, isOver } satisfies Board);
  if (card === null) return;
  const dueAt = boardDueAt(board, now);
  await tx.saveFact(name, { ...board, dueAt, isOver } satisfies Board);
  await tx.addWork([
    {
      requestId: card.requestId,
      work: { type: 'sendCard', cardId: card.cardId },
      orderingKey: orderingKeyOfCard(card),
      dueAt,
    },
  ]);
}

/** Of two requests at once one begins it. */
async function begin(tx: Tx, conversationId: string, now: number): Promise<void> {
  const open = await tx.recentRequests({ conversationId, states: openStates }, mostOnBoard);
  const first = open.at(-1);
  if (open.length < boardFrom || first === undefined) return;
  const name = boardFact(conversationId);
  const known = await tx.lockFact<Board>(name);
  if (known !== null && !known.isOver) return;
  const { id: requestId, createdAt: since } = first.request;
  const card = await tx.addCard({ requestId, audience: 'board', personId: null, conversationId, activityId: null });
  await tx.saveFact(name, { cardId: card.cardId, since, dueAt: now, isOver: false } satisfies Board);
  await tx.addWork([
    { requestId, work: { type: 'sendCard', cardId: card.cardId }, orderingKey: conversationId, dueAt: now },
  ]);
}

/** More than a board lists; the rest is counted. */
const mostOnBoard = 60;
