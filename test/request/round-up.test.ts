import type { LiveResponseRequest } from '../../src/request/request';
import { isBusy, mayWait, warRoomFrom } from '../../src/request/round-up';
import { makeNews, makeRequests } from '../thread/samples';

const requests = makeRequests();
const request = (name: string) => requests[name] as LiveResponseRequest;

test('steps on the way may wait, and everything that asks for attention may not', () => {
  const waiting = makeNews().filter((news) => mayWait(news, request('running')));
  expect([...new Set(waiting.map(({ type }) => type))]).toEqual(['voteCounted', 'approved', 'held', 'started']);
});

test('of all ends only a success may wait', () => {
  const ends = ['succeeded', 'failed', 'timedOut', 'cancelled', 'lapsed', 'refused', 'expired', 'denied', 'voided'];
  expect(ends.filter((state) => mayWait({ type: 'ended' }, request(state)))).toEqual(['succeeded']);
});

test('a room is busy from eight open requests on, and stays so until its round-up is told', () => {
  expect(isBusy({ open: warRoomFrom - 1, gathering: false })).toBe(false);
  expect(isBusy({ open: warRoomFrom, gathering: false })).toBe(true);
  expect(isBusy({ open: 0, gathering: true })).toBe(true);
});
