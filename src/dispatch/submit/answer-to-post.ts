import type { SubmitOutcome } from '../../defender/client';
import { minutes, seconds } from '../../lib/clock';
import { exhaustive } from '../../lib/result';
import type { SubmissionAnswer } from '../../request/doubt/submission';
import type { Event } from '../../request/event';
import type { Submitting } from '../../request/request';

/** How long to wait when Defender says busy without saying how long; doubled at each further try, up to the longest. */
const firstBusyWaitMs = seconds(30);
const longestBusyWaitMs = minutes(2);
const rateWaitMs = seconds(30);
/** How long a request waits whose check before the POST could not be made, or whose POST was surely not sent. */
export const checkWaitMs = seconds(15);

/**
 * Only an answer that surely means "not with Defender" puts a request back into the queue; all doubt becomes `unclear`. Tells a request
 * what became of its POST. `now` in epoch ms.
 */
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
      return checkFailed(outcome.code, now);
    case 'rejected':
      return { type: 'rejected', code: outcome.code, message: outcome.message };
    case 'unclear':
      return { type: 'unclear' };
    default:
      return exhaustive(outcome);
  }
}

/** Nothing was sent, and what kept it from going may pass: the request waits for `checkWaitMs` and is checked anew. `code` is `area.what`. */
export const checkFailed = (code: string, now: number): Event => ({
  type: 'putBack',
  hold: { type: 'checkFailed', code },
  notBefore: now + checkWaitMs,
});

/** The answer as the limits count it. */
export const answerOf = (outcome: SubmitOutcome): SubmissionAnswer =>
  outcome.type === 'throttled' ? outcome.scope : outcome.type;

/** By when the call had arrived (epoch ms): an answer says so. One that was given up may still arrive, so it stays open (`longestPostMs`). */
export const answeredAt = (outcome: SubmitOutcome, now: number): number | null =>
  outcome.type === 'unclear' ? null : now;

const busyWait = (attempts: number): number =>
  Math.min(firstBusyWaitMs * 2 ** Math.max(attempts - 1, 0), longestBusyWaitMs);
