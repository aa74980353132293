import { minutes, seconds } from '../lib/clock';
import type { Hold, InState, Queued, RequestId } from '../request/request';
import type { QueuePlace } from '../thread/view';

/** Per Defender tenant and app (defender-api.md §5); the defaults are the documented values. */
export interface Limits {
  readonly runsPerMinute: number;
  /** Pending ones count (§5: one admin had 26 pending and could submit no more). */
  readonly sessions: number;
}

export type InFlight = InState<'submitting' | 'unknown' | 'pending' | 'running'>;

export interface AdmissionInput {
  readonly queued: readonly Queued[];
  readonly inFlight: readonly InFlight[];
  /** Instants of our submissions in the last `rateWindowMs`, oldest first. */
  readonly submissions: readonly number[];
  /** Defender said that the call rate or the sessions are used up until then. */
  readonly blockedUntil: { readonly rate: number; readonly sessions: number };
  readonly limits: Limits;
  readonly now: number;
}

export interface Admission {
  /** May go now, in this order. */
  readonly admit: readonly RequestId[];
  /** Where each queued request stands, in the order in which they would go. */
  readonly places: ReadonlyMap<RequestId, QueuePlace>;
  /** When a request that cannot go now may go although nothing else happens; null when only an event can free it. */
  readonly nextAt: number | null;
}

/** The documented minute, and a second in which a call may be under way: the instant of the claim is not that of the arrival. */
export const rateWindowMs = minutes(1) + seconds(1);

/** Assumed length of a session where nothing better is known: 121 s to connect, 3 s to run, 37 s to close were observed (§2.2). */
const typicalSessionMs = seconds(160);

/**
 * Which approved requests may be submitted now. Fair between requesters: the one with the fewest requests under way goes first,
 * then the oldest; a request whose device is taken never holds up one whose device is free (design.md §4).
 */
export function planAdmission(input: AdmissionInput): Admission {
  const order = inFairOrder(input.queued, input.inFlight);
  const devicesTaken = new Set(input.inFlight.map((r) => r.device.machineId));
  let freeSlots = Math.max(input.limits.sessions - input.inFlight.length, 0);
  let freeRuns = Math.max(input.limits.runsPerMinute - input.submissions.length, 0);
  const admit: RequestId[] = [];
  const places = new Map<RequestId, QueuePlace>();
  const wakeAts: number[] = [];
  let ahead = 0;
  for (const request of order) {
    const waitsFor = findWait();
    if (waitsFor === 'nothing') {
      admit.push(request.id);
      freeSlots--;
      freeRuns--;
    } else {
      const wakeAt = wakeFor(waitsFor, request, input);
      if (wakeAt !== null) wakeAts.push(wakeAt);
    }
    devicesTaken.add(request.device.machineId);
    places.set(request.id, {
      position: ++ahead,
      of: order.length,
      expectedAt: estimate(waitsFor, request, ahead, input),
      waitsFor,
    });

    function findWait(): QueuePlace['waitsFor'] {
      if (devicesTaken.has(request.device.machineId)) return 'device';
      if (input.now < request.notBefore) return waitOf(request.hold);
      if (freeSlots === 0 || input.now < input.blockedUntil.sessions) return 'slot';
      if (freeRuns === 0 || input.now < input.blockedUntil.rate) return 'rate';
      return 'nothing';
    }
  }
  return { admit, places, nextAt: wakeAts.length === 0 ? null : Math.min(...wakeAts) };
}

/** Takes turns between requesters, so that nobody waits behind another's hundred requests. */
export function inFairOrder(queued: readonly Queued[], inFlight: readonly InFlight[]): readonly Queued[] {
  const underWay = new Map<string, number>();
  for (const { requester } of inFlight) underWay.set(requester.id, (underWay.get(requester.id) ?? 0) + 1);
  const waiting = new Map<string, Queued[]>();
  for (const request of [...queued].sort((a, b) => a.approvedAt - b.approvedAt || (a.id < b.id ? -1 : 1))) {
    const own = waiting.get(request.requester.id);
    if (own) own.push(request);
    else waiting.set(request.requester.id, [request]);
  }
  const order: Queued[] = [];
  while (waiting.size > 0) {
    const [requesterId, own] = [...waiting].reduce((best, next) => (isSooner(next, best, underWay) ? next : best));
    order.push(own.shift() as Queued);
    underWay.set(requesterId, (underWay.get(requesterId) ?? 0) + 1);
    if (own.length === 0) waiting.delete(requesterId);
  }
  return order;
}

/** What a request waits for that Defender has sent back, or whose check could not be made. */
function waitOf(hold: Hold | null): QueuePlace['waitsFor'] {
  switch (hold?.type) {
    case 'deviceBusy':
      return 'deviceBusy';
    case 'rateLimited':
      return 'rate';
    case 'sessionsFull':
      return 'slot';
    case 'checkFailed':
    case undefined:
      return 'defender';
  }
}

function isSooner(a: [string, Queued[]], b: [string, Queued[]], underWay: ReadonlyMap<string, number>): boolean {
  const load = (underWay.get(a[0]) ?? 0) - (underWay.get(b[0]) ?? 0);
  return load !== 0 ? load < 0 : (a[1][0]?.approvedAt ?? 0) < (b[1][0]?.approvedAt ?? 0);
}

function wakeFor(waitsFor: QueuePlace['waitsFor'], request: Queued, input: AdmissionInput): number | null {
  const oldest = input.submissions.at(-input.limits.runsPerMinute);
  const rateFreeAt = Math.max(
    input.blockedUntil.rate,
    oldest === undefined ? 0 : oldest + rateWindowMs,
    request.notBefore,
  );
  switch (waitsFor) {
    case 'rate':
      return Math.max(rateFreeAt, input.now + 1);
    case 'deviceBusy':
    case 'defender':
      return request.notBefore;
    case 'slot': {
      const at = Math.max(input.blockedUntil.sessions, request.notBefore);
      return at > input.now ? at : null;
    }
    case 'device':
    case 'nothing':
      return null;
  }
}

/** An honest guess for people: by the rate while slots are free, by the usual length of a session while they are not. */
function estimate(
  waitsFor: QueuePlace['waitsFor'],
  request: Queued,
  position: number,
  input: AdmissionInput,
): number | null {
  switch (waitsFor) {
    case 'nothing':
      return input.now;
    case 'rate':
      return (
        (wakeFor('rate', request, input) ?? input.now) +
        Math.floor((position - 1) / input.limits.runsPerMinute) * rateWindowMs
      );
    case 'slot':
      return input.now + Math.ceil(position / Math.max(input.limits.sessions, 1)) * typicalSessionMs;
    case 'deviceBusy':
    case 'defender':
      return request.notBefore;
    case 'device':
      return null;
  }
}
