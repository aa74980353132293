import type { LiveResponseRequest } from '../../src/request/request';
import { mayWait, type ResultFacts, resultMayWait } from '../../src/request/round-up';
import { makeNews, makeRequests } from '../thread/samples';

const requests = makeRequests();
const request = (name: string) => requests[name] as LiveResponseRequest;

test('nothing but an end may wait', () => {
  expect(makeNews().filter((news) => mayWait(news, request('running')))).toEqual([]);
});

test('of all ends only a success may wait', () => {
  const ends = ['succeeded', 'failed', 'timedOut', 'cancelled', 'lapsed', 'refused', 'expired', 'denied', 'voided'];
  expect(ends.filter((state) => mayWait({ type: 'ended' }, request(state)))).toEqual(['succeeded']);
});

test('a result may wait when its request succeeded and nothing is wrong in it, and else is told at once', () => {
  const good: ResultFacts = { command: 'RunScript', outcome: 'kept', exitCode: 0, errors: null };
  const waits = (over: Partial<ResultFacts>, state = 'succeeded') =>
    resultMayWait({ ...good, ...over }, request(state));
  expect([waits({}), waits({ errors: ' \n' }), waits({ command: 'GetFile', exitCode: null })]).toEqual([
    true,
    true,
    true,
  ]);
  expect(waits({ exitCode: 1 })).toBe(false);
  expect(waits({ exitCode: null })).toBe(false);
  expect(waits({ errors: 'denied' })).toBe(false);
  for (const outcome of ['notAvailable', 'tooLarge', 'unreadable'] as const) expect(waits({ outcome })).toBe(false);
  for (const state of ['running', 'failed', 'timedOut', 'cancelled']) expect(waits({}, state)).toBe(false);
});
