import type { Waiting } from '../request/waiting';

/** What a fair order depends on. */
export interface Turns {
  /** How many each person has under way. */
  readonly load: ReadonlyMap<string, number>;
  /** How many wait for each device. */
  readonly lines: ReadonlyMap<string, number>;
}

/**
 * People take turns, whoever has the fewest under way first, so that nobody waits behind another's hundred requests. Of one person's
 * requests the one with the most others waiting for its device goes first, since that device will be busy for longest (for equal
 * lengths no order ends sooner: Hu 1961); then the oldest. A device that Defender called busy comes last: trying it may be in vain.
 */
export function takeTurns(requests: readonly Waiting[], { load, lines }: Turns): readonly Waiting[] {
  const byNeed = needIn(lines);
  const turns = new Map(load);
  return [...requests]
    .sort(byNeed)
    .map((request) => {
      const turn = turns.get(request.requesterId) ?? 0;
      turns.set(request.requesterId, turn + 1);
      return { request, turn };
    })
    .sort((a, b) => a.turn - b.turn || byNeed(a.request, b.request))
    .map(({ request }) => request);
}

/**
 * The same turns for those whose device is free, at most one of each device. Whose turn it is decides which request a device gets: given by
 * age, all devices might go to one person, and the others would wait for all of them.
 */
export function pickReady(
  requests: readonly Waiting[],
  { load, lines, devicesTaken }: Turns & { readonly devicesTaken: ReadonlySet<string> },
): readonly Waiting[] {
  const turns = new Map(load);
  const turnOf = ({ requesterId }: Waiting): number => turns.get(requesterId) ?? 0;
  const taken = new Set(devicesTaken);
  const picked: Waiting[] = [];
  const untaken = (some: readonly Waiting[]) => some.filter((r) => !taken.has(r.machineId));
  for (let left = untaken([...requests].sort(needIn(lines))); left.length > 0; left = untaken(left)) {
    const turn = left.reduce((least, r) => Math.min(least, turnOf(r)), Number.POSITIVE_INFINITY);
    for (const request of left) {
      if (turnOf(request) !== turn || taken.has(request.machineId)) continue;
      picked.push(request);
      taken.add(request.machineId);
      turns.set(request.requesterId, turn + 1);
    }
  }
  return picked;
}

const needIn =
  (lines: Turns['lines']) =>
  (a: Waiting, b: Waiting): number =>
    Number(a.hold === 'deviceBusy') - Number(b.hold === 'deviceBusy') ||
    (lines.get(b.machineId) ?? 0) - (lines.get(a.machineId) ?? 0) ||
    byAge(a, b);

const byAge = (a: Waiting, b: Waiting): number => a.approvedAt - b.approvedAt || (a.id < b.id ? -1 : 1);
