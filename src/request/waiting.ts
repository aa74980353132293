import { seconds } from '../lib/clock';
import type { Hold, InState, LiveResponseRequest, Queued, RequestId } from './request';

/** What admission needs to know of an approved request that waits: kept apart from the whole, so that a long queue is read in a moment. */
export interface Waiting {
  readonly id: RequestId;
  readonly requesterId: string;
  readonly machineId: string;
  readonly approvedAt: number;
  readonly notBefore: number;
  readonly hold: Hold['type'] | null;
}

/** What admission needs to know of a request that Defender has or may have. */
export interface UnderWay {
  readonly id: RequestId;
  readonly requesterId: string;
  readonly machineId: string;
  readonly state: (typeof underWayStates)[number];
}

export const underWayStates = ['submitting', 'unknown', 'pending', 'running'] as const;

export const waitingOf = (request: Queued): Waiting => ({
  id: request.id,
  requesterId: request.requester.id,
  machineId: request.device.machineId,
  approvedAt: request.approvedAt,
  notBefore: request.notBefore,
  hold: request.hold?.type ?? null,
});

export const underWayOf = (request: InState<UnderWay['state']>): UnderWay => ({
  id: request.id,
  requesterId: request.requester.id,
  machineId: request.device.machineId,
  state: request.state,
});

/** Clients wait 10 to 30 s after a cancel before they submit to the device again (defender-api.md §1.4). */
const restMs = seconds(30);

/** Until when Defender may still call its device busy with an action that was cancelled; null for every other end and before it. */
export const restsUntil = (request: LiveResponseRequest): number | null =>
  (request.state === 'cancelled' || request.state === 'lapsed') && request.actionId !== null
    ? request.endedAt + restMs
    : null;
