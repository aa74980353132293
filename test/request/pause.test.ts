import { mayResume, type Pause } from '../../src/request/pause';

const pause: Pause = {
  by: { id: 'ana-2', tenantId: 'tenant-1', name: 'Ana' },
  personKey: 'ana',
  reason: 'A script is wrong',
  at: 1_000,
};

test('who paused does not resume, by whichever account', () => {
  expect(mayResume(pause, 'ana')).toEqual({ ok: false, error: { type: 'pausedByYou', at: 1_000 } });
});

test('somebody else resumes, and only what is paused', () => {
  expect(mayResume(pause, 'bob')).toEqual({ ok: true, value: pause });
  expect(mayResume(null, 'bob')).toEqual({ ok: false, error: { type: 'notPaused' } });
});
