import type { RequestBar, Seat } from './bar';

/** One approval as far as counting needs it: the person, whichever account they used, and the groups that the account was in. */
export interface Approval {
  readonly personKey: string;
  readonly groups: readonly string[];
}

export interface Tally {
  readonly met: boolean;
  /** The fewest further approvals that could meet the bar. */
  readonly stillNeeded: number;
  /** Seats that nobody fills yet, with how many are missing. */
  readonly missingSeats: readonly Seat[];
}

/** Whether these approvals meet the bar: enough different people, and every seat filled by somebody who fills no other (T-14). */
export function tally(bar: Pick<RequestBar, 'approvalsNeeded' | 'seats'>, approvals: readonly Approval[]): Tally {
  const people = groupsByPerson(bar.seats, approvals);
  const filled = fillSeats(bar.seats, [...people.values()]);
  const missingSeats = bar.seats
    .map(({ group, count }, i) => ({ group, count: count - (filled[i] ?? 0) }))
    .filter(({ count }) => count > 0);
  const missing = missingSeats.reduce((sum, { count }) => sum + count, 0);
  // No policy can switch off that somebody approves.
  const stillNeeded = Math.max(
    0,
    1 - people.size, // guard: at-least-one-approval
    bar.approvalsNeeded - people.size, // guard: enough-different-people
    missing, // guard: every-seat-filled
  );
  return { met: stillNeeded === 0, stillNeeded, missingSeats };
}

/** The seats' groups that each person is in with any of the accounts they approved with; a person in none of them does not count. */
function groupsByPerson(
  seats: readonly Seat[],
  approvals: readonly Approval[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const seatGroups = new Set(seats.map(({ group }) => group));
  const people = new Map<string, Set<string>>();
  for (const { personKey, groups } of approvals) {
    const counting = groups.filter((group) => seatGroups.has(group));
    if (counting.length === 0) continue; // guard: approval-from-a-seat
    people.set(personKey, new Set([...(people.get(personKey) ?? []), ...counting]));
  }
  return people;
}

/** How many of each seat can be filled at once: a largest matching of people and places by augmenting paths (Kuhn). */
function fillSeats(seats: readonly Seat[], people: ReadonlyArray<ReadonlySet<string>>): readonly number[] {
  const places = seats.flatMap((seat, i) => Array.from({ length: Math.min(seat.count, people.length) }, () => i));
  const personOf = new Array<number | null>(places.length).fill(null);

  function seatPerson(person: number, tried: Set<number>): boolean {
    for (const [place, seat] of places.entries()) {
      const group = seats[seat]?.group;
      if (group === undefined || tried.has(place) || !people[person]?.has(group)) continue;
      tried.add(place);
      const before = personOf[place] ?? null;
      if (before !== null && !seatPerson(before, tried)) continue;
      personOf[place] = person;
      return true;
    }
    return false;
  }
  for (const person of people.keys()) seatPerson(person, new Set());
  return seats.map((_, i) => places.filter((seat, place) => seat === i && personOf[place] !== null).length);
}
