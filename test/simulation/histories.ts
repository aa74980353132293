import fc from 'fast-check';
import { type Answer, calm, type DeviceSpec, type Fate, type Scenario, type Span, type Wish } from './scenario';

const minutes = (n: number) => n * 60_000;
/** By seconds, so that instants meet. */
const within = (mostMs: number) => fc.integer({ min: 0, max: mostMs / 1_000 }).map((s) => s * 1_000);

const span: fc.Arbitrary<Span> = fc
  .tuple(within(minutes(15)), within(minutes(12)))
  .map(([from, ms]) => [from, from + ms]);
const spans = fc.array(span, { maxLength: 2 });

const wish: fc.Arbitrary<Wish> = fc.record({
  who: fc.integer({ min: 0, max: 2 }),
  device: fc.integer({ min: 0, max: 4 }),
  approvedAt: within(minutes(10)),
  cancelAt: fc.option(within(minutes(20)), { freq: 6 }),
});

const device: fc.Arbitrary<DeviceSpec> = fc.record({ offline: spans, busy: spans });

const fate = fc.constantFrom<Fate>(
  'answered',
  'answered',
  'answered',
  'lostBefore',
  'lostAfter',
  'errorBefore',
  'errorAfter',
  'late',
  'notSent',
  'throttled',
  'rejected',
);

const limits = fc.record({ runsPerMinute: fc.integer({ min: 1, max: 4 }), sessions: fc.integer({ min: 1, max: 4 }) });
const runMs = fc.array(
  fc.integer({ min: 1, max: 300 }).map((s) => s * 1_000),
  { minLength: 1, maxLength: 6 },
);
const wishes = fc.array(wish, { minLength: 1, maxLength: 7 });

/** Nothing goes wrong on our side: devices may be away or busy, and Defender is as we are told. */
export const fairWeather: fc.Arbitrary<Scenario> = fc
  .record({
    limits,
    wishes,
    runMs,
    devices: fc.array(device, { maxLength: 5 }),
    replicas: fc.constantFrom<1 | 2>(1, 2),
  })
  .map((drawn) => ({ ...calm, ...drawn, truth: drawn.limits }));

/** Everything may go wrong: crashes, stalls, lost answers, foreign traffic, and a Defender with less room than we are told. */
export const badWeather: fc.Arbitrary<Scenario> = fc
  .record({
    limits,
    wishes,
    runMs,
    truth: fc.option(limits, { freq: 2 }),
    replicas: fc.constantFrom<1 | 2>(1, 2),
    devices: fc.array(device, { maxLength: 5 }),
    fates: fc.array(fate, { maxLength: 12 }),
    readMs: fc.constantFrom(1, 150, 20_000),
    outMs: fc.constantFrom(1, 80, 4_000),
    backMs: fc.constantFrom(1, 80, 9_000),
    hideMs: fc.constantFrom(0, 20_000, minutes(2)),
    crashes: fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: minutes(15) }),
        replica: fc.constantFrom(0, 1),
        downMs: fc.constantFrom(1, 2_000, minutes(4)),
      }),
      { maxLength: 4 },
    ),
    stalls: fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: minutes(15) }),
        replica: fc.constantFrom(0, 1),
        forMs: fc.constantFrom(5_000, 45_000, minutes(4), minutes(9)),
      }),
      { maxLength: 4 },
    ),
    unreadable: spans,
    foreignCalls: fc.array(within(minutes(10)), { maxLength: 6 }),
    foreignSessions: spans,
    startWithinMs: fc.constantFrom(minutes(20), minutes(120)),
  })
  .map(({ truth, ...drawn }) => ({ ...calm, ...drawn, truth: truth ?? drawn.limits }));

/** A quiet service has checked after `readMs`, and sends a moment after that. */
const aroundTheCommit = fc.integer({ min: calm.readMs, max: calm.readMs + 6 });

/** One process is killed or stopped about when it sends: from its commit to its POST is a matter of milliseconds. */
export const atTheBrink: fc.Arbitrary<Scenario> = fc
  .record({
    wishes: fc.array(wish, { minLength: 1, maxLength: 3 }),
    lead: fc.oneof(fc.integer({ min: 0, max: 400 }), aroundTheCommit),
    what: fc.constantFrom('stall', 'crash'),
    forMs: fc.constantFrom(20_000, 45_000, minutes(4), minutes(9)),
    replicas: fc.constantFrom<1 | 2>(1, 2),
    fates: fc.array(fate, { maxLength: 4 }),
    runMs,
  })
  .map(({ wishes, lead, what, forMs, replicas, fates, runMs }) => {
    const at = (wishes[0]?.approvedAt ?? 0) + lead;
    const [crashes, stalls] =
      what === 'crash' ? [[{ at, replica: 0, downMs: forMs }], []] : [[], [{ at, replica: 0, forMs }]];
    return {
      ...calm,
      wishes,
      replicas,
      fates,
      runMs,
      crashes,
      stalls,
      limits: { runsPerMinute: 4, sessions: 4 },
      truth: { runsPerMinute: 4, sessions: 4 },
    };
  });

const doubtfulFate = fc.constantFrom<Fate>(
  ...(['answered', 'answered', 'lostBefore', 'lostBefore', 'lostAfter', 'lostAfter', 'late'] as const),
  ...(['errorBefore', 'errorAfter', 'foreignBefore', 'foreignAfter', 'bare', 'altered', 'alteredLost'] as const),
  ...(['notSent', 'throttled', 'rejected'] as const),
);
/** As documented, and for longer than the settle time: a list that hides an action for that long proves nothing. */
const hide = fc.oneof(within(minutes(2)), within(minutes(15)));
const answer: fc.Arbitrary<Answer> = fc.record({
  what: fc.constantFrom<Answer['what']>('sendOnceMore', 'sendOnceMore', 'sendOnceMore', 'half', 'leave'),
  afterMs: within(minutes(10)),
});
const longSpan: fc.Arbitrary<Span> = fc
  .tuple(within(minutes(20)), fc.oneof(within(minutes(12)), within(minutes(360))))
  .map(([from, ms]) => [from, from + ms]);

/** Nobody can tell what Defender did, for minutes and for hours, and people decide to send it once more. */
export const inDoubt: fc.Arbitrary<Scenario> = fc
  .record({
    wishes: fc
      .array(wish, { minLength: 1, maxLength: 3 })
      .map((drawn) => drawn.map((w) => ({ ...w, device: w.device % 2 }))),
    runMs,
    devices: fc.array(fc.record({ offline: fc.array(longSpan, { maxLength: 1 }), busy: spans }), { maxLength: 2 }),
    replicas: fc.constantFrom<1 | 2>(1, 2),
    fates: fc.array(doubtfulFate, { minLength: 1, maxLength: 8 }),
    hides: fc.array(hide, { maxLength: 4 }),
    aheadMs: fc.constantFrom(0, minutes(-5), minutes(5)),
    jumps: fc.array(
      fc.record({
        at: within(minutes(30)),
        ms: fc.constantFrom(minutes(-10), minutes(-4), minutes(-1), minutes(1), minutes(4), minutes(10)),
      }),
      { maxLength: 3 },
    ),
    outages: fc.array(fc.record({ span: longSpan, arrives: fc.boolean() }), { maxLength: 1 }),
    unreadable: fc.array(longSpan, { maxLength: 1 }),
    answers: fc.array(answer, { minLength: 1, maxLength: 4 }),
    crashes: fc.array(
      fc.record({
        at: fc.oneof(within(minutes(15)), aroundTheCommit),
        replica: fc.constantFrom(0, 1),
        downMs: fc.constantFrom(1, 2_000, minutes(4)),
      }),
      { maxLength: 3 },
    ),
    stalls: fc.array(
      fc.record({
        at: fc.oneof(within(minutes(15)), aroundTheCommit),
        replica: fc.constantFrom(0, 1),
        forMs: fc.constantFrom(5_000, 45_000, minutes(4)),
      }),
      { maxLength: 2 },
    ),
    startWithinMs: fc.constantFrom(minutes(20), minutes(120)),
  })
  .map((drawn) => ({ ...calm, ...drawn }));

export const weathers = { fairWeather, badWeather, atTheBrink, inDoubt } as const;
