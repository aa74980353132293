import type { RequestId } from '../../request/request';
import type { GatheredNews } from '../../request/round-up';
import { prepared } from '../engine/prepared';
import type { Db } from '../engine/tables';

/** News that waits for the round-up of its conversation. */

export async function addGathered(
  db: Db,
  conversationId: string,
  { news, requestId, at }: GatheredNews,
): Promise<void> {
  await db
    .insertInto('gathered_news')
    .values({ conversation_id: conversationId, request_id: requestId, body: JSON.stringify(news), at })
    .execute();
}

/** Taken once: two that try at the same time never both get a piece. Oldest first. */
export async function takeGathered(db: Db, conversationId: string): Promise<readonly GatheredNews[]> {
  const rows = await db
    .deleteFrom('gathered_news')
    .where('conversation_id', '=', conversationId)
    .returning(['id', 'request_id', 'body', 'at'])
    .execute();
  return rows
    .sort((a, b) => a.id - b.id)
    .map((row) => ({
      news: JSON.parse(row.body) as GatheredNews['news'],
      requestId: row.request_id as RequestId,
      at: row.at,
    }));
}

/** Since when each conversation has news waiting. */
export async function findGathering(db: Db): Promise<ReadonlyMap<string, number>> {
  const { rows } = await selectGathering(db, {});
  return new Map(rows.map((row) => [row.conversation_id, Number(row.since)]));
}

const selectGathering = prepared((db) =>
  db
    .selectFrom('gathered_news')
    .select((e) => ['conversation_id', e.fn.min('at').as('since')])
    .groupBy('conversation_id'),
);
