import fc from 'fast-check';
import { conversationLimits, createPace, mayReplyAt, tenantLimits } from '../../src/teams/pace';

const at = (count: number, stepMs: number) => Array.from({ length: count }, (_, i) => i * stepMs);

test.each<[string, readonly number[], number, number]>([
  ['nothing was sent yet', [], 5, 5],
  ['six in the last second', at(6, 0), 500, 500],
  ['seven in the last second', at(7, 0), 500, 1_000],
  ['eight in the last two seconds', [0, 0, 0, 0, 0, 0, 0, 1_000], 1_500, 2_000],
  ['sixty in the last thirty seconds', at(60, 400), 25_000, 30_000],
  ['1,800 in the last hour', at(1_800, 1_999), 3_599_000, 3_600_000],
  ['seven, but a while ago', at(7, 0), 90_000, 90_000],
])('after %s, the next call may go at the right instant', (_what, history, now, expected) => {
  expect(mayReplyAt(history, now)).toBe(expected);
});

test('a sender that asks first never breaks a limit, whatever the hurry', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3_000 }), { minLength: 1, maxLength: 300 }), (gaps) => {
      const sent: number[] = [];
      let now = 0;
      for (const gap of gaps) {
        now = mayReplyAt(sent, now + gap);
        sent.push(now);
      }
      for (const { calls, periodMs } of conversationLimits) {
        for (const [i, first] of sent.entries()) {
          const next = sent[i + calls];
          if (next !== undefined && next - first < periodMs) return false;
        }
      }
      return true;
    }),
  );
});

describe('the pace of a process', () => {
  const channel = { conversationId: '19:a', tenantId: 't' };

  test('one conversation in a hurry does not hold up another', () => {
    const pace = createPace();
    for (let i = 0; i < 7; i++) expect(pace.take(channel, 0)).toEqual({ ok: true });
    expect(pace.take(channel, 0)).toEqual({ ok: false, retryAt: 1_000 });
    expect(pace.take({ ...channel, conversationId: '19:b' }, 0)).toEqual({ ok: true });
    expect(pace.take(channel, 1_000)).toEqual({ ok: true });
  });

  test('a tenant gets at most fifty calls a second over all conversations', () => {
    const pace = createPace();
    const most = tenantLimits[0]?.calls ?? 0;
    for (let i = 0; i < most; i++)
      expect(pace.take({ conversationId: `19:${i}`, tenantId: 't' }, 0)).toEqual({ ok: true });
    expect(pace.take({ conversationId: '19:more', tenantId: 't' }, 0)).toEqual({ ok: false, retryAt: 1_000 });
    expect(pace.take({ conversationId: '19:more', tenantId: 'u' }, 0)).toEqual({ ok: true });
  });

  test('a wait that Teams asked for holds the conversation until it is over', () => {
    const pace = createPace();
    pace.hold('19:a', 5_000);
    pace.hold('19:a', 3_000);
    expect(pace.take(channel, 4_999)).toEqual({ ok: false, retryAt: 5_000 });
    expect(pace.take(channel, 5_000)).toEqual({ ok: true });
  });
});
