import { minutes, seconds } from '../src/lib/clock';
import type { FaultRule } from '../trial/defender/emulator';
import { approvers } from './cast';
import type { Draw } from './draw';
import type { ClockStep } from './fast-time';
import type { CommitCutAt, DefenderFault, Outage, Plan, PlanOptions } from './plan';

/** Kinds of trouble that a run can leave out, to find which of them breaks something. */
export const leavable = [
  'clocks',
  'hidden',
  'foreign',
  'forgotten',
  'gateways',
  'outages',
  'regions',
  'blocked',
  'commits',
] as const;

export type Leavable = (typeof leavable)[number];

/** The same story without them: nothing else is drawn differently. */
export function leaveOut(plan: Plan, without: readonly Leavable[]): Plan {
  const has = (kind: Leavable): boolean => !without.includes(kind);
  const kindOf = ({ rule: { fault, route } }: DefenderFault): Leavable | null => {
    if (fault.type === 'hiddenAction') return 'hidden';
    if (fault.type === 'foreignAction') return 'foreign';
    return fault.type === 'refuse' && fault.status === 404 && route === 'getMachine' ? 'forgotten' : null;
  };
  return {
    ...plan,
    defenderFaults: plan.defenderFaults.filter((fault) => {
      const kind = kindOf(fault);
      return kind === null || has(kind);
    }),
    clocks: has('clocks') ? plan.clocks : plan.clocks.map(() => []),
    databaseClock: has('clocks') ? plan.databaseClock : [],
    gatewayOutages: has('gateways') ? plan.gatewayOutages : [],
    teamsOutages: has('outages') ? plan.teamsOutages : [],
    regionMoves: has('regions') ? plan.regionMoves : [],
    blockedChat: has('blocked') ? plan.blockedChat : null,
    commitCuts: has('commits') ? plan.commitCuts : [],
  };
}

/** How far clocks are off, to either side: less than, and more than, what Defender takes to show a new action. */
const offsMs = [seconds(20), seconds(150), minutes(4), minutes(5)];
const jumpEveryMs = [minutes(6), minutes(25)] as const;

/** A clock that is wrong from the beginning, and jumps forward and back; one in four is right. */
export function planClock(draw: Draw, lengthMs: number): readonly ClockStep[] {
  if (draw.chance(0.25)) return [];
  const off = (): number => draw.pick([0, ...offsMs, ...offsMs.map((ms) => -ms)]);
  const steps: ClockStep[] = [{ at: 0, offMs: off() }];
  let at = draw.between(...jumpEveryMs);
  for (; at < lengthMs; at += draw.between(...jumpEveryMs)) steps.push({ at, offMs: off() });
  return steps;
}

/** What only the POST can meet, and a device that Defender forgets for one answer. */
export function planMisleading({ kills }: PlanOptions, draw: Draw, lengthMs: number): readonly DefenderFault[] {
  const rules = (count: number, make: () => FaultRule): readonly DefenderFault[] =>
    Array.from({ length: count }, () => ({ at: draw.between(0, lengthMs), rule: make() }));
  const atLeastTwo = (count: number): number => Math.max(2, Math.round(count));
  return [
    ...rules(atLeastTwo(kills / 8), () => ({
      // The settle time is three minutes.
      fault: { type: 'hiddenAction', hiddenMs: draw.between(minutes(3.2), minutes(12)), answered: draw.chance(0.3) },
      route: 'runLiveResponse',
    })),
    ...rules(atLeastTwo(kills / 10), () => ({
      fault: {
        type: 'foreignAction',
        ...draw.pick([
          { differsBy: 'comment', ownExists: true },
          { differsBy: 'comment', ownExists: false },
          { differsBy: 'both', ownExists: true },
          { differsBy: 'both', ownExists: false },
          // Ours by its comment: a second one of that comment would be no doing of the service.
          { differsBy: 'commands', ownExists: false },
        ] as const),
      },
      route: 'runLiveResponse',
    })),
    ...rules(atLeastTwo(kills / 6), () => ({
      fault: { type: 'refuse', status: 404, code: 'ResourceNotFound', message: 'The machine was not found' },
      route: 'getMachine',
      nth: draw.between(1, 3),
    })),
  ].sort((a, b) => a.at - b.at);
}

/** Gateways that answer for Defender: some for a moment, some for much longer than anything waits. */
export function planGatewayOutages({ kills }: PlanOptions, draw: Draw, lengthMs: number): readonly Outage[] {
  return Array.from({ length: Math.max(1, Math.round(kills / 30)) }, () => ({
    at: draw.between(0, lengthMs),
    forMs: Math.min(draw.pick([minutes(2), minutes(8), minutes(30), minutes(150)]), lengthMs / 4),
    route: draw.pick(['runLiveResponse', 'runLiveResponse', 'listActions', 'any'] as const),
    status: draw.pick([502, 503, 504] as const),
    arrived: draw.chance(0.5),
  })).sort((a, b) => a.at - b.at);
}

/** For so long Teams answers this to everything. */
export const planTeamsOutages = ({ kills }: PlanOptions, draw: Draw, lengthMs: number) =>
  Array.from({ length: Math.max(1, Math.round(kills / 20)) }, () => ({
    at: draw.between(0, lengthMs),
    forMs: seconds(draw.pick([15, 30, 60, 120])),
    ...draw.pick([
      { status: 403, code: 'ServiceError' },
      { status: 404, code: 'ConversationNotFound' },
    ]),
  })).sort((a, b) => a.at - b.at);

export const planRegionMoves = ({ kills }: PlanOptions, draw: Draw, lengthMs: number): readonly number[] =>
  Array.from({ length: Math.max(1, Math.round(kills / 60)) }, () => draw.between(minutes(2), lengthMs)).sort(
    (a, b) => a - b,
  );

/** Index into `approvers`; null in one story of four. */
export const planBlockedChat = (draw: Draw): number | null =>
  draw.chance(0.25) ? null : draw.between(0, approvers.length - 1);

/** On PostgreSQL only: a file has no connection that could break. */
export const planCommitCuts = (
  { kills, replicas }: PlanOptions,
  draw: Draw,
  lengthMs: number,
): readonly CommitCutAt[] =>
  Array.from({ length: Math.max(4, Math.round(kills / 3)) }, () => ({
    at: draw.between(seconds(20), lengthMs),
    slot: draw.between(0, replicas - 1),
    cut: draw.pick(['unsent', 'done', 'done'] as const),
  })).sort((a, b) => a.at - b.at);
