import { err, ok, type Result } from '../lib/result';
import type { Person, RequestId } from './request';

/** What is owed after break-glass: people who had no part in it look at it afterwards. Open until enough of them have said something (T-24). */
export interface Review {
  readonly requestId: RequestId;
  readonly tenantId: string;
  /** The rule whose next break-glass waits for this review. */
  readonly rule: string;
  readonly incident: string;
  readonly reason: string;
  readonly openedAt: number;
  /** The persons who had a part: who asked, who broke the glass, who approved. */
  readonly partakers: readonly string[];
  readonly opinions: readonly Opinion[];
  /** Null while it is open. */
  readonly closedAt: number | null;
}

export interface Opinion {
  readonly by: Person;
  /** The person behind the account, so that two accounts are one opinion (T-13). */
  readonly personKey: string;
  readonly verdict: 'accept' | 'object';
  readonly because: string;
  readonly at: number;
}

export type ReviewRefusal =
  | { readonly type: 'reviewClosed'; readonly at: number }
  | { readonly type: 'tookPart' }
  | { readonly type: 'alreadyReviewed' }
  | { readonly type: 'reviewNeedsReason' };

/** How many people must have looked at it; an objection counts as looking, and is kept as what it is. */
export const opinionsNeeded = 2;

/** The review with one more opinion; closed by the last one that it needs. */
export function giveOpinion(review: Review, opinion: Opinion): Result<Review, ReviewRefusal> {
  if (review.closedAt !== null) return err({ type: 'reviewClosed', at: review.closedAt }); // guard: closed-review-stays-closed
  if (review.partakers.includes(opinion.personKey)) return err({ type: 'tookPart' }); // guard: partakers-do-not-review
  if (review.opinions.some((o) => o.personKey === opinion.personKey)) return err({ type: 'alreadyReviewed' }); // guard: one-opinion-per-person
  if (opinion.because.trim() === '') return err({ type: 'reviewNeedsReason' });
  const opinions = [...review.opinions, opinion];
  return ok({ ...review, opinions, closedAt: opinions.length < opinionsNeeded ? null : opinion.at });
}

export const isObjected = (review: Review): boolean => review.opinions.some((o) => o.verdict === 'object');
