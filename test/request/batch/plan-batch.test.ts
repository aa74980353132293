import fc from 'fast-check';
import { minutes } from '../../../src/lib/clock';
import { type BatchCourse, courseAtFirst } from '../../../src/request/batch/batch';
import { isFailure, isOpenTarget, type TargetOutcome } from '../../../src/request/batch/outcome-of-target';
import {
  type BatchUnderWay,
  canaryWithinMs,
  countFailures,
  giveWayAfterMs,
  mayTargetGo,
  planBatch,
  type TargetFacts,
} from '../../../src/request/batch/plan-batch';
import { batchOf } from '../sample';

const startBy = 10_000_000;
const now = 1_000;

const batch = (size: number, over: Partial<BatchUnderWay['batch']> = {}, course: Partial<BatchCourse> = {}) =>
  ({ ...courseAtFirst, ...course, startBy, batch: batchOf(size, over) }) satisfies BatchUnderWay;

const target = (number: number, outcome: TargetOutcome, over: Partial<TargetFacts> = {}): TargetFacts => ({
  number,
  outcome,
  pendingSince: outcome === 'pending' ? now : null,
  isBeingCancelled: false,
  ...over,
});

const plan = (request: BatchUnderWay, targets: readonly TargetFacts[], at = now, elseWaits = false) =>
  planBatch(request, targets, { now: at, elseWaits });

test('at first only the canaries may go', () => {
  expect(plan(batch(10, { canaries: 2 }), [])).toMatchObject({ phase: 'canaries', next: [1, 2], stop: null });
});

test.each(['queued', 'submitting', 'pending', 'running', 'reading'] as const)(
  'nothing else goes while the canary is %s',
  (outcome) => {
    expect(plan(batch(10), [target(1, outcome)])).toMatchObject({ phase: 'canaries', next: [], stop: null });
    expect(mayTargetGo(batch(10), [target(1, outcome)], 2, now)).toBe(false);
  },
);

test('the rest goes once every canary has exited 0', () => {
  const request = batch(4, { canaries: 2 });
  expect(plan(request, [target(1, 'succeeded'), target(2, 'running')]).next).toEqual([]);
  expect(plan(request, [target(1, 'succeeded'), target(2, 'succeeded')])).toMatchObject({
    phase: 'rest',
    next: [3, 4],
  });
});

test.each(['nonZero', 'failed', 'timedOut', 'refused', 'stoppedOutside'] as const)(
  'a canary that ends as %s stops the batch, whatever stop-at says',
  (outcome) => {
    const request = batch(10, { stopAt: 10 });
    expect(plan(request, [target(1, outcome)])).toMatchObject({ stop: { type: 'canary', number: 1 }, next: [] });
  },
);

test.each(['lapsed', 'drifted', 'cancelled'] as const)('a canary that %s gives its place to the next', (outcome) => {
  expect(plan(batch(10), [target(1, outcome)])).toMatchObject({ phase: 'canaries', next: [2], stop: null });
});

test.each(['unknown', 'unconfirmed', 'unreadable'] as const)(
  'while a canary is %s nothing goes before a person gives its place to the next',
  (outcome) => {
    const targets = [target(1, outcome)];
    expect(plan(batch(10), targets)).toMatchObject({ phase: 'canaryInDoubt', next: [], stop: null });
    expect(plan(batch(10, {}, { passedOver: [1] }), targets)).toMatchObject({ phase: 'canaries', next: [2] });
  },
);

test('a canary that was passed over and turns out to have failed stops the batch', () => {
  const request = batch(10, {}, { passedOver: [1] });
  expect(plan(request, [target(1, 'nonZero'), target(2, 'succeeded')]).stop).toMatchObject({
    type: 'canary',
    number: 1,
  });
});

test('an unknown canary counts as a failure until it is settled', () => {
  expect(plan(batch(10, { stopAt: 1 }), [target(1, 'unknown')]).stop).toMatchObject({ type: 'failures', count: 1 });
});

test('where the policy asks for it, the rest waits for a person', () => {
  const targets = [target(1, 'succeeded')];
  expect(plan(batch(3, { goOn: true }), targets)).toMatchObject({ phase: 'waitsForGoOn', next: [] });
  const goneOn = { by: { id: 'bo', tenantId: 't', name: 'Bo' }, at: 1 };
  expect(plan(batch(3, { goOn: true }, { goneOn }), targets)).toMatchObject({ phase: 'rest', next: [2, 3] });
});

test('3 means: nothing is sent after the third failure', () => {
  const ended = [target(1, 'succeeded'), target(2, 'nonZero'), target(3, 'nonZero')];
  expect(plan(batch(10), ended)).toMatchObject({ stop: null, phase: 'rest' });
  const third = [...ended, target(4, 'nonZero')];
  expect(plan(batch(10), third)).toMatchObject({ stop: { type: 'failures', count: 3 }, next: [], hasEnded: true });
  expect(mayTargetGo(batch(10), third, 5, now)).toBe(false);
});

test('what Defender has not started is called off at the stop, and what runs goes on', () => {
  const targets = [
    target(1, 'succeeded'),
    target(2, 'failed'),
    target(3, 'running'),
    target(4, 'pending'),
    target(5, 'queued'),
    target(6, 'submitting', { isBeingCancelled: true }),
  ];
  const { callOff, cancel, hasEnded } = plan(batch(10, { stopAt: 1 }), targets);
  expect(callOff).toEqual([4, 5].map((number) => ({ number, because: 'stopped' })));
  expect(cancel).toEqual([]);
  expect(hasEnded).toBe(false);
});

test('whoever cancels all cancels what runs as well', () => {
  const by = { id: 'ana', tenantId: 't', name: 'Ana' };
  const stopped = { type: 'cancelled', by, reason: null, all: true, at: 1 } as const;
  const targets = [target(1, 'succeeded'), target(2, 'running'), target(3, 'pending'), target(4, 'reading')];
  expect(plan(batch(10, {}, { stopped }), targets)).toMatchObject({ cancel: [2, 3], callOff: [], hasEnded: false });
});

test('a target that Defender has not started for 10 minutes makes room where anything else waits', () => {
  const targets = [target(1, 'succeeded'), target(2, 'pending')];
  const late = now + giveWayAfterMs;
  expect(plan(batch(2), targets, late, false).callOff).toEqual([]);
  expect(plan(batch(2), targets, late - 1, true).callOff).toEqual([]);
  expect(plan(batch(2), targets, late - 1, true).nextAt).toBe(late);
  expect(plan(batch(2), targets, late, true).callOff).toEqual([{ number: 2, because: 'gaveWay' }]);
  expect(plan(batch(3), targets, late, false).callOff).toEqual([{ number: 2, because: 'gaveWay' }]);
});

test('a canary does not make room: it has its own 15 minutes', () => {
  const late = now + giveWayAfterMs;
  expect(canaryWithinMs).toBe(minutes(15));
  expect(plan(batch(3), [target(1, 'pending')], late, true).callOff).toEqual([]);
});

test('a change that is one for all of them voids the rest', () => {
  const changed = target(2, 'voided', { changes: [{ type: 'policyChanged' }] });
  expect(plan(batch(5), [target(1, 'succeeded'), changed])).toMatchObject({ stop: { type: 'changed' }, next: [] });
});

test('after the time to start nothing more is sent', () => {
  expect(plan(batch(3), [target(1, 'succeeded')], startBy)).toMatchObject({ stop: { type: 'clock' }, next: [] });
  expect(plan(batch(1), [target(1, 'running')], startBy).stop).toBeNull();
});

test('a batch none of whose devices could be reached ends', () => {
  const targets = [1, 2, 3].map((number) => target(number, 'lapsed'));
  expect(plan(batch(3), targets)).toMatchObject({ hasEnded: true, stop: null, next: [] });
});

const ends = ['succeeded', 'nonZero', 'failed', 'timedOut', 'refused', 'lapsed', 'drifted', 'unreadable'] as const;

test('whatever becomes of the targets: one sending each, canaries first, never more failures than stop-at and what was under way, and it ends', () => {
  const anyWorld = fc.record({
    size: fc.integer({ min: 1, max: 12 }),
    canaries: fc.integer({ min: 1, max: 3 }),
    stopAt: fc.integer({ min: 1, max: 5 }),
    share: fc.integer({ min: 1, max: 4 }),
    ends: fc.array(fc.constantFrom(...ends), { minLength: 12, maxLength: 12 }),
    order: fc.array(fc.nat({ max: 11 }), { minLength: 60, maxLength: 60 }),
    steps: fc.array(fc.constantFrom('pending', 'running', 'unknown'), { minLength: 12, maxLength: 12 }),
  });
  fc.assert(
    fc.property(anyWorld, ({ size, canaries, stopAt, share, ends: endings, order, steps }) => {
      let request: BatchUnderWay = batch(size, { canaries: Math.min(canaries, size), stopAt });
      let targets: readonly TargetFacts[] = [];
      const sent: number[] = [];
      let failuresAtStop: { readonly failed: number; readonly open: number } | null = null;
      for (const [turn, pick] of [...order, ...order].entries()) {
        const { next, stop, callOff, hasEnded, phase } = plan(request, targets, now + turn);
        const open = targets.filter(({ outcome }) => isOpenTarget(outcome));
        if (stop !== null) {
          failuresAtStop ??= { failed: countFailures(targets), open: open.filter((t) => !isFailure(t.outcome)).length };
          request = { ...request, stopped: stop };
        }
        if (phase === 'canaryInDoubt') {
          const doubted = targets.find((t) => t.outcome === 'unreadable' && !request.passedOver.includes(t.number));
          if (doubted !== undefined) request = { ...request, passedOver: [...request.passedOver, doubted.number] };
        }
        targets = targets.map((t) =>
          callOff.some(({ number }) => number === t.number) ? { ...t, outcome: 'cancelled', pendingSince: null } : t,
        );
        if (hasEnded) break;
        for (const number of next.slice(0, Math.max(0, share - open.length))) {
          expect(mayTargetGo(request, targets, number, now + turn)).toBe(true);
          sent.push(number);
          targets = [...targets, target(number, 'queued')];
        }
        const moving = targets.filter(({ outcome }) => isOpenTarget(outcome));
        const moved = moving[pick % Math.max(1, moving.length)];
        if (moved === undefined) continue;
        const outcome =
          moved.outcome === 'queued' ? (steps[moved.number - 1] ?? 'running') : (endings[moved.number - 1] ?? 'lapsed');
        targets = targets.map((t) => (t === moved ? target(t.number, outcome) : t));
      }
      expect(new Set(sent).size).toBe(sent.length);
      if (failuresAtStop !== null)
        expect(countFailures(targets)).toBeLessThanOrEqual(failuresAtStop.failed + failuresAtStop.open);
      expect(countFailures(targets)).toBeLessThanOrEqual(Math.max(stopAt, 1) + share - 1);
      expect(plan(request, targets, now).hasEnded).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a canary that exits 1 stops everything', () => {
  expect(plan(batch(10, { stopAt: 10 }), [target(1, 'nonZero')]).stop).toMatchObject({ type: 'canary', number: 1 });
});

test('no other target may go while the canary runs', () => {
  expect(mayTargetGo(batch(10), [target(1, 'running')], 2, now)).toBe(false);
});
