import { type Fault, planRetry, readRetryAfterMs } from '../../src/defender/retry';

const status = (code: number, retryAfterMs: number | null = null): Fault => ({
  type: 'status',
  status: code,
  retryAfterMs,
});
const wholePlan = (fault: Fault): readonly (number | null)[] =>
  [1, 2, 3, 4].map((attempt) => planRetry(fault, attempt));

test.each([
  [status(429), [5_000, 15_000, 30_000, null]],
  [status(500), [1_000, 4_000, 10_000, null]],
  [status(502), [1_000, 4_000, 10_000, null]],
  [status(503), [2_000, 8_000, 20_000, null]],
  [status(504), [2_000, 8_000, null, null]],
  [{ type: 'reset' } as const, [500, 2_000, 8_000, null]],
  [{ type: 'noConnection' } as const, [500, 2_000, 8_000, null]],
  [{ type: 'timedOut' } as const, [1_000, 5_000, null, null]],
  [status(400), [null, null, null, null]],
  [status(401), [null, null, null, null]],
  [status(403), [null, null, null, null]],
  [status(404), [null, null, null, null]],
  [status(501), [null, null, null, null]],
])('a read that ends in %j is tried again after %j', (fault, plan) => {
  expect(wholePlan(fault)).toEqual(plan);
});

test('what Defender asks for wins over the table', () => {
  expect(planRetry(status(429, 8_000), 1)).toBe(8_000);
  expect(planRetry(status(503, 0), 2)).toBe(0);
});

test('a longer wait than a call may sleep is left to the caller', () => {
  expect(planRetry(status(429, 30_000), 1)).toBe(30_000);
  expect(planRetry(status(429, 30_001), 1)).toBeNull();
  expect(planRetry(status(500), 1, 999)).toBeNull();
});

const now = Date.parse('2026-03-02T10:00:00Z');
test.each([
  ['seconds', '8', null, 8_000],
  ['fractions of a second', '0.5', null, 500],
  ['a date', 'Mon, 02 Mar 2026 10:00:40 GMT', null, 40_000],
  ['a date that has passed', 'Mon, 02 Mar 2026 09:00:00 GMT', null, 0],
  ['a day', '86400', null, 300_000],
  ['a date next year', 'Tue, 02 Mar 2027 10:00:00 GMT', null, 300_000],
  ['the text only', null, 'API calls quota exceeded! You can send requests again in 8 seconds.', 8_000],
  ['one second', null, 'again in 1 second.', 1_000],
  ['the header before the text', '3', 'again in 8 seconds.', 3_000],
  ['a header that means nothing', 'soon', 'again in 8 seconds.', 8_000],
  ['a negative header', '-5', null, null],
  ['nothing', null, 'slow down', null],
  ['an absurd text', null, 'again in 99999999999 seconds', null],
])('the wait is read from %s', (_title, retryAfter, message, ms) => {
  expect(readRetryAfterMs({ retryAfter, message, now })).toBe(ms);
});
