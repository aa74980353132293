import { isDeepStrictEqual } from 'node:util';
import type { Selectable } from 'kysely';
import type { Place } from '../../request/place';
import { finalStates } from '../../request/request';
import { firstOf, prepared } from '../engine/prepared';
import type { ConversationsTable, Db, PersonalChatsTable } from '../engine/tables';
import { drawCards, rowToCard } from './cards';
import type { ReaderMethods, WriterMethods } from './methods';

export interface ConversationReader {
  place(conversationId: string): Promise<Place | null>;
  /** What the places of the tenant hold as their references. */
  references(tenantId: string): Promise<readonly string[]>;
  /** The person's own chat with the bot, when known. */
  personalPlace(personId: string): Promise<Place | null>;
}

export interface ConversationWriter {
  /**
   * A person's own chat becomes the one to reach them by, unless another one has proved that it does. Whose chat a personal conversation is
   * stays as it was first known: nobody who writes there takes it over (T-38).
   */
  savePlace(place: Place): Promise<void>;
  /** Something that was sent there has arrived: the chat is proven, and the cards that were given up there are drawn. */
  noteReached(conversationId: string, now: number): Promise<void>;
  /** The card was given up: it is drawn once its conversation, or its person, can be reached again. */
  loseCard(cardId: number): Promise<void>;
}

export const conversationReader: ReaderMethods<ConversationReader> = {
  place(conversationId) {
    return findPlace(this.db, conversationId);
  },
  async references(tenantId) {
    const query = this.db.selectFrom('conversations').select('reference').distinct().where('tenant_id', '=', tenantId);
    return (await query.execute()).map(({ reference }) => reference);
  },
  async personalPlace(personId) {
    const row = await firstOf(selectPersonalChat(this.db, { personId }));
    return row === undefined ? null : rowToPlace(row);
  },
};

export const conversationWriter: WriterMethods<ConversationWriter> = {
  async savePlace(given) {
    const known = await firstOf(selectConversation(this.db, { conversationId: given.conversationId }));
    const place = known?.person_id == null ? given : { ...given, personId: known.person_id };
    const row = placeToRow(place);
    if (known === undefined || known.idle_since !== null || !isDeepStrictEqual(placeToRow(rowToPlace(known)), row))
      await upsertConversation(this.db, row);
    const { personId } = place;
    if (place.scope !== 'personal' || personId === null) return;
    const present = await firstOf(selectPersonalChat(this.db, { personId }));
    if (present?.conversation_id === place.conversationId) return;
    if (known?.proven !== 1 && (present?.proven === 1 || !isChatWithBot(place.conversationId))) return; // guard: only-a-proven-chat-replaces-a-proven-one
    await upsertPersonalChat(this.db, { person_id: personId, conversation_id: place.conversationId });
  },
  async noteReached(conversationId, now) {
    const conversation = await firstOf(selectConversation(this.db, { conversationId }));
    if (conversation === undefined) return;
    const personId = conversation.scope === 'personal' ? conversation.person_id : null;
    if (conversation.proven === 0) {
      const proven = this.db.updateTable('conversations').set({ proven: 1 });
      await proven.where('conversation_id', '=', conversationId).execute();
      if (personId !== null)
        await upsertPersonalChat(this.db, { person_id: personId, conversation_id: conversationId });
    }
    const { rows: lost } = await selectLostCards(this.db, { conversationId, personId: personId ?? '' });
    if (lost.length === 0) return;
    const ids = lost.map(({ id }) => id);
    await this.db.updateTable('cards').set({ lost: 0 }).where('id', 'in', ids).execute();
    // Who never got a card need not get one of what is over.
    const wanted = lost.filter(
      ({ activity_id, person_id, state }) =>
        activity_id !== null || person_id === null || !(finalStates as readonly string[]).includes(state),
    );
    await drawCards(this, wanted.map(rowToCard), now);
  },
  async loseCard(cardId) {
    await this.db.updateTable('cards').set({ lost: 1 }).where('id', '=', cardId).execute();
  },
};

export async function findPlace(db: Db, conversationId: string): Promise<Place | null> {
  const row = await firstOf(selectConversation(db, { conversationId }));
  return row === undefined ? null : rowToPlace(row);
}

/**
 * Teams names a person's chat with the bot `a:…`; an id that begins with `19:` is a chat between people or a thread, and activities come from there with type
 * `personal` as well (BotFramework-Services#344). Such a one is a person's chat only once something that was sent there has arrived.
 */
const isChatWithBot = (conversationId: string): boolean => !conversationId.startsWith('19:');

const selectConversation = prepared((db, { conversationId }: { conversationId: string }) =>
  db.selectFrom('conversations').selectAll().where('conversation_id', '=', conversationId),
);

const selectPersonalChat = prepared((db, { personId }: { personId: string }) =>
  db
    .selectFrom('personal_chats')
    .innerJoin('conversations', 'conversations.conversation_id', 'personal_chats.conversation_id')
    .selectAll('conversations')
    .where('personal_chats.person_id', '=', personId),
);

type ConversationRow = Omit<Selectable<ConversationsTable>, 'proven' | 'idle_since'>;

const upsertConversation = prepared((db, { conversation_id, ...row }: ConversationRow) =>
  db
    .insertInto('conversations')
    .values({ conversation_id, ...row })
    .onConflict((c) => c.column('conversation_id').doUpdateSet({ ...row, idle_since: null })),
);

const upsertPersonalChat = prepared((db, { person_id, conversation_id }: Selectable<PersonalChatsTable>) =>
  db
    .insertInto('personal_chats')
    .values({ person_id, conversation_id })
    .onConflict((c) => c.column('person_id').doUpdateSet({ conversation_id })),
);

const selectLostCards = prepared((db, given: { conversationId: string; personId: string }) =>
  db
    .selectFrom('cards')
    .innerJoin('requests', 'requests.id', 'cards.request_id')
    .selectAll('cards')
    .select('requests.state')
    .where('cards.lost', '=', 1)
    .where((e) =>
      e.or([
        e('cards.conversation_id', '=', given.conversationId),
        e.and([e('cards.conversation_id', 'is', null), e('cards.person_id', '=', given.personId)]),
      ]),
    ),
);

const placeToRow = (place: Place): ConversationRow => ({
  conversation_id: place.conversationId,
  tenant_id: place.tenantId,
  scope: place.scope,
  reference: place.reference,
  person_id: place.personId,
});

const rowToPlace = (row: Selectable<ConversationsTable>): Place => ({
  conversationId: row.conversation_id,
  tenantId: row.tenant_id,
  scope: row.scope as Place['scope'],
  reference: row.reference,
  personId: row.person_id,
});
