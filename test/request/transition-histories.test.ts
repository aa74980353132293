import fc from 'fast-check';
import type { Effect } from '../../src/request/effect';
import type { Event, EventType, ObservedAction } from '../../src/request/event';
import { baseOf } from '../../src/request/outcome';
import { finalStates, isFinal, type LiveResponseRequest, openStates, type Vote } from '../../src/request/request';
import { transition } from '../../src/request/transition';
import type { RequestBar } from '../../src/request/votes/bar';
import { wakeAt } from '../../src/request/wake-at';
import {
  action,
  ana,
  ana2,
  base,
  bob,
  bob2,
  cleo,
  commands,
  dan,
  decideBy,
  eve,
  remindAt,
  samples,
  startBy,
  termsOf,
  vote,
} from './sample';
import { createSmallWorld, type SmallWorld } from './small-world';
import { deepFreeze, fieldsOf, isOver } from './small-world-promises';
import { bars, histories, type Step } from './small-world-steps';
import { brokeGlass } from './steps';

function play(steps: readonly Step[], bar: RequestBar): SmallWorld['world'] {
  const { world, play, settle } = createSmallWorld(bar);
  for (const step of steps) play(step);
  settle();
  return world;
}

/** How often each state was where a history ended, so that the property is known to have met them all. */
const ends = new Map<string, number>();

test('whatever people, clocks and Defender do, the three promises hold and every history ends', () => {
  fc.assert(
    fc.property(histories, fc.constantFrom(...bars), (steps, bar) => {
      const world = play(steps, bar);
      const { request } = world;
      const met = [
        request.state,
        ...world.news.map(({ type }) => type),
        world.submissions.length > 0 ? 'submitted' : '',
      ];
      if (world.submissions.length > 0 && request.round > 1) met.push('submitted in a later round');
      if (world.submissions.length > 0 && request.emergency !== null) met.push('submitted after break-glass');
      if (world.submissions.length > 1 && request.round > 1) met.push('submitted again in a later round');
      for (const what of met) ends.set(what, (ends.get(what) ?? 0) + 1);
      expect(world.broken).toEqual([]);
      expect(ours(world).length).toBeLessThanOrEqual(world.arrived.size);
      if (world.arrived.size > 1) met.push('sent once more');
      if (ours(world).length > 1) met.push('ran twice by two decisions');
      expect(isOver(request)).toBe(true);
      expectTruth(world);
    }),
    { numRuns: 1_500 },
  );
});

test('the histories above ended in every way in which a request can end', () => {
  expect([...ends.keys()]).toEqual(expect.arrayContaining(finalStates.filter((state) => state !== 'batchEnded')));
});

test('the histories above asked again, broke the glass and reminded, before a submission and between two', () => {
  expect([...ends.keys()]).toEqual(
    expect.arrayContaining([
      'askedAgain',
      'brokeGlass',
      'reminded',
      'submitted in a later round',
      'submitted after break-glass',
      'submitted again in a later round',
    ]),
  );
});

const ours = ({ actions }: SmallWorld['world']) => actions.filter((a) => !a.isForeign);

/** What the thread says at the end is what Defender did. */
function expectTruth(world: SmallWorld['world']): void {
  const { request, news, fetched } = world;
  const told = news.map((n) => n.type);
  const atMost = (type: string, times: number) =>
    expect(told.filter((t) => t === type).length).toBeLessThanOrEqual(times);
  const once = (type: string) => atMost(type, 1);
  once('started');
  atMost('approved', request.round);
  atMost('reminded', request.round);
  once('cannotTell');
  // An end that left it open is told, and so is the end of what then turned up.
  atMost('ended', 2);
  const failures = news.flatMap((n) => (n.type === 'commandFailed' ? [n.progress.index] : []));
  expect(new Set(failures).size).toBe(failures.length);
  expect(new Set(fetched).size).toBe(fetched.length);
  if (!isFinal(request.state)) return;
  const actionId = 'actionId' in request ? request.actionId : null;
  const only = ours(world).find(({ id }) => id === actionId);
  if (request.state === 'unconfirmed') return;
  expect(actionId).toBe(only?.id ?? null);
  if (only === undefined) {
    // Every end that says that nothing ran.
    expect(['lapsed', 'denied', 'expired', 'withdrawn', 'voided', 'refused', 'cancelled']).toContain(request.state);
    expect(ours(world)).toEqual([]);
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

const anyPerson = fc.constantFrom(ana, ana2, bob, bob2, cleo, dan, eve);
const anyReason = fc.constantFrom(null, '', ' ', 'because');
const anyInstant = fc.oneof(
  fc.constantFrom(0, remindAt, decideBy, startBy, startBy + 1),
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
    whose: fc.constantFrom({}, {}, {}, { comment: 'x' }, { comment: null }, { asked: null }, { asked: [] }),
  })
  .map(({ whose, ...over }) => action(over.status, { ...over, ...whose }));
const anyVote: fc.Arbitrary<Vote> = fc
  .record({ by: anyPerson, decision: fc.constantFrom('approve' as const, 'deny' as const), reason: anyReason })
  .map(({ by, decision, reason }) => vote(by, decision, { reason }));

const anyText = fc.constantFrom('which account?', '', '\u200b', 'x'.repeat(2_000));
const anyBar = fc.constantFrom(base.bar, ...bars);
const anyApprovers = fc.subarray([ana.id, bob.id, bob2.id, cleo.id, eve.id]);

/** One arbitrary for each type, so that a new event cannot be forgotten here. */
const anyEventOf: { readonly [T in EventType]: fc.Arbitrary<Extract<Event, { type: T }>> } = {
  voted: anyVote.map((cast) => ({ type: 'voted', vote: cast })),
  votedToResend: anyVote.map((cast) => ({ type: 'votedToResend', vote: cast })),
  cancelAsked: fc.record({ type: fc.constant('cancelAsked'), by: anyPerson, reason: anyReason }),
  askedAgain: fc
    .record({ bar: anyBar, approverIds: anyApprovers, policyVersion: fc.constantFrom('policy-7', 'policy-8') })
    .map((terms) => ({ type: 'askedAgain', because: [{ type: 'policyChanged' }], terms: termsOf(base, terms) })),
  brokeGlass: fc.record({ by: anyPerson, bar: anyBar, approverIds: anyApprovers }).map(brokeGlass),
  questionAsked: fc.record({ type: fc.constant('questionAsked'), by: anyPerson, text: anyText }),
  questionAnswered: fc.record({
    type: fc.constant('questionAnswered'),
    by: anyPerson,
    number: fc.integer({ min: 1, max: 4 }),
    text: anyText,
  }),
  clock: fc.constant({ type: 'clock' }),
  clockSetBack: fc.constant({ type: 'clockSetBack' }),
  changed: fc.constant({ type: 'changed', changes: [{ type: 'deviceGone' }] }),
  storeRestored: fc.constant({ type: 'storeRestored' }),
  admitted: fc.constant({ type: 'admitted' }),
  accepted: anyAction.map((seen) => ({ type: 'accepted', action: seen })),
  putBack: fc.record({
    type: fc.constant('putBack'),
    hold: fc.constantFrom({ type: 'deviceBusy' }, { type: 'rateLimited' }, { type: 'checkFailed', code: 'x' }),
    notBefore: anyInstant,
  }),
  rejected: fc.constant({ type: 'rejected', code: 'x', message: 'y' }),
  unclear: fc.constant({ type: 'unclear' }),
  lookedUp: fc.record({
    type: fc.constant('lookedUp'),
    actions: fc.array(anyAction, { maxLength: 3 }),
    complete: fc.boolean(),
    date: fc.option(anyInstant),
  }),
  observed: anyAction.map((seen) => ({ type: 'observed', action: seen })),
  vanished: fc.constant({ type: 'vanished' }),
  cancelRefused: fc.constant({ type: 'cancelRefused', code: 'x' }),
  batchStopped: fc.constant({ type: 'batchStopped', stop: { type: 'clock', at: 5 } }),
  canaryPassedOver: anyPerson.map((by) => ({ type: 'canaryPassedOver', by, number: 1 })),
  batchGoneOn: anyPerson.map((by) => ({ type: 'batchGoneOn', by })),
  batchEnded: fc.constant({ type: 'batchEnded', outcomes: [{ number: 1, outcome: 'lapsed' }] }),
  calledOff: fc.constantFrom({ type: 'calledOff', because: 'stopped' }, { type: 'calledOff', because: 'gaveWay' }),
};
const anyEvent: fc.Arbitrary<Event> = fc.oneof(...Object.values(anyEventOf));
const anyStart: fc.Arbitrary<LiveResponseRequest> = fc.constantFrom(
  ...openStates.flatMap((state) => [samples[state], samples[state]]),
  ...finalStates.map((state) => samples[state]),
);

/** The one step that changes nothing and still leaves work: a look that settled nothing is followed by the next. */
const looksOn = (request: LiveResponseRequest, event: Event): boolean =>
  'inDoubt' in request && request.inDoubt !== undefined && event.type === 'lookedUp';

const typesOf = (effects: readonly Effect[]): string[] => effects.map((effect) => effect.type);

/** What no round changes. */
function wishOf(request: LiveResponseRequest) {
  const { id, tenantId, requester, requesterKey, device, commands, library, reason, conversationId, createdAt } =
    request;
  return { id, tenantId, requester, requesterKey, device, commands, library, reason, conversationId, createdAt };
}

/** What is asked and answered changes none of it. */
function termsOfBase(request: LiveResponseRequest) {
  const { questions, ...terms } = baseOf(request);
  expect((questions ?? []).length).toBeLessThanOrEqual(3);
  return terms;
}

test('any events in any order: nothing throws, is changed in place, leaves a final state, or drags fields along', () => {
  fc.assert(
    fc.property(anyStart, fc.array(fc.tuple(anyEvent, anyInstant), { maxLength: 25 }), (start, events) => {
      let request = start;
      for (const [event, at] of events) {
        const outcome = transition(deepFreeze(request), deepFreeze(event), at);
        if (!outcome.ok) continue;
        const next = outcome.value.request;
        if (isFinal(request.state) && !looksOn(request, event)) expect(outcome.value).toEqual({ request, effects: [] });
        if (next === request)
          expect(
            typesOf(outcome.value.effects).filter((type) => type !== 'lookUp' || !looksOn(request, event)),
          ).toEqual([]);
        // When a look was is on no card.
        // A question and its answer are read in the thread, and close nobody's folds.
        else if (!looksOn(request, event) && !/^question/.test(event.type))
          expect(outcome.value.effects).toContainEqual({ type: 'updateCards' });
        expect(fieldsOf(next)).toEqual(fieldsOf(samples[next.state]));
        expect(wishOf(next)).toEqual(wishOf(start));
        if (next.round === request.round) expect(termsOfBase(next)).toEqual(termsOfBase(request));
        else expect(next).toMatchObject({ state: 'awaitingApproval', round: request.round + 1, votes: [] });
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
