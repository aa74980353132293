import { type AdmissionInput, planAdmission } from '../../src/dispatch/admission';
import { type LearnedLimits, type Limits, nothingLearned } from '../../src/dispatch/limits';
import { rateCountsSince } from '../../src/dispatch/rate';
import type { RoomInput } from '../../src/dispatch/room';
import type { Submission } from '../../src/request/doubt/submission';
import type { Effect } from '../../src/request/effect';
import type { Event } from '../../src/request/event';
import type { Transition } from '../../src/request/outcome';
import type { LiveResponseRequest, RequestId } from '../../src/request/request';
import { isFinal, openStates } from '../../src/request/request';
import { transition } from '../../src/request/transition';
import { restsUntil, type UnderWay, underWayOf, type Waiting, waitingOf } from '../../src/request/waiting';
import { wakeAt } from '../../src/request/wake-at';

const setBackToleranceMs = 2_000;

/** A row of the work table that says: submit. */
export interface SubmitRow {
  readonly requestId: RequestId;
  readonly attempt: number;
  claims: number;
  holder: number;
  leaseUntil: number;
  isDone: boolean;
}

/**
 * What is on disk: all that survives a crash. Each method is one transaction or a part of one; nothing of it is ever half done. It holds
 * what the real store holds as far as admission reads it, and takes `transition`'s effects as the real one does.
 */
export function createStoreModel(given: {
  readonly limits: Limits;
  readonly onLookUp: (id: RequestId, look: Extract<Effect, { type: 'lookUp' }>) => void;
  readonly onCancel: (id: RequestId, actionId: string) => void;
  readonly onClock: (id: RequestId, at: number) => void;
  readonly onChange: () => void;
  readonly onApplied: (before: LiveResponseRequest, event: Event, after: Transition) => void;
}) {
  const requests = new Map<RequestId, LiveResponseRequest>();
  const waiting = new Map<RequestId, Waiting>();
  const underWay = new Map<RequestId, UnderWay>();
  const resting = new Map<string, number>();
  let submits: SubmitRow[] = [];
  let submissions: Array<{ -readonly [K in keyof Submission]: Submission[K] } & { readonly key: string }> = [];
  let learned: LearnedLimits = nothingLearned;
  let leases = 0;
  let latest = 0;

  function save(request: LiveResponseRequest): void {
    requests.set(request.id, request);
    if (request.state === 'queued') waiting.set(request.id, waitingOf(request));
    else waiting.delete(request.id);
    switch (request.state) {
      case 'submitting':
      case 'unknown':
      case 'pending':
      case 'running':
        underWay.set(request.id, underWayOf(request));
        break;
      default:
        underWay.delete(request.id);
    }
    const rests = restsUntil(request);
    if (rests !== null) resting.set(request.device.machineId, rests);
    const clock = wakeAt(request);
    if (clock !== null) given.onClock(request.id, clock);
    given.onChange();
  }

  function take(request: LiveResponseRequest, effect: Effect): void {
    if (effect.type === 'lookUp') given.onLookUp(request.id, effect);
    else if (effect.type === 'cancelAction') given.onCancel(request.id, effect.actionId);
    else if (effect.type === 'submit')
      submits.push({
        requestId: request.id,
        attempt: effect.attempt,
        claims: 0,
        holder: 0,
        leaseUntil: 0,
        isDone: false,
      });
  }

  return {
    requests,
    waiting,
    underWay,
    get learned(): LearnedLimits {
      return learned;
    },
    set learned(next: LearnedLimits) {
      learned = next;
    },
    insert: save,

    /** False when it was refused. */
    apply(id: RequestId, event: Event, now: number): boolean {
      const request = requests.get(id);
      if (request === undefined) return false;
      const outcome = transition(request, event, now);
      if (!outcome.ok) return false;
      if (outcome.value.request !== request) save(outcome.value.request);
      for (const effect of outcome.value.effects) take(outcome.value.request, effect);
      latest = Math.max(latest, now);
      given.onApplied(request, event, outcome.value);
      return true;
    },

    /** As src/store/rows/set-back.ts does at the start of the only service; true: its clock was ahead before. */
    setBack(now: number): boolean {
      if (latest <= now + setBackToleranceMs) return false;
      latest = now;
      for (const s of submissions) s.at = Math.min(s.at, now);
      for (const row of submits) row.leaseUntil = Math.min(row.leaseUntil, now);
      for (const { id, state } of [...requests.values()])
        if ((openStates as readonly string[]).includes(state)) this.apply(id, { type: 'clockSetBack' }, now);
      return true;
    },

    room(now: number): RoomInput {
      const since = rateCountsSince(now);
      if (submissions[0] !== undefined && submissions[0].at < since)
        submissions = submissions.filter((s) => s.at >= since);
      for (const [device, until] of resting) if (until <= now) resting.delete(device);
      return { underWay: [...underWay.values()], resting, submissions, learned, limits: given.limits, now };
    },
    plan(now: number): { readonly input: AdmissionInput; readonly plan: ReturnType<typeof planAdmission> } {
      for (const s of submissions) {
        s.at = Math.min(s.at, now);
        if (s.answeredAt !== null) s.answeredAt = Math.min(s.answeredAt, now);
      }
      const input = { ...this.room(now), waiting: [...waiting.values()] };
      return { input, plan: planAdmission(input) };
    },

    addSubmission(id: RequestId, attempt: number, at: number): void {
      submissions.push({ key: `${id}/${attempt}`, at, answeredAt: null, answer: null });
    },
    answer(id: RequestId, attempt: number, answer: Submission['answer'], at: number | null): void {
      const made = submissions.find((s) => s.key === `${id}/${attempt}`);
      if (made !== undefined) Object.assign(made, { answer, answeredAt: at });
    },
    submissions: () => submissions,

    /** Leases what is due, as a copy: the holder goes by what it got. */
    claim(now: number, leaseMs: number): readonly SubmitRow[] {
      submits = submits.filter((row) => !row.isDone);
      return submits
        .filter((row) => row.leaseUntil <= now)
        .map((row) => {
          row.claims++;
          row.holder = ++leases;
          row.leaseUntil = now + leaseMs;
          return { ...row };
        });
    },
    nextLease: (): number => Math.min(...submits.filter((row) => !row.isDone).map((row) => row.leaseUntil), Infinity),
    /** A restart of the only service frees what its last life held. */
    freeLeases(): void {
      for (const row of submits) row.leaseUntil = 0;
    },
    holdsLease: (held: SubmitRow, now: number): boolean =>
      submits.some((row) => !row.isDone && row.holder === held.holder && row.leaseUntil > now),
    /** False: the lease was lost, and the whole transaction is rolled back. */
    mayFinish: (held: SubmitRow): boolean => submits.some((row) => !row.isDone && row.holder === held.holder),
    finish(held: SubmitRow): void {
      for (const row of submits) if (row.holder === held.holder) row.isDone = true;
    },
    hasOpen: (): boolean => [...requests.values()].some((r) => !isFinal(r.state)),
  };
}

export type StoreModel = ReturnType<typeof createStoreModel>;
