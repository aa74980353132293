import { err } from '../../lib/result';
import type { Effect } from '../effect';
import type { Event } from '../event';
import { targetIdOf } from '../id';
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
} from '../outcome';
import type { BatchRunning, LiveResponseRequest, Person, Queued } from '../request';
import { type BatchCourse, type BatchStop, deviceOf } from './batch';
import { canaryWithinMs } from './plan-batch';

/** One target as a request of its own, with the decision and the digest of its batch; from here on it lives as every other. */
export function openTarget(
  batch: BatchRunning,
  number: number,
  { isCanary, now }: { readonly isCanary: boolean; readonly now: number },
): Transition {
  const { batch: all, ...base } = baseOf(batch);
  const request: Queued = {
    ...base,
    id: targetIdOf(batch.id, number),
    device: deviceOf(batch.batch, number),
    target: { of: batch.id, number },
    state: 'queued',
    votes: batch.votes,
    approvedAt: batch.approvedAt,
    startBy: isCanary ? Math.min(batch.startBy, now + canaryWithinMs) : batch.startBy,
    decision: batch.decision,
    notBefore: now,
    hold: null,
    attempts: 0,
  };
  return { request, effects: [] };
}

const courseOf = ({ stopped, passedOver, goneOn }: BatchCourse): BatchCourse => ({ stopped, passedOver, goneOn });

/** What stops it first stays the reason; only a person's word to cancel goes further than what stopped before. */
export function stopBatch(request: BatchRunning, stop: BatchStop): Outcome {
  const { stopped } = request;
  const goesFurther = stop.type === 'cancelled' && stop.all && !(stopped?.type === 'cancelled' && stopped.all);
  if (stopped !== null && !goesFurther) return stay(request);
  return move({ ...request, stopped: stop }, [{ type: 'batchStopped', stop }]);
}

/** A person's word to cancel what is under way: only what waits, or all. */
export function cancelBatch(
  request: BatchRunning,
  { by, reason, onlyWaiting }: Extract<Event, { type: 'cancelAsked' }>,
  now: number,
): Outcome {
  const stop = { type: 'cancelled', by, reason, all: onlyWaiting !== true, at: now } as const;
  const outcome = stopBatch(request, stop);
  return outcome.ok && outcome.value.request === request ? err({ type: 'alreadyCancelling' }) : outcome;
}

/** Only those who may approve and did not ask; the facts that make it possible are the caller's to read. */
export function decideCourse(
  request: LiveResponseRequest,
  by: Person,
  next: (course: BatchRunning) => Partial<BatchCourse>,
  told: Extract<Effect, { type: 'reply' }>['news'],
): Outcome {
  if (request.state !== 'batchRunning' || request.stopped !== null) return notNow(request);
  if (by.id === request.requester.id) return err({ type: 'requesterCannotVote' }); // guard: the-asker-does-not-let-the-rest-go
  if (!request.approverIds.includes(by.id)) return err({ type: 'notAnApprover' });
  return move({ ...request, ...next(request) }, [told]);
}

export const endBatch = (
  request: BatchRunning,
  { outcomes }: Extract<Event, { type: 'batchEnded' }>,
  now: number,
): Outcome =>
  move(
    { ...decidedOf(request), batch: request.batch, ...courseOf(request), state: 'batchEnded', outcomes, endedAt: now },
    [{ type: 'ended' }],
  );

/** What Defender has not started of a target is called off; what runs goes on. */
export function callOff(request: LiveResponseRequest, because: 'stopped' | 'gaveWay', now: number): Outcome {
  if (request.target === undefined) return notNow(request);
  const wish = { by: null, reason: null, at: now, calledOff: because };
  switch (request.state) {
    case 'queued':
      return because === 'gaveWay' ? lapsedHere(request, now) : cancelledHere(request, wish, now);
    case 'submitting':
      return request.cancel === null ? move({ ...request, cancel: wish }, []) : notNow(request);
    case 'pending':
      if (request.cancel !== null) return notNow(request);
      return move({ ...request, cancel: wish }, [], [{ type: 'cancelAction', actionId: request.actionId }]);
    default:
      return notNow(request);
  }
}
