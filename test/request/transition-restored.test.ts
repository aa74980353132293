import { seconds } from '../../src/lib/clock';
import { settleMs } from '../../src/request/doubt/search';
import { firstLookMs, lateLookMs } from '../../src/request/doubt/unknown';
import { isFinal, type State } from '../../src/request/request';
import { ana, bob, createdAt, now, samples } from './sample';
import { absent, cancelBy, found, go, newsOf, refusalOf, resend, unreadable, usual, voted, workOf } from './steps';

const doubted = ['awaitingApproval', 'queued', 'submitting', 'unknown'] as const;
const restored = (state: (typeof doubted)[number]) => go(samples[state], usual.storeRestored);

describe('after a backup was restored, a request that it calls undecided, waiting or under way to Defender', () => {
  test.each(doubted)('is looked for from when it was asked, and its thread is told (%s)', (state) => {
    const step = restored(state);
    expect(step.request).toMatchObject({
      state: 'unknown',
      doubt: 'restored',
      intentAt: createdAt,
      absentFrom: null,
      offer: null,
      votes: 'votes' in samples[state] ? samples[state].votes : [],
    });
    expect(newsOf(step)).toEqual([{ type: 'unclear', doubt: 'restored' }]);
    // A search of its own: the looks of an earlier one end.
    expect(workOf(step)).toEqual([{ type: 'lookUp', dueAt: now + firstLookMs, search: state === 'unknown' ? 2 : 1 }]);
  });

  test.each(doubted)('is never sent again nor offered, however long Defender lists no action of it (%s)', (state) => {
    const first = go(restored(state).request, absent(now));
    const later = go(first.request, absent(now + settleMs), now + settleMs);
    expect(later.request).toMatchObject({ state: 'unconfirmed', doubt: 'restored', notListed: true });
    expect(workOf(later)).toMatchObject([{ type: 'lookUp', dueAt: now + settleMs + lateLookMs }]);
    expect(refusalOf(later.request, resend(bob))).toBe('noOffer');
  });

  test('counts no vote any more, and is not believed absent while Defender may hide it or cannot be read', () => {
    const { request } = restored('awaitingApproval');
    const looked = go(request, absent(now)).request;
    expect(go(looked, absent(now + settleMs - 1), now + settleMs * 10).request.state).toBe('unknown');
    expect(go(request, unreadable, now + settleMs * 10).request.state).toBe('unknown');
    expect(() => go(request, voted(bob))).toThrow();
  });

  test('is followed from when Defender got it, with a wish to cancel that was made meanwhile', () => {
    const wished = go(restored('queued').request, cancelBy(ana)).request;
    const step = go(wished, found('Pending', { createdAt: createdAt + seconds(90) }), now + seconds(10));
    expect(step.request).toMatchObject({ state: 'pending', submittedAt: createdAt + seconds(90) });
    expect(newsOf(step)).toEqual([{ type: 'found' }]);
    expect(workOf(step)).toMatchObject([{ type: 'cancelAction', actionId: 'action-1' }, { type: 'lookUp' }]);
  });
});

test.each(
  (Object.keys(samples) as State[]).filter((state) => isFinal(state) || state === 'pending' || state === 'running'),
)('what Defender surely has or what has ended stays as it is when a backup was restored (%s)', (state) => {
  expect(() => go(samples[state], usual.storeRestored)).toThrow();
});
