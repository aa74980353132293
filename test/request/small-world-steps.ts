import fc from 'fast-check';
import { hours, minutes, seconds } from '../../src/lib/clock';
import type { Decision, Digest, Person } from '../../src/request/request';
import { ana, base, bob, cleo, dan } from './sample';

/** How the submission fares; `late` and the crashes leave no answer, and Defender may take it all the same. */
export type Fate =
  | 'created'
  | 'lostBefore'
  | 'lostAfter'
  | 'late'
  | 'crashBefore'
  | 'crashAfter'
  | 'busy'
  | 'rate'
  | 'sessions'
  | 'notSent'
  | 'rejected';

export type Step =
  | { readonly do: 'vote'; readonly by: Person; readonly decision: Decision; readonly digest: Digest }
  | { readonly do: 'cancel'; readonly by: Person }
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

const otherDigest = 'f'.repeat(64) as Digest;
const people = fc.constantFrom(bob, bob, cleo, cleo, ana, dan);
const always = <T>(value: T) => fc.constant(value);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: always('vote' as const),
      by: people,
      decision: fc.constantFrom<Decision>('approve', 'approve', 'approve', 'deny'),
      digest: fc.constantFrom(base.digest, base.digest, otherDigest),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: always('cancel' as const), by: people }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: always('pass' as const),
      ms: fc.constantFrom(1, seconds(5), seconds(20), minutes(1), minutes(3), minutes(3), minutes(10), hours(1)),
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
      hideMs: fc.integer({ min: 0, max: seconds(120) }),
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

const usualBeginning: readonly Step[] = [
  { do: 'vote', by: bob, decision: 'approve', digest: base.digest },
  { do: 'admit' },
  { do: 'submit', fate: 'created', hideMs: 0, lateMs: 0 },
  { do: 'poll', stale: false, bare: false },
  { do: 'device', what: 'reach' },
  { do: 'device', what: 'next' },
  { do: 'poll', stale: false, bare: false },
];

/** Random steps after none, a part or all of the usual beginning, so that what comes late is met as often as what comes early. */
export const histories: fc.Arbitrary<readonly Step[]> = fc
  .tuple(fc.integer({ min: 0, max: usualBeginning.length }), fc.array(step, { minLength: 5, maxLength: 40 }))
  .map(([begun, steps]) => [...usualBeginning.slice(0, begun), ...steps]);
