import type { Submission } from '../request/doubt/submission';
import type { UnderWay, Waiting } from '../request/waiting';
import type { QueuePlace } from '../thread/kit/view';
import { type EffectiveLimit, effectiveLimit, type LearnedLimits, type Limits } from './limits';
import { roomInRate } from './rate';

/** What decides whether one request may go, besides the request itself. */
export interface RoomInput {
  readonly underWay: readonly UnderWay[];
  /** Devices that Defender may still call busy with a cancelled action of ours, and until when (epoch ms). */
  readonly resting: ReadonlyMap<string, number>;
  readonly submissions: readonly Submission[];
  readonly learned: LearnedLimits;
  /** As configured. */
  readonly limits: Limits;
  /** Epoch ms. */
  readonly now: number;
}

/** What keeps a request waiting, or `nothing`. */
export type WaitsFor = QueuePlace['waitsFor'];

/** What is free now, of devices, sessions and calls a minute. */
export interface Room {
  readonly devicesTaken: ReadonlySet<string>;
  readonly sessions: EffectiveLimit;
  readonly runs: EffectiveLimit;
  readonly freeSessions: number;
  readonly freeRuns: number;
  readonly runsFreeAt: number;
  readonly now: number;
}

/** Two replicas can pick the same room, so whether one may go is asked again inside the transaction that sends it, whoever has taken what meanwhile. */
export function mayGo(request: Waiting, input: RoomInput): boolean {
  const room = roomIn(input);
  if (room.devicesTaken.has(request.machineId)) return false; // guard: one-at-a-time-on-a-device
  if (ownWait(request, input, new Map()) !== 'nothing') return false;
  return sharedWait(room) === 'nothing'; // guard: limits-kept-in-the-transaction
}

export function roomIn({ underWay, submissions, learned, limits, now }: RoomInput): Room {
  const sessions = effectiveLimit(limits.sessions, learned.sessions, 'sessions', now);
  const runs = effectiveLimit(limits.runsPerMinute, learned.rate, 'rate', now);
  const { free, freeAt } = roomInRate(submissions, runs.limit, now);
  return {
    devicesTaken: new Set(underWay.map((r) => r.machineId)),
    sessions,
    runs,
    freeSessions: Math.max(sessions.limit - underWay.length, 0),
    freeRuns: free,
    runsFreeAt: freeAt,
    now,
  };
}

/** What a request waits for that has nothing to do with how many others go; `busyUntil` by device, as Defender said it of others that wait for it. */
export function ownWait(
  request: Waiting,
  { resting, now }: RoomInput,
  busyUntil: ReadonlyMap<string, number>,
): WaitsFor {
  if (now < request.notBefore) return waitOf(request.hold);
  if (now < (busyUntil.get(request.machineId) ?? 0)) return 'deviceBusy';
  if (now < (resting.get(request.machineId) ?? 0)) return 'deviceBusy'; // guard: device-rests-after-a-cancel
  return 'nothing';
}

/** What all wait for alike: a session, or the minute's calls. */
export function sharedWait({ sessions, runs, freeSessions, freeRuns, now }: Room): WaitsFor {
  if (freeSessions === 0 || now < sessions.heldUntil) return 'slot';
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
