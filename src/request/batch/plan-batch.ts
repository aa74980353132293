import { minutes } from '../../lib/clock';
import type { Change } from '../request';
import type { Batch, BatchCourse, BatchStop } from './batch';
import { isDoubtful, isFailure, isOpenTarget, isOut, type TargetOutcome } from './outcome-of-target';

/** A canary that has not started after this time gives its place to the next. */
export const canaryWithinMs = minutes(15);
/** What Defender has not started after this time makes room where anything else waits. */
export const giveWayAfterMs = minutes(10);

/** A target that has been let go; those that are not listed have not. */
export interface TargetFacts {
  readonly number: number;
  readonly outcome: TargetOutcome;
  /** Since when Defender has it without having started it; null in every other outcome. */
  readonly pendingSince: number | null;
  /** What all of the batch is bound to and is no longer so, where that voided the target; absent otherwise. */
  readonly changes?: readonly Change[];
  /** A cancel of it is under way. */
  readonly isBeingCancelled: boolean;
}

/** A batch that people approved and that has not ended. */
export interface BatchUnderWay extends BatchCourse {
  readonly batch: Batch;
  readonly startBy: number;
}

/** What is said of the batch as a whole: canaries, a canary whose outcome nobody can tell, a person's word, the others, or no more. */
export type BatchPhase = 'canaries' | 'canaryInDoubt' | 'waitsForGoOn' | 'rest' | 'stopped';

export interface BatchPlan {
  readonly phase: BatchPhase;
  /** Target numbers that may be let go, in this order, as far as there is room. */
  readonly next: readonly number[];
  /** Something new stops it. */
  readonly stop: BatchStop | null;
  readonly callOff: ReadonlyArray<{ readonly number: number; readonly because: 'stopped' | 'gaveWay' }>;
  /** To be cancelled for the person who cancelled all. */
  readonly cancel: readonly number[];
  readonly hasEnded: boolean;
  /** When something is due although nothing happens; null when only an event can bring it. */
  readonly nextAt: number | null;
}

/**
 * What a batch does next: the canaries first, then the others, nothing after stop-at. Pure over the batch and what became of its targets, so that
 * whatever a crash left half done is found again; `elseWaits`: something else waits for a session.
 */
export function planBatch(
  request: BatchUnderWay,
  targets: readonly TargetFacts[],
  { now, elseWaits }: { readonly now: number; readonly elseWaits: boolean },
): BatchPlan {
  const stopped = request.stopped ?? findStop(request, targets, now);
  const stop = request.stopped === null ? stopped : null;
  const known = new Map(targets.map((target) => [target.number, target]));
  if (stopped !== null) {
    const waiting = targets.filter(({ outcome, isBeingCancelled }) => isCallable(outcome) && !isBeingCancelled);
    const all = stopped.type === 'cancelled' && stopped.all;
    return {
      phase: 'stopped',
      next: [],
      stop,
      callOff: all ? [] : waiting.map(({ number }) => ({ number, because: 'stopped' })),
      cancel: all
        ? targets
            .filter((t) => isOpenTarget(t.outcome) && t.outcome !== 'reading' && !t.isBeingCancelled)
            .map(({ number }) => number)
        : [],
      hasEnded: targets.every(({ outcome }) => !isOpenTarget(outcome)),
      nextAt: null,
    };
  }
  const seats = canarySeats(request, known);
  const phase = phaseOf(request, seats, known);
  const unsent = request.batch.order.filter((number) => !known.has(number));
  const next = phase === 'rest' ? unsent : phase === 'canaries' ? seats.filter((number) => !known.has(number)) : [];
  const slow =
    phase === 'rest'
      ? targets.filter((t) => !seats.includes(t.number) && t.pendingSince !== null && !t.isBeingCancelled)
      : [];
  const mustWait = elseWaits || unsent.length > 0;
  const late = mustWait ? slow.filter((t) => now >= (t.pendingSince ?? now) + giveWayAfterMs) : [];
  const later = mustWait
    ? slow.filter((t) => !late.includes(t)).map((t) => (t.pendingSince ?? now) + giveWayAfterMs)
    : [];
  const hasEnded = unsent.length === 0 && targets.every(({ outcome }) => !isOpenTarget(outcome));
  return {
    phase,
    next: hasEnded ? [] : next,
    stop: null,
    callOff: late.map(({ number }) => ({ number, because: 'gaveWay' })),
    cancel: [],
    hasEnded,
    nextAt: hasEnded ? null : Math.min(request.startBy, ...later),
  };
}

/** Whether this target may be sent now; asked again in the transaction that sends it, whatever was let go before. */
export function mayTargetGo(
  request: BatchUnderWay,
  targets: readonly TargetFacts[],
  number: number,
  now: number,
): boolean {
  if (request.stopped !== null || findStop(request, targets, now) !== null) return false; // guard: nothing-is-sent-after-stop-at
  const known = new Map(targets.map((target) => [target.number, target]));
  const seats = canarySeats(request, known);
  return seats.includes(number) || phaseOf(request, seats, known) === 'rest'; // guard: canaries-go-first
}

export const countFailures = (targets: readonly TargetFacts[]): number =>
  targets.filter(({ outcome }) => isFailure(outcome)).length;

function findStop(request: BatchUnderWay, targets: readonly TargetFacts[], at: number): BatchStop | null {
  const known = new Map(targets.map((target) => [target.number, target]));
  const bad = [...canarySeats(request, known), ...request.passedOver].find((number) => {
    const outcome = known.get(number)?.outcome;
    return outcome !== undefined && isFailure(outcome) && !isDoubtful(outcome);
  });
  if (bad !== undefined) return { type: 'canary', number: bad, at }; // guard: a-failed-canary-stops-the-batch
  const changes = targets.find((target) => target.changes !== undefined)?.changes;
  if (changes !== undefined) return { type: 'changed', changes, at }; // guard: a-change-for-all-voids-the-rest
  const count = countFailures(targets);
  if (count >= request.batch.stopAt) return { type: 'failures', count, at };
  if (at >= request.startBy && targets.length < request.batch.devices.length) return { type: 'clock', at };
  return null;
}

/** Those who hold the canaries' places: what was left out, not reached or passed over has given its place to the next. */
export function canarySeats(
  { batch, passedOver }: Pick<BatchUnderWay, 'batch' | 'passedOver'>,
  known: ReadonlyMap<number, Pick<TargetFacts, 'outcome'>>,
): readonly number[] {
  const isFree = (number: number): boolean => {
    const outcome = known.get(number)?.outcome;
    return passedOver.includes(number) || (outcome !== undefined && isOut(outcome));
  };
  return batch.order.filter((number) => !isFree(number)).slice(0, batch.canaries);
}

function phaseOf(
  { batch, goneOn }: BatchUnderWay,
  seats: readonly number[],
  known: ReadonlyMap<number, TargetFacts>,
): BatchPhase {
  const outcomes = seats.map((number) => known.get(number)?.outcome);
  if (outcomes.some((outcome) => outcome !== undefined && isDoubtful(outcome))) return 'canaryInDoubt';
  if (!outcomes.every((outcome) => outcome === 'succeeded')) return 'canaries';
  return batch.goOn && goneOn === null ? 'waitsForGoOn' : 'rest';
}

/** Nothing of it has been seen to start, so that it can still be called off. */
const isCallable = (outcome: TargetOutcome): boolean =>
  outcome === 'queued' || outcome === 'submitting' || outcome === 'pending';
