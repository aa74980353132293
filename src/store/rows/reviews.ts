import type { RequestId } from '../../request/request';
import type { Review } from '../../request/review';
import { firstOf, prepared } from '../engine/prepared';
import { StoreError } from '../store-error';
import type { ReaderMethods, WriterMethods } from './methods';

export interface ReviewReader {
  /** The review that a break-glass is owed; null when there was none. */
  review(id: RequestId): Promise<Review | null>;
  /** Oldest first; of one rule when given. */
  openReviews(of: { readonly tenantId?: string; readonly rule?: string }): Promise<readonly Review[]>;
}

export interface ReviewWriter {
  /** Throws `StoreError('store.conflict')` when the request has a review already. */
  insertReview(review: Review): Promise<void>;
  /**
   * Compare-and-swap by the number of opinions, so that those given at the same instant do not overwrite each other; throws
   * `StoreError('store.conflict')` when there is another one meanwhile, or it is closed.
   */
  saveReview(review: Review, expectedOpinions: number): Promise<void>;
}

export const reviewReader: ReaderMethods<ReviewReader> = {
  async review(id) {
    const row = await firstOf(selectReview(this.db, { id }));
    return row === undefined ? null : JSON.parse(row.body);
  },
  async openReviews({ tenantId, rule }) {
    let query = this.db
      .selectFrom('reviews')
      .select('body')
      .where('closed_at', 'is', null)
      .orderBy('opened_at')
      .orderBy('request_id');
    if (tenantId !== undefined) query = query.where('tenant_id', '=', tenantId);
    if (rule !== undefined) query = query.where('rule', '=', rule);
    return (await query.execute()).map((row) => JSON.parse(row.body));
  },
};

export const reviewWriter: WriterMethods<ReviewWriter> = {
  async insertReview(review) {
    const { numInsertedOrUpdatedRows } = await this.db
      .insertInto('reviews')
      .values({ request_id: review.requestId, ...changing(review) })
      .onConflict((c) => c.column('request_id').doNothing())
      .executeTakeFirst();
    if (numInsertedOrUpdatedRows === 0n) throw changedMeanwhile(review);
  },
  async saveReview(review, expectedOpinions) {
    const { numUpdatedRows } = await this.db
      .updateTable('reviews')
      .set(changing(review))
      .where('request_id', '=', review.requestId)
      .where('opinions', '=', expectedOpinions)
      .where('closed_at', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw changedMeanwhile(review);
  },
};

const selectReview = prepared((db, { id }: { id: RequestId }) =>
  db.selectFrom('reviews').select('body').where('request_id', '=', id),
);

const changing = (review: Review) => ({
  tenant_id: review.tenantId,
  rule: review.rule,
  opened_at: review.openedAt,
  closed_at: review.closedAt,
  opinions: review.opinions.length,
  body: JSON.stringify(review),
});

const changedMeanwhile = ({ requestId }: Review): StoreError =>
  new StoreError(
    'store.conflict',
    `The review of ${requestId} was changed by somebody else at the same time. Read it again.`,
  );
