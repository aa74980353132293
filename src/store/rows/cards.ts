import type { Selectable } from 'kysely';
import type { RequestId } from '../../request/request';
import { firstOf, prepared } from '../engine/prepared';
import type { CardsTable, Db, VoteTokensTable } from '../engine/tables';
import { laneOfCopy } from '../work/ordering-key';
import { addWork, findCopiesWithUnclaimedCard, moveCopyToLane, moveLane } from '../work/work';
import type { InTransaction, ReaderMethods, WriterMethods } from './methods';

/**
 * One message that shows a request and is kept up to date in place: one in the thread, one in each approver's own chat.
 * `conversationId` is null until the approver's chat is known, `activityId` until the first post succeeded.
 */
export interface Copy {
  readonly copyId: number;
  readonly requestId: RequestId;
  /** `reader`: shows the request and takes no vote. `replaced`: a newer card stands for it, and it is drawn no more. */
  readonly audience: 'thread' | 'approver' | 'reader' | 'replaced';
  /** Entra object id of the approver; null for a card that is for nobody in particular. */
  readonly personId: string | null;
  readonly conversationId: string | null;
  readonly activityId: string | null;
}

/** A vote token as the store knows it: by its hash, bound to one copy and to the digest that this copy showed (T-8, T-43). */
export interface VoteToken {
  readonly tokenHash: string;
  readonly requestId: RequestId;
  readonly copyId: number;
  /** What the card showed to be decided: the request's digest, or `offerShown`. */
  readonly shown: string;
}

export interface CardReader {
  copies(id: RequestId): Promise<readonly Copy[]>;
  copy(copyId: number): Promise<Copy | null>;
  voteToken(tokenHash: string): Promise<VoteToken | null>;
}

export interface CardWriter {
  addCopy(copy: Omit<Copy, 'copyId'>): Promise<Copy>;
  /** Where the copy lives, once known; null activity means that it must be posted anew. */
  placeCopy(copyId: number, at: { readonly conversationId: string; readonly activityId: string | null }): Promise<void>;
  /** A newer card stands for it now: it is drawn once more, to say so, and takes no vote. */
  replaceCopy(copy: Copy, now: number): Promise<void>;
  /** Adds a sendCard for each copy of the request that has none waiting unclaimed, so that updates coalesce. */
  refreshCopies(id: RequestId, now: number): Promise<void>;
  /**
   * What waits in the lane, and all copies in the dead conversation, go to another one. No message in the dead one can be edited any more,
   * so that each card is posted anew.
   */
  replaceConversation(dead: string, lane: string, to: string): Promise<void>;
  addVoteToken(token: VoteToken): Promise<void>;
}

export const cardReader: ReaderMethods<CardReader> = {
  copies(id) {
    return findCards(this.db, id);
  },
  async copy(copyId) {
    const row = await firstOf(selectCard(this.db, { copyId }));
    return row === undefined ? null : rowToCard(row);
  },
  async voteToken(tokenHash) {
    const row = await firstOf(selectVoteToken(this.db, { tokenHash }));
    if (row === undefined) return null;
    const { request_id, card_id: copyId, digest: shown } = row;
    return { tokenHash, requestId: request_id as RequestId, copyId, shown };
  },
};

export const cardWriter: WriterMethods<CardWriter> = {
  async addCopy(copy) {
    const inserted = await firstOf(
      insertCard(this.db, {
        request_id: copy.requestId,
        audience: copy.audience,
        person_id: copy.personId,
        conversation_id: copy.conversationId,
        activity_id: copy.activityId,
      }),
    );
    if (inserted === undefined) throw new Error('A card was inserted and has no id.');
    return { copyId: inserted.id, ...copy };
  },
  async placeCopy(copyId, { conversationId, activityId }) {
    await updateMessage(this.db, { copyId, conversationId, activityId });
    await moveCopyToLane(this.db, { copyId, lane: laneOfCopy({ copyId, conversationId, activityId }) });
  },
  async replaceCopy(copy, now) {
    await this.db.updateTable('cards').set({ audience: 'replaced' }).where('id', '=', copy.copyId).execute();
    await addWork(this.db, [sendCard(copy, now)]);
  },
  async refreshCopies(id, now) {
    const cards = await findCards(this.db, id);
    await drawCards(
      this,
      cards.filter(({ audience }) => audience !== 'replaced'),
      now,
    );
  },
  async replaceConversation(dead, lane, to) {
    const row = { conversation_id: to, activity_id: null };
    await this.db.updateTable('cards').set(row).where('conversation_id', '=', dead).execute();
    await moveLane(this.db, lane, to);
  },
  async addVoteToken({ tokenHash, requestId, copyId, shown }) {
    await insertVoteToken(this.db, { token_hash: tokenHash, request_id: requestId, card_id: copyId, digest: shown });
  },
};

const findCards = async (db: Db, id: RequestId): Promise<readonly Copy[]> =>
  (await selectCards(db, { id })).rows.map(rowToCard);

const selectCards = prepared((db, { id }: { id: RequestId }) =>
  db.selectFrom('cards').selectAll().where('request_id', '=', id).orderBy('id'),
);

const selectCard = prepared((db, { copyId }: { copyId: number }) =>
  db.selectFrom('cards').selectAll().where('id', '=', copyId),
);

const insertCard = prepared((db, row: Omit<Selectable<CardsTable>, 'id' | 'lost'>) =>
  db.insertInto('cards').values(row).returning('id'),
);

const updateMessage = prepared((db, given: { copyId: number; conversationId: string; activityId: string | null }) =>
  db
    .updateTable('cards')
    .set({ conversation_id: given.conversationId, activity_id: given.activityId })
    .where('id', '=', given.copyId),
);

const selectVoteToken = prepared((db, { tokenHash }: { tokenHash: string }) =>
  db.selectFrom('vote_tokens').selectAll().where('token_hash', '=', tokenHash),
);

const insertVoteToken = prepared((db, row: VoteTokensTable) => db.insertInto('vote_tokens').values(row));

/** Those that have no drawing waiting already. */
export async function drawCards(
  { db, engine }: Pick<InTransaction, 'db' | 'engine'>,
  cards: readonly Copy[],
  now: number,
): Promise<void> {
  const ids = cards.map(({ copyId }) => copyId);
  const waiting = await findCopiesWithUnclaimedCard(db, engine.forUpdate, ids);
  await addWork(
    db,
    cards.filter(({ copyId }) => !waiting.has(copyId)).map((card) => sendCard(card, now)),
  );
}

const sendCard = (card: Copy, dueAt: number) => ({
  requestId: card.requestId,
  work: { type: 'sendCard', copyId: card.copyId } as const,
  lane: laneOfCopy(card),
  dueAt,
});

export const rowToCard = (row: Selectable<CardsTable>): Copy => ({
  copyId: row.id,
  requestId: row.request_id as RequestId,
  audience: row.audience as Copy['audience'],
  personId: row.person_id,
  conversationId: row.conversation_id,
  activityId: row.activity_id,
});
