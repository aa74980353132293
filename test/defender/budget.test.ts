import fc from 'fast-check';
import {
  leftOf,
  loadOf,
  nothingSpent,
  type Purpose,
  purposes,
  type Spent,
  waitFor,
  windows,
  withCall,
  withHold,
} from '../../src/defender/budget';
import { hours, minutes, seconds } from '../../src/lib/clock';

const t0 = Date.parse('2026-03-02T10:00:00Z');

/** Calls as often as there is room at `now`, and says how many that were. */
function spendAll(spent: Spent, purpose: Purpose, now: number): { readonly spent: Spent; readonly count: number } {
  let count = 0;
  for (; waitFor(spent, purpose, now) === 0; count++) spent = withCall(spent, now);
  return { spent, count };
}

const history = fc.array(
  fc.record({
    afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: minutes(3) })),
    purpose: fc.constantFrom(...purposes),
    times: fc.integer({ min: 1, max: 120 }),
  }),
  { maxLength: 80 },
);

test('whatever is asked for and when, no window of a minute or an hour ever holds more calls than Defender allows', () => {
  fc.assert(
    fc.property(history, (steps) => {
      let now = t0;
      let spent = nothingSpent;
      const made: number[] = [];
      for (const { afterMs, purpose, times } of steps) {
        now += afterMs;
        for (let i = 0; i < times && waitFor(spent, purpose, now) === 0; i++) {
          spent = withCall(spent, now);
          made.push(now);
        }
        for (const { allowed, windowMs } of windows)
          expect(made.filter((at) => at > now - windowMs).length).toBeLessThanOrEqual(allowed);
      }
    }),
    { numRuns: 300 },
  );
});

test('the wait that is told is enough, and the less important never waits less', () => {
  fc.assert(
    fc.property(history, (steps) => {
      let now = t0;
      let spent = nothingSpent;
      for (const { afterMs, purpose, times } of steps) {
        now += afterMs;
        for (let i = 0; i < times && waitFor(spent, purpose, now) === 0; i++) spent = withCall(spent, now);
      }
      for (const purpose of purposes) {
        const waitMs = waitFor(spent, purpose, now);
        expect(waitMs).toBeLessThanOrEqual(hours(1));
        expect(waitFor(spent, purpose, now + waitMs)).toBe(0);
        expect(waitFor(spent, 'browse', now)).toBeGreaterThanOrEqual(waitMs);
        expect(waitFor(spent, 'follow', now)).toBeLessThanOrEqual(waitMs);
      }
    }),
    { numRuns: 300 },
  );
});

test('what is kept of an hour of calls stays small', () => {
  let spent = nothingSpent;
  for (let second = 0; second < 3 * 3_600; second++) {
    const now = t0 + seconds(second);
    if (waitFor(spent, 'follow', now) === 0) spent = withCall(spent, now);
  }
  expect(spent.calls.length).toBeLessThan(130);
  expect(JSON.stringify(spent).length).toBeLessThan(3_000);
  expect(loadOf(spent, t0 + hours(3))).toBeGreaterThan(0.9);
});

test.each<[Purpose, number]>([
  ['follow', 95],
  ['lookUp', 80],
  ['check', 95],
  ['result', 80],
  ['people', 60],
  ['browse', 40],
])('of a hundred calls a minute %s may use up to %i', (purpose, count) => {
  expect(spendAll(nothingSpent, purpose, t0).count).toBe(count);
});

test('people who use up their share leave room for results, and these leave room for following', () => {
  const afterPeople = spendAll(nothingSpent, 'people', t0);
  const afterResults = spendAll(afterPeople.spent, 'result', t0);
  expect([afterPeople.count, afterResults.count, spendAll(afterResults.spent, 'follow', t0).count]).toEqual([
    60, 20, 15,
  ]);
});

test('a share that is used up is free again after the window, not before', () => {
  const { spent } = spendAll(nothingSpent, 'follow', t0);
  expect(waitFor(spent, 'follow', t0 + seconds(20))).toBe(seconds(40));
  expect(waitFor(spent, 'follow', t0 + minutes(1))).toBe(0);
});

test('a refusal by Defender holds every purpose for as long as it says, five minutes at most', () => {
  const held = withHold(nothingSpent, seconds(17), t0);
  for (const purpose of purposes) expect(waitFor(held, purpose, t0)).toBe(seconds(17));
  expect(waitFor(held, 'follow', t0 + seconds(17))).toBe(0);
  expect(waitFor(withHold(nothingSpent, hours(9), t0), 'follow', t0)).toBe(minutes(5));
  expect(waitFor(withHold(held, seconds(1), t0), 'follow', t0)).toBe(seconds(17));
});

test('a clock that ran ahead and was set back holds nothing up for longer than a window', () => {
  const ahead = t0 + hours(24);
  const { spent } = spendAll(withHold(nothingSpent, minutes(5), ahead), 'follow', ahead);
  expect(waitFor(spent, 'follow', t0)).toBeLessThanOrEqual(minutes(5));
  let back = spendAll(nothingSpent, 'follow', ahead).spent;
  expect(waitFor(back, 'follow', t0)).toBeLessThanOrEqual(minutes(1));
  back = withCall(back, t0);
  expect(waitFor(back, 'follow', t0 + minutes(1))).toBe(0);
});

test('what is left is told for both windows', () => {
  const { spent } = spendAll(nothingSpent, 'people', t0);
  expect(leftOf(spent, t0)).toEqual({ minute: 40, hour: 1_440 });
  expect(leftOf(spent, t0 + minutes(2))).toEqual({ minute: 100, hour: 1_440 });
  expect(leftOf(nothingSpent, t0)).toEqual({ minute: 100, hour: 1_500 });
});
