import { err, exhaustive } from '../lib/result';
import { hasVisible } from '../lib/visible';
import type { Effect } from './effect';
import type { Event, ObservedAction } from './event';
import { observe, taken } from './observe';
import {
  baseOf,
  cancelledHere,
  decidedOf,
  lapsedHere,
  move,
  notNow,
  type Outcome,
  stay,
  type Transition,
} from './outcome';
import type {
  AwaitingApproval,
  CancelWish,
  LiveResponseRequest,
  Pending,
  Person,
  Queued,
  RequestBase,
  Submitting,
  Vote,
} from './request';
import { isFinal } from './request';
import { doubtAfterRestore } from './restored';
import { askAgain, awaiting, breakGlass, remind } from './round';
import { setBack } from './set-back';
import { tally } from './tally';
import { doubt, firstLookMs, found, lookedUp, settleMs, vanish } from './unknown';

export type { Transition, TransitionRefusal } from './outcome';

/** A new request and its first effects; from here on only `transition` changes it. */
export const openRequest = (base: RequestBase): Transition => ({
  request: awaiting(base, base.createdAt),
  effects: [{ type: 'postCards' }],
});

/** The only way in which a request changes. Pure: the caller stores the outcome with compare-and-swap, effects included. */
export function transition(request: LiveResponseRequest, event: Event, now: number): Outcome {
  switch (event.type) {
    case 'voted':
      return request.state === 'awaitingApproval'
        ? countVote(request, event.vote, now)
        : err({ type: 'alreadyDecided' });
    case 'askedAgain':
      return request.state === 'awaitingApproval' || request.state === 'queued'
        ? askAgain(request, event, now)
        : notNow(request);
    case 'brokeGlass':
      return request.state === 'awaitingApproval' ? breakGlass(request, event, now) : err({ type: 'noBreakGlass' });
    case 'cancelAsked':
      return askCancel(request, { by: event.by, reason: event.reason, at: now });
    case 'clock':
      return runClock(request, now);
    case 'clockSetBack':
      return setBack(request, { settleMs }, now);
    case 'changed':
      // Not while submitting: the POST may be in flight, and an action would be left to itself.
      if (request.state !== 'awaitingApproval' && request.state !== 'queued') return notNow(request); // guard: in-flight-is-not-forgotten
      return move({ ...baseOf(request), state: 'voided', votes: request.votes, changes: event.changes, endedAt: now }, [
        { type: 'voided', changes: event.changes },
      ]);
    case 'storeRestored':
      return doubtAfterRestore(request, { settleMs, firstLookMs }, now);
    case 'admitted':
      if (request.state !== 'queued' || now < request.notBefore) return notNow(request); // guard: only-what-is-queued-is-admitted
      if (now >= request.startBy) return notNow(request); // guard: nothing-starts-after-the-start-clock
      return admit(request, now);
    case 'accepted':
      if (request.state !== 'submitting') return notNow(request);
      return observe(taken(request, event.action, now), event.action, now, []);
    case 'putBack':
      if (request.state === 'submitting') return putBack(request, event, now);
      if (request.state === 'queued') return move({ ...request, notBefore: event.notBefore, hold: event.hold }, []);
      return notNow(request);
    case 'rejected':
      if (request.state !== 'submitting') return notNow(request);
      return move({ ...decidedOf(request), state: 'refused', code: event.code, message: event.message, endedAt: now }, [
        { type: 'ended' },
      ]);
    case 'unclear':
      return request.state === 'submitting' ? doubt(request, now) : notNow(request);
    case 'lookedUp':
      return request.state === 'unknown' ? lookedUp(request, event, now) : notNow(request);
    case 'observed':
      return observed(request, event.action, now);
    case 'vanished':
      return request.state === 'pending' || request.state === 'running' ? vanish(request, now) : notNow(request);
    case 'cancelRefused':
      return refuseCancel(request, event.code);
    default:
      return exhaustive(event);
  }
}

function countVote(request: AwaitingApproval, vote: Vote, now: number): Outcome {
  const isRequester = vote.by.id === request.requester.id || vote.personKey === request.requesterKey;
  if (now >= request.decideBy) return err({ type: 'decideByPassed' }); // guard: no-vote-after-the-decide-clock
  if (isRequester) return err({ type: 'requesterCannotVote' }); // guard: requester-never-approves
  if (!request.approverIds.includes(vote.by.id)) return err({ type: 'notAnApprover' }); // guard: only-approvers-vote
  if (vote.digest !== request.digest) return err({ type: 'digestDiffers' }); // guard: vote-carries-the-digest
  if (request.votes.some((v) => v.personKey === vote.personKey)) return err({ type: 'alreadyVoted' }); // guard: one-vote-a-person
  const votes = [...request.votes, vote];
  if (vote.decision === 'deny') {
    const reason = vote.reason?.trim() ?? '';
    if (!hasVisible(reason)) return err({ type: 'denyNeedsReason' }); // guard: denial-has-a-reason
    return move({ ...baseOf(request), state: 'denied', votes, endedAt: now }, [
      { type: 'denied', by: vote.by, reason },
    ]);
  }
  const { met, stillNeeded } = tally(request.bar, votes);
  if (!met) return move({ ...request, votes }, [{ type: 'voteCounted', by: vote.by, still: stillNeeded }]);
  return move(
    {
      ...baseOf(request),
      state: 'queued',
      votes,
      approvedAt: now,
      startBy: now + request.startWithinMs,
      notBefore: now,
      hold: null,
      attempts: request.tried?.attempts ?? 0,
      everUnclear: request.tried?.everUnclear ?? false,
    },
    [{ type: 'approved', by: votes.map((v) => v.by) }],
  );
}

function askCancel(request: LiveResponseRequest, wish: CancelWish & { readonly by: Person }): Outcome {
  if (isFinal(request.state)) return err({ type: 'alreadyEnded' });
  const isTheirs = wish.by.id === request.requester.id || request.approverIds.includes(wish.by.id);
  if (!isTheirs) return err({ type: 'notYours' }); // guard: strangers-cannot-cancel
  switch (request.state) {
    case 'awaitingApproval':
      if (wish.by.id !== request.requester.id && !hasVisible(wish.reason ?? ''))
        return err({ type: 'withdrawalNeedsReason' }); // guard: withdrawal-by-others-has-a-reason
      return move(
        {
          ...baseOf(request),
          state: 'withdrawn',
          votes: request.votes,
          by: wish.by,
          why: wish.reason,
          endedAt: wish.at,
        },
        [{ type: 'withdrawn', by: wish.by, reason: wish.reason }],
      );
    case 'queued':
      return cancelledHere(request, wish, wish.at);
    case 'submitting':
    case 'unknown':
    case 'pending':
    case 'running': {
      if (request.cancel?.by && !request.cancel.refused) return err({ type: 'alreadyCancelling' });
      const actionId = request.state === 'submitting' ? null : request.actionId;
      const sent: readonly Effect[] = actionId === null ? [] : [{ type: 'cancelAction', actionId }];
      return move({ ...request, cancel: wish }, [{ type: 'cancelAsked', by: wish.by, reason: wish.reason }], sent);
    }
    default:
      return notNow(request);
  }
}

/** The wish is kept, since Defender refuses to cancel what is being cancelled already; it no longer bars a new one. */
function refuseCancel(request: LiveResponseRequest, code: string): Outcome {
  if (request.state !== 'pending' && request.state !== 'running' && request.state !== 'unknown') return notNow(request);
  if (request.cancel === null || request.cancel.refused) return notNow(request);
  return move(
    { ...request, cancel: { ...request.cancel, refused: true } },
    request.cancel.by === null ? [] : [{ type: 'cancelRefused', code }],
  );
}

function runClock(request: LiveResponseRequest, now: number): Outcome {
  switch (request.state) {
    case 'awaitingApproval':
      if (now < request.decideBy)
        return request.remindAt === null || now < request.remindAt ? stay(request) : remind(request);
      return move({ ...baseOf(request), state: 'expired', votes: request.votes, endedAt: now }, [{ type: 'expired' }]);
    case 'queued':
      return now < request.startBy ? stay(request) : lapsedHere(request, now);
    case 'pending':
      if (now < request.startBy || !mayWithdraw(request)) return stay(request);
      return move(
        { ...request, cancel: { by: null, reason: null, at: now } },
        [],
        [{ type: 'cancelAction', actionId: request.actionId }],
      );
    default:
      return stay(request);
  }
}

/**
 * Whether the start-by clock of a pending request still has a cancel to send: not after one of its own, which Defender's answer
 * ends, and not while a person's is under way.
 */
export const mayWithdraw = ({ cancel }: Pending): boolean =>
  cancel === null || (cancel.by !== null && cancel.refused === true);

const admit = (request: Queued, now: number): Outcome => {
  const attempt = request.attempts + 1;
  return move(
    {
      ...decidedOf(request),
      state: 'submitting',
      attempts: attempt,
      everUnclear: request.everUnclear,
      intentAt: now,
      hold: request.hold,
      cancel: null,
    },
    [],
    [{ type: 'submit', attempt }],
  );
};

function putBack(request: Submitting, event: Extract<Event, { type: 'putBack' }>, now: number): Outcome {
  if (event.hold.type === 'deviceBusy' && request.everUnclear) return doubt(request, now); // guard: busy-after-a-doubt-is-looked-up
  if (request.cancel !== null) return cancelledHere(request, request.cancel, now);
  if (now >= request.startBy) return lapsedHere(request, now);
  const isNews = event.hold.type === 'deviceBusy' && request.hold?.type !== 'deviceBusy';
  return move(
    {
      ...decidedOf(request),
      state: 'queued',
      notBefore: event.notBefore,
      hold: event.hold,
      attempts: request.attempts,
      everUnclear: request.everUnclear,
    },
    isNews ? [{ type: 'held', hold: event.hold }] : [],
  );
}

function observed(request: LiveResponseRequest, action: ObservedAction, now: number): Outcome {
  switch (request.state) {
    case 'pending':
    case 'running':
      if (request.actionId !== action.actionId) return notNow(request); // guard: only-our-action-is-followed
      return observe({ request, effects: [], isNew: false }, action, now, []);
    case 'unknown':
      if (request.actionId !== action.actionId) return notNow(request); // guard: only-our-action-comes-back
      return found(request, action, now);
    default:
      return isFinal(request.state) ? stay(request) : notNow(request);
  }
}
