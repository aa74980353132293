import * as fc from 'fast-check';
import { type AnswerSeen, effectiveLimit, type LearnedLimits, learn, nothingLearned } from '../../src/dispatch/limits';
import { hours, minutes, seconds } from '../../src/lib/clock';
import { limits, now } from './queue-samples';

const seen = (answer: AnswerSeen['answer'], over: Partial<AnswerSeen> = {}): AnswerSeen => ({
  answer,
  retryAfterMs: null,
  sessionsTaken: 0,
  runsPassed: 0,
  ...over,
});
const sessionsAt = (learned: LearnedLimits, at: number) =>
  effectiveLimit(limits.sessions, learned.sessions, 'sessions', at);
const runsAt = (learned: LearnedLimits, at: number) => effectiveLimit(limits.runsPerMinute, learned.rate, 'rate', at);

describe('sessions', () => {
  const refused = learn(nothingLearned, limits, seen('sessions', { sessionsTaken: 25 }), now);

  test('a refusal lowers the limit to what Defender had taken, and nobody waits for longer than one of these needs', () => {
    expect(sessionsAt(refused, now)).toEqual({ limit: 25, heldUntil: now, risesAt: now + minutes(10) });
  });

  test('one more is tried after ten minutes, and a refusal of it brings the limit back for another ten', () => {
    const probing = now + minutes(10);
    expect(sessionsAt(refused, probing).limit).toBe(26);
    const again = learn(refused, limits, seen('sessions', { sessionsTaken: 25 }), probing);
    expect(sessionsAt(again, probing + minutes(9)).limit).toBe(25);
    expect(sessionsAt(again, probing + minutes(10)).limit).toBe(26);
  });

  test('each probe that is taken raises the limit and brings the next in half the time, down to a minute', () => {
    let learned = refused;
    let at = now;
    const waits: number[] = [];
    for (let taken = 26; taken <= 31; taken++) {
      const from = at;
      at = sessionsAt(learned, at).risesAt ?? 0;
      waits.push((at - from) / 1_000);
      learned = learn(learned, limits, seen('accepted', { sessionsTaken: taken }), at);
      expect(sessionsAt(learned, at).limit).toBe(taken);
    }
    expect(waits).toEqual([600, 300, 150, 75, 60, 60]);
  });

  test('answers of calls that went out side by side give the same limit in any order', () => {
    const answers = [...Array(5).fill('accepted'), ...Array(4).fill('sessions')] as Array<AnswerSeen['answer']>;
    fc.assert(
      fc.property(fc.shuffledSubarray(answers, { minLength: 9 }), (order) => {
        let learned = nothingLearned;
        let sessionsTaken = 20;
        for (const answer of order) {
          if (answer === 'accepted') sessionsTaken++;
          learned = learn(learned, limits, seen(answer, { sessionsTaken }), now);
        }
        expect(sessionsAt(learned, now)).toMatchObject({ limit: 25, risesAt: now + minutes(10) });
      }),
    );
  });

  test('with none of ours taken the limit is one, and is tried again after a minute', () => {
    const none = learn(nothingLearned, limits, seen('sessions'), now);
    expect(sessionsAt(none, now)).toEqual({ limit: 1, heldUntil: now + minutes(1), risesAt: now + minutes(10) });
  });

  test('the limit never rises above what is configured, and is forgotten after a day without a refusal', () => {
    expect(effectiveLimit(25, refused.sessions, 'sessions', now + hours(1)).limit).toBe(25);
    expect(sessionsAt(refused, now + hours(24) - 1).limit).toBe(26);
    expect(sessionsAt(refused, now + hours(24))).toEqual({ limit: 50, heldUntil: 0, risesAt: null });
  });

  test('a clock that was set back holds nobody: a refusal in the future counts for nothing until then', () => {
    expect(sessionsAt(refused, now - hours(1))).toEqual({ limit: 50, heldUntil: 0, risesAt: null });
  });
});

describe('rate', () => {
  test('a refusal is waited out as long as it says, and half a minute when it does not', () => {
    const said = learn(nothingLearned, limits, seen('rate', { retryAfterMs: seconds(8) }), now);
    const unsaid = learn(nothingLearned, limits, seen('rate'), now);
    expect([runsAt(said, now).heldUntil, runsAt(unsaid, now).heldUntil]).toEqual([now + 8_000, now + 30_000]);
  });

  test('the limit falls to what others leave us, by half at most, and once a minute', () => {
    const first = learn(nothingLearned, limits, seen('rate', { runsPassed: 7 }), now);
    expect(runsAt(first, now).limit).toBe(7);
    let learned = nothingLearned;
    for (let i = 0; i < 5; i++) learned = learn(learned, limits, seen('rate', { runsPassed: 1 }), now + i);
    expect(runsAt(learned, now + 5).limit).toBe(5);
    const later = learn(learned, limits, seen('rate', { runsPassed: 1 }), now + minutes(2));
    expect(runsAt(later, now + minutes(2)).limit).toBe(2);
  });

  test('a second refusal of the same minute does not shorten the wait of the first', () => {
    const first = learn(nothingLearned, limits, seen('rate', { retryAfterMs: seconds(50) }), now);
    const second = learn(first, limits, seen('rate', { retryAfterMs: seconds(3) }), now + 10);
    expect(runsAt(second, now + 10).heldUntil).toBe(now + 50_000);
  });

  test('it is probed up likewise, by every call that the quota lets pass, and forgotten after an hour', () => {
    const lowered = learn(nothingLearned, limits, seen('rate', { runsPassed: 6 }), now);
    const probing = now + minutes(10);
    expect(runsAt(lowered, probing).limit).toBe(7);
    for (const answer of ['accepted', 'busy', 'rejected'] as const)
      expect(runsAt(learn(lowered, limits, seen(answer, { runsPassed: 7 }), probing), probing).limit).toBe(7);
    expect(runsAt(lowered, now + hours(1)).limit).toBe(10);
  });
});

test('what tells nothing of a limit teaches nothing', () => {
  const learned = learn(nothingLearned, limits, seen('sessions', { sessionsTaken: 3 }), now);
  for (const answer of ['notSent', 'unclear', 'accepted', 'busy', 'rejected'] as const)
    expect(learn(learned, limits, seen(answer, { sessionsTaken: 3, runsPassed: 10 }), now + 1)).toBe(learned);
});

test('whatever Defender answers, a limit stays between one and what is configured', () => {
  const anySeen = fc.record({
    answer: fc.constantFrom<AnswerSeen['answer']>(
      'accepted',
      'busy',
      'rate',
      'sessions',
      'rejected',
      'notSent',
      'unclear',
    ),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 300_000 })),
    sessionsTaken: fc.integer({ min: 0, max: 60 }),
    runsPassed: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(fc.tuple(anySeen, fc.integer({ min: 0, max: hours(2) })), { maxLength: 40 }), (answers) => {
      let learned = nothingLearned;
      let at = now;
      for (const [one, passed] of answers) {
        at += passed;
        learned = learn(learned, limits, one, at);
        for (const { limit, risesAt, heldUntil } of [sessionsAt(learned, at), runsAt(learned, at)]) {
          expect(limit).toBeGreaterThanOrEqual(1);
          expect(risesAt === null || risesAt > at).toBe(true);
          expect(heldUntil - at).toBeLessThanOrEqual(300_000);
        }
        expect(sessionsAt(learned, at).limit).toBeLessThanOrEqual(limits.sessions);
        expect(runsAt(learned, at).limit).toBeLessThanOrEqual(limits.runsPerMinute);
      }
    }),
  );
});
