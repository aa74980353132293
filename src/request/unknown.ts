import { minutes, seconds } from '../lib/clock';
import { ok } from '../lib/result';
import type { Effect } from './effect';
import type { Event, ObservedAction } from './event';
import { observe, taken } from './observe';
import { cancelledHere, decidedOf, lapsedHere, move, notYetLookedFor, type Outcome } from './outcome';
import type { Pending, Running, Submitting, Unknown } from './request';
import { closeAfterRestore } from './restored';

/**
 * How long after an unclear submission an absent marker proves nothing: Defender hides a new action for up to about two minutes
 * (defender-api.md §1.2), and a request that timed out here may still be at work there; the rest is margin.
 */
export const settleMs = minutes(3);
/** First look after a doubt, and the pause between looks until the answer is certain. */
export const firstLookMs = seconds(5);
export const nextLookMs = seconds(20);
/** After this long without a certain answer people are told, and looking slows down. */
export const tellAfterMs = minutes(10);
export const slowLookMs = minutes(5);

export const doubt = (request: Submitting, now: number): Outcome =>
  move(
    {
      ...decidedOf(request),
      state: 'unknown',
      attempts: request.attempts,
      intentAt: request.intentAt,
      doubt: 'noAnswer',
      ...notYetLookedFor(now + settleMs),
      cancel: request.cancel,
    },
    [{ type: 'unclear', doubt: 'noAnswer' }],
    [{ type: 'lookUp', dueAt: now + firstLookMs }],
  );

export const vanish = (request: Pending | Running, now: number): Outcome =>
  move(
    {
      ...decidedOf(request),
      state: 'unknown',
      attempts: 1,
      intentAt: request.submittedAt,
      doubt: 'vanished',
      actionId: request.actionId,
      runningSince: request.state === 'running' ? request.runningSince : null,
      progress: request.progress,
      settleAt: now,
      toldAt: now,
      cancel: request.cancel,
    },
    [{ type: 'unclear', doubt: 'vanished' }],
    [{ type: 'lookUp', dueAt: now + nextLookMs }],
  );

export function lookedUp(request: Unknown, event: Extract<Event, { type: 'lookedUp' }>, now: number): Outcome {
  if (event.action !== null) return found(request, event.action, now);
  if (isSurelyAbsent(request, event, now)) {
    if (request.doubt === 'restored') return closeAfterRestore(request, now); // guard: restored-is-never-sent-again
    if (request.cancel !== null) return cancelledHere(request, request.cancel, now);
    if (now >= request.startBy) return lapsedHere(request, now);
    return move(
      {
        ...decidedOf(request),
        state: 'queued',
        notBefore: now,
        hold: null,
        attempts: request.attempts,
        everUnclear: true,
      },
      [{ type: 'surelyAbsent' }],
    );
  }
  const tell = request.toldAt === null && now >= request.settleAt + tellAfterMs;
  const toldAt = tell ? now : request.toldAt;
  const soon = request.doubt === 'restored' ? Math.max(now + nextLookMs, request.settleAt) : now + nextLookMs;
  const dueAt = toldAt === null ? soon : now + slowLookMs;
  const again: Effect = { type: 'lookUp', dueAt };
  // Nothing that a card shows has changed: one that looked on for days would be edited each time.
  return tell ? move({ ...request, toldAt }, [{ type: 'cannotTell' }], [again]) : ok({ request, effects: [again] });
}

/** Only this lets a submission be tried again (T-27). */
function isSurelyAbsent(request: Unknown, { complete }: Extract<Event, { type: 'lookedUp' }>, now: number): boolean {
  if (!complete) return false; // guard: unread-list-proves-nothing
  if (request.doubt === 'vanished') return false; // guard: vanished-is-never-sent-again
  if (now < request.settleAt) return false; // guard: hidden-action-is-waited-for
  return true;
}

export const found = (request: Unknown, action: ObservedAction, now: number): Outcome =>
  observe(taken(request, action, submittedAt(request, action)), action, now, [{ type: 'found' }]);

const submittedAt = ({ doubt, intentAt }: Unknown, { createdAt }: ObservedAction): number =>
  doubt === 'restored' ? (createdAt ?? intentAt) : intentAt;
