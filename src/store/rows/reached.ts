import { finalStates } from '../../request/request';
import type { Engine } from '../engine/engine';
import { firstOf, prepared } from '../engine/prepared';
import type { Db } from '../engine/tables';
import { adoptChat, drawCopies, rowToCopy } from './copies';

export async function loseCard(db: Db, copyId: number): Promise<void> {
  await db.updateTable('copies').set({ lost: 1 }).where('id', '=', copyId).execute();
}

export async function noteReached(
  db: Db,
  forUpdate: Engine['forUpdate'],
  conversationId: string,
  now: number,
): Promise<void> {
  const place = await firstOf(selectReached(db, { conversationId }));
  if (place === undefined) return;
  const personId = place.scope === 'personal' ? place.person_id : null;
  if (place.proven === 0) {
    await db.updateTable('places').set({ proven: 1 }).where('conversation_id', '=', conversationId).execute();
    if (personId !== null) await adoptChat(db, { person_id: personId, conversation_id: conversationId });
  }
  const { rows: lost } = await selectLost(db, { conversationId, personId: personId ?? '' });
  if (lost.length === 0) return;
  await db
    .updateTable('copies')
    .set({ lost: 0 })
    .where(
      'id',
      'in',
      lost.map(({ id }) => id),
    )
    .execute();
  // Who never got a card need not get one of what is over.
  const wanted = lost.filter(
    ({ activity_id, person_id, state }) =>
      activity_id !== null || person_id === null || !(finalStates as readonly string[]).includes(state),
  );
  await drawCopies(db, forUpdate, wanted.map(rowToCopy), now);
}

const selectReached = prepared((db, { conversationId }: { conversationId: string }) =>
  db.selectFrom('places').select(['scope', 'person_id', 'proven']).where('conversation_id', '=', conversationId),
);

const selectLost = prepared((db, given: { conversationId: string; personId: string }) =>
  db
    .selectFrom('copies')
    .innerJoin('requests', 'requests.id', 'copies.request_id')
    .selectAll('copies')
    .select('requests.state')
    .where('copies.lost', '=', 1)
    .where((e) =>
      e.or([
        e('copies.conversation_id', '=', given.conversationId),
        e.and([e('copies.conversation_id', 'is', null), e('copies.person_id', '=', given.personId)]),
      ]),
    ),
);
