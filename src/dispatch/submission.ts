import type { SubmitOutcome } from '../defender/client';
import { minutes, seconds } from '../lib/clock';
import { exhaustive } from '../lib/result';
import type { SubmissionAnswer } from '../request/doubt/submission';
import type { Event } from '../request/event';
import type { LiveResponseRequest, Submitting } from '../request/request';

/** Whoever claims the row after this long must treat the submission as unclear: twice as long as a POST can take (`longestPostMs`). */
export const submitLeaseMs = minutes(3);
/** A POST is not begun later than this after its claim was begun; then it is over long before the lease is. */
export const latestStartMs = seconds(30);

/** How long to wait when Defender says busy without saying how long; doubled at each further try, up to the longest. */
const firstBusyWaitMs = seconds(30);
const longestBusyWaitMs = minutes(2);
const rateWaitMs = seconds(30);
export const checkWaitMs = seconds(15);

/** What the holder of a submit row does with it. */
export function stepOf(
  row: { readonly claims: number; readonly attempt: number },
  request: LiveResponseRequest | null,
): 'post' | 'lookUp' | 'drop' {
  if (request?.state !== 'submitting' || request.attempts !== row.attempt) return 'drop';
  // A second claim means that somebody may have sent it and died: it is looked up, never sent again.
  if (row.claims > 1) return 'lookUp'; // guard: second-claim-is-looked-up
  return 'post';
}

/**
 * Whether the POST may still be begun. `claimedAt` is from before the transaction that claimed: a process that was stopped in or after it
 * finds itself late, or without its lease, when it wakes.
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

/** How an answer of Defender to our POST is told to the request. */
export function toEvent(outcome: SubmitOutcome, request: Submitting, now: number): Event {
  switch (outcome.type) {
    case 'accepted':
      return { type: 'accepted', action: outcome.action };
    case 'busy':
      return { type: 'putBack', hold: { type: 'deviceBusy' }, notBefore: now + busyWait(request.attempts) };
    case 'throttled':
      // A session is waited for by the limit that was learned (limits.ts): one may end at any moment.
      return outcome.scope === 'rate'
        ? { type: 'putBack', hold: { type: 'rateLimited' }, notBefore: now + (outcome.retryAfterMs ?? rateWaitMs) }
        : { type: 'putBack', hold: { type: 'sessionsFull' }, notBefore: now };
    case 'notSent':
      return { type: 'putBack', hold: { type: 'checkFailed', code: outcome.code }, notBefore: now + checkWaitMs };
    case 'rejected':
      return { type: 'rejected', code: outcome.code, message: outcome.message };
    case 'unclear':
      return { type: 'unclear' };
    default:
      return exhaustive(outcome);
  }
}

/** The answer as the limits count it. */
export const answerOf = (outcome: SubmitOutcome): SubmissionAnswer =>
  outcome.type === 'throttled' ? outcome.scope : outcome.type;

/** By when the call had arrived: an answer says so. One that was given up may still arrive, so it stays open (`longestPostMs`). */
export const answeredAt = (outcome: SubmitOutcome, now: number): number | null =>
  outcome.type === 'unclear' ? null : now;

const busyWait = (attempts: number): number =>
  Math.min(firstBusyWaitMs * 2 ** Math.max(attempts - 1, 0), longestBusyWaitMs);
