import { seconds } from '../../src/lib/clock';
import { digestOf } from '../../src/request/ask/digest';
import type { Effect, News } from '../../src/request/effect';
import type { Event, EventType, ObservedAction } from '../../src/request/event';
import type { Transition } from '../../src/request/outcome';
import type { InState, LiveResponseRequest, State } from '../../src/request/request';
import { transition } from '../../src/request/transition';
import { action, ana, bar, base, bob, cleo, now, termsOf, vote } from './sample';

const lowered = { ...bar, approvalsNeeded: 1, seats: [{ group: 'leads', count: 1 }] };

/** Cleo breaks the glass: one approval by a lead is enough. */
export function brokeGlass(over: Partial<Extract<Event, { type: 'brokeGlass' }>> = {}) {
  const changed = { by: cleo, bar: lowered, approverIds: bar.breakGlassIds, ...over };
  const digest = digestOf({ ...base, bar: changed.bar, round: 2 });
  return { type: 'brokeGlass', reason: 'it spreads', incident: 'INC-1042', digest, ...changed } as const;
}

/** One event of each type, such as it usually comes. */
export const usual: { readonly [T in EventType]: Extract<Event, { type: T }> } = {
  voted: { type: 'voted', vote: vote(bob) },
  votedToResend: { type: 'votedToResend', vote: vote(bob) },
  cancelAsked: { type: 'cancelAsked', by: ana, reason: null },
  askedAgain: {
    type: 'askedAgain',
    because: [{ type: 'policyChanged' }],
    terms: termsOf(base, { policyVersion: 'policy-8' }),
  },
  brokeGlass: brokeGlass(),
  questionAsked: { type: 'questionAsked', by: bob, text: 'which account?' },
  questionAnswered: { type: 'questionAnswered', by: ana, number: 1, text: 'svc-backup' },
  clock: { type: 'clock' },
  clockSetBack: { type: 'clockSetBack' },
  changed: { type: 'changed', changes: [{ type: 'policyChanged' }] },
  storeRestored: { type: 'storeRestored' },
  admitted: { type: 'admitted' },
  accepted: { type: 'accepted', action: action('Pending') },
  putBack: { type: 'putBack', hold: { type: 'deviceBusy' }, notBefore: now + seconds(30) },
  rejected: { type: 'rejected', code: 'OsPlatformNotSupported', message: 'Not supported.' },
  unclear: { type: 'unclear' },
  lookedUp: { type: 'lookedUp', actions: [], complete: true, date: now },
  observed: { type: 'observed', action: action('InProgress') },
  vanished: { type: 'vanished' },
  cancelRefused: { type: 'cancelRefused', code: 'BadRequest' },
  batchStopped: { type: 'batchStopped', stop: { type: 'failures', count: 3, at: now } },
  canaryPassedOver: { type: 'canaryPassedOver', by: bob, number: 1 },
  batchGoneOn: { type: 'batchGoneOn', by: bob },
  batchEnded: { type: 'batchEnded', outcomes: [{ number: 1, outcome: 'succeeded' }] },
  calledOff: { type: 'calledOff', because: 'stopped' },
};

export const voted = (...args: Parameters<typeof vote>): Event => ({ type: 'voted', vote: vote(...args) });
export const cancelBy = (by = ana, reason: string | null = null): Event => ({ type: 'cancelAsked', by, reason });
export const observed = (status: ObservedAction['status'], over: Partial<ObservedAction> = {}): Event => ({
  type: 'observed',
  action: action(status, over),
});
export const found = (status: ObservedAction['status'], over: Partial<ObservedAction> = {}): Event => ({
  type: 'lookedUp',
  complete: true,
  date: now,
  actions: [action(status, over)],
});
/** A complete look without it, at this instant of Defender's own clock. */
export const absent = (date: number | null): Event => ({ type: 'lookedUp', actions: [], complete: true, date });
export const unreadable: Event = { type: 'lookedUp', actions: [], complete: false, date: null };
export const resend = (...args: Parameters<typeof vote>): Event => ({ type: 'votedToResend', vote: vote(...args) });
export const putBack = (type: 'deviceBusy' | 'rateLimited' | 'sessionsFull', notBefore = now + seconds(30)): Event => ({
  type: 'putBack',
  hold: { type },
  notBefore,
});

export const go = (request: LiveResponseRequest, event: Event, at = now): Transition => {
  const outcome = transition(request, event, at);
  if (!outcome.ok) throw new Error(`refused: ${outcome.error.type}`);
  return outcome.value;
};
export const into = <S extends State>(step: Transition, state: S): InState<S> => {
  expect(step.request.state).toBe(state);
  return step.request as InState<S>;
};
export const refusalOf = (request: LiveResponseRequest, event: Event, at = now): string | null => {
  const outcome = transition(request, event, at);
  return outcome.ok ? null : outcome.error.type;
};
export const newsOf = ({ effects }: Transition): readonly News[] =>
  effects.flatMap((e) => (e.type === 'reply' ? [e.news] : []));
export const workOf = ({ effects }: Transition): readonly Effect[] =>
  effects.filter((e) => e.type !== 'reply' && e.type !== 'updateCards');
export const told = (step: Transition): readonly string[] => newsOf(step).map((n) => n.type);
