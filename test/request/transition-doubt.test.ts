import { days, minutes, seconds } from '../../src/lib/clock';
import { settleMs, tellAfterMs } from '../../src/request/doubt/search';
import { firstLookMs, lateLookMs, lookForMs, nextLookMs, slowLookMs } from '../../src/request/doubt/unknown';
import type { Event, ObservedAction } from '../../src/request/event';
import {
  action,
  ana2,
  bob,
  bob2,
  cleo,
  dan,
  needing,
  now,
  offered,
  progress,
  samples,
  sentAt,
  startBy,
} from './sample';
import {
  absent,
  cancelBy,
  found,
  go,
  into,
  newsOf,
  observed,
  putBack,
  refusalOf,
  resend,
  told,
  unreadable,
  usual,
  voted,
  workOf,
} from './steps';

const { submitting, unknown, unconfirmed, pending, running } = samples;
const looks = (step: Parameters<typeof workOf>[0]) => workOf(step).filter(({ type }) => type === 'lookUp');
const foreign = { comment: 'somebody else' };
const altered = { asked: action('Pending').asked?.slice(1) ?? [] };
const lookedUp = (...actions: ObservedAction[]) => ({ type: 'lookedUp', actions, complete: true, date: now }) as const;
/** Sent once more, and about to be. */
const again = into(go(offered, resend(bob)), 'queued');
const sentAgain = into(go(again, usual.admitted), 'submitting');

describe('the answer to a submission is ours only if it says so', () => {
  test('no clear answer is told and looked up, never tried again', () => {
    const step = go(submitting, usual.unclear);
    expect(into(step, 'unknown')).toMatchObject({ doubt: 'noAnswer', actionId: null, offer: null, notListed: false });
    expect(newsOf(step)).toEqual([{ type: 'unclear', doubt: 'noAnswer' }]);
    expect(workOf(step)).toEqual([{ type: 'lookUp', dueAt: now + firstLookMs, search: 1 }]);
  });

  test("a 201 about somebody else's action is not taken: ours is looked for by its marker", () => {
    const step = go(submitting, { type: 'accepted', action: action('Pending', foreign) });
    expect(into(step, 'unknown')).toMatchObject({ doubt: 'noAnswer', actionId: null });
  });

  test('a 201 with our marker over other commands is an alarm', () => {
    const step = go(submitting, { type: 'accepted', action: action('Pending', altered) });
    expect(into(step, 'unknown')).toMatchObject({ doubt: 'otherCommands', actionId: 'action-1' });
    expect(newsOf(step)).toEqual([{ type: 'unclear', doubt: 'otherCommands' }]);
  });

  test.each([{ comment: null }, { asked: null }])('a 201 that leaves out %j is read again by its id', (missing) => {
    const step = go(submitting, { type: 'accepted', action: action('Pending', missing) });
    expect(into(step, 'unknown')).toMatchObject({ doubt: 'unread', actionId: 'action-1' });
    expect(told(step)).toEqual([]);
    expect(into(go(step.request, found('Pending')), 'pending').actionId).toBe('action-1');
    const others = go(step.request, found('Pending', foreign));
    expect(into(others, 'unknown')).toMatchObject({ doubt: 'noAnswer', actionId: null });
  });

  test.each([foreign, altered])('an action that is followed and shows %j later is an alarm', (shown) => {
    for (const request of [pending, running])
      expect(into(go(request, observed('InProgress', shown)), 'unknown').doubt).toBe('otherCommands');
  });

  test('a field that is missing from a later read changes nothing', () => {
    expect(go(pending, observed('InProgress', { comment: null, asked: null })).request.state).toBe('running');
  });
});

describe('looking', () => {
  test('is settled only by complete looks that span the settle time on Defender’s clock, whatever ours says', () => {
    const first = go(unknown, absent(sentAt)).request;
    const soon = go(first, absent(sentAt + settleMs - 1), now + days(400));
    expect(into(soon, 'unknown')).toMatchObject({ notListed: false, offer: null });
    const step = go(soon.request, absent(sentAt + settleMs));
    expect(into(step, 'unknown')).toMatchObject({ notListed: true, offer: { votes: [] } });
    expect(told(step)).toEqual(['notListed']);
    expect(workOf(step)).toEqual([
      { type: 'lookUp', dueAt: now + slowLookMs, search: 1 },
      { type: 'notifyPerson', personId: bob.id, news: { type: 'notListed' } },
    ]);
  });

  test('one look proves nothing, however late it is', () => {
    expect(into(go(unknown, absent(now + days(2)), now + days(2)), 'unknown').notListed).toBe(false);
  });

  test('the settle time covers two minutes of hiding after a POST that took long', () => {
    expect(settleMs).toBeGreaterThanOrEqual(minutes(2) + seconds(30));
  });

  test.each([unreadable, absent(null)])(
    'a look that could not be read whole or timed counts for nothing: %j',
    (event) => {
      const looked = go(unknown, absent(sentAt)).request;
      expect(into(go(looked, event, now + settleMs * 2), 'unknown')).toMatchObject({
        notListed: false,
        absentFrom: sentAt,
      });
    },
  );

  test('people are told once that the list cannot be read, and looking slows down but does not end', () => {
    const late = sentAt + tellAfterMs;
    expect(told(go(unknown, unreadable, late - 1))).toEqual([]);
    const first = go(unknown, unreadable, late);
    expect(told(first)).toEqual(['cannotTell']);
    expect(looks(first)).toEqual([{ type: 'lookUp', dueAt: late + slowLookMs, search: 1 }]);
    const second = go(first.request, unreadable, late + slowLookMs);
    expect(second.request).toBe(first.request);
    expect(second.effects).toEqual([{ type: 'lookUp', dueAt: late + 2 * slowLookMs, search: 1 }]);
    expect(into(go(first.request, unreadable, sentAt + lookForMs), 'unconfirmed').notListed).toBe(false);
  });

  test('what is found is followed from where it is, and looking ends', () => {
    const step = go(unknown, found('InProgress'));
    expect(told(step)).toEqual(['found', 'started']);
    expect(into(step, 'running').inDoubt).toBeUndefined();
    expect(looks(step)).toEqual([]);
    const over = go(unknown, found('Failed', { progress: [progress(0, 'Completed'), progress(1, 'Failed')] }));
    expect(told(over)).toEqual(['found', 'commandFailed', 'ended']);
    expect(into(over, 'failed').submittedAt).toBe(unknown.intentAt);
  });

  test('somebody else’s action is never taken', () => {
    expect(go(unknown, found('Pending', foreign)).request.state).toBe('unknown');
    expect(go(unknown, found('Pending', { comment: null })).request.state).toBe('unknown');
    expect(go(unknown, found('Pending', { asked: null })).request.state).toBe('unknown');
  });

  test('our marker over other commands is told once, never offered again, and ends with that action', () => {
    const step = go(unknown, found('InProgress', altered));
    expect(into(step, 'unknown')).toMatchObject({ doubt: 'otherCommands', actionId: 'action-1', offer: null });
    expect(told(go(step.request, found('InProgress', altered)))).toEqual([]);
    const settled = go(go(step.request, absent(now)).request, absent(now + settleMs));
    expect(into(settled, 'unknown').offer).toBeNull();
    expect(into(go(step.request, found('Succeeded', altered)), 'unconfirmed').doubt).toBe('otherCommands');
  });

  test('two actions with other commands under our marker are both told, and neither is cancelled', () => {
    const [first, second] = [action('Pending', altered), action('Pending', { ...altered, actionId: 'action-2' })];
    const look = (...actions: readonly ObservedAction[]): Event => ({
      type: 'lookedUp',
      complete: true,
      date: now,
      actions,
    });
    const step = go(go(unknown, look(second)).request, look(first, second));
    expect(into(step, 'unknown')).toMatchObject({
      doubt: 'otherCommands',
      actionId: 'action-2',
      others: [{ actionId: 'action-1', altered: true }],
    });
    expect(newsOf(step).map(({ type }) => type)).toEqual(['foundAnother']);
    expect(workOf(step).map(({ type }) => type)).toEqual(['lookUp']);
    expect(told(go(step.request, look(first, second)))).toEqual([]);
    const late = go(unconfirmed, look(first, second));
    expect(into(late, 'unconfirmed')).toMatchObject({ actionId: 'action-1', others: [{ actionId: 'action-2' }] });
    expect(newsOf(late).map(({ type }) => type)).toEqual(['unclear', 'foundAnother']);
  });
  test('only those who may approve touch an action with other commands', () => {
    const { request } = go(unknown, found('Pending', altered));
    expect(refusalOf(request, cancelBy())).toBe('notYours');
    expect(workOf(go(request, cancelBy(bob)))).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
  });

  test('an action whose id was known and that vanished is never offered to be sent again', () => {
    const gone = go(pending, usual.vanished).request;
    const settled = go(go(gone, absent(now)).request, absent(now + settleMs));
    expect(into(settled, 'unknown')).toMatchObject({ notListed: true, offer: null });
    expect(go(gone, found('Running' as never, { comment: null })).request.state).toBe('pending');
  });
});

test('what was not read whole is not cancelled before it has been', () => {
  const unread = go(submitting, { type: 'accepted', action: action('Pending', { comment: null }) }).request;
  const wished = go(unread, cancelBy(bob));
  expect(workOf(wished)).toEqual([]);
  expect(workOf(go(wished.request, found('Pending')))).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
});

describe('sending it once more', () => {
  test('is a new decision with the whole bar, and another POST under another marker', () => {
    expect(again).toMatchObject({ decision: 2, attempts: 1, votes: [{ by: bob }], startBy });
    expect(workOf(go(again, usual.admitted))).toEqual([{ type: 'submit', attempt: 2 }]);
    const needsTwo = { ...offered, ...needing(2) };
    const half = go(needsTwo, resend(bob));
    expect(into(half, 'unknown').offer?.votes).toHaveLength(1);
    expect(told(half)).toEqual(['resendVoteCounted']);
    expect(go(half.request, resend(cleo)).request.state).toBe('queued');
  });

  test.each([
    ['the requester', resend(ana2), 'requesterCannotVote'],
    ['a stranger', resend(dan), 'notAnApprover'],
    ['over another digest', resend(bob, 'approve', { digest: 'f'.repeat(64) as never }), 'digestDiffers'],
  ])('does not count by %s', (_name, event, refusal) => {
    expect(refusalOf(offered, event)).toBe(refusal);
  });

  test('one person counts once, whichever account they use', () => {
    const half = go({ ...offered, ...needing(2), approverIds: [bob.id, bob2.id] }, resend(bob)).request;
    expect(refusalOf(half, resend(bob2))).toBe('alreadyVoted');
  });

  test('is not decided before it is offered, after the start-by clock, or by a vote on the request', () => {
    expect(refusalOf(unknown, resend(bob))).toBe('noOffer');
    expect(refusalOf(offered, resend(bob), startBy)).toBe('noOffer');
    expect(refusalOf(offered, voted(bob))).toBe('alreadyDecided');
  });

  test('is left by one person, or by the clock', () => {
    const left = go(offered, resend(bob, 'deny', { reason: null }));
    expect(into(left, 'unconfirmed').because).toEqual({ type: 'left', by: bob, reason: null });
    expect(into(go(offered, usual.clock, startBy), 'unconfirmed').because.type).toBe('clock');
    expect(go(offered, usual.clock, startBy - 1).request).toBe(offered);
  });

  test('what turns up meanwhile is followed, and nothing is sent', () => {
    for (const request of [offered, again]) expect(go(request, found('InProgress')).request.state).toBe('running');
    expect(into(go(again, found('Pending', altered)), 'unknown').doubt).toBe('otherCommands');
  });

  test('a device that is busy after a doubt is looked for, not believed, and offered anew after that', () => {
    const step = go(sentAgain, putBack('deviceBusy'));
    expect(into(step, 'unknown')).toMatchObject({ doubt: 'noAnswer', attempts: 2, absentFrom: null, offer: null });
    expect(looks(step)).toMatchObject([{ search: 2 }]);
    expect(go(sentAgain, putBack('rateLimited')).request.state).toBe('queued');
  });

  test.each([
    ['a cancel', () => go(again, cancelBy(bob)), 'cancelled'],
    ['the start-by clock', () => go(again, usual.clock, startBy), 'clock'],
    ['a change', () => go(again, usual.changed), 'changed'],
    ['another policy', () => go(again, usual.askedAgain), 'changed'],
    ['a refusal', () => go(sentAgain, usual.rejected), 'refused'],
  ] as const)('%s before it went leaves open whether the first ran', (_name, end, because) => {
    expect(into(end(), 'unconfirmed')).toMatchObject({ because: { type: because }, notListed: true });
  });

  test('when both turn up, both are followed, it is told, and the one that has not begun is cancelled', () => {
    const { request } = go(sentAgain, { type: 'accepted', action: action('Pending', { actionId: 'action-2' }) });
    const step = go(request, lookedUp(action('Pending'), action('InProgress', { actionId: 'action-2' })));
    expect(into(step, 'pending').others).toEqual([{ actionId: 'action-1', status: 'Pending', begun: false }]);
    expect(told(step)).toEqual(['foundAnother']);
    expect(workOf(step)).toMatchObject([
      { type: 'cancelAction', actionId: 'action-1' },
      { type: 'lookUp', dueAt: now + nextLookMs },
    ]);
    const ran = go(step.request, lookedUp(action('Succeeded')));
    expect(into(ran, 'pending').others).toEqual([{ actionId: 'action-1', status: 'Succeeded', begun: true }]);
    expect(told(ran)).toEqual([]);
    const over = go(ran.request, observed('Succeeded', { actionId: 'action-2' }));
    expect(into(over, 'succeeded').others).toHaveLength(1);
    expect(looks(go(over.request, lookedUp()))).toMatchObject([{ dueAt: now + lateLookMs }]);
  });
});

describe('what nobody decided about', () => {
  test('is looked for for three days, slower, and then left', () => {
    const step = go(unconfirmed, absent(now));
    expect(step).toMatchObject({ request: unconfirmed, effects: [{ type: 'lookUp', dueAt: now + lateLookMs }] });
    expect(go(unconfirmed, absent(now), sentAt + lookForMs).effects).toEqual([]);
  });

  test('is cancelled if it turns up and has not begun, else followed to its end', () => {
    const step = go(unconfirmed, found('Pending'));
    expect(into(step, 'pending').cancel).toEqual({ by: null, reason: null, at: now });
    expect(workOf(step)).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
    const begun = go(unconfirmed, found('InProgress'));
    expect(into(begun, 'running').cancel).toBeNull();
    expect(told(begun)).toEqual(['found', 'started']);
    expect(into(go(unconfirmed, found('Succeeded')), 'succeeded').endedAt).toBe(now);
  });

  test('is not decided any more', () => {
    expect(refusalOf(unconfirmed, resend(bob))).toBe('noOffer');
    expect(refusalOf(unconfirmed, usual.admitted)).toBe('notNow');
  });
});
