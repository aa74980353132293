import { hours } from '../../src/lib/clock';
import { nextLookMs } from '../../src/request/doubt/unknown';
import type { Event, ObservedAction } from '../../src/request/event';
import type { Transition } from '../../src/request/outcome';
import { finalStates, type InState, type LiveResponseRequest, type State } from '../../src/request/request';
import { action, ana, now, progress, samples } from './sample';
import { absent, cancelBy, found, go, into, newsOf, observed, refusalOf, told, usual, workOf } from './steps';

const { submitting, unknown, pending, running } = samples;

const fetchesOf = (step: Transition) => workOf(step).filter(({ type }) => type === 'fetchResult');

describe('following an action', () => {
  const done = [progress(0, 'Completed'), progress(1, 'Completed'), progress(2, 'Failed'), progress(3)];

  test('the device being reached is told once', () => {
    const step = go(pending, observed('InProgress'));
    expect(told(step)).toEqual(['started']);
    expect(into(step, 'running').runningSince).toBe(now);
    expect(go(step.request, observed('InProgress'), now + 1)).toEqual({ request: step.request, effects: [] });
  });

  test('each failed command is told once, however often it is read', () => {
    const first = go(running, observed('InProgress', { progress: done }));
    expect(newsOf(first)).toEqual([{ type: 'commandFailed', progress: done[2] }]);
    expect(go(first.request, observed('InProgress', { progress: done })).effects).toEqual([]);
    expect(told(go(first.request, observed('Failed', { progress: done })))).toEqual(['ended']);
  });

  test('an older or incomplete read neither undoes progress nor tells a failure again', () => {
    const first = go(running, observed('InProgress', { progress: done })).request;
    for (const status of ['InProgress', 'Pending'])
      for (const stale of [action(status).progress, []])
        expect(go(first, observed(status, { progress: stale }))).toEqual({ request: first, effects: [] });
    expect(into(go(first, observed('Failed', { progress: [] })), 'failed').progress).toEqual(done);
  });

  test('a command that was seen to run is not shown as waiting again by an older read', () => {
    const started = [progress(0, 'Created', { startedAt: '2026-03-02T10:00:00Z' })];
    const first = go(running, observed('InProgress', { progress: started })).request;
    expect(go(first, observed('InProgress', { progress: [progress(0)] }))).toEqual({ request: first, effects: [] });
  });

  test('a read that changes nothing writes and tells nothing, even when Defender names no command', () => {
    const bare = into(go(submitting, { type: 'accepted', action: action('Pending', { progress: [] }) }), 'pending');
    expect(go(bare, observed('Pending', { progress: [] }))).toEqual({ request: bare, effects: [] });
  });

  test('new progress updates the cards without a reply', () => {
    const step = go(running, observed('InProgress', { progress: [progress(0, 'Completed')] }));
    expect(step.effects).toEqual([{ type: 'updateCards' }]);
  });

  test.each(['Queued', 'succeeded', ''])('a status that Defender does not document (%j) leaves it open', (status) => {
    expect(go(pending, observed(status)).request).toBe(pending);
    expect(go(running, observed(status)).request).toBe(running);
    expect(go(submitting, { type: 'accepted', action: action(status) }).request.state).toBe('pending');
    expect(go(unknown, found(status)).request.state).toBe('pending');
  });

  test('a command status that Defender does not document leaves the command open and is not told as a failure', () => {
    const step = go(running, observed('InProgress', { progress: [progress(1, 'Uploading')] }));
    expect(told(step)).toEqual([]);
    expect(into(go(step.request, observed('InProgress', { progress: done })), 'running').progress).toEqual(done);
  });

  test('another action than ours changes nothing', () => {
    for (const request of [pending, running])
      expect(refusalOf(request, observed('Succeeded', { actionId: 'action-2' }))).toBe('notNow');
  });

  test.each<[ObservedAction['status'], State]>([
    ['Succeeded', 'succeeded'],
    ['Failed', 'failed'],
    ['TimeOut', 'timedOut'],
    ['Cancelled', 'cancelled'],
  ])('the results of every started command but PutFile are fetched when it ends as %s', (status, state) => {
    const started = status === 'Succeeded' ? [1, 2, 3] : [1, 2];
    const step = go(running, observed(status, { progress: done }));
    expect(into(step, state)).toMatchObject({ actionId: 'action-1', progress: done });
    expect(fetchesOf(step)).toEqual(started.map((index) => ({ type: 'fetchResult', actionId: 'action-1', index })));
    expect(told(step)).toEqual(['commandFailed', 'ended']);
  });

  test.each([running, submitting, unknown])(
    'an action that is over at the first look ($state) has its results fetched as well',
    (request) => {
      const event: Event =
        request.state === 'submitting'
          ? { type: 'accepted', action: action('Failed', { progress: done }) }
          : request.state === 'unknown'
            ? found('Failed', { progress: done })
            : observed('Failed', { progress: done });
      expect(fetchesOf(go(request, event))).toHaveLength(2);
    },
  );

  test('a command that Defender lists twice is fetched once, and one that we did not ask for never', () => {
    const odd = [
      progress(2),
      progress(3),
      progress(1, 'Completed'),
      progress(1, 'Completed'),
      progress(7, 'Completed'),
      progress(-1, 'Completed'),
    ];
    expect(fetchesOf(go(running, observed('Failed', { progress: odd })))).toEqual([
      { type: 'fetchResult', actionId: 'action-1', index: 1 },
      { type: 'fetchResult', actionId: 'action-1', index: 2 },
      { type: 'fetchResult', actionId: 'action-1', index: 3 },
    ]);
  });

  test('commands without times may have run, so that their results are asked for; those after a failed one did not', () => {
    const untimed = [progress(0), progress(1), progress(2), progress(3)];
    for (const status of ['Failed', 'TimeOut', 'Cancelled'])
      expect(fetchesOf(go(pending, observed(status, { progress: untimed })))).toHaveLength(3);
    const failed = [progress(0), progress(1, 'Failed'), progress(2), progress(3)];
    expect(fetchesOf(go(running, observed('Failed', { progress: failed })))).toMatchObject([{ index: 1 }]);
  });

  test.each(['Succeeded', 'Failed', 'TimeOut', 'Cancelled'])(
    'an end that leaves the commands out (%s) has all results asked for',
    (status) => {
      expect(fetchesOf(go(pending, observed(status, { progress: [] })))).toHaveLength(3);
    },
  );

  test('a success has all results fetched, whatever it says of the commands', () => {
    expect(fetchesOf(go(running, observed('Succeeded')))).toHaveLength(3);
  });

  test('the library is read once more when a run has ended that used it, however it ended', () => {
    for (const status of ['Succeeded', 'Failed', 'TimeOut', 'Cancelled']) {
      expect(workOf(go(running, observed(status)))).toContainEqual({ type: 'recheckLibrary' });
      expect(workOf(go({ ...running, library: [] }, observed(status)))).not.toContainEqual({ type: 'recheckLibrary' });
    }
    expect(workOf(go(running, observed('InProgress', { progress: done })))).toEqual([]);
  });

  test('the library is not read again where its files come only after a failed command', () => {
    const commands: InState<'running'>['commands'] = [
      { type: 'GetFile', path: 'C:\\a' },
      { type: 'RunScript', scriptName: 'minidump.ps1', args: '' },
    ];
    const step = go({ ...running, commands }, observed('Failed', { progress: [progress(0, 'Failed'), progress(1)] }));
    expect(workOf(step)).not.toContainEqual({ type: 'recheckLibrary' });
  });

  test('a request that is over is deaf to what the poll still sees', () => {
    for (const state of finalStates) expect(go(samples[state], observed('InProgress')).request).toBe(samples[state]);
  });
});

describe('a vanished action', () => {
  const ran = go(
    running,
    observed('InProgress', { progress: [progress(0, 'Completed'), progress(1, 'Failed')] }),
  ).request;
  const gone = into(go(ran, usual.vanished), 'unknown');

  test('is told and looked for', () => {
    const step = go(ran, usual.vanished);
    expect(newsOf(step)).toEqual([{ type: 'unclear', doubt: 'vanished' }]);
    expect(workOf(step)).toEqual([{ type: 'lookUp', dueAt: now + nextLookMs, search: 1 }]);
    expect(gone).toMatchObject({ doubt: 'vanished', actionId: 'action-1' });
  });

  test('is never submitted again nor offered, however long it is absent', () => {
    let request: LiveResponseRequest = gone;
    for (let at = now; at < now + hours(48); at += hours(1)) request = go(request, absent(at), at).request;
    expect(request.state).toBe('unconfirmed');
    expect(refusalOf(request, usual.admitted, now + hours(48))).toBe('notNow');
  });

  test('is followed again when it comes back, by the poll or by looking, and nothing is told twice', () => {
    const seen = { progress: [progress(0, 'Completed'), progress(1, 'Failed')] };
    for (const event of [observed('InProgress', seen), found('InProgress', seen)]) {
      const step = go(gone, event);
      expect(into(step, 'running').progress).toEqual(gone.progress);
      expect(told(step)).toEqual(['found']);
    }
    expect(refusalOf(gone, observed('InProgress', { actionId: 'action-2' }))).toBe('notNow');
  });

  test('that comes back cancelled may have acted if it had been running, whatever its commands say', () => {
    const early = go(running, usual.vanished).request;
    expect(into(go(early, found('Cancelled')), 'cancelled').mayHaveActed).toBe(true);
  });

  test('can be cancelled, and a refused cancel is sent again when it comes back', () => {
    const wished = go(gone, cancelBy());
    expect(workOf(wished)).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
    expect(workOf(go(wished.request, found('InProgress')))).toEqual([]);
    const refused = go(wished.request, usual.cancelRefused);
    expect(told(refused)).toEqual(['cancelRefused']);
    const back = go(refused.request, found('InProgress'));
    expect(workOf(back)).toEqual([{ type: 'cancelAction', actionId: 'action-1' }]);
    expect(into(back, 'running').cancel).toEqual({ by: ana, reason: null, at: now });
  });
});
