import { err, ok, type Result } from '../lib/result';
import type { Effect, News } from './effect';
import type {
  BatchRunning,
  CancelWish,
  GivenUp,
  InDoubt,
  LiveResponseRequest,
  Pending,
  Queued,
  RequestBase,
  Running,
  State,
  Submitting,
  Unconfirmed,
  Unknown,
} from './request';

/** The next request and what must be done outside; `request` is the same object when the event changes nothing. */
export interface Transition {
  readonly request: LiveResponseRequest;
  readonly effects: readonly Effect[];
}

/** Why an event did not move a request: a person's mistake has its own word, all else is `notNow`. */
export type TransitionRefusal =
  | { readonly type: 'requesterCannotVote' }
  | { readonly type: 'notAnApprover' }
  | { readonly type: 'digestDiffers' }
  | { readonly type: 'alreadyVoted' }
  | { readonly type: 'denyNeedsReason' }
  /** Whoever did not ask for it says why it is taken back, as a denial would. */
  | { readonly type: 'withdrawalNeedsReason' }
  | { readonly type: 'decideByPassed' }
  | { readonly type: 'alreadyDecided' }
  | { readonly type: 'notYours' }
  | { readonly type: 'alreadyCancelling' }
  | { readonly type: 'alreadyEnded' }
  | { readonly type: 'noBreakGlass' }
  | { readonly type: 'tooManyQuestions' }
  /** Nothing to be seen in it, or more than is read at a glance. */
  | { readonly type: 'questionUnreadable' }
  | { readonly type: 'answerUnreadable' }
  | { readonly type: 'answerNotYours' }
  /** There is none of that number, or it has been answered. */
  | { readonly type: 'noOpenQuestion' }
  /** It is not, or no longer, asked whether to send it once more. */
  | { readonly type: 'noOffer' }
  | { readonly type: 'notNow'; readonly state: State };

export type Outcome = Result<Transition, TransitionRefusal>;

const reply = (news: News): Effect => ({ type: 'reply', news });

export const move = (request: LiveResponseRequest, news: readonly News[], effects: readonly Effect[] = []): Outcome =>
  ok({ request, effects: [...effects, { type: 'updateCards' }, ...news.map(reply)] });

export const stay = (request: LiveResponseRequest): Outcome => ok({ request, effects: [] });

export const notNow = (request: LiveResponseRequest): Outcome => err({ type: 'notNow', state: request.state });

/** Exactly the fields of the base, so that no state drags along what belongs to another. */
export const baseOf = (r: RequestBase): RequestBase => ({
  id: r.id,
  tenantId: r.tenantId,
  requester: r.requester,
  device: r.device,
  ...(r.batch === undefined ? {} : { batch: r.batch }),
  ...(r.target === undefined ? {} : { target: r.target }),
  commands: r.commands,
  library: r.library,
  reason: r.reason,
  ...(r.runbook === undefined ? {} : { runbook: r.runbook }),
  policyVersion: r.policyVersion,
  ...(r.incident === undefined ? {} : { incident: r.incident }),
  bar: r.bar,
  requesterKey: r.requesterKey,
  approverIds: r.approverIds,
  decideWithinMs: r.decideWithinMs,
  startWithinMs: r.startWithinMs,
  round: r.round,
  emergency: r.emergency,
  ...(r.findings === undefined ? {} : { findings: r.findings }),
  digest: r.digest,
  ...(r.questions === undefined ? {} : { questions: r.questions }),
  conversationId: r.conversationId,
  createdAt: r.createdAt,
  askedAtDefender: r.askedAtDefender,
});

/** A request that was approved and has not surely ended. */
export type Live = BatchRunning | Queued | Submitting | Unknown | Unconfirmed | Pending | Running;

export const decidedOf = (r: Live) => ({
  ...baseOf(r),
  votes: r.votes,
  approvedAt: r.approvedAt,
  startBy: r.startBy,
  decision: r.decision,
  ...(r.inDoubt === undefined ? {} : { inDoubt: r.inDoubt }),
  ...(r.heldTold === undefined ? {} : { heldTold: r.heldTold }),
  ...(r.others === undefined ? {} : { others: r.others }),
});

/** What an `unknown` knows before the first look. */
export const notYetLookedFor = {
  actionId: null,
  runningSince: null,
  progress: [],
  absentFrom: null,
  notListed: false,
  offer: null,
  toldAt: null,
} as const;

/** Cancelled without Defender, which never got it; of one in doubt nobody knows that. */
export function cancelledHere(request: Queued | Submitting, wish: CancelWish, now: number): Outcome {
  if (isInDoubt(request)) return giveUp(request, { type: 'cancelled', wish }, now); // guard: doubt-outlives-a-cancel
  return move(
    {
      ...decidedOf(request),
      state: 'cancelled',
      actionId: null,
      endedAt: now,
      progress: [],
      mayHaveActed: false,
      seenWaitingAt: null,
      by: { type: 'wish', wish },
    },
    [{ type: 'ended' }],
  );
}

export function lapsedHere(request: Queued | Submitting, now: number): Outcome {
  if (isInDoubt(request)) return giveUp(request, { type: 'clock' }, now); // guard: doubt-outlives-the-start-clock
  return move({ ...decidedOf(request), state: 'lapsed', actionId: null, endedAt: now, seenWaitingAt: null }, [
    { type: 'ended' },
  ]);
}

/** An earlier submission of it may have arrived: no end without Defender can say that nothing ran. */
export const isInDoubt = <R extends Live>(request: R): request is R & { readonly inDoubt: InDoubt } =>
  request.inDoubt !== undefined;

/** Nobody decides about it any more; whether it ran stays open, and looks go on. */
export function giveUp(
  request: (Queued | Submitting | Unknown) & { readonly inDoubt: InDoubt },
  because: GivenUp,
  now: number,
): Outcome {
  const known =
    request.state === 'unknown'
      ? {
          intentAt: request.intentAt,
          doubt: request.doubt,
          actionId: request.actionId,
          runningSince: request.runningSince,
          progress: request.progress,
          notListed: request.notListed,
        }
      : {
          intentAt: request.inDoubt.since,
          doubt: 'noAnswer' as const,
          actionId: null,
          runningSince: null,
          progress: [],
          notListed: true,
        };
  return move(
    { ...decidedOf(request), inDoubt: request.inDoubt, state: 'unconfirmed', ...known, because, endedAt: now },
    [{ type: 'ended' }],
  );
}
