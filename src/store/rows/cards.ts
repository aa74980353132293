import type { Selectable } from 'kysely';
import type { RequestId } from '../../request/request';
import { firstOf, prepared } from '../engine/prepared';
import type { CardsTable, Db, VoteTokensTable } from '../engine/tables';
import { orderingKeyOfCard } from '../work/ordering-key';
import { addWork, findWaitingCards, moveWork, moveWorkOfCard } from '../work/work';
import type { InTransaction, ReaderMethods, WriterMethods } from './methods';

/**
 * One message that shows a request and is kept up to date in place: one in the thread, one in each approver's own chat.
 * `conversationId` is null until the approver's chat is known, `activityId` until the first post succeeded.
 */
export interface Card {
  readonly cardId: number;
  readonly requestId: RequestId;
  /** `reader`: shows the request and takes no vote. `end`: how it ended, with its results. `board`: all requests of its conversation. `replaced`: a newer card stands for it, and it is drawn no more. */
  readonly audience: 'thread' | 'approver' | 'reader' | 'end' | 'board' | 'replaced';
  /** Entra object id of the approver; null for a card that is for nobody in particular. */
  readonly personId: string | null;
  readonly conversationId: string | null;
  readonly activityId: string | null;
}

/** A vote token as the store knows it: by its hash, bound to one card and to the digest that it showed (T-8, T-43). */
export interface VoteToken {
  readonly tokenHash: string;
  readonly requestId: RequestId;
  readonly cardId: number;
  /** What the card showed to be decided: the request's digest, or `offerShown`. */
  readonly shown: string;
}

export interface CardReader {
  cards(id: RequestId): Promise<readonly Card[]>;
  card(cardId: number): Promise<Card | null>;
  voteToken(tokenHash: string): Promise<VoteToken | null>;
}

export interface CardWriter {
  addCard(card: Omit<Card, 'cardId'>): Promise<Card>;
  /** Where its message is, once known; null activity means that it must be posted anew. */
  setCardMessage(
    cardId: number,
    at: { readonly conversationId: string; readonly activityId: string | null },
  ): Promise<void>;
  /** A newer card stands for it now: it is drawn once more, to say so, and takes no vote. */
  replaceCard(card: Card, now: number): Promise<void>;
  /** Adds a sendCard for each card of the request that has none waiting unclaimed, so that updates coalesce. */
  refreshCards(id: RequestId, now: number): Promise<void>;
  /**
   * What waits under the key, and all cards in the dead conversation, go to another one. No message in the dead one can be edited any more,
   * so that each card is posted anew.
   */
  replaceConversation(dead: string, orderingKey: string, to: string): Promise<void>;
  addVoteToken(token: VoteToken): Promise<void>;
}

export const cardReader: ReaderMethods<CardReader> = {
  cards(id) {
    return findCards(this.db, id);
  },
  async card(cardId) {
    const row = await firstOf(selectCard(this.db, { cardId }));
    return row === undefined ? null : rowToCard(row);
  },
  async voteToken(tokenHash) {
    const row = await firstOf(selectVoteToken(this.db, { tokenHash }));
    if (row === undefined) return null;
    const { request_id, card_id: cardId, digest: shown } = row;
    return { tokenHash, requestId: request_id as RequestId, cardId, shown };
  },
};

export const cardWriter: WriterMethods<CardWriter> = {
  async addCard(card) {
    const inserted = await firstOf(
      insertCard(this.db, {
        request_id: card.requestId,
        audience: card.audience,
        person_id: card.personId,
        conversation_id: card.conversationId,
        activity_id: card.activityId,
      }),
    );
    if (inserted === undefined) throw new Error('A card was inserted and has no id.');
    return { cardId: inserted.id, ...card };
  },
  async setCardMessage(cardId, { conversationId, activityId }) {
    await updateMessage(this.db, { cardId, conversationId, activityId });
    await moveWorkOfCard(this.db, { cardId, orderingKey: orderingKeyOfCard({ cardId, conversationId, activityId }) });
  },
  async replaceCard(card, now) {
    await this.db.updateTable('cards').set({ audience: 'replaced' }).where('id', '=', card.cardId).execute();
    await addWork(this.db, [sendCard(card, now)]);
  },
  async refreshCards(id, now) {
    const cards = await findCards(this.db, id);
    await drawCards(
      this,
      // A board has a pace of its own.
      cards.filter(({ audience }) => audience !== 'replaced' && audience !== 'board'),
      now,
    );
  },
  async replaceConversation(dead, orderingKey, to) {
    const row = { conversation_id: to, activity_id: null };
    await this.db.updateTable('cards').set(row).where('conversation_id', '=', dead).execute();
    await moveWork(this.db, orderingKey, to);
  },
  async addVoteToken({ tokenHash, requestId, cardId, shown }) {
    await insertVoteToken(this.db, { token_hash: tokenHash, request_id: requestId, card_id: cardId, digest: shown });
  },
};

const findCards = async (db: Db, id: RequestId): Promise<readonly Card[]> =>
  (await selectCards(db, { id })).rows.map(rowToCard);

const selectCards = prepared((db, { id }: { id: RequestId }) =>
  db.selectFrom('cards').selectAll().where('request_id', '=', id).orderBy('id'),
);

const selectCard = prepared((db, { cardId }: { cardId: number }) =>
  db.selectFrom('cards').selectAll().where('id', '=', cardId),
);

const insertCard = prepared((db, row: Omit<Selectable<CardsTable>, 'id' | 'lost'>) =>
  db.insertInto('cards').values(row).returning('id'),
);

const updateMessage = prepared((db, given: { cardId: number; conversationId: string; activityId: string | null }) =>
  db
    .updateTable('cards')
    .set({ conversation_id: given.conversationId, activity_id: given.activityId })
    .where('id', '=', given.cardId),
);

const selectVoteToken = prepared((db, { tokenHash }: { tokenHash: string }) =>
  db.selectFrom('vote_tokens').selectAll().where('token_hash', '=', tokenHash),
);

const insertVoteToken = prepared((db, row: VoteTokensTable) => db.insertInto('vote_tokens').values(row));

/** Those that have no drawing waiting already. */
export async function drawCards(
  { db, engine }: Pick<InTransaction, 'db' | 'engine'>,
  cards: readonly Card[],
  now: number,
): Promise<void> {
  const ids = cards.map(({ cardId }) => cardId);
  const waiting = await findWaitingCards(db, engine.forUpdate, ids);
  await addWork(
    db,
    cards.filter(({ cardId }) => !waiting.has(cardId)).map((card) => sendCard(card, now)),
  );
}

const sendCard = (card: Card, dueAt: number) => ({
  requestId: card.requestId,
  work: { type: 'sendCard', cardId: card.cardId } as const,
  orderingKey: orderingKeyOfCard(card),
  dueAt,
});

export const rowToCard = (row: Selectable<CardsTable>): Card => ({
  cardId: row.id,
  requestId: row.request_id as RequestId,
  audience: row.audience as Card['audience'],
  personId: row.person_id,
  conversationId: row.conversation_id,
  activityId: row.activity_id,
});
