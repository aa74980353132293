import type { Selectable } from 'kysely';
import type { RequestId } from '../../request/request';
import type { Db, PrunedRequestsTable } from '../engine/tables';
import type { ReaderMethods } from '../rows/methods';

export interface PrunedRequest {
  readonly id: RequestId;
  readonly tenantId: string;
  readonly conversationId: string;
  readonly endedAt: number;
  readonly prunedAt: number;
}

export interface PrunedReader {
  /** What is left of a request that the retention removed; null when there was none by that id. */
  prunedRequest(id: RequestId): Promise<PrunedRequest | null>;
  /** The same by a message that showed it. */
  prunedByCard(at: { readonly conversationId: string; readonly activityId: string }): Promise<PrunedRequest | null>;
}

export const prunedReader: ReaderMethods<PrunedReader> = {
  prunedRequest(id) {
    return findPruned(this.db, id);
  },
  async prunedByCard({ conversationId, activityId }) {
    const row = await this.db
      .selectFrom('pruned_cards')
      .innerJoin('pruned_requests', 'pruned_requests.id', 'pruned_cards.request_id')
      .selectAll('pruned_requests')
      .where('pruned_cards.conversation_id', '=', conversationId)
      .where('pruned_cards.activity_id', '=', activityId)
      .executeTakeFirst();
    return row === undefined ? null : rowToPruned(row);
  },
};

export async function findPruned(db: Db, id: RequestId): Promise<PrunedRequest | null> {
  const row = await db.selectFrom('pruned_requests').selectAll().where('id', '=', id).executeTakeFirst();
  return row === undefined ? null : rowToPruned(row);
}

const rowToPruned = (row: Selectable<PrunedRequestsTable>): PrunedRequest => ({
  id: row.id as RequestId,
  tenantId: row.tenant_id,
  conversationId: row.conversation_id,
  endedAt: row.ended_at,
  prunedAt: row.pruned_at,
});
