import { seconds } from '../../src/lib/clock';
import { isFinal, type State } from '../../src/request/request';
import { firstLookMs, settleMs } from '../../src/request/unknown';
import { ana, bob, createdAt, now, samples } from './sample';
import { absent, cancelBy, found, go, newsOf, unreadable, usual, voted, workOf } from './steps';

const doubted = ['awaitingApproval', 'queued', 'submitting', 'unknown'] as const;
const restored = (state: (typeof doubted)[number]) => go(samples[state], usual.storeRestored);

describe('after a backup was put back, a request that it calls undecided, waiting or under way to Defender', () => {
  test.each(doubted)('is looked for from when it was asked, and its thread is told (%s)', (state) => {
    const step = restored(state);
    expect(step.request).toMatchObject({
      state: 'unknown',
      doubt: 'restored',
      intentAt: createdAt,
      settleAt: now + settleMs,
      votes: 'votes' in samples[state] ? samples[state].votes : [],
    });
    expect(newsOf(step)).toEqual([{ type: 'unclear', doubt: 'restored' }]);
    // What was being looked for already goes on as it was.
    expect(workOf(step)).toEqual(state === 'unknown' ? [] : [{ type: 'lookUp', dueAt: now + firstLookMs }]);
  });

  test.each(doubted)('is never sent again, however surely Defender has no action of it (%s)', (state) => {
    const later = go(restored(state).request, absent, now + settleMs);
    expect(later.request).toMatchObject({ state: 'voided', changes: [{ type: 'storeRestored', absent: true }] });
    expect(workOf(later)).toEqual([]);
  });

  test('counts no vote any more, and is not believed absent while Defender may hide it or cannot be read', () => {
    const { request } = restored('awaitingApproval');
    expect(go(request, absent, now + settleMs - 1).request.state).toBe('unknown');
    expect(workOf(go(request, absent, now + firstLookMs))).toEqual([{ type: 'lookUp', dueAt: now + settleMs }]);
    expect(go(request, unreadable, now + settleMs * 10).request.state).toBe('unknown');
    expect(() => go(request, voted(bob))).toThrow();
  });

  test('is followed from when Defender got it, with a wish to cancel that was made meanwhile', () => {
    const wished = go(restored('queued').request, cancelBy(ana)).request;
    const step = go(wished, found('Pending', { createdAt: createdAt + seconds(90) }), now + seconds(10));
    expect(step.request).toMatchObject({ state: 'pending', submittedAt: createdAt + seconds(90) });
    expect(newsOf(step)).toEqual([{ type: 'found' }]);
    expect(workOf(step)).toMatchObject([{ type: 'cancelAction', actionId: 'action-1' }]);
  });
});

test.each(
  (Object.keys(samples) as State[]).filter((state) => isFinal(state) || state === 'pending' || state === 'running'),
)('what Defender surely has or what has ended stays as it is when a backup was put back (%s)', (state) => {
  expect(() => go(samples[state], usual.storeRestored)).toThrow();
});
