import fc from 'fast-check';
import { hours, minutes, seconds } from '../../src/lib/clock';
import type { Decision, Person } from '../../src/request/request';
import type { RequestBar } from '../../src/request/votes/bar';
import { ana, ana2, bar, bob, bob2, cleo, dan, eve } from './sample';

/** How the submission fares; `late` and the crashes leave no answer, and Defender may take it all the same. */
export type Fate =
  | 'created'
  | 'lostBefore'
  | 'lostAfter'
  /** 201 with somebody else's action; ours was made (`foreignAfter`) or not. */
  | 'foreign'
  | 'foreignAfter'
  /** 201 that leaves out whose it is. */
  | 'bare'
  /** It runs other commands under our marker; 201 or no answer. */
  | 'altered'
  | 'alteredLost'
  | 'late'
  | 'crashBefore'
  | 'crashAfter'
  | 'busy'
  | 'rate'
  | 'sessions'
  | 'notSent'
  | 'rejected';

/** Which card the vote comes from: the one of this round, one of an earlier round, or one that never was. */
export type Shown = 'now' | 'before' | 'never';

/** What rules ask for: none (which must mean one), one, two, one from each of two groups. The requester is named by mistake. */
export const bars: readonly RequestBar[] = [
  { approvalsNeeded: 0, approvers: 0, leads: 0 },
  { approvalsNeeded: 1, approvers: 0, leads: 0 },
  { approvalsNeeded: 2, approvers: 0, leads: 0 },
  { approvalsNeeded: 1, approvers: 1, leads: 1 },
  { approvalsNeeded: 2, approvers: 0, leads: 2 },
].map(({ approvalsNeeded, approvers, leads }) => ({
  ...bar,
  approvalsNeeded,
  seats: [
    { group: 'approvers', count: approvers },
    { group: 'leads', count: leads },
  ],
  escalateIds: [eve.id],
  breakGlassIds: leads === 1 ? [] : [ana2.id, bob2.id, cleo.id, eve.id],
}));

export type Step =
  | { readonly do: 'vote'; readonly by: Person; readonly decision: Decision; readonly shown: Shown }
  /** The policy or a right has changed, and with it, as a rule, the digest. */
  | { readonly do: 'askAgain'; readonly bar: RequestBar; readonly policyVersion: string }
  | { readonly do: 'breakGlass'; readonly by: Person; readonly approvalsNeeded: number }
  | { readonly do: 'cancel'; readonly by: Person }
  /** Whether to send it once more. */
  | { readonly do: 'resend'; readonly by: Person; readonly decision: Decision }
  /** Our clock jumps against Defender's, both ways. */
  | { readonly do: 'jump'; readonly ms: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'change' }
  | { readonly do: 'checkFails' }
  | { readonly do: 'admit' }
  | { readonly do: 'submit'; readonly fate: Fate; readonly hideMs: number; readonly lateMs: number }
  | { readonly do: 'lists'; readonly readable: boolean }
  | { readonly do: 'device'; readonly what: 'reach' | 'next' | 'fail' | 'timeOut' | 'foreignCancel' }
  /** Only what we have seen can vanish: a lost submission that Defender never shows would be Defender breaking its word. */
  | { readonly do: 'vanish' }
  | { readonly do: 'reappear' }
  | { readonly do: 'poll'; readonly stale: boolean; readonly bare: boolean }
  | { readonly do: 'sendCancel'; readonly accepted: boolean };

const people = fc.constantFrom(bob, bob, bob2, cleo, cleo, eve, ana, ana2, dan);
const always = <T>(value: T) => fc.constant(value);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: always('vote' as const),
      by: people,
      decision: fc.constantFrom<Decision>('approve', 'approve', 'approve', 'deny'),
      shown: fc.constantFrom<Shown>('now', 'now', 'now', 'before', 'never'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: always('askAgain' as const),
      bar: fc.constantFrom(...bars),
      policyVersion: fc.constantFrom('policy-7', 'policy-8'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: always('breakGlass' as const), by: people, approvalsNeeded: fc.constantFrom(0, 1) }),
  },
  { weight: 1, arbitrary: fc.record({ do: always('cancel' as const), by: people }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: always('resend' as const),
      by: people,
      decision: fc.constantFrom<Decision>('approve', 'approve', 'approve', 'deny'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: always('jump' as const),
      ms: fc.constantFrom(minutes(-10), minutes(-4), minutes(-1), minutes(1), minutes(4), minutes(10)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: always('pass' as const),
      ms: fc.constantFrom(
        1,
        seconds(5),
        seconds(20),
        minutes(1),
        minutes(3),
        minutes(3),
        minutes(10),
        minutes(30),
        hours(1),
      ),
    }),
  },
  { weight: 5, arbitrary: always<Step>({ do: 'admit' }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: always('submit' as const),
      fate: fc.constantFrom<Fate>(
        'created',
        'created',
        'lostBefore',
        'lostBefore',
        'lostAfter',
        'foreign',
        'foreignAfter',
        'bare',
        'altered',
        'alteredLost',
        'late',
        'crashBefore',
        'crashAfter',
        'busy',
        'busy',
        'rate',
        'sessions',
        'notSent',
        'rejected',
      ),
      // Longer than the settle time as well: a list that hides an action for that long proves nothing.
      hideMs: fc.oneof(fc.integer({ min: 0, max: seconds(120) }), fc.integer({ min: 0, max: minutes(15) })),
      lateMs: fc.integer({ min: 0, max: seconds(45) }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: always('lists' as const), readable: fc.boolean() }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: always('device' as const),
      what: fc.constantFrom('reach', 'reach', 'next', 'next', 'next', 'fail', 'fail', 'timeOut', 'foreignCancel'),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: always('poll' as const), stale: fc.boolean(), bare: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: always('sendCancel' as const), accepted: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>({ do: 'change' }, { do: 'checkFails' }, { do: 'vanish' }, { do: 'reappear' }),
  },
);

const approvals = [bob, cleo, eve].map((by): Step => ({ do: 'vote', by, decision: 'approve', shown: 'now' }));
const submission = (fate: Fate): readonly Step[] => [{ do: 'admit' }, { do: 'submit', fate, hideMs: 0, lateMs: 0 }];
const resend = [bob, cleo, eve].map((by): Step => ({ do: 'resend', by, decision: 'approve' }));
const askedAgain = (bar: RequestBar | undefined): readonly Step[] =>
  bar === undefined ? [] : [{ do: 'askAgain', bar, policyVersion: 'policy-8' }];
const course: readonly Step[] = [
  { do: 'poll', stale: false, bare: false },
  { do: 'device', what: 'reach' },
  { do: 'device', what: 'next' },
  { do: 'poll', stale: false, bare: false },
];

const beginnings: ReadonlyArray<readonly Step[]> = [
  [...approvals, ...submission('created'), ...course],
  [...approvals, ...submission('created'), ...course],
  [...approvals, ...askedAgain(bars[2]), ...approvals, ...submission('created'), ...course],
  [...approvals, ...submission('rate'), ...askedAgain(bars[1]), ...approvals, { do: 'pass', ms: minutes(1) }],
  [...approvals, ...submission('lostBefore'), { do: 'pass', ms: minutes(10) }, ...resend, ...submission('busy')],
  [
    ...approvals,
    { do: 'admit' },
    { do: 'submit', fate: 'lostAfter', hideMs: minutes(8), lateMs: 0 },
    { do: 'pass', ms: minutes(5) },
    ...resend,
    ...submission('created'),
    { do: 'pass', ms: minutes(30) },
    ...course,
  ],
  // Our clock jumps while it is sent, the lists cannot be read for hours, and people decide once they can.
  [
    ...approvals,
    { do: 'admit' },
    { do: 'jump', ms: minutes(4) },
    { do: 'submit', fate: 'lostAfter', hideMs: minutes(12), lateMs: 0 },
    { do: 'lists', readable: false },
    { do: 'jump', ms: minutes(-10) },
    { do: 'pass', ms: minutes(90) },
    { do: 'lists', readable: true },
    { do: 'pass', ms: minutes(10) },
    ...resend,
    ...submission('busy'),
  ],
  [
    ...approvals,
    ...submission('crashAfter'),
    { do: 'jump', ms: minutes(4) },
    { do: 'pass', ms: minutes(3) },
    ...resend,
  ],
  [...approvals, ...submission('altered'), { do: 'pass', ms: minutes(3) }, ...course],
  [
    { do: 'breakGlass', by: cleo, approvalsNeeded: 1 },
    { do: 'vote', by: eve, decision: 'approve', shown: 'now' },
    ...submission('created'),
    ...course,
  ],
];

/** Random steps after none, a part or all of a usual beginning, so that what comes late is met as often as what comes early. */
export const histories: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.constantFrom(...beginnings),
    fc.integer({ min: 0, max: 14 }),
    fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }),
  )
  .map(([beginning, begun, steps]) => [...beginning.slice(0, begun), ...steps]);
