import type { ExpressionBuilder } from 'kysely';
import type { Db, Tables } from '../engine/tables';

/**
 * Removes the threads and group chats that nothing has needed since `idleBefore`, and notes those that nothing needs `now`. Writing there makes one known
 * again; a person's own chat stays, since nobody may write there first.
 */
export async function pruneIdleConversations(
  db: Db,
  given: { readonly now: number; readonly idleBefore: number; readonly keepPlaces: readonly string[] },
): Promise<number> {
  const kept = ['', ...given.keepPlaces];
  const { numDeletedRows } = await db
    .deleteFrom('conversations')
    .where('idle_since', '<', given.idleBefore)
    .where('conversation_id', 'not in', kept)
    .where(isIdle) // guard: needed-places-stay
    .executeTakeFirst();
  await db
    .updateTable('conversations')
    .set({ idle_since: given.now })
    .where('idle_since', 'is', null)
    .where('conversation_id', 'not in', kept)
    .where(isIdle)
    .execute();
  return Number(numDeletedRows);
}

type Expressions = ExpressionBuilder<Tables, 'conversations'>;

/** No request is in it, nothing waits to be sent there, and it is no person's own chat. */
export const isUnneeded = (e: Expressions) => {
  const requests = e.selectFrom('requests').select('requests.id');
  const work = e.selectFrom('work').select('work.id').where('work.ended_at', 'is', null);
  return e.and([
    e('conversations.scope', '!=', 'personal'),
    e.not(e.exists(requests.whereRef('requests.conversation_id', '=', 'conversations.conversation_id'))),
    e.not(e.exists(work.whereRef('work.ordering_key', '=', 'conversations.conversation_id'))),
  ]);
};

const isIdle = (e: Expressions) => {
  const cards = e.selectFrom('cards').select('cards.id');
  return e.and([
    isUnneeded(e),
    e.not(e.exists(cards.whereRef('cards.conversation_id', '=', 'conversations.conversation_id'))),
  ]);
};
