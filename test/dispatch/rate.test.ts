import * as fc from 'fast-check';
import { leavesRateAt, longestPostMs, passedRate, rateCountsSince, roomInRate } from '../../src/dispatch/rate';
import type { Submission, SubmissionAnswer } from '../../src/request/doubt/submission';
import { answered, now } from './queue-samples';

const open = (at: number): Submission => ({ at, answeredAt: null, answer: null });

test('an answered call is over a minute and a drift after its answer, however long ago it was claimed', () => {
  expect(leavesRateAt(answered(now, 400)) - now).toBe(400 + 60_000 + 75);
});

test('a call without an answer counts from the latest instant at which it may arrive', () => {
  expect(leavesRateAt(open(now)) - now).toBe(90_000 + 60_000 + 75);
});

test('the room comes back when the first call of a full minute leaves it', () => {
  const submissions = [answered(now - 40_000, 10), answered(now - 50_000, 10), answered(now - 70_000, 10)];
  expect(roomInRate(submissions, 2, now)).toEqual({ free: 0, freeAt: now - 50_000 + 10 + 60_075 });
  expect(roomInRate(submissions, 3, now)).toEqual({ free: 1, freeAt: now });
});

test('a limit that was lowered below what is in the minute waits for all that is too much', () => {
  const submissions = [10_000, 20_000, 30_000].map((ago) => answered(now - ago));
  expect(roomInRate(submissions, 1, now).freeAt).toBe(now - 10_000 + 60_075);
});

test('what the quota let pass is everything that it did not refuse and that arrived', () => {
  const answers: readonly SubmissionAnswer[] = [
    'accepted',
    'busy',
    'sessions',
    'rejected',
    'unclear',
    'rate',
    'notSent',
  ];
  const submissions = [...answers.map((answer) => ({ at: now - 100, answeredAt: now, answer })), open(now)];
  expect(passedRate(submissions, now)).toBe(5);
});

/** Calls as Defender counts them: any of them arrives between its claim and its answer, on a clock that drifts from ours. */
test('whoever asks for room before each call is never over the rate, whenever calls arrive and however the clocks drift', () => {
  const step = fc.record({
    waitMs: fc.integer({ min: 0, max: 20_000 }),
    tookMs: fc.integer({ min: 0, max: 30_000 }),
    arrives: fc.integer({ min: 0, max: 100 }),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: -1_000, max: 1_000 }),
      (steps, limit, ppm) => {
        let at = now;
        const made: Array<Submission & { readonly arrivedAt: number }> = [];
        for (const { waitMs, tookMs, arrives } of steps) {
          at += waitMs;
          const known = made.map((s) => ((s.answeredAt ?? 0) > at ? { ...s, answeredAt: null, answer: null } : s));
          const counted = known.filter((s) => s.at >= rateCountsSince(at));
          const { free, freeAt } = roomInRate(counted, limit, at);
          expect(free > 0 || freeAt > at).toBe(true);
          if (free === 0) continue;
          made.push({
            at,
            answeredAt: at + tookMs,
            answer: 'accepted',
            arrivedAt: (at + (tookMs * arrives) / 100) * (1 + ppm / 1e6),
          });
        }
        const arrivals = made.map((s) => s.arrivedAt).sort((a, b) => a - b);
        for (const [i, first] of arrivals.entries())
          expect((arrivals[i + limit] ?? Infinity) - first).toBeGreaterThanOrEqual(60_000);
      },
    ),
    { numRuns: 500 },
  );
});

test('the longest POST is over before anything else may count it out', () => {
  expect(rateCountsSince(now)).toBe(now - longestPostMs - 60_075);
});
