import type { SubmitOutcome } from '../../src/defender/client';
import { insteadOfPosting } from '../../src/dispatch/follow/find-in-defender';
import { learn } from '../../src/dispatch/limits';
import { passedRate } from '../../src/dispatch/rate';
import { mayGo } from '../../src/dispatch/room';
import { answeredAt, answerOf, checkWaitMs, toEvent } from '../../src/dispatch/submit/answer-to-post';
import { mayPost, stepOf, submitLeaseMs } from '../../src/dispatch/submit/may-post';
import { commentOf } from '../../src/request/ask/digest';
import type { Event } from '../../src/request/event';
import type { RequestId, Submitting } from '../../src/request/request';
import type { Agenda } from './agenda';
import { type DefenderModel, machineActionOf } from './defender-model';
import { lookNow } from './look-now';
import type { OurClock } from './our-clock';
import type { Promises } from './promises';
import { type Fate, isWithin, type Scenario } from './scenario';
import type { StoreModel, SubmitRow } from './store-model';

/** A POST is given up after this long. */
const postTimeoutMs = 30_000;
/** One that was given up may still arrive this much later. */
const lateMs = 5_000;
/** From a commit to the pass that it wakes. */
const passMs = 2;
const commitMs = 2;
/** From what was read of the store to what is done with it. */
const readMs = 2;
/** The loop looks this often in any case. */
const longestPauseMs = 30_000;
/** When another replica has written something. */
const othersMs = 10_000;

/**
 * One process of the service, as dispatch/submit does it: pass, check, admit, post, record. Between these it may be killed, which
 * loses all but what is in the store, or stopped for a while, and then goes on where it was. What it decides it decides with the real code.
 */
export function createReplica(given: {
  readonly agenda: Agenda;
  readonly scenario: Scenario;
  readonly store: StoreModel;
  readonly defender: DefenderModel;
  readonly ours: OurClock;
  readonly promises: Promises;
  readonly nextFate: () => Fate;
  readonly onPlan: (planned: ReturnType<StoreModel['plan']>) => void;
}) {
  const { agenda, ours, scenario, store, defender, promises } = given;
  const checking = new Set<RequestId>();
  let life = 0;
  let foreigners = 0;
  let isUp = true;
  let stoppedUntil = 0;
  let passAt = Infinity;
  let wakeAt = Infinity;

  /** Goes on after `ms`, unless this life has ended by then; later when the process is stopped. */
  function after(ms: number, go: () => void): void {
    const own = life;
    const step = () => {
      if (own !== life || !isUp) return;
      if (agenda.now < stoppedUntil) agenda.at(stoppedUntil, step);
      else go();
    };
    agenda.at(agenda.now + ms, step);
  }

  function nudge(): void {
    if (!isUp || passAt <= agenda.now + passMs) return;
    passAt = agenda.now + passMs;
    after(passMs, () => {
      passAt = Infinity;
      pass();
    });
  }

  /** Until an instant of ours; how long that is was known when it fell asleep, whatever the clock does meanwhile. */
  function sleepUntil(at: number): void {
    const due = Math.min(Math.max(ours.toDefenders(at), agenda.now + 1), agenda.now + longestPauseMs);
    if (due >= wakeAt && wakeAt > agenda.now) return;
    wakeAt = due;
    after(due - agenda.now, () => {
      if (agenda.now < wakeAt) return;
      wakeAt = Infinity;
      nudge();
    });
  }

  function pass(): void {
    const claimedAt = ours.now();
    if (store.nextLease() <= claimedAt) for (const row of store.claim(claimedAt, submitLeaseMs)) submit(row, claimedAt);
    if (store.waiting.size === 0) {
      if (store.nextLease() < Infinity) sleepUntil(store.nextLease());
      return;
    }
    const planned = store.plan(claimedAt);
    given.onPlan(planned);
    for (const id of planned.plan.admit) {
      if (checking.has(id)) continue;
      checking.add(id);
      const isReadable = !isWithin(scenario.unreadable, agenda.now);
      after(scenario.readMs, () => {
        checking.delete(id);
        const first = isReadable ? check(id) : putBackFor('defender.unreachable');
        if (first === null) admit(id);
        else if (store.requests.get(id)?.state === 'queued') store.apply(id, first, ours.now());
      });
    }
    sleepUntil(Math.min(planned.plan.nextAt ?? Infinity, store.nextLease(), ours.now() + longestPauseMs));
  }

  const putBackFor = (code: string): Event => ({
    type: 'putBack',
    hold: { type: 'checkFailed', code },
    notBefore: ours.now() + checkWaitMs,
  });

  /** What is to be sent once more is looked for once more. */
  function check(id: RequestId): Event | null {
    const request = store.requests.get(id);
    if (request?.state !== 'queued' || request.inDoubt === undefined) return null;
    const seen = lookNow(defender, request, agenda.now);
    promises.checked(request, seen.actions.length > 0);
    const first = insteadOfPosting(request, seen);
    return first === 'unread' ? putBackFor('defender.badAnswer') : first;
  }

  function admit(id: RequestId): void {
    const now = ours.now();
    const waiting = store.waiting.get(id);
    if (waiting === undefined || !mayGo(waiting, store.room(now))) return;
    if (!store.apply(id, { type: 'admitted' }, now)) return;
    store.addSubmission(id, (store.requests.get(id) as Submitting).attempts, now);
    for (const row of store.claim(now, submitLeaseMs)) after(commitMs, () => submit(row, now));
  }

  function submit(row: SubmitRow, claimedAt: number): void {
    const request = store.requests.get(row.requestId) ?? null;
    const step = stepOf(row, request);
    if (step === 'drop' || request?.state !== 'submitting') store.finish(row);
    else if (step === 'lookUp') record(row, request, { type: 'unclear', code: 'claimedTwice' });
    else after(readMs, () => post(row, request, claimedAt));
  }

  function post(row: SubmitRow, request: Submitting, claimedAt: number): void {
    const { outMs, backMs } = scenario;
    const device = Number(request.device.machineId);
    const sent = { requestId: request.id, comment: commentOf(request), device };
    const arrive = (ms: number, then: (outcome: SubmitOutcome) => void = () => {}, isAltered = false) =>
      agenda.at(agenda.now + ms, () => then(defender.post(sent, agenda.now, isAltered)));
    const answer = (ms: number, outcome: SubmitOutcome) =>
      after(ms, () => {
        if (store.mayFinish(row)) promises.answered(request, outcome);
        record(row, request, outcome);
      });
    /** It has arrived whether or not anybody is left to hear the answer. */
    const own = life;
    const hear =
      (told: (outcome: SubmitOutcome) => SubmitOutcome = (outcome) => outcome) =>
      (outcome: SubmitOutcome): void => {
        if (own === life) answer(backMs, told(outcome));
      };
    const timedOut: SubmitOutcome = { type: 'unclear', code: 'timedOut' };
    const failed: SubmitOutcome = { type: 'unclear', code: 'http.500' };
    switch (mayPost({ claimedAt, now: ours.now(), holdsLease: store.holdsLease(row, ours.now()) })) {
      case 'lost':
        return;
      case 'late':
        record(row, request, { type: 'notSent', code: 'service.late' });
        return;
    }
    promises.posted(request);
    switch (given.nextFate()) {
      case 'answered':
        arrive(outMs, hear());
        break;
      case 'bare':
        arrive(
          outMs,
          hear((outcome) =>
            outcome.type === 'accepted' ? { ...outcome, action: { ...outcome.action, comment: null } } : outcome,
          ),
        );
        break;
      case 'altered':
        arrive(outMs, hear(), true);
        break;
      case 'alteredLost':
        arrive(outMs, undefined, true);
        answer(postTimeoutMs, timedOut);
        break;
      case 'foreignAfter':
        arrive(
          outMs,
          hear(() => foreign(device)),
        );
        break;
      case 'foreignBefore':
        after(outMs, () => answer(backMs, foreign(device)));
        break;
      case 'lostAfter':
        arrive(outMs);
        answer(postTimeoutMs, timedOut);
        break;
      case 'lostBefore':
        answer(postTimeoutMs, timedOut);
        break;
      case 'errorAfter':
        arrive(outMs);
        answer(outMs + backMs, failed);
        break;
      case 'errorBefore':
        answer(outMs + backMs, failed);
        break;
      case 'late':
        arrive(postTimeoutMs + lateMs);
        answer(postTimeoutMs, timedOut);
        break;
      case 'notSent':
        answer(10, { type: 'notSent', code: 'noConnection' });
        break;
      case 'throttled':
        after(outMs, () => answer(backMs, defender.throttle(device, agenda.now)));
        break;
      case 'rejected':
        answer(outMs + backMs, { type: 'rejected', code: 'OsPlatformNotSupported', message: 'no' });
        break;
    }
  }

  /** A 201 about somebody else's action, whose comment may be left out. */
  function foreign(device: number): SubmitOutcome {
    const comments = ['somebody else', '[LR-9Z9Z/1/0123456789ab] asked by Zoe', null];
    const comment = comments[foreigners++ % comments.length] ?? null;
    const action = defender.foreign(device, comment ?? 'somebody else', agenda.now);
    return { type: 'accepted', action: { ...machineActionOf(action, agenda.now), comment } };
  }

  function record(row: SubmitRow, request: Submitting, outcome: SubmitOutcome): void {
    const now = ours.now();
    if (!store.mayFinish(row)) return;
    store.apply(request.id, toEvent(outcome, request, now), now);
    store.answer(request.id, request.attempts, answerOf(outcome), answeredAt(outcome, now));
    const taken = [...store.underWay.values()].filter(({ state }) => state !== 'submitting').length;
    store.learned = learn(
      store.learned,
      scenario.limits,
      {
        answer: answerOf(outcome),
        retryAfterMs: outcome.type === 'throttled' ? outcome.retryAfterMs : null,
        sessionsTaken: taken,
        runsPassed: passedRate(store.submissions(), now),
      },
      now,
    );
    store.finish(row);
    nudge();
  }

  return {
    nudge,
    comeBy: (): void => sleepUntil(ours.now() + othersMs),
    isUp: (): boolean => isUp && agenda.now >= stoppedUntil,
    kill(downMs: number, onUp: () => void): void {
      if (!isUp) return;
      isUp = false;
      life++;
      checking.clear();
      passAt = Infinity;
      wakeAt = Infinity;
      agenda.at(agenda.now + downMs, () => {
        isUp = true;
        stoppedUntil = 0;
        onUp();
        nudge();
      });
    },
    stop(forMs: number): void {
      stoppedUntil = Math.max(stoppedUntil, agenda.now + forMs);
    },
  };
}

export type Replica = ReturnType<typeof createReplica>;
