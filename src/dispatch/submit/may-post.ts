import { minutes, seconds } from '../../lib/clock';
import type { LiveResponseRequest } from '../../request/request';

/** Whoever claims the row after this long must treat the submission as unclear: twice as long as a POST can take (`longestPostMs`). */
export const submitLeaseMs = minutes(3);
/** A POST is not begun later than this after its claim was begun; then it is over long before the lease is. */
export const latestStartMs = seconds(30);

/**
 * Because whoever claimed a submission before may have sent it and died, a second claim never posts. Tells what the holder of a submit row
 * does with it: `post`; `lookUp`: record it as unclear; `drop`: the request is no longer about this attempt.
 */
export function stepOf(
  row: { readonly claims: number; readonly attempt: number },
  request: LiveResponseRequest | null,
): 'post' | 'lookUp' | 'drop' {
  if (request?.state !== 'submitting' || request.attempts !== row.attempt) return 'drop';
  if (row.claims > 1) return 'lookUp'; // guard: second-claim-is-looked-up
  return 'post';
}

/**
 * Because a process can stand still between its claim and its POST, both the lease and the time are asked for again before the first byte.
 * `claimedAt` (epoch ms) is from before the transaction that claimed: a process that was stopped in or after it finds itself late, or
 * without its lease, when it wakes.
 */
export function mayPost(at: { readonly claimedAt: number; readonly now: number; readonly holdsLease: boolean }):
  | 'yes'
  /** Somebody else has it: it is theirs to end. */
  | 'lost'
  /** Still ours, and nothing was sent. */
  | 'late' {
  if (!at.holdsLease) return 'lost'; // guard: no-post-without-the-lease
  if (at.now - at.claimedAt > latestStartMs) return 'late'; // guard: no-post-after-a-stall
  return 'yes';
}
