import { err, ok, type Result } from '../lib/result';
import type { Effect, News } from './effect';
import type {
  CancelWish,
  LiveResponseRequest,
  Pending,
  Queued,
  RequestBase,
  Running,
  State,
  Submitting,
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
  commands: r.commands,
  library: r.library,
  reason: r.reason,
  policyVersion: r.policyVersion,
  bar: r.bar,
  requesterKey: r.requesterKey,
  approverIds: r.approverIds,
  decideWithinMs: r.decideWithinMs,
  startWithinMs: r.startWithinMs,
  round: r.round,
  emergency: r.emergency,
  ...(r.findings === undefined ? {} : { findings: r.findings }),
  digest: r.digest,
  conversationId: r.conversationId,
  createdAt: r.createdAt,
});

export const decidedOf = (r: Queued | Submitting | Unknown | Pending | Running) => ({
  ...baseOf(r),
  votes: r.votes,
  approvedAt: r.approvedAt,
  startBy: r.startBy,
});

/** What an `unknown` knows before the first look; an absent marker proves nothing before `settleAt`. */
export const notYetLookedFor = (settleAt: number) =>
  ({ actionId: null, runningSince: null, progress: [], settleAt, toldAt: null }) as const;

/** Cancelled without Defender: it surely never got it. */
export const cancelledHere = (request: Queued | Submitting | Unknown, wish: CancelWish, now: number): Outcome =>
  move(
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

export const lapsedHere = (request: Queued | Submitting | Unknown, now: number): Outcome =>
  move({ ...decidedOf(request), state: 'lapsed', actionId: null, endedAt: now, seenWaitingAt: null }, [
    { type: 'ended' },
  ]);
