import { isDeepStrictEqual } from 'node:util';
import type { Selectable } from 'kysely';
import type { Place } from '../../request/place';
import type { RequestId } from '../../request/request';
import type { Engine } from '../engine/engine';
import { firstOf, prepared } from '../engine/prepared';
import type { CopiesTable, Db, PersonalChatsTable, PlacesTable, VoteTokensTable } from '../engine/tables';
import type { Copy, VoteToken } from '../store';
import { laneOfCopy } from '../work/lane';
import { addWork, findCopiesWithUnclaimedCard, moveCopyToLane, moveLane } from '../work/work';

export async function findCopies(db: Db, id: RequestId): Promise<readonly Copy[]> {
  const { rows } = await selectCopies(db, { id });
  return rows.map(rowToCopy);
}

const selectCopies = prepared((db, { id }: { id: RequestId }) =>
  db.selectFrom('copies').selectAll().where('request_id', '=', id).orderBy('id'),
);

export async function findCopy(db: Db, copyId: number): Promise<Copy | null> {
  const row = await firstOf(selectCopy(db, { copyId }));
  return row === undefined ? null : rowToCopy(row);
}

const selectCopy = prepared((db, { copyId }: { copyId: number }) =>
  db.selectFrom('copies').selectAll().where('id', '=', copyId),
);

export async function addCopy(db: Db, copy: Omit<Copy, 'copyId'>): Promise<Copy> {
  const inserted = await firstOf(
    insertCopy(db, {
      request_id: copy.requestId,
      audience: copy.audience,
      person_id: copy.personId,
      conversation_id: copy.conversationId,
      activity_id: copy.activityId,
    }),
  );
  if (inserted === undefined) throw new Error('A copy was inserted and has no id.');
  return { copyId: inserted.id, ...copy };
}

const insertCopy = prepared((db, row: Omit<Selectable<CopiesTable>, 'id' | 'lost'>) =>
  db.insertInto('copies').values(row).returning('id'),
);

export async function placeCopy(
  db: Db,
  copyId: number,
  at: { readonly conversationId: string; readonly activityId: string | null },
): Promise<void> {
  await updatePlaceOfCopy(db, { copyId, conversationId: at.conversationId, activityId: at.activityId });
  await moveCopyToLane(db, copyId, laneOfCopy({ copyId, ...at }));
}

const updatePlaceOfCopy = prepared((db, given: { copyId: number; conversationId: string; activityId: string | null }) =>
  db
    .updateTable('copies')
    .set({ conversation_id: given.conversationId, activity_id: given.activityId })
    .where('id', '=', given.copyId),
);

export async function replaceCopy(db: Db, copy: Copy, now: number): Promise<void> {
  await db.updateTable('copies').set({ audience: 'replaced' }).where('id', '=', copy.copyId).execute();
  const work = { type: 'sendCard', copyId: copy.copyId } as const;
  await addWork(db, [{ requestId: copy.requestId, work, lane: laneOfCopy(copy), dueAt: now }]);
}

/** No message in the dead conversation can be edited any more, so that each card is posted anew. */
export async function replaceConversation(db: Db, dead: string, lane: string, to: string): Promise<void> {
  await db
    .updateTable('copies')
    .set({ conversation_id: to, activity_id: null })
    .where('conversation_id', '=', dead)
    .execute();
  await moveLane(db, lane, to);
}

export async function refreshCopies(db: Db, forUpdate: Engine['forUpdate'], id: RequestId, now: number): Promise<void> {
  await drawCopies(
    db,
    forUpdate,
    (await findCopies(db, id)).filter(({ audience }) => audience !== 'replaced'),
    now,
  );
}

/** Those that have no drawing waiting already. */
export async function drawCopies(
  db: Db,
  forUpdate: Engine['forUpdate'],
  copies: readonly Copy[],
  now: number,
): Promise<void> {
  const waiting = await findCopiesWithUnclaimedCard(
    db,
    forUpdate,
    copies.map((copy) => copy.copyId),
  );
  await addWork(
    db,
    copies
      .filter((copy) => !waiting.has(copy.copyId))
      .map((copy) => ({
        requestId: copy.requestId,
        work: { type: 'sendCard', copyId: copy.copyId },
        lane: laneOfCopy(copy),
        dueAt: now,
      })),
  );
}

export async function findVoteToken(db: Db, tokenHash: string): Promise<VoteToken | null> {
  const row = await firstOf(selectVoteToken(db, { tokenHash }));
  if (row === undefined) return null;
  return {
    tokenHash: row.token_hash,
    requestId: row.request_id as RequestId,
    copyId: row.copy_id,
    shown: row.digest,
  };
}

const selectVoteToken = prepared((db, { tokenHash }: { tokenHash: string }) =>
  db.selectFrom('vote_tokens').selectAll().where('token_hash', '=', tokenHash),
);

export async function addVoteToken(db: Db, token: VoteToken): Promise<void> {
  await insertVoteToken(db, {
    token_hash: token.tokenHash,
    request_id: token.requestId,
    copy_id: token.copyId,
    digest: token.shown,
  });
}

const insertVoteToken = prepared((db, row: VoteTokensTable) => db.insertInto('vote_tokens').values(row));

export async function findPlace(db: Db, conversationId: string): Promise<Place | null> {
  const row = await firstOf(selectPlace(db, { conversationId }));
  return row === undefined ? null : rowToPlace(row);
}

const selectPlace = prepared((db, { conversationId }: { conversationId: string }) =>
  db.selectFrom('places').selectAll().where('conversation_id', '=', conversationId),
);

export async function findReferences(db: Db, tenantId: string): Promise<readonly string[]> {
  const rows = await db.selectFrom('places').select('reference').distinct().where('tenant_id', '=', tenantId).execute();
  return rows.map(({ reference }) => reference);
}

export async function findPersonalPlace(db: Db, personId: string): Promise<Place | null> {
  const row = await firstOf(selectPersonalPlace(db, { personId }));
  return row === undefined ? null : rowToPlace(row);
}

const selectPersonalPlace = prepared((db, { personId }: { personId: string }) =>
  db
    .selectFrom('personal_chats')
    .innerJoin('places', 'places.conversation_id', 'personal_chats.conversation_id')
    .selectAll('places')
    .where('personal_chats.person_id', '=', personId),
);

/** Whose chat a personal conversation is stays as it was first known: nobody who writes there takes it over (T-38). */
export async function savePlace(db: Db, given: Place): Promise<void> {
  const known = await firstOf(selectPlace(db, { conversationId: given.conversationId }));
  const place = known?.person_id == null ? given : { ...given, personId: known.person_id };
  const row = placeToRow(place);
  if (known === undefined || known.idle_since !== null || !isDeepStrictEqual(placeToRow(rowToPlace(known)), row))
    await upsertPlace(db, row);
  const { personId } = place;
  if (place.scope !== 'personal' || personId === null) return;
  const present = await firstOf(selectPersonalPlace(db, { personId }));
  if (present?.conversation_id === place.conversationId) return;
  if (known?.proven !== 1 && (present?.proven === 1 || !isChatWithBot(place.conversationId))) return; // guard: only-a-proven-chat-replaces-a-proven-one
  await adoptChat(db, { person_id: personId, conversation_id: place.conversationId });
}

/**
 * Teams names a person's chat with the bot `a:…`; an id that begins with `19:` is a chat between people or a thread, and activities come from there with type
 * `personal` as well (BotFramework-Services#344). Such a one is a person's chat only once something that was sent there has arrived.
 */
const isChatWithBot = (conversationId: string): boolean => !conversationId.startsWith('19:');

const placeToRow = (place: Place): PlaceRow => ({
  conversation_id: place.conversationId,
  tenant_id: place.tenantId,
  scope: place.scope,
  reference: place.reference,
  person_id: place.personId,
});

type PlaceRow = Omit<Selectable<PlacesTable>, 'proven' | 'idle_since'>;

const upsertPlace = prepared((db, { conversation_id, ...row }: PlaceRow) =>
  db
    .insertInto('places')
    .values({ conversation_id, ...row })
    .onConflict((c) => c.column('conversation_id').doUpdateSet({ ...row, idle_since: null })),
);

export async function adoptChat(db: Db, chat: Selectable<PersonalChatsTable>): Promise<void> {
  await upsertChat(db, chat);
}

const upsertChat = prepared((db, { person_id, conversation_id }: Selectable<PersonalChatsTable>) =>
  db
    .insertInto('personal_chats')
    .values({ person_id, conversation_id })
    .onConflict((c) => c.column('person_id').doUpdateSet({ conversation_id })),
);

export const rowToCopy = (row: Selectable<CopiesTable>): Copy => ({
  copyId: row.id,
  requestId: row.request_id as RequestId,
  audience: row.audience as Copy['audience'],
  personId: row.person_id,
  conversationId: row.conversation_id,
  activityId: row.activity_id,
});

const rowToPlace = (row: Selectable<PlacesTable>): Place => ({
  conversationId: row.conversation_id,
  tenantId: row.tenant_id,
  scope: row.scope as Place['scope'],
  reference: row.reference,
  personId: row.person_id,
});
