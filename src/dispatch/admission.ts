import { seconds } from '../lib/clock';
import type { Submission } from '../request/doubt/submission';
import type { RequestId } from '../request/request';
import type { UnderWay, Waiting } from '../request/waiting';
import type { QueuePlace } from '../thread/kit/view';
import { type InForce, inForce, type Learned, type Limits } from './limits';
import { rateWindowMs, roomInRate } from './rate';

/** What decides whether one request may go, besides the request itself. */
export interface RoomInput {
  readonly underWay: readonly UnderWay[];
  /** Devices that Defender may still call busy with a cancelled action of ours, and until when. */
  readonly resting: ReadonlyMap<string, number>;
  readonly submissions: readonly Submission[];
  readonly learned: Learned;
  /** As configured. */
  readonly limits: Limits;
  readonly now: number;
}

export interface AdmissionInput extends RoomInput {
  readonly waiting: readonly Waiting[];
}

export interface Admission {
  /** May go now, in this order. */
  readonly admit: readonly RequestId[];
  /** Where each queued request stands, in the order in which they would go. */
  readonly places: ReadonlyMap<RequestId, QueuePlace>;
  /** When a request that cannot go now may go although nothing else happens; null when only an event can free it. */
  readonly nextAt: number | null;
}

type WaitsFor = QueuePlace['waitsFor'];

/** Assumed length of a session where nothing better is known: 121 s to connect, 3 s to run, 37 s to close were observed (§2.2). */
const typicalSessionMs = seconds(160);

/**
 * Which approved requests may be submitted now. A request whose device is taken never holds up one whose device is free; people take
 * turns, and of one person's requests the one with the longest line behind it goes first (`takeTurns`).
 */
export function planAdmission(input: AdmissionInput): Admission {
  const { now, waiting } = input;
  const room = roomIn(input);
  const holds = deviceHolds(waiting);
  const load = countBy(input.underWay, (r) => r.requesterId);
  const lines = countBy(waiting, (r) => r.machineId);
  const ready = pickReady(
    waiting.filter((r) => ownWait(r, input, holds) === 'nothing'),
    { load, lines, devicesTaken: room.devicesTaken },
  );
  const going = new Set(ready);
  for (const { requesterId } of ready) load.set(requesterId, (load.get(requesterId) ?? 0) + 1);
  const later = takeTurns(
    waiting.filter((r) => !going.has(r)),
    { load, lines },
  );
  const admit: RequestId[] = [];
  const places = new Map<RequestId, QueuePlace>();
  const wakeAts: number[] = [];
  let { freeSlots, freeRuns } = room;
  let behindTheRate = 0;
  for (const [index, request] of [...ready, ...later].entries()) {
    const waitsFor = index < ready.length ? sharedWait({ ...room, freeSlots, freeRuns }) : laterWait(request);
    if (waitsFor === 'nothing') {
      admit.push(request.id);
      freeSlots--;
      freeRuns--;
    }
    const wakeAt = wakeFor(waitsFor, request);
    if (wakeAt !== null && wakeAt > now) wakeAts.push(wakeAt);
    places.set(request.id, {
      position: index + 1,
      of: waiting.length,
      expectedAt: estimate(waitsFor, index + 1, wakeAt),
      waitsFor,
    });
  }
  return { admit, places, nextAt: wakeAts.length === 0 ? null : Math.min(...wakeAts) };

  function laterWait(request: Waiting): WaitsFor {
    if (room.devicesTaken.has(request.machineId)) return 'device';
    const own = ownWait(request, input, holds);
    return own === 'nothing' ? 'device' : own;
  }

  function wakeFor(waitsFor: WaitsFor, request: Waiting): number | null {
    switch (waitsFor) {
      case 'rate': {
        // Room that this very plan uses up comes back after a call that has not been made yet: its own commit wakes us.
        const freeAt = room.freeRuns > 0 ? 0 : Math.min(room.runsFreeAt, room.runs.risesAt ?? room.runsFreeAt);
        const at = Math.max(room.runs.heldUntil, freeAt, request.notBefore);
        return at > now ? at : null;
      }
      case 'slot': {
        const from = Math.max(room.slots.heldUntil, request.notBefore);
        return from > now ? from : room.slots.risesAt;
      }
      case 'deviceBusy':
      case 'defender':
        return Math.max(
          request.notBefore,
          holds.get(request.machineId) ?? 0,
          input.resting.get(request.machineId) ?? 0,
        );
      case 'device':
      case 'nothing':
        return null;
    }
  }

  /** An honest guess for people: by the rate while slots are free, by the usual length of a session while they are not. */
  function estimate(waitsFor: WaitsFor, position: number, wakeAt: number | null): number | null {
    switch (waitsFor) {
      case 'nothing':
        return now;
      case 'rate':
        return (wakeAt ?? now + rateWindowMs) + Math.floor(behindTheRate++ / room.runs.limit) * rateWindowMs;
      case 'slot':
        return now + Math.ceil(position / Math.max(room.slots.limit, 1)) * typicalSessionMs;
      case 'deviceBusy':
      case 'defender':
        return wakeAt;
      case 'device':
        return null;
    }
  }
}

/** Whether this one may go: asked again inside the transaction that sends it, whoever has taken what meanwhile. */
export function mayGo(request: Waiting, input: RoomInput): boolean {
  const room = roomIn(input);
  if (room.devicesTaken.has(request.machineId)) return false; // guard: one-at-a-time-on-a-device
  if (ownWait(request, input, new Map()) !== 'nothing') return false;
  return sharedWait(room) === 'nothing'; // guard: limits-kept-in-the-transaction
}

interface Room {
  readonly devicesTaken: ReadonlySet<string>;
  readonly slots: InForce;
  readonly runs: InForce;
  readonly freeSlots: number;
  readonly freeRuns: number;
  readonly runsFreeAt: number;
  readonly now: number;
}

function roomIn({ underWay, submissions, learned, limits, now }: RoomInput): Room {
  const slots = inForce(limits.sessions, learned.sessions, 'sessions', now);
  const runs = inForce(limits.runsPerMinute, learned.rate, 'rate', now);
  const { free, freeAt } = roomInRate(submissions, runs.limit, now);
  return {
    devicesTaken: new Set(underWay.map((r) => r.machineId)),
    slots,
    runs,
    freeSlots: Math.max(slots.limit - underWay.length, 0),
    freeRuns: free,
    runsFreeAt: freeAt,
    now,
  };
}

/** What a request waits for that has nothing to do with how many others go. */
function ownWait(request: Waiting, { resting, now }: RoomInput, holds: ReadonlyMap<string, number>): WaitsFor {
  if (now < request.notBefore) return waitOf(request.hold);
  if (now < (holds.get(request.machineId) ?? 0)) return 'deviceBusy';
  if (now < (resting.get(request.machineId) ?? 0)) return 'deviceBusy'; // guard: device-rests-after-a-cancel
  return 'nothing';
}

function sharedWait({ slots, runs, freeSlots, freeRuns, now }: Room): WaitsFor {
  if (freeSlots === 0 || now < slots.heldUntil) return 'slot';
  if (freeRuns === 0 || now < runs.heldUntil) return 'rate';
  return 'nothing';
}

/** What a request waits for that Defender has sent back, or whose check could not be made. */
function waitOf(hold: Waiting['hold']): WaitsFor {
  switch (hold) {
    case 'deviceBusy':
      return 'deviceBusy';
    case 'rateLimited':
      return 'rate';
    case 'sessionsFull':
      return 'slot';
    case 'checkFailed':
    case null:
      return 'defender';
  }
}

/** What Defender said of a device to one request holds for all that wait for it. */
function deviceHolds(waiting: readonly Waiting[]): ReadonlyMap<string, number> {
  const holds = new Map<string, number>();
  for (const { machineId, hold, notBefore } of waiting)
    if (hold === 'deviceBusy') holds.set(machineId, Math.max(holds.get(machineId) ?? 0, notBefore));
  return holds;
}

interface Turns {
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
function takeTurns(requests: readonly Waiting[], { load, lines }: Turns): readonly Waiting[] {
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
function pickReady(
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

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
