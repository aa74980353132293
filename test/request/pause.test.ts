import { mayResume, type Pause } from '../../src/request/pause';
import type { RequestId } from '../../src/request/request';

const pause: Pause = {
  by: { id: 'ana-2', tenantId: 'tenant-1', name: 'Ana' },
  personKey: 'ana',
  reason: 'A script is wrong',
  at: 1_000,
};
const bob = { personKey: 'bob', mayApprove: true, waiting: [] };

test('who paused does not resume, by whichever account', () => {
  expect(mayResume(pause, { ...bob, personKey: 'ana' })).toEqual({
    ok: false,
    error: { type: 'pausedByYou', at: 1_000 },
  });
});

test('somebody else who may approve resumes, and only what is paused', () => {
  expect(mayResume(pause, bob)).toEqual({ ok: true, value: pause });
  expect(mayResume(null, bob)).toEqual({ ok: false, error: { type: 'notPaused' } });
});

test('somebody who may only ask does not resume', () => {
  expect(mayResume(pause, { ...bob, mayApprove: false })).toEqual({ ok: false, error: { type: 'mayNotResume' } });
});

test('nobody resumes while something that they asked for waits', () => {
  const waiting = ['LR-7F3K' as RequestId];
  expect(mayResume(pause, { ...bob, waiting })).toEqual({ ok: false, error: { type: 'yoursWait', ids: waiting } });
});
