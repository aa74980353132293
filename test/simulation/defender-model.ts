import type { SubmitOutcome } from '../../src/defender/client';
import { commandToParams } from '../../src/request/ask/command';
import type { ObservedAction } from '../../src/request/event';
import { commands } from '../request/sample';
import { endOf, isWithin, type Scenario } from './scenario';

/** A machine action as it really is. It lives by its instants alone, so nobody has to wake it. */
export interface ModelAction {
  readonly id: string;
  /** The request that it was asked for; null: it is somebody else's. */
  readonly requestId: string | null;
  readonly comment: string;
  /** It runs other commands than it was asked to. */
  readonly isAltered: boolean;
  readonly device: number;
  readonly createdAt: number;
  readonly visibleAt: number;
  readonly startsAt: number;
  readonly endsAt: number;
  cancelledAt: number;
}

/** A POST as it arrives. */
export interface Sent {
  readonly requestId: string;
  readonly comment: string;
  readonly device: number;
}

export interface Refusal {
  readonly at: number;
  readonly device: number;
  readonly answer: 'busy' | 'rate' | 'sessions';
  /** `own`: our own calls and actions alone were too many. */
  readonly cause: 'own' | 'foreign' | 'injected';
}

const minuteMs = 60_000;
/** From a cancel to its effect, and how long the device stays busy after it (defender-api.md §1.4). */
const cancelMs = 1_000;
const releaseMs = 10_000;
const queueMs = 7_200_000;
const never = Number.POSITIVE_INFINITY;

export function createDefenderModel(scenario: Scenario) {
  const { truth } = scenario;
  const actions: ModelAction[] = [];
  const byId = new Map<string, ModelAction>();
  const byRequest = new Map<string, ModelAction[]>();
  const onDevice = new Map<number, ModelAction[]>();
  const refusals: Refusal[] = [];
  /** Arrivals of our calls in the last minute, refused ones too. */
  let own: number[] = [];
  let taken = 0;
  let open: ModelAction[] = [];
  const lastOn = new Map<number, ModelAction>();
  let mostOwnCalls = 0;
  let mostOwnSessions = 0;

  const foreignCallsAt = (now: number) => scenario.foreignCalls.filter((at) => at > now - minuteMs && at <= now).length;
  const foreignSessionsAt = (now: number) => scenario.foreignSessions.filter((span) => isWithin([span], now)).length;

  function add(action: ModelAction): ModelAction {
    actions.push(action);
    byId.set(action.id, action);
    if (action.requestId !== null)
      byRequest.set(action.requestId, [...(byRequest.get(action.requestId) ?? []), action]);
    onDevice.set(action.device, [...(onDevice.get(action.device) ?? []), action]);
    return action;
  }

  return {
    actions,
    refusals,
    /** Those that were asked for by this request. */
    actionsOf: (requestId: string): readonly ModelAction[] => byRequest.get(requestId) ?? [],
    action: (actionId: string): ModelAction | undefined => byId.get(actionId),
    most: () => ({ calls: mostOwnCalls, sessions: mostOwnSessions }),

    /** A POST arrives: quota first, then the device, then the sessions, as in the emulator. */
    post({ requestId, comment, device }: Sent, now: number, isAltered = false): SubmitOutcome {
      const refuse = (answer: Refusal['answer'], cause: Refusal['cause']) =>
        refusals.push({ at: now, device, answer, cause });
      own = own.filter((at) => at > now - minuteMs);
      own.push(now);
      mostOwnCalls = Math.max(mostOwnCalls, own.length);
      if (own.length + foreignCallsAt(now) > truth.runsPerMinute) {
        refuse('rate', own.length > truth.runsPerMinute ? 'own' : 'foreign');
        return { type: 'throttled', scope: 'rate', retryAfterMs: 10_000 };
      }
      const last = lastOn.get(device);
      if (last !== undefined && busyUntil(last, now) > now) {
        refuse('busy', 'own');
        return { type: 'busy' };
      }
      if (isWithin(scenario.devices[device]?.busy ?? [], now)) {
        refuse('busy', 'foreign');
        return { type: 'busy' };
      }
      open = open.filter((a) => !isEnded(a, now));
      if (open.length + foreignSessionsAt(now) >= truth.sessions) {
        refuse('sessions', open.length >= truth.sessions ? 'own' : 'foreign');
        return { type: 'throttled', scope: 'sessions', retryAfterMs: null };
      }
      const startsAt = endOf(scenario.devices[device]?.offline ?? [], now);
      const runMs = scenario.runMs[Math.min(taken, scenario.runMs.length - 1)] ?? minuteMs;
      const isReached = startsAt < now + queueMs;
      const action = add({
        id: `action-${actions.length + 1}`,
        requestId,
        comment,
        isAltered,
        device,
        createdAt: now,
        visibleAt: now + (scenario.hides[taken++] ?? scenario.hideMs),
        startsAt: isReached ? startsAt : never,
        endsAt: isReached ? startsAt + runMs : now + queueMs,
        cancelledAt: never,
      });
      open.push(action);
      mostOwnSessions = Math.max(mostOwnSessions, open.length);
      lastOn.set(device, action);
      return { type: 'accepted', action: machineActionOf(action, now) };
    },

    throttle(device: number, now: number): SubmitOutcome {
      refusals.push({ at: now, device, answer: 'rate', cause: 'injected' });
      return { type: 'throttled', scope: 'rate', retryAfterMs: 20_000 };
    },

    /** Somebody else's action, which an answer to our POST shows by mistake. */
    foreign(device: number, comment: string, now: number): ModelAction {
      return add({
        id: `action-${actions.length + 1}`,
        requestId: null,
        comment,
        isAltered: false,
        device,
        createdAt: now,
        visibleAt: now,
        startsAt: now + minuteMs,
        endsAt: now + 2 * minuteMs,
        cancelledAt: never,
      });
    },

    list: (device: number, now: number): readonly ObservedAction[] =>
      (onDevice.get(device) ?? []).filter((a) => a.visibleAt <= now).map((a) => observedOf(a, now)),

    find(actionId: string, now: number): ObservedAction | null {
      const action = byId.get(actionId);
      return action === undefined || action.visibleAt > now ? null : observedOf(action, now);
    },

    cancel(actionId: string, now: number): ObservedAction | 'hidden' | 'refused' {
      const action = byId.get(actionId);
      if (action === undefined || action.visibleAt > now) return 'hidden';
      if (isEnded(action, now)) return 'refused';
      action.cancelledAt = Math.min(action.cancelledAt, now + cancelMs);
      return observedOf(action, now);
    },
  };
}

export type DefenderModel = ReturnType<typeof createDefenderModel>;

const endAt = (a: ModelAction): number => Math.min(a.endsAt, a.cancelledAt);
export const isEnded = (a: ModelAction, now: number): boolean => now >= endAt(a);
const busyUntil = (a: ModelAction, now: number): number => {
  if (!isEnded(a, now)) return never;
  return a.cancelledAt < a.endsAt ? a.cancelledAt + releaseMs : a.endsAt;
};

export function statusOf(a: ModelAction, now: number): ObservedAction['status'] {
  if (a.cancelledAt < a.endsAt && now >= a.cancelledAt) return 'Cancelled';
  if (now >= a.endsAt) return a.startsAt === never ? 'TimeOut' : 'Succeeded';
  return now >= a.startsAt ? 'InProgress' : 'Pending';
}

/** The next instant at which its status changes; Infinity when it has ended. */
export function nextChange(a: ModelAction, now: number): number {
  return Math.min(...[a.visibleAt, a.startsAt, endAt(a)].filter((at) => at > now), never);
}

const asked = commands.map((command) => ({ type: command.type, params: commandToParams(command) }));

const observedOf = (a: ModelAction, now: number): ObservedAction => ({
  actionId: a.id,
  comment: a.comment,
  asked: a.isAltered ? asked.slice(1) : asked,
  status: statusOf(a, now),
  progress: [],
  cancellationRequestor: 'somebody',
  cancellationComment: null,
});

export const machineActionOf = (a: ModelAction, now: number) => ({
  ...observedOf(a, now),
  type: 'LiveResponse',
  machineName: null,
  commands: [],
  machineId: `device-${a.device}`,
  requestor: 'us',
  createdAt: now,
});
