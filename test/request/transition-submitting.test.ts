import { seconds } from '../../src/lib/clock';
import type { Hold } from '../../src/request/request';
import { now, samples } from './sample';
import { go, into, putBack, refusalOf, told, usual, workOf } from './steps';

const { queued, submitting } = samples;

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
  ])('what Defender could not take because of %s is queued again with its count and its reason', (hold, news) => {
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
