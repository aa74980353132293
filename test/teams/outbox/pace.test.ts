import fc from 'fast-check';
import {
  begun,
  conversationLimits,
  ended,
  held,
  type Limit,
  mayBeginAt,
  mayEditAt,
  type Pace,
  saysNothingAfter,
  tenantLimits,
  unhurried,
} from '../../../src/teams/outbox/pace';

const at = (count: number, stepMs: number) => Array.from({ length: count }, (_, i) => i * stepMs);
const after = (ends: readonly number[], limits: readonly Limit[] = conversationLimits): Pace =>
  ends.reduce((pace, end) => ended(pace, 'x', end, limits), unhurried);

test.each<[string, readonly number[], number, number]>([
  ['nothing was sent yet', [], 5, 5],
  ['six in the last second', at(6, 0), 500, 500],
  ['seven in the last second', at(7, 0), 500, 1_100],
  ['eight in the last two seconds', [0, 0, 0, 0, 0, 0, 0, 1_000], 1_500, 2_100],
  ['sixty in the last thirty seconds', at(60, 400), 25_000, 30_100],
  ['1,800 in the last hour', at(1_800, 1_999), 3_599_000, 3_660_100],
  ['seven, but a while ago', at(7, 0), 90_000, 90_000],
])('after %s, the next call may begin at the right instant', (_what, ends, now, expected) => {
  expect(mayBeginAt(after(ends), now, conversationLimits)).toBe(expected);
});

test('a call under way takes a place until its end is known, and its place is then where it ended', () => {
  let pace = unhurried;
  for (const by of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) pace = begun(pace, by, 60_000, 0, conversationLimits);
  expect(mayBeginAt(pace, 10, conversationLimits)).toBe(Number.POSITIVE_INFINITY);
  pace = ended(pace, 'a', 400, conversationLimits);
  expect(mayBeginAt(pace, 400, conversationLimits)).toBe(1_500);
  expect(mayBeginAt(ended(pace, 'b', null, conversationLimits), 400, conversationLimits)).toBe(400);
});

test('a call of which nobody told the end counts as ended when it had to be', () => {
  const lost = at(7, 0).reduce((pace, _, i) => begun(pace, `${i}`, 60_000, 0, conversationLimits), unhurried);
  expect(mayBeginAt(lost, 60_000, conversationLimits)).toBe(61_100);
});

test('a row that is taken over leaves the call of the dead one behind', () => {
  let pace = begun(unhurried, 'row', 60_000, 0, conversationLimits);
  pace = begun(pace, 'row', 65_000, 5_000, conversationLimits);
  expect(pace.ended).toEqual([5_000]);
  expect(ended(pace, 'row', 5_200, conversationLimits)).toMatchObject({ ended: [5_000, 5_200], underWay: {} });
});

test('a wait that Teams asked for holds until it is over, and a shorter one does not end it', () => {
  const pace = held(held(unhurried, 5_000), 3_000);
  expect(mayBeginAt(pace, 4_999, conversationLimits)).toBe(5_000);
  expect(mayBeginAt(pace, 5_000, conversationLimits)).toBe(5_000);
});

test('a pace is as small after a day in a hurry as after an hour', () => {
  let [pace, now] = [unhurried, 0];
  for (let i = 0; i < 20_000; i++) {
    now = mayBeginAt(pace, now, conversationLimits);
    pace = ended(pace, 'x', now, conversationLimits);
  }
  expect(now).toBeGreaterThan(10 * 3_600_000);
  expect(JSON.stringify(pace).length).toBeLessThan(2_200);
});

interface Call {
  readonly begunAt: number;
  /** When it reaches Teams, and when we hear of it; both after its beginning. */
  readonly arrivesAt: number;
  readonly endsAt: number;
  readonly isLost: boolean;
}

const leaseMs = 60_000;

/** Plays callers that ask first, over any delays, with clocks that differ, and of which some die in the middle. */
function play(
  limits: readonly Limit[],
  wishes: ReadonlyArray<{
    readonly gap: number;
    readonly there: number;
    readonly back: number;
    readonly skew: number;
    readonly dies: boolean;
  }>,
): readonly Call[] {
  let pace = unhurried;
  let now = 0;
  const calls: Call[] = [];
  const open: Array<Call & { readonly by: string; readonly skew: number }> = [];
  const endUntil = (until: number) => {
    for (const call of open.filter((c) => c.endsAt <= until && !c.isLost)) {
      pace = ended(pace, call.by, call.endsAt + call.skew, limits);
      open.splice(open.indexOf(call), 1);
    }
  };
  for (const [i, { gap, there, back, skew, dies }] of wishes.entries()) {
    now += gap;
    for (let tries = 0; ; tries++) {
      if (tries > 20_000) throw new Error('never allowed');
      endUntil(now);
      const goAt = mayBeginAt(pace, now + skew, limits);
      if (goAt <= now + skew) break;
      now = goAt === Number.POSITIVE_INFINITY ? now + 10 : goAt - skew;
    }
    const by = String(i);
    pace = begun(pace, by, now + skew + leaseMs, now + skew, limits);
    const call = { begunAt: now, arrivesAt: now + there, endsAt: now + there + back, isLost: dies };
    calls.push(call);
    open.push({ ...call, by, skew });
  }
  return calls;
}

const wishes = fc.array(
  fc.record({
    gap: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 3_000 })),
    there: fc.integer({ min: 0, max: 2_000 }),
    back: fc.integer({ min: 0, max: 500 }),
    /** Clocks are within 100 ms of each other. */
    skew: fc.integer({ min: -50, max: 50 }),
    dies: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 250 },
);

test.each([
  ['a conversation', conversationLimits, conversationLimits],
  ['a tenant', tenantLimits, [{ calls: 50, periodMs: 1_000 }]],
])('whoever asks first keeps every window of %s, however long calls take and whoever dies', (_of, limits, promised) => {
  fc.assert(
    fc.property(wishes, (list) => {
      const arrivals = play(limits, list)
        .map((call) => call.arrivesAt)
        .sort((a, b) => a - b);
      return promised.every(({ calls, periodMs }) =>
        arrivals.every((first, i) => (arrivals[i + calls] ?? Number.POSITIVE_INFINITY) - first >= periodMs),
      );
    }),
    { numRuns: 150 },
  );
});

describe('edits of cards', () => {
  /** Sends whatever may go, edits or words, as long as given; the instants at which it went. */
  function sendFor(hours: number, mayAt: typeof mayEditAt): readonly number[] {
    const sent: number[] = [];
    let [pace, now] = [unhurried, 0];
    for (;;) {
      now = mayAt(pace, now, conversationLimits);
      if (now > hours * 3_600_000) return sent;
      pace = ended(pace, 'x', now, conversationLimits);
      sent.push(now);
    }
  }
  const longestGap = (sent: readonly number[]): number =>
    Math.max(...sent.map((instant, i) => instant - (sent[i - 1] ?? 0)));

  test('never silence a room, as words without end would', () => {
    expect(longestGap(sendFor(2, mayBeginAt))).toBeGreaterThan(40 * 60_000);
    const edits = sendFor(3, mayEditAt);
    expect(longestGap(edits)).toBeLessThan(30_000);
    expect(edits.length).toBeGreaterThan(3 * 850);
  });

  test('go as fast as words while the hour is fresh', () => {
    expect(sendFor(1, mayEditAt).slice(0, 600)).toEqual(sendFor(1, mayBeginAt).slice(0, 600));
  });

  test('leave room for words at the end of the hour', () => {
    const used = sendFor(1, mayEditAt).reduce((pace, end) => ended(pace, 'x', end, conversationLimits), unhurried);
    expect(mayEditAt(used, 3_600_000, conversationLimits)).toBeGreaterThan(3_600_000);
    expect(mayBeginAt(used, 3_600_000, conversationLimits)).toBe(3_600_000);
  });

  test('go when nothing else is under way', () => {
    const word = begun(unhurried, 'word', 60_000, 0, conversationLimits);
    expect(mayEditAt(word, 10, conversationLimits)).toBe(Number.POSITIVE_INFINITY);
    expect(mayEditAt(ended(word, 'word', 20, conversationLimits), 20, conversationLimits)).toBe(20);
  });
});

test('what is forgotten would have said nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(4_000_000), { minLength: 1, maxLength: 100 }), fc.boolean(), (ends, isLeftOpen) => {
      const open = isLeftOpen ? begun(after(ends), 'open', 5_000_000, 0, conversationLimits) : after(ends);
      const then = saysNothingAfter(open, conversationLimits);
      return mayEditAt(open, then, conversationLimits) === then;
    }),
  );
});
