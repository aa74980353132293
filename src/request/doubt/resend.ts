import { err } from '../../lib/result';
import { decidedOf, giveUp, move, type Outcome } from '../outcome';
import type { InState, LiveResponseRequest, Offer, Unknown, Vote } from '../request';
import { tally } from '../votes/tally';
import { findVoteFault } from '../votes/vote';

/** Whether people may decide to send it once more: never where Defender named an action of it, nor after a restore (T-27, T-44). */
export function mayBeOffered({ doubt }: Pick<Unknown, 'doubt'>): boolean {
  if (doubt !== 'noAnswer') return false; // guard: only-a-lost-answer-is-offered
  return true;
}

/** Whether people are asked now to send it once more. */
export const isOffered = (request: LiveResponseRequest): request is InState<'unknown'> & { readonly offer: Offer } =>
  request.state === 'unknown' && request.offer !== null;

/** What a card with such an offer decides over: this digest and this decision, so that no other card of the request decides it. */
export const offerShown = ({ digest, decision }: Pick<Unknown, 'digest' | 'decision'>): string =>
  `${digest}/send once more, decision ${decision + 1}`;

/** One person's answer to whether to send it once more: the rule's whole bar is met anew, and one `deny` ends the offer. */
export function voteToResend(request: LiveResponseRequest, vote: Vote, now: number): Outcome {
  if (!isOffered(request)) return err({ type: 'noOffer' }); // guard: only-an-offer-is-voted-on
  if (now >= request.startBy) return err({ type: 'noOffer' }); // guard: no-resend-after-the-start-clock
  const fault = findVoteFault(request, request.offer.votes, vote);
  if (fault !== null) return err(fault);
  if (vote.decision === 'deny') return giveUp(request, { type: 'left', by: vote.by, reason: vote.reason }, now);
  const votes = [...request.offer.votes, vote];
  const { met, stillNeeded } = tally(request.bar, votes);
  const counted = { type: 'resendVoteCounted', by: vote.by, still: stillNeeded } as const;
  if (!met) return move({ ...request, offer: { votes } }, [counted]); // guard: resend-needs-the-whole-bar
  return move(
    {
      ...decidedOf(request),
      state: 'queued',
      votes,
      approvedAt: now,
      decision: request.decision + 1,
      notBefore: now,
      hold: null,
      attempts: request.attempts,
    },
    [{ type: 'resendApproved', by: votes.map((v) => v.by) }],
  );
}
