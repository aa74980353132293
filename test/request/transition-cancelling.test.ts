import { hours, minutes } from '../../src/lib/clock';
import { settleMs } from '../../src/request/doubt/search';
import type { ObservedAction } from '../../src/request/event';
import { type CommandProgress, type LiveResponseRequest, openStates } from '../../src/request/request';
import { heldAt } from '../../src/request/transition';
import { wakeAt } from '../../src/request/wake-at';
import { action, ana, base, bob, dan, now, offered, progress, samples, startBy } from './sample';
import { absent, cancelBy, found, go, into, newsOf, observed, putBack, refusalOf, told, usual, workOf } from './steps';

const withFirst = (first: CommandProgress) => [first, ...action('Pending').progress.slice(1)];
const { awaitingApproval, queued, submitting, unknown, pending, running } = samples;

describe('cancelling', () => {
  test('an undecided request is withdrawn, with the reason kept apart from why it was asked', () => {
    const step = go(awaitingApproval, cancelBy(ana, 'typo'));
    expect(into(step, 'withdrawn')).toMatchObject({ by: ana, why: 'typo', reason: base.reason });
    expect(newsOf(step)).toEqual([{ type: 'withdrawn', by: ana, reason: 'typo' }]);
  });

  test('a queued request is cancelled without Defender', () => {
    const step = go(queued, cancelBy(bob));
    expect(into(step, 'cancelled')).toMatchObject({
      actionId: null,
      mayHaveActed: false,
      by: { type: 'wish', wish: { by: bob } },
    });
    expect(workOf(step)).toEqual([]);
  });

  test.each([pending, running])(
    'an action that is $state is asked to be cancelled and stays until Defender says so',
    (request) => {
      const step = go(request, cancelBy(ana, 'enough'));
      expect(step.request).toEqual({ ...request, cancel: { by: ana, reason: 'enough', at: now } });
      expect(workOf(step)).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
      expect(told(step)).toEqual(['cancelAsked']);
    },
  );

  test.each(openStates)('a stranger cannot cancel a request that is %s', (state) => {
    expect(refusalOf(samples[state], cancelBy(dan))).toBe('notYours');
  });

  test.each([submitting, unknown, pending, running])(
    'a second wish is refused while the first is under way ($state)',
    (request) => {
      expect(refusalOf(go(request, cancelBy(ana)).request, cancelBy(bob))).toBe('alreadyCancelling');
    },
  );

  test('a wish made while submitting is sent once Defender has it', () => {
    const wished = go(submitting, cancelBy());
    expect(workOf(wished)).toEqual([]);
    const taken = go(wished.request, usual.accepted);
    expect(workOf(taken)).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
    expect(into(taken, 'pending').cancel).toEqual({ by: ana, reason: null, at: now });
  });

  test('a wish made while submitting follows it through the doubt and is sent once it is found', () => {
    const doubtful = go(go(submitting, cancelBy()).request, usual.unclear).request;
    expect(workOf(go(doubtful, found('InProgress')))).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
  });

  test('a wish made in doubt is sent once it is found', () => {
    const wished = go(unknown, cancelBy());
    expect(workOf(wished)).toEqual([]);
    expect(workOf(go(wished.request, found('Pending')))).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
  });

  test('a wish is not sent for an action that has ended before it was found', () => {
    expect(workOf(go(go(unknown, cancelBy()).request, found('Succeeded'))).map((e) => e.type)).not.toContain(
      'cancelAction',
    );
  });

  test('a wish made while submitting ends it when Defender did not take it', () => {
    const wished = go(submitting, cancelBy()).request;
    expect(into(go(wished, putBack('rateLimited')), 'cancelled')).toMatchObject({
      actionId: null,
      mayHaveActed: false,
    });
  });

  test('a wish made in doubt ends it once Defender does not list it, and says no more than that', () => {
    const looked = go(go(unknown, cancelBy()).request, absent(now)).request;
    const step = go(looked, absent(now + settleMs));
    expect(into(step, 'unconfirmed').because).toMatchObject({ type: 'cancelled', wish: { by: ana } });
    expect(workOf(go(step.request, found('Pending')))).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
  });

  test('a wish ends an offer to send it once more', () => {
    expect(into(go(offered, cancelBy(bob)), 'unconfirmed').because.type).toBe('cancelled');
  });

  test('a cancel that Defender refuses is told, and another may be asked', () => {
    const refused = go(go(running, cancelBy()).request, usual.cancelRefused);
    expect(newsOf(refused)).toEqual([{ type: 'cancelRefused', code: 'BadRequest' }]);
    expect(refusalOf(refused.request, usual.cancelRefused)).toBe('notNow');
    expect(workOf(go(refused.request, cancelBy(bob)))).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
  });

  test('a refused cancel of a person does not stop the start-by clock', () => {
    const refused = go(go(pending, cancelBy()).request, usual.cancelRefused).request;
    const step = go(refused, usual.clock, startBy);
    expect(workOf(step)).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
    expect(into(step, 'pending').cancel).toEqual({ by: null, reason: null, at: startBy });
  });

  test('the clock asks once: its refused cancel is neither told as a wish of a person nor repeated', () => {
    const refused = go(go(pending, usual.clock, startBy).request, usual.cancelRefused);
    expect(told(refused)).toEqual([]);
    expect(go(refused.request, usual.clock, startBy + hours(1)).effects).toEqual([]);
  });

  test('an action that is cancelled after a refused cancel still ends by that wish: Defender refuses what is being cancelled already', () => {
    const refused = go(go(pending, cancelBy()).request, usual.cancelRefused).request;
    expect(into(go(refused, observed('Cancelled')), 'cancelled').by).toMatchObject({ type: 'wish', wish: { by: ana } });
  });

  test('a person may still cancel what the clock is withdrawing', () => {
    const withdrawing = go(pending, usual.clock, startBy).request;
    expect(into(go(withdrawing, cancelBy(bob)), 'pending').cancel?.by).toEqual(bob);
  });

  test('an action that somebody else cancelled is told as such', () => {
    const step = go(pending, observed('Cancelled', { cancellationRequestor: 'soc@contoso.com' }));
    expect(into(step, 'cancelled')).toMatchObject({
      by: { type: 'foreign', requestor: 'soc@contoso.com' },
      mayHaveActed: true,
      seenWaitingAt: pending.submittedAt,
    });
  });

  test.each<[string, LiveResponseRequest, Partial<ObservedAction>, 'waiting' | 'started']>([
    ['with commands that have no times', pending, {}, 'waiting'],
    ['while running', running, {}, 'started'],
    ['with the commands left out', pending, { progress: [] }, 'waiting'],
    [
      'between two looks, after a command had started',
      pending,
      { progress: withFirst(progress(0, 'Created', { startedAt: 't' })) },
      'started',
    ],
    [
      'between two looks, after a command had ended',
      pending,
      { progress: withFirst(progress(0, 'Completed')) },
      'started',
    ],
  ])(
    'an action that Defender had may have acted, and keeps when it was last known to wait: %s',
    (_name, request, over, seen) => {
      const wished = go(request, cancelBy()).request;
      const asked = 'cancel' in wished ? wished.cancel?.at : undefined;
      expect(into(go(wished, observed('Cancelled', over)), 'cancelled')).toMatchObject({
        mayHaveActed: true,
        seenWaitingAt: seen === 'waiting' ? asked : null,
      });
    },
  );
});

describe('the start-by clock', () => {
  test('after five minutes in the queue the thread is told what holds it, once', () => {
    const long = { ...queued, startBy: queued.approvedAt + minutes(60) };
    expect(go(long, usual.clock, heldAt(long) - 1).request).toBe(long);
    const step = go(long, usual.clock, heldAt(long));
    expect(told(step)).toEqual(['stillHeld']);
    const again = into(step, 'queued');
    expect(go(again, usual.clock, heldAt(long) + minutes(5)).request).toBe(again);
    expect(wakeAt(again)).toBe(long.startBy);
  });

  test('a queued request lapses at the instant and not before', () => {
    const waiting = { ...queued, heldTold: true } as const;
    expect(go(waiting, usual.clock, startBy - 1).request).toBe(waiting);
    expect(into(go(queued, usual.clock, startBy), 'lapsed')).toMatchObject({ actionId: null, endedAt: startBy });
  });

  test('a request that lapses cannot be admitted in the same instant', () => {
    expect(refusalOf(queued, usual.admitted, startBy)).toBe('notNow');
  });

  test('a pending action is cancelled in Defender and lapses when Defender says so', () => {
    expect(go(pending, usual.clock, startBy - 1).effects).toEqual([]);
    const step = go(pending, usual.clock, startBy);
    expect(workOf(step)).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
    expect(told(step)).toEqual([]);
    expect(into(go(step.request, observed('Cancelled'), startBy + 1), 'lapsed')).toMatchObject({
      actionId: 'action-1',
      seenWaitingAt: startBy,
    });
  });

  test('a wish that came too late stays with the end, and one of the clock does not', () => {
    for (const status of ['Succeeded', 'Failed', 'TimeOut']) {
      const wished = go(running, cancelBy(bob, 'wrong host')).request;
      expect(go(wished, observed(status)).request).toMatchObject({ cancel: { by: bob, reason: 'wrong host' } });
      const late = go(pending, usual.clock, pending.startBy).request;
      expect(go(late, observed(status)).request).not.toHaveProperty('cancel');
    }
  });

  test.each([null, '', ' ', '\u200b'])(
    'an approver who withdraws without a reason (%j) is refused, the requester is not',
    (reason) => {
      expect(refusalOf(samples.awaitingApproval, cancelBy(bob, reason))).toBe('withdrawalNeedsReason');
      expect(go(samples.awaitingApproval, cancelBy(bob, 'wrong host')).request.state).toBe('withdrawn');
      expect(go(samples.awaitingApproval, cancelBy(ana, reason)).request.state).toBe('withdrawn');
    },
  );

  test('an action that the clock withdrew too late is cancelled and may have acted, not lapsed', () => {
    const withdrawing = go(pending, usual.clock, startBy).request;
    const ran = go(withdrawing, observed('InProgress'), startBy + 1).request;
    expect(into(go(ran, observed('Cancelled'), startBy + 2), 'cancelled')).toMatchObject({
      mayHaveActed: true,
      by: { type: 'wish', wish: { by: null } },
    });
  });

  test('an action that runs in spite of the clock is followed to its own end', () => {
    const withdrawing = go(pending, usual.clock, startBy).request;
    expect(go(withdrawing, observed('Succeeded'), startBy + 1).request.state).toBe('succeeded');
  });

  test('it leaves alone what a person is cancelling already', () => {
    const wished = go(pending, cancelBy()).request;
    expect(go(wished, usual.clock, startBy).effects).toEqual([]);
  });

  test.each([submitting, unknown, running])('it does not guess about a request that is $state', (request) => {
    expect(go(request, usual.clock, startBy + hours(9)).effects).toEqual([]);
  });

  test('a request that returns to the queue after its time lapses; one that Defender does not list stays unconfirmed', () => {
    expect(go(submitting, putBack('rateLimited'), startBy).request.state).toBe('lapsed');
    const looked = go(unknown, absent(startBy), startBy).request;
    expect(go(looked, absent(startBy + settleMs), startBy + settleMs).request.state).toBe('unconfirmed');
  });
});
