import type { ExpressionBuilder } from 'kysely';
import type { Db, Tables } from '../engine/tables';
import type { HistoryTx } from '../history/history';

/**
 * Removes the threads and group chats that nothing has needed since `idleBefore`, and notes those that nothing needs `now`. Writing there makes one known
 * again; a person's own chat stays, since nobody may write there first.
 */
export async function pruneIdlePlaces(
  db: Db,
  { now, idleBefore, keepPlaces }: Parameters<HistoryTx['pruneIdlePlaces']>[0],
): Promise<number> {
  const kept = ['', ...keepPlaces];
  const { numDeletedRows } = await db
    .deleteFrom('places')
    .where('idle_since', '<', idleBefore)
    .where('conversation_id', 'not in', kept)
    .where(isIdle) // guard: needed-places-stay
    .executeTakeFirst();
  await db
    .updateTable('places')
    .set({ idle_since: now })
    .where('idle_since', 'is', null)
    .where('conversation_id', 'not in', kept)
    .where(isIdle)
    .execute();
  return Number(numDeletedRows);
}

const isIdle = (e: ExpressionBuilder<Tables, 'places'>) =>
  e.and([
    e('places.scope', '!=', 'personal'),
    e.not(
      e.exists(
        e
          .selectFrom('requests')
          .select('requests.id')
          .whereRef('requests.conversation_id', '=', 'places.conversation_id'),
      ),
    ),
    e.not(
      e.exists(
        e.selectFrom('copies').select('copies.id').whereRef('copies.conversation_id', '=', 'places.conversation_id'),
      ),
    ),
    e.not(
      e.exists(
        e
          .selectFrom('work')
          .select('work.id')
          .whereRef('work.lane', '=', 'places.conversation_id')
          .where('work.ended_at', 'is', null),
      ),
    ),
  ]);
