import { seconds } from '../src/lib/clock';
import type { Fault, FaultRule } from '../trial/defender/emulator';
import type { ConnectorFault } from '../trial/teams/connector-port';
import type { Draw } from './draw';
import type { DefenderFault, PlanOptions, TeamsFault } from './plan';

const routes = [
  'runLiveResponse',
  'runLiveResponse',
  'runLiveResponse',
  'listActions',
  'listActions',
  'getAction',
  'getResultLink',
  'downloadResult',
  'listLibrary',
  'getMachine',
  'listMachines',
  'cancelAction',
] as const satisfies readonly FaultRule['route'][];

/** Of the fast time: longer than the service waits for an answer (30 s), and together with the hiding shorter than it looks (3 min). */
const slowMs = [seconds(5), seconds(20), seconds(40)];

export function planDefenderFaults({ kills }: PlanOptions, draw: Draw, lengthMs: number): readonly DefenderFault[] {
  return instants(draw, Math.max(12, kills), lengthMs).map((at) => ({
    at,
    rule: {
      fault: planDefenderFault(draw),
      route: draw.pick(routes),
      nth: draw.between(1, 2),
      times: draw.between(1, 3),
    },
  }));
}

function planDefenderFault(draw: Draw): Fault {
  switch (draw.between(1, 16)) {
    case 1:
      return { type: 'errorBefore' };
    case 2:
    case 3:
      return { type: 'errorAfter' };
    case 4:
    case 5:
      return { type: 'dropBefore' };
    case 6:
    case 7:
      return { type: 'dropAfter' };
    case 8:
    case 9:
      return { type: 'malformed' };
    case 10:
    case 11:
      return {
        type: 'tooManyRequests',
        wait: draw.pick(['seconds', 'date', 'text', 'none'] as const),
        waitSeconds: draw.between(2, 60),
      };
    case 12:
    case 13:
      // The token does not count any more.
      return { type: 'unauthorized' };
    case 14:
    case 15:
      return { type: 'slow', realMs: draw.pick(slowMs), when: draw.pick(['before', 'after'] as const) };
    default:
      return { type: 'refuse', status: 503, code: 'ServiceUnavailable', message: '' };
  }
}

export function planTeamsFaults({ kills }: PlanOptions, draw: Draw, lengthMs: number): readonly TeamsFault[] {
  return instants(draw, Math.max(12, kills), lengthMs).map((at) => ({
    at,
    method: draw.pick(['POST', 'PUT', 'any'] as const),
    fault: planTeamsFault(draw),
    times: draw.between(1, 4),
  }));
}

function planTeamsFault(draw: Draw): ConnectorFault {
  switch (draw.between(1, 10)) {
    case 1:
    case 2:
      return { type: 'status', status: 429, code: 'Throttled', retryAfterS: draw.between(1, 40) };
    case 3:
      return { type: 'status', status: draw.pick([412, 429]), code: 'Throttled' };
    case 4:
      return { type: 'status', status: draw.pick([500, 502, 503, 504]) };
    case 5:
      return { type: 'status', status: draw.pick([500, 502, 504]), accepted: true };
    case 6:
    case 7:
      return { type: 'drop', accepted: false };
    case 8:
    case 9:
      return { type: 'drop', accepted: true };
    default:
      return { type: 'hang' };
  }
}

const instants = (draw: Draw, count: number, lengthMs: number): readonly number[] =>
  Array.from({ length: count }, () => draw.between(0, lengthMs)).sort((a, b) => a - b);
