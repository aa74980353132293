import fc from 'fast-check';
import { type Approval, tally } from '../../../src/request/votes/tally';

const by = (personKey: string, ...groups: readonly string[]): Approval => ({ personKey, groups });
const seat = (group: string, count = 0) => ({ group, count });

test.each<[string, number, ReturnType<typeof seat>[], Approval[], ReturnType<typeof tally>]>([
  ['nobody has approved', 1, [seat('a')], [], { met: false, stillNeeded: 1, missingSeats: [] }],
  ['one has, and one is enough', 1, [seat('a')], [by('x', 'a')], { met: true, stillNeeded: 0, missingSeats: [] }],
  [
    'one has with two accounts, and two are needed',
    2,
    [seat('a')],
    [by('x', 'a'), by('x', 'a')],
    { met: false, stillNeeded: 1, missingSeats: [] },
  ],
  [
    'one fills two seats with two accounts',
    2,
    [seat('a', 1), seat('b', 1)],
    [by('x', 'a'), by('x', 'b')],
    { met: false, stillNeeded: 1, missingSeats: [seat('b', 1)] },
  ],
  [
    'somebody of no seat has',
    1,
    [seat('a')],
    [by('x', 'b'), by('y')],
    { met: false, stillNeeded: 1, missingSeats: [] },
  ],
  [
    'two of one group have, and a seat of another is empty',
    2,
    [seat('a', 1), seat('b', 1)],
    [by('x', 'a'), by('y', 'a')],
    { met: false, stillNeeded: 1, missingSeats: [seat('b', 1)] },
  ],
  [
    'who is in both groups makes room for who is in one',
    2,
    [seat('a', 1), seat('b', 1)],
    [by('x', 'a', 'b'), by('y', 'a')],
    { met: true, stillNeeded: 0, missingSeats: [] },
  ],
  [
    'a longer chain of making room',
    3,
    [seat('a', 1), seat('b', 1), seat('c', 1)],
    [by('x', 'a', 'b'), by('y', 'b', 'c'), by('z', 'a')],
    { met: true, stillNeeded: 0, missingSeats: [] },
  ],
  ['a seat wants two', 2, [seat('a', 2)], [by('x', 'a')], { met: false, stillNeeded: 1, missingSeats: [seat('a', 1)] }],
  [
    'seats are filled and more people are needed',
    3,
    [seat('a', 1), seat('b')],
    [by('x', 'a'), by('y', 'b')],
    { met: false, stillNeeded: 1, missingSeats: [] },
  ],
  ['a bar of none', 0, [seat('a')], [], { met: false, stillNeeded: 1, missingSeats: [] }],
  ['a bar of less than none', -1, [], [by('x')], { met: false, stillNeeded: 1, missingSeats: [] }],
  [
    'a seat for more people than there are',
    1,
    [seat('a', 1e9)],
    [by('x', 'a')],
    { met: false, stillNeeded: 1e9 - 1, missingSeats: [seat('a', 1e9 - 1)] },
  ],
])('%s', (_what, approvalsNeeded, seats, approvals, expected) => {
  expect(tally({ approvalsNeeded, seats }, approvals)).toEqual(expected);
});

const groups = ['a', 'b', 'c'];
const seats = fc.uniqueArray(fc.record({ group: fc.constantFrom(...groups), count: fc.integer({ min: 0, max: 2 }) }), {
  selector: ({ group }) => group,
  minLength: 1,
});
const bars = fc.record({ approvalsNeeded: fc.integer({ min: 1, max: 4 }), seats });
const approvals = fc.array(
  fc.record({ personKey: fc.constantFrom('u', 'v', 'w', 'x', 'y'), groups: fc.subarray(groups) }),
  { maxLength: 7 },
);

test('one person with any number of accounts never meets a bar of two', () => {
  fc.assert(
    fc.property(bars, fc.array(fc.subarray(groups), { maxLength: 6 }), (bar, accounts) => {
      const places = bar.seats.reduce((sum, { count }) => sum + count, 0);
      fc.pre(Math.max(bar.approvalsNeeded, places) >= 2);
      expect(
        tally(
          bar,
          accounts.map((own) => by('one', ...own)),
        ).met,
      ).toBe(false);
    }),
  );
});

test('another approval never makes it worse, and brings it at most one nearer', () => {
  fc.assert(
    fc.property(bars, approvals, approvals, (bar, before, [added]) => {
      const [was, is] = [tally(bar, before), tally(bar, added === undefined ? before : [...before, added])];
      expect(is.stillNeeded).toBeLessThanOrEqual(was.stillNeeded);
      expect(is.stillNeeded).toBeGreaterThanOrEqual(was.stillNeeded - 1);
      expect(is.met || !was.met).toBe(true);
    }),
  );
});

test('the order of the approvals does not matter', () => {
  fc.assert(
    fc.property(bars, approvals, (bar, given) => {
      expect(tally(bar, [...given].reverse()).stillNeeded).toBe(tally(bar, given).stillNeeded);
    }),
  );
});

test('it says the same as trying every way to seat the people', () => {
  fc.assert(
    fc.property(bars, approvals, (bar, given) => {
      expect(tally(bar, given).met).toBe(isMetByTrying(bar, given));
    }),
  );
});

function isMetByTrying(bar: Parameters<typeof tally>[0], given: readonly Approval[]): boolean {
  const wanted = new Set(bar.seats.map(({ group }) => group));
  const people = new Map<string, Set<string>>();
  for (const { personKey, groups: own } of given)
    for (const group of own)
      if (wanted.has(group)) people.set(personKey, (people.get(personKey) ?? new Set()).add(group));
  const places = bar.seats.flatMap(({ group, count }) => Array.from({ length: count }, () => group));
  const fill = (left: readonly string[], free: ReadonlyArray<Set<string>>): boolean => {
    const [place, ...rest] = left;
    if (place === undefined) return true;
    return free.some((own, i) => own.has(place) && fill(rest, free.toSpliced(i, 1)));
  };
  return people.size >= bar.approvalsNeeded && fill(places, [...people.values()]);
}
