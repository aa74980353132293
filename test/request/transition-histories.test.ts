import fc from 'fast-check';
import type { Event, EventType, ObservedAction } from '../../src/request/event';
import { finalStates, isFinal, type LiveResponseRequest, openStates, type Vote } from '../../src/request/request';
import { transition } from '../../src/request/transition';
import { wakeAt } from '../../src/request/wake-at';
import { action, ana, base, bob, cleo, commands, dan, decideBy, samples, startBy, vote } from './sample';
import { createSmallWorld, deepFreeze, isOver, type SmallWorld } from './small-world';
import { histories, type Step } from './small-world-steps';

function play(steps: readonly Step[], approvalsNeeded: number): SmallWorld['world'] {
  const { world, play, settle } = createSmallWorld(approvalsNeeded);
  for (const step of steps) play(step);
  settle();
  return world;
}

/** How often each state was where a history ended, so that the property is known to have met them all. */
const ends = new Map<string, number>();

test('whatever people, clocks and Defender do, the three promises hold and every history ends', () => {
  fc.assert(
    fc.property(histories, fc.constantFrom(0, 1, 1, 2), (steps, approvalsNeeded) => {
      const world = play(steps, approvalsNeeded);
      const { request } = world;
      ends.set(request.state, (ends.get(request.state) ?? 0) + 1);
      expect(world.broken).toEqual([]);
      expect(world.actions.length).toBeLessThanOrEqual(1);
      expect(isOver(request)).toBe(true);
      expectTruth(world);
    }),
    { numRuns: 1_000 },
  );
});

test('the histories above ended in every way in which a request can end', () => {
  expect([...ends.keys()].sort()).toEqual([...finalStates, 'unknown'].sort());
});

/** What the thread says at the end is what Defender did. */
function expectTruth({ request, actions, news, fetched }: SmallWorld['world']): void {
  const [only] = actions;
  const told = news.map((n) => n.type);
  const once = (type: string) => expect(told.filter((t) => t === type).length).toBeLessThanOrEqual(1);
  once('started');
  once('approved');
  once('cannotTell');
  once('ended');
  const failures = news.flatMap((n) => (n.type === 'commandFailed' ? [n.progress.index] : []));
  expect(new Set(failures).size).toBe(failures.length);
  expect(new Set(fetched).size).toBe(fetched.length);
  if (!isFinal(request.state)) return;
  const actionId = 'actionId' in request ? request.actionId : null;
  expect(actionId).toBe(only?.id ?? null);
  if (only === undefined) {
    expect(['lapsed', 'denied', 'expired', 'withdrawn', 'voided', 'refused', 'cancelled']).toContain(request.state);
    return;
  }
  const expected = { Succeeded: 'succeeded', Failed: 'failed', TimeOut: 'timedOut', Cancelled: 'cancelled' }[
    only.status
  ];
  expect(request.state === 'lapsed' ? 'cancelled' : request.state).toBe(expected);
  if (only.acted) expect(request).not.toMatchObject({ state: 'lapsed' });
  if (only.acted) expect(request).not.toMatchObject({ mayHaveActed: false });
  const ran = only.progress.filter((p) => p.startedAt !== null && commands[p.index]?.type !== 'PutFile');
  expect(fetched).toEqual(expect.arrayContaining(ran.map((p) => p.index)));
}

const anyPerson = fc.constantFrom(ana, bob, cleo, dan);
const anyReason = fc.constantFrom(null, '', ' ', 'because');
const anyInstant = fc.oneof(
  fc.constantFrom(0, decideBy, startBy, startBy + 1),
  fc.integer({ min: -1, max: startBy * 2 }),
);
const anyProgress = fc.array(
  fc.record({
    index: fc.integer({ min: -1, max: 5 }),
    status: fc.constantFrom('Created', 'Completed', 'Failed', 'Odd'),
    startedAt: fc.constantFrom(null, 't'),
    endedAt: fc.constantFrom(null, 't'),
    errors: fc.constantFrom([], ['no such file']),
  }),
  { maxLength: 5 },
);
const anyAction: fc.Arbitrary<ObservedAction> = fc
  .record({
    actionId: fc.constantFrom('action-1', 'action-1', 'action-2'),
    status: fc.constantFrom('Pending', 'InProgress', 'Succeeded', 'Failed', 'TimeOut', 'Cancelled', 'Odd'),
    progress: anyProgress,
  })
  .map((over) => action(over.status, over));
const anyVote: fc.Arbitrary<Vote> = fc
  .record({ by: anyPerson, decision: fc.constantFrom('approve' as const, 'deny' as const), reason: anyReason })
  .map(({ by, decision, reason }) => vote(by, decision, { reason }));

/** One arbitrary for each type, so that a new event cannot be forgotten here. */
const anyEventOf: { readonly [T in EventType]: fc.Arbitrary<Extract<Event, { type: T }>> } = {
  voted: anyVote.map((cast) => ({ type: 'voted', vote: cast })),
  cancelAsked: fc.record({ type: fc.constant('cancelAsked'), by: anyPerson, reason: anyReason }),
  clock: fc.constant({ type: 'clock' }),
  changed: fc.constant({ type: 'changed', changes: [{ type: 'deviceGone' }] }),
  admitted: fc.constant({ type: 'admitted' }),
  accepted: anyAction.map((seen) => ({ type: 'accepted', action: seen })),
  putBack: fc.record({
    type: fc.constant('putBack'),
    hold: fc.constantFrom({ type: 'deviceBusy' }, { type: 'rateLimited' }, { type: 'checkFailed', code: 'x' }),
    notBefore: anyInstant,
  }),
  rejected: fc.constant({ type: 'rejected', code: 'x', message: 'y' }),
  unclear: fc.constant({ type: 'unclear' }),
  lookedUp: fc.record({ type: fc.constant('lookedUp'), action: fc.option(anyAction), complete: fc.boolean() }),
  observed: anyAction.map((seen) => ({ type: 'observed', action: seen })),
  vanished: fc.constant({ type: 'vanished' }),
  cancelRefused: fc.constant({ type: 'cancelRefused', code: 'x' }),
};
const anyEvent: fc.Arbitrary<Event> = fc.oneof(...Object.values(anyEventOf));
const anyStart: fc.Arbitrary<LiveResponseRequest> = fc.constantFrom(
  ...openStates.flatMap((state) => [samples[state], samples[state]]),
  ...finalStates.map((state) => samples[state]),
);

test('any events in any order: nothing throws, is changed in place, leaves a final state, or drags fields along', () => {
  fc.assert(
    fc.property(anyStart, fc.array(fc.tuple(anyEvent, anyInstant), { maxLength: 25 }), (start, events) => {
      let request = start;
      for (const [event, at] of events) {
        const outcome = transition(deepFreeze(request), deepFreeze(event), at);
        if (!outcome.ok) continue;
        const next = outcome.value.request;
        if (isFinal(request.state)) expect(outcome.value).toEqual({ request, effects: [] });
        if (next === request) expect(outcome.value.effects).toEqual([]);
        else expect(outcome.value.effects).toContainEqual({ type: 'updateCards' });
        expect(Object.keys(next).sort()).toEqual(Object.keys(samples[next.state]).sort());
        expect({ ...next, ...base }).toEqual(next);
        request = next;
      }
    }),
    { numRuns: 600 },
  );
});

test('any events in any order: a clock that is due changes the request and is not due again', () => {
  fc.assert(
    fc.property(anyStart, fc.array(fc.tuple(anyEvent, anyInstant), { maxLength: 10 }), (start, events) => {
      let request = start;
      for (const [event, at] of events) {
        const outcome = transition(request, event, at);
        if (outcome.ok) request = outcome.value.request;
        const due = wakeAt(request);
        if (due === null) continue;
        const rung = transition(request, { type: 'clock' }, due);
        expect(rung.ok && rung.value.request !== request).toBe(true);
        expect(rung.ok && wakeAt(rung.value.request)).not.toBe(due);
        expect(transition(request, { type: 'clock' }, due - 1)).toEqual({ ok: true, value: { request, effects: [] } });
      }
    }),
    { numRuns: 300 },
  );
});
