import { minutes } from '../lib/clock';
import { err, exhaustive } from '../lib/result';
import { hasVisible } from '../lib/visible';
import { callOff, cancelBatch, decideCourse, endBatch, stopBatch } from './batch/batch-transition';
import { voteToResend } from './doubt/resend';
import { doubtAfterRestore } from './doubt/restored';
import { lookedUp } from './doubt/search';
import { doubt, lose } from './doubt/unknown';
import { whose } from './doubt/whose';
import type { Effect } from './effect';
import type { Event, ObservedAction } from './event';
import { observe, taken } from './observe';
import {
  baseOf,
  cancelledHere,
  decidedOf,
  giveUp,
  isInDoubt,
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
  Change,
  LiveResponseRequest,
  Pending,
  Person,
  Queued,
  RequestBase,
  Submitting,
  Unknown,
} from './request';
import { isFinal } from './request';
import { setBack } from './set-back';
import { countVote } from './votes/count-vote';
import { discuss } from './votes/questions';
import { askAgain, awaiting, breakGlass, remind } from './votes/round';

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
    case 'questionAsked':
    case 'questionAnswered':
      return request.state === 'awaitingApproval' ? discuss(request, event, now) : err({ type: 'alreadyDecided' });
    case 'votedToResend':
      return voteToResend(request, event.vote, now);
    case 'askedAgain':
      if (request.state !== 'awaitingApproval' && request.state !== 'queued') return notNow(request);
      if (request.batch !== undefined || request.target !== undefined)
        return voidDoubt(request, event.because, now) ?? makeVoid(request, event.because, now); // guard: a-batch-has-no-second-round
      return voidDoubt(request, event.because, now) ?? askAgain(request, event, now);
    case 'brokeGlass':
      return request.state === 'awaitingApproval' ? breakGlass(request, event, now) : err({ type: 'noBreakGlass' });
    case 'cancelAsked':
      return askCancel(request, event, now);
    case 'clock':
      return runClock(request, now);
    case 'clockSetBack':
      return setBack(request, now);
    case 'changed':
      // Not while submitting: the POST may be in flight, and an action would be left to itself.
      if (request.state !== 'awaitingApproval' && request.state !== 'queued') return notNow(request); // guard: in-flight-is-not-forgotten
      return voidDoubt(request, event.changes, now) ?? makeVoid(request, event.changes, now);
    case 'storeRestored':
      return doubtAfterRestore(request, now);
    case 'admitted':
      if (request.state !== 'queued' || now < request.notBefore) return notNow(request); // guard: only-what-is-queued-is-admitted
      if (now >= request.startBy) return notNow(request); // guard: nothing-starts-after-the-start-clock
      return admit(request, now);
    case 'accepted':
      return request.state === 'submitting' ? accept(request, event.action, now) : notNow(request);
    case 'putBack':
      if (request.state === 'submitting') return putBack(request, event, now);
      if (request.state === 'queued') return move({ ...request, notBefore: event.notBefore, hold: event.hold }, []);
      return notNow(request);
    case 'rejected':
      return request.state === 'submitting' ? refuse(request, event, now) : notNow(request);
    case 'unclear':
      return request.state === 'submitting' ? doubt(request, 'noAnswer', null, now) : notNow(request);
    case 'lookedUp':
      return lookedUp(request, event, now);
    case 'observed':
      return observed(request, event.action, now);
    case 'vanished':
      return request.state === 'pending' || request.state === 'running'
        ? lose(request, 'vanished', now)
        : notNow(request);
    case 'cancelRefused':
      return refuseCancel(request, event.code);
    case 'batchStopped':
      return request.state === 'batchRunning' ? stopBatch(request, event.stop) : notNow(request);
    case 'canaryPassedOver': {
      const { by, number } = event;
      return decideCourse(request, by, (r) => ({ passedOver: [...r.passedOver, number] }), event);
    }
    case 'batchGoneOn':
      return decideCourse(request, event.by, () => ({ goneOn: { by: event.by, at: now } }), event);
    case 'batchEnded':
      return request.state === 'batchRunning' ? endBatch(request, event, now) : notNow(request);
    case 'calledOff':
      return callOff(request, event.because, now);
    default:
      return exhaustive(event);
  }
}

function askCancel(request: LiveResponseRequest, event: Extract<Event, { type: 'cancelAsked' }>, now: number): Outcome {
  const wish = { by: event.by, reason: event.reason, at: now };
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
    case 'batchRunning':
      return cancelBatch(request, event, now);
    case 'submitting':
    case 'unknown':
    case 'pending':
    case 'running': {
      if (request.cancel?.by && !request.cancel.refused) return err({ type: 'alreadyCancelling' });
      if (request.state === 'unknown') return askCancelOfUnknown(request, wish);
      const actionId = request.state === 'submitting' ? null : request.actionId;
      const sent: readonly Effect[] = actionId === null ? [] : [{ type: 'cancelAction', actionId }];
      return move({ ...request, cancel: wish }, [{ type: 'cancelAsked', by: wish.by, reason: wish.reason }], sent);
    }
    default:
      return notNow(request);
  }
}

/** What Defender does not list ends with the wish; an action over other commands is cancelled by those who may approve, and by nobody else. */
function askCancelOfUnknown(request: Unknown, wish: CancelWish & { readonly by: Person }): Outcome {
  const { doubt, actionId } = request;
  if (doubt === 'otherCommands' && !request.approverIds.includes(wish.by.id)) return err({ type: 'notYours' }); // guard: only-approvers-touch-other-commands
  if (request.notListed) return giveUp(request, { type: 'cancelled', wish }, wish.at);
  const asked = { ...request, cancel: wish };
  const news = [{ type: 'cancelAsked', by: wish.by, reason: wish.reason }] as const;
  if (actionId === null || doubt === 'unread') return move(asked, news); // guard: nothing-is-cancelled-unread
  return move(asked, news, [{ type: 'cancelAction', actionId }]);
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
      if (now >= request.startBy) return lapsedHere(request, now);
      return request.heldTold || now < heldAt(request)
        ? stay(request)
        : move({ ...request, heldTold: true }, [{ type: 'stillHeld' }]);
    case 'unknown':
      return request.offer === null || now < request.startBy ? stay(request) : giveUp(request, { type: 'clock' }, now);
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

/** From then on the thread should know that it is held. */
export const heldAt = ({ approvedAt }: Queued): number => approvedAt + minutes(5);

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
      intentAt: now,
      hold: request.hold,
      cancel: null,
    },
    [],
    [{ type: 'submit', attempt }],
  );
};

function putBack(request: Submitting, event: Extract<Event, { type: 'putBack' }>, now: number): Outcome {
  if (event.hold.type === 'deviceBusy' && isInDoubt(request)) return doubt(request, 'noAnswer', null, now); // guard: busy-after-a-doubt-is-looked-up
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
    },
    isNews ? [{ type: 'held', hold: event.hold }] : [],
  );
}

/** What is in doubt is not asked again under other terms: whether it ran stays open. */
function voidDoubt(request: AwaitingApproval | Queued, changes: readonly Change[], now: number): Outcome | null {
  if (request.state !== 'queued' || !isInDoubt(request)) return null;
  return giveUp(request, { type: 'changed', changes }, now); // guard: doubt-outlives-a-change
}

const makeVoid = (request: AwaitingApproval | Queued, changes: readonly Change[], now: number): Outcome =>
  move({ ...baseOf(request), state: 'voided', votes: request.votes, changes, endedAt: now }, [
    { type: 'voided', changes },
  ]);

function refuse(request: Submitting, { code, message }: Extract<Event, { type: 'rejected' }>, now: number): Outcome {
  if (isInDoubt(request)) return giveUp(request, { type: 'refused', code, message }, now); // guard: doubt-outlives-a-refusal
  return move({ ...decidedOf(request), state: 'refused', code, message, endedAt: now }, [{ type: 'ended' }]);
}

/** Defender's 201: ours only if it says so itself. */
function accept(request: Submitting, action: ObservedAction, now: number): Outcome {
  switch (whose(request, action)) {
    case 'ours':
      return observe(taken(request, action, now, now), action, now, []);
    case 'notOurs':
      return doubt(request, 'noAnswer', null, now);
    case 'unread':
    case 'otherCommands':
      return doubt(request, whose(request, action) === 'unread' ? 'unread' : 'otherCommands', action.actionId, now);
  }
}

function observed(request: LiveResponseRequest, action: ObservedAction, now: number): Outcome {
  switch (request.state) {
    case 'pending':
    case 'running':
      if (request.actionId !== action.actionId) return notNow(request); // guard: only-our-action-is-followed
      // It was ours when its id was taken; a field that an answer leaves out says nothing else.
      if (['notOurs', 'otherCommands'].includes(whose(request, action))) return lose(request, 'otherCommands', now); // guard: followed-action-is-compared
      return observe({ request, effects: [], isNew: false }, action, now, []);
    case 'unknown':
      // What a cancel answered: seen by its id, as a look would.
      if (request.actionId !== action.actionId) return notNow(request); // guard: only-our-action-comes-back
      return request.doubt === 'vanished' && ['ours', 'unread'].includes(whose(request, action))
        ? lookedUp(request, { type: 'lookedUp', actions: [action], complete: false, date: null }, now)
        : notNow(request);
    default:
      return isFinal(request.state) ? stay(request) : notNow(request);
  }
}
