import { longestPostMs } from '../../../src/dispatch/rate';
import { answeredAt, answerOf, toEvent } from '../../../src/dispatch/submit/answer-to-post';
import { latestStartMs, mayPost, stepOf, submitLeaseMs } from '../../../src/dispatch/submit/may-post';
import { samples } from '../../request/sample';

const request = samples.submitting;
const now = request.intentAt + 400;
const row = { claims: 1, attempt: request.attempts };

test('the first claim of the attempt under way is posted, a second one looked up, anything else dropped', () => {
  expect([
    stepOf(row, request),
    stepOf({ ...row, claims: 2 }, request),
    stepOf({ ...row, attempt: row.attempt + 1 }, request),
    stepOf(row, samples.pending),
    stepOf(row, null),
  ]).toEqual(['post', 'lookUp', 'drop', 'drop', 'drop']);
});

test('a POST is begun with the lease and soon, or not at all', () => {
  const at = { claimedAt: now, now: now + latestStartMs, holdsLease: true };
  expect([mayPost(at), mayPost({ ...at, now: at.now + 1 }), mayPost({ ...at, holdsLease: false })]).toEqual([
    'yes',
    'late',
    'lost',
  ]);
});

test('a POST that is begun at the last moment is over long before its lease is', () => {
  expect(latestStartMs + 60_000).toBeLessThanOrEqual(longestPostMs);
  expect(longestPostMs * 2).toBeLessThanOrEqual(submitLeaseMs);
});

test('a busy device is tried again after half a minute, then after twice that, two minutes at most', () => {
  const waits = [1, 2, 3, 4, 9].map((attempts) => {
    const event = toEvent({ type: 'busy' }, { ...request, attempts }, now);
    return event.type === 'putBack' ? event.notBefore - now : null;
  });
  expect(waits).toEqual([30_000, 60_000, 120_000, 120_000, 120_000]);
});

test('a full rate is waited for as long as Defender says; a session may be free at any moment', () => {
  const rate = { type: 'throttled', scope: 'rate', retryAfterMs: 8_000 } as const;
  const sessions = { type: 'throttled', scope: 'sessions', retryAfterMs: null } as const;
  expect([toEvent(rate, request, now), toEvent({ ...rate, retryAfterMs: null }, request, now)]).toEqual([
    { type: 'putBack', hold: { type: 'rateLimited' }, notBefore: now + 8_000 },
    { type: 'putBack', hold: { type: 'rateLimited' }, notBefore: now + 30_000 },
  ]);
  expect(toEvent(sessions, request, now)).toEqual({ type: 'putBack', hold: { type: 'sessionsFull' }, notBefore: now });
  expect([answerOf(rate), answerOf(sessions), answerOf({ type: 'busy' })]).toEqual(['rate', 'sessions', 'busy']);
});

test('an answer tells by when the call had arrived, and a call that was given up may still arrive', () => {
  expect([answeredAt({ type: 'busy' }, now), answeredAt({ type: 'unclear', code: 'timedOut' }, now)]).toEqual([
    now,
    null,
  ]);
});
