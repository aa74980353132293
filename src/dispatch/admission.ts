import { seconds } from '../lib/clock';
import { isTargetId } from '../request/id';
import type { RequestId } from '../request/request';
import type { Waiting } from '../request/waiting';
import type { QueuePlace } from '../thread/kit/view';
import { rateWindowMs } from './rate';
import { ownWait, type Room, type RoomInput, roomIn, sharedWait, type WaitsFor } from './room';
import { pickReady, takeTurns } from './turns';

/** All that is planned at once: what has room, and who waits. */
export interface AdmissionInput extends RoomInput {
  readonly waiting: readonly Waiting[];
}

/** Who goes now, and where the others stand. */
export interface Admission {
  /** May go now, in this order. */
  readonly admit: readonly RequestId[];
  /** Where each queued request stands, in the order in which they would go. */
  readonly positions: ReadonlyMap<RequestId, QueuePlace>;
  /** When a request that cannot go now may go although nothing else happens (epoch ms); null when only an event can free it. */
  readonly nextAt: number | null;
}

/** Assumed length of a session where nothing better is known: 121 s to connect, 3 s to run, 37 s to close were observed (§2.2). */
const typicalSessionMs = seconds(160);

/**
 * A request whose device is taken never holds up one whose device is free. Tells which approved requests may be submitted now; people take
 * turns, and of one person's requests the one with the longest line behind it goes first (`takeTurns`).
 */
export function planAdmission(input: AdmissionInput): Admission {
  const { now, waiting } = input;
  const room = roomIn(input);
  const busyUntil = busyDevices(waiting);
  const { ready, later } = inOrder(input, room, busyUntil);
  const admit: RequestId[] = [];
  const positions = new Map<RequestId, QueuePlace>();
  const wakeAts: number[] = [];
  let { freeSessions, freeRuns } = room;
  let behindTheRate = 0;
  for (const [index, request] of [...ready, ...later].entries()) {
    const waitsFor = index < ready.length ? sharedWait({ ...room, freeSessions, freeRuns }) : laterWait(request);
    if (waitsFor === 'nothing') {
      admit.push(request.id);
      freeSessions--;
      freeRuns--;
    }
    const wakeAt = wakeFor(waitsFor, request, { room, busyUntil, resting: input.resting });
    if (wakeAt !== null && wakeAt > now) wakeAts.push(wakeAt);
    const position = index + 1;
    const expectedAt = estimate(waitsFor, { position, wakeAt, room, ahead: behindTheRate });
    if (waitsFor === 'rate') behindTheRate++;
    positions.set(request.id, { position, of: waiting.length, expectedAt, waitsFor });
  }
  return { admit, positions, nextAt: wakeAts.length === 0 ? null : Math.min(...wakeAts) };

  function laterWait(request: Waiting): WaitsFor {
    if (room.devicesTaken.has(request.machineId)) return 'device';
    const own = ownWait(request, input, busyUntil);
    return own === 'nothing' ? 'device' : own;
  }
}

/** Those who could go if there were room for all, then those who wait for something of their own; each in fair turns. */
function inOrder(
  input: AdmissionInput,
  { devicesTaken }: Room,
  busyUntil: ReadonlyMap<string, number>,
): { readonly ready: readonly Waiting[]; readonly later: readonly Waiting[] } {
  const { waiting } = input;
  const load = countBy(input.underWay, (r) => r.requesterId);
  const lines = countBy(waiting, (r) => r.machineId);
  const able = waiting.filter((r) => ownWait(r, input, busyUntil) === 'nothing');
  const single = pickReady(
    able.filter(({ id }) => !isTargetId(id)),
    { load, lines, devicesTaken },
  );
  const taken = new Set([...devicesTaken, ...single.map(({ machineId }) => machineId)]);
  // A batch is never in the way of a single request.
  const targets = pickReady(
    able.filter(({ id }) => isTargetId(id)),
    { load, lines, devicesTaken: taken },
  );
  const ready = [...single, ...targets];
  const going = new Set(ready);
  for (const { requesterId } of ready) load.set(requesterId, (load.get(requesterId) ?? 0) + 1);
  const others = waiting.filter((r) => !going.has(r));
  return { ready, later: takeTurns(others, { load, lines }) };
}

/** When a request may go although nothing else happens; null when only an event can free it. */
function wakeFor(
  waitsFor: WaitsFor,
  request: Waiting,
  known: {
    readonly room: Room;
    readonly busyUntil: ReadonlyMap<string, number>;
    readonly resting: RoomInput['resting'];
  },
): number | null {
  const { now, runs, sessions, freeRuns, runsFreeAt } = known.room;
  switch (waitsFor) {
    case 'rate': {
      // Room that this very plan uses up comes back after a call that has not been made yet: its own commit wakes us.
      const freeAt = freeRuns > 0 ? 0 : Math.min(runsFreeAt, runs.risesAt ?? runsFreeAt);
      const at = Math.max(runs.heldUntil, freeAt, request.notBefore);
      return at > now ? at : null;
    }
    case 'slot': {
      const from = Math.max(sessions.heldUntil, request.notBefore);
      return from > now ? from : sessions.risesAt;
    }
    case 'deviceBusy':
    case 'defender': {
      const { machineId, notBefore } = request;
      return Math.max(notBefore, known.busyUntil.get(machineId) ?? 0, known.resting.get(machineId) ?? 0);
    }
    case 'device':
    case 'nothing':
      return null;
  }
}

/** An honest guess for people: by the rate while sessions are free, by the usual length of a session while they are not; `ahead`: how many wait for the rate before it. */
function estimate(
  waitsFor: WaitsFor,
  { position, wakeAt, room, ahead }: { position: number; wakeAt: number | null; room: Room; ahead: number },
): number | null {
  const { now, runs, sessions } = room;
  switch (waitsFor) {
    case 'nothing':
      return now;
    case 'rate':
      return (wakeAt ?? now + rateWindowMs) + Math.floor(ahead / runs.limit) * rateWindowMs;
    case 'slot':
      return now + Math.ceil(position / Math.max(sessions.limit, 1)) * typicalSessionMs;
    case 'deviceBusy':
    case 'defender':
      return wakeAt;
    case 'device':
      return null;
  }
}

/** What Defender said of a device to one request holds for all that wait for it: until when, by device. */
function busyDevices(waiting: readonly Waiting[]): ReadonlyMap<string, number> {
  const until = new Map<string, number>();
  for (const { machineId, hold, notBefore } of waiting)
    if (hold === 'deviceBusy') until.set(machineId, Math.max(until.get(machineId) ?? 0, notBefore));
  return until;
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
