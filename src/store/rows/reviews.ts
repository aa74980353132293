import type { RequestId } from '../../request/request';
import type { Review } from '../../request/review';
import { firstOf, prepared } from '../engine/prepared';
import type { Db } from '../engine/tables';
import { type Reader, StoreError } from '../store';

/** One review a request; opinions that are given at the same instant must not overwrite each other. */
export async function saveReview(db: Db, review: Review, expectedOpinions: number | null): Promise<void> {
  const row = {
    tenant_id: review.tenantId,
    rule: review.rule,
    opened_at: review.openedAt,
    closed_at: review.closedAt,
    opinions: review.opinions.length,
    body: JSON.stringify(review),
  };
  const saved =
    expectedOpinions === null
      ? await db
          .insertInto('reviews')
          .values({ request_id: review.requestId, ...row })
          .onConflict((c) => c.column('request_id').doNothing())
          .returning('request_id')
          .executeTakeFirst()
      : await db
          .updateTable('reviews')
          .set(row)
          .where('request_id', '=', review.requestId)
          .where('opinions', '=', expectedOpinions)
          .where('closed_at', 'is', null)
          .returning('request_id')
          .executeTakeFirst();
  if (saved === undefined)
    throw new StoreError(
      'store.conflict',
      `The review of ${review.requestId} was changed by somebody else at the same time. Read it again.`,
    );
}

export async function findReview(db: Db, id: RequestId): Promise<Review | null> {
  const row = await firstOf(selectReview(db, { id }));
  return row === undefined ? null : (JSON.parse(row.body) as Review);
}

const selectReview = prepared((db, { id }: { id: RequestId }) =>
  db.selectFrom('reviews').select('body').where('request_id', '=', id),
);

export async function findOpenReviews(
  db: Db,
  { tenantId, rule }: Parameters<Reader['openReviews']>[0],
): Promise<readonly Review[]> {
  let query = db
    .selectFrom('reviews')
    .select('body')
    .where('closed_at', 'is', null)
    .orderBy('opened_at')
    .orderBy('request_id');
  if (tenantId !== undefined) query = query.where('tenant_id', '=', tenantId);
  if (rule !== undefined) query = query.where('rule', '=', rule);
  return (await query.execute()).map((row) => JSON.parse(row.body) as Review);
}
