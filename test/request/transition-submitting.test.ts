import { hours, minutes, seconds } from '../../src/lib/clock';
import type { Hold } from '../../src/request/request';
import { firstLookMs, nextLookMs, settleMs, slowLookMs, tellAfterMs } from '../../src/request/unknown';
import { now, progress, samples } from './sample';
import { absent, found, go, into, newsOf, putBack, refusalOf, told, unreadable, usual, workOf } from './steps';

const { queued, submitting, unknown } = samples;

describe('submitting', () => {
  test('admission writes the intent and asks for exactly one submission', () => {
    const step = go(queued, usual.admitted);
    expect(workOf(step)).toEqual([{ type: 'submit', attempt: 1 }]);
    expect(into(step, 'submitting')).toMatchObject({ attempts: 1, intentAt: now, cancel: null });
    expect(refusalOf(step.request, usual.admitted)).toBe('notNow');
  });

  test('it is not admitted before it may be tried again', () => {
    const waiting = { ...queued, notBefore: now + 1 };
    expect(refusalOf(waiting, usual.admitted)).toBe('notNow');
    expect(refusalOf(waiting, usual.admitted, now + 1)).toBeNull();
  });

  test.each<[Hold['type'] & ('deviceBusy' | 'rateLimited' | 'sessionsFull'), readonly string[]]>([
    ['deviceBusy', ['held']],
    ['rateLimited', []],
    ['sessionsFull', []],
  ])('what Defender put back because of %s is queued again with its count and its reason', (hold, news) => {
    const step = go(submitting, putBack(hold, now + seconds(30)));
    expect(into(step, 'queued')).toMatchObject({ hold: { type: hold }, notBefore: now + seconds(30), attempts: 1 });
    expect(told(step)).toEqual(news);
    const again = go(step.request, usual.admitted, now + seconds(30));
    expect(workOf(again)).toEqual([{ type: 'submit', attempt: 2 }]);
    expect(told(go(again.request, putBack(hold)))).toEqual([]);
  });

  test('a request that could not be checked waits in the queue without an attempt', () => {
    const step = go(queued, { type: 'putBack', hold: { type: 'checkFailed', code: 'x' }, notBefore: now + 1 });
    expect(into(step, 'queued')).toMatchObject({
      attempts: 0,
      hold: { type: 'checkFailed', code: 'x' },
      notBefore: now + 1,
    });
  });

  test('what Defender refuses for good ends with its code and words', () => {
    expect(into(go(submitting, usual.rejected), 'refused')).toMatchObject({
      code: 'OsPlatformNotSupported',
      message: 'Not supported.',
    });
  });

  test('a 201 means that Defender has it and nothing more', () => {
    const step = go(submitting, usual.accepted);
    expect(into(step, 'pending')).toMatchObject({ actionId: 'action-1', submittedAt: now });
    expect(told(step)).toEqual([]);
  });
});

describe('in doubt', () => {
  test('no clear answer is told and looked up, never tried again', () => {
    const step = go(submitting, usual.unclear);
    expect(into(step, 'unknown')).toMatchObject({
      doubt: 'noAnswer',
      actionId: null,
      settleAt: now + settleMs,
      toldAt: null,
    });
    expect(newsOf(step)).toEqual([{ type: 'unclear', doubt: 'noAnswer' }]);
    expect(workOf(step)).toEqual([{ type: 'lookUp', dueAt: now + firstLookMs }]);
  });

  test('an absent marker proves nothing while Defender may still hide the action', () => {
    const step = go(unknown, absent, unknown.settleAt - 1);
    expect(step.request).toBe(unknown);
    expect(workOf(step)).toEqual([{ type: 'lookUp', dueAt: unknown.settleAt - 1 + nextLookMs }]);
  });

  test('hiding for two minutes after a POST that took long is covered', () => {
    expect(settleMs).toBeGreaterThanOrEqual(minutes(2) + seconds(30));
  });

  test('an absent marker after that is certain: it is queued again and people are told', () => {
    const step = go(unknown, absent, unknown.settleAt);
    expect(into(step, 'queued')).toMatchObject({ attempts: 1, everUnclear: true, notBefore: unknown.settleAt });
    expect(told(step)).toEqual(['surelyAbsent']);
    expect(workOf(step)).toEqual([]);
  });

  test('a list that could not be read never proves absence, however late', () => {
    expect(go(unknown, unreadable, unknown.settleAt + hours(48)).request.state).toBe('unknown');
  });

  test('people are told once when looking cannot settle it, and looking slows down but does not end', () => {
    const late = unknown.settleAt + tellAfterMs;
    expect(told(go(unknown, unreadable, late - 1))).toEqual([]);
    const first = go(unknown, unreadable, late);
    expect(told(first)).toEqual(['cannotTell']);
    expect(workOf(first)).toEqual([{ type: 'lookUp', dueAt: late + slowLookMs }]);
    const second = go(first.request, unreadable, late + slowLookMs);
    expect(second.request).toBe(first.request);
    expect(told(second)).toEqual([]);
    expect(workOf(second)).toEqual([{ type: 'lookUp', dueAt: late + 2 * slowLookMs }]);
  });

  test('a look that settles nothing draws no card anew, or one would be edited for days', () => {
    expect(go(unknown, unreadable, unknown.settleAt).effects).toEqual([
      { type: 'lookUp', dueAt: unknown.settleAt + nextLookMs },
    ]);
  });

  test('what is found is followed from where it is', () => {
    expect(told(go(unknown, found('Pending')))).toEqual(['found']);
    expect(told(go(unknown, found('InProgress')))).toEqual(['found', 'started']);
    const over = go(unknown, found('Failed', { progress: [progress(0, 'Completed'), progress(1, 'Failed')] }));
    expect(told(over)).toEqual(['found', 'commandFailed', 'ended']);
    expect(into(over, 'failed').submittedAt).toBe(unknown.intentAt);
  });

  test('a device that is busy after an unclear attempt is looked up, not believed', () => {
    const again = go(go(unknown, absent, unknown.settleAt).request, usual.admitted, unknown.settleAt).request;
    const step = go(again, putBack('deviceBusy'), unknown.settleAt + 1);
    expect(into(step, 'unknown')).toMatchObject({ doubt: 'noAnswer', attempts: 2 });
    expect(workOf(step).map((e) => e.type)).toEqual(['lookUp']);
    expect(go(again, putBack('rateLimited'), unknown.settleAt + 1).request.state).toBe('queued');
  });
});
