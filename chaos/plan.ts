import type { ConnectorFault } from '../src/emulator/connector-port';
import type { FaultRule } from '../src/emulator/emulator';
import { minutes, seconds } from '../src/lib/clock';
import { approvers, devices, evidencePath, requesters, scripts, tool } from './cast';
import { createDraw, type Draw } from './draw';
import type { ChaosOptions } from './options';
import { planDefenderFaults, planTeamsFaults } from './plan-faults';
import { planStrikes } from './plan-strikes';

/**
 * The whole story, drawn before anything starts: who asks what when and how it is decided, which process dies when, what breaks on the wire.
 * Instants are milliseconds of the fast time since the story began.
 */
export interface Plan {
  /** How long Defender hides a new action. */
  readonly hiddenMs: number;
  readonly asks: readonly Ask[];
  readonly strikes: readonly Strike[];
  readonly defenderFaults: readonly DefenderFault[];
  readonly teamsFaults: readonly TeamsFault[];
  readonly incidents: readonly Incident[];
}

/** One person asks for one thing. */
export interface Ask {
  /** From 1; the reason that is typed carries it. */
  readonly number: number;
  readonly at: number;
  /** Index into `requesters`. */
  readonly requester: number;
  readonly way: 'text' | 'form';
  readonly device: string;
  readonly commands: readonly string[];
  /** The replica that Teams tries first. */
  readonly via: number;
  /** Teams delivers the same activity again although it was answered. */
  readonly delivered: 'once' | 'twice';
  readonly course: Course;
}

/** One person's click on a card. `afterMs` counts from the moment that the card is there. */
export interface Click {
  /** Index into `approvers`. */
  readonly approver: number;
  readonly decision: 'approve' | 'deny';
  readonly afterMs: number;
  readonly via: number;
  /** The person clicks again before the answer is seen. */
  readonly twice: boolean;
}

/** What becomes of an ask, as far as people decide it. */
export interface Course {
  readonly clicks: readonly Click[];
  /** The requester takes it back so long after its card is there, typed or by the button; null: never. */
  readonly cancel: { readonly afterMs: number; readonly way: 'text' | 'button'; readonly via: number } | null;
}

export type DefenderCall =
  | 'runLiveResponse'
  | 'listActions'
  | 'getAction'
  | 'getResultLink'
  | 'listLibrary'
  | 'getMachine'
  | 'cancelAction';

interface StrikeBase {
  readonly at: number;
  /** Not sooner than so long after the replica listened: it must have had time to do something. */
  readonly upMs: number;
}

/** What happens to processes; a slot is one replica's place, from 0. */
export type Strike = StrikeBase &
  (
    | { readonly type: 'kill'; readonly slots: readonly number[]; readonly downMs: number }
    /** Killed in the middle of a call to Defender: before a byte went out, when it was done but not yet answered, or right after the answer. */
    | {
        readonly type: 'killInCall';
        readonly slot: number;
        readonly call: DefenderCall;
        readonly when: 'unsent' | 'done' | 'answered';
        readonly downMs: number;
      }
    /** Killed in the middle of a call to Teams: the message was taken or not, and the answer is lost in any case. */
    | {
        readonly type: 'killInPost';
        readonly slots: readonly number[];
        readonly method: 'POST' | 'PUT';
        readonly accepted: boolean;
        readonly downMs: number;
      }
    /** SIGSTOP, and SIGCONT when its leases are long over. */
    | { readonly type: 'stall'; readonly slot: number; readonly forMs: number }
    /** SIGTERM, as an upgrade does. */
    | { readonly type: 'drain'; readonly slot: number; readonly downMs: number }
  );

export interface DefenderFault {
  readonly at: number;
  readonly rule: FaultRule;
}

export interface TeamsFault {
  readonly at: number;
  readonly method: 'POST' | 'PUT' | 'any';
  readonly fault: ConnectorFault;
  readonly times: number;
}

/** What others do in Defender meanwhile. */
export type Incident = { readonly at: number } & (
  | { readonly type: 'offline'; readonly device: string; readonly forMs: number }
  | { readonly type: 'portalSession'; readonly device: string; readonly forMs: number }
  /** Somebody cancels an open action of ours in the portal. */
  | { readonly type: 'portalCancel' }
  /** An action of ours vanishes from all answers. */
  | { readonly type: 'vanish' }
  /** One read says Failed, and the next one the truth. */
  | { readonly type: 'misreport' }
);

export type PlanOptions = Pick<ChaosOptions, 'kills' | 'replicas' | 'seed'>;

/** A pure function of its options: the same seed makes the same story, on whichever store it is played. */
export function planStory(options: PlanOptions): Plan {
  const draw = createDraw(String(options.seed));
  const strikes = planStrikes(options, draw.fork('strikes'));
  const lengthMs = (strikes.at(-1)?.at ?? 0) + minutes(1);
  return {
    hiddenMs: seconds(draw.fork('hidden').pick([2, 20, 60, 90])),
    asks: planAsks(options, draw.fork('asks'), lengthMs),
    strikes,
    defenderFaults: planDefenderFaults(options, draw.fork('defender'), lengthMs),
    teamsFaults: planTeamsFaults(options, draw.fork('teams'), lengthMs),
    incidents: planIncidents(options, draw.fork('incidents'), lengthMs),
  };
}

/** Fewer would leave kills without anything to disturb. */
const fewestAsks = 8;

function planAsks({ kills, replicas }: PlanOptions, draw: Draw, lengthMs: number): readonly Ask[] {
  const count = Math.max(fewestAsks, kills);
  const instants = Array.from({ length: count }, () => draw.between(0, lengthMs - seconds(30))).sort((a, b) => a - b);
  return instants.map((at, index) => {
    const requester = draw.between(0, requesters.length - 1);
    const device = draw.pick(devices);
    return {
      number: index + 1,
      at,
      requester,
      way: draw.chance(0.3) ? 'form' : 'text',
      device: device.name,
      commands: planCommands(draw),
      via: draw.between(0, replicas - 1),
      delivered: draw.chance(0.25) ? 'twice' : 'once',
      course: planCourse(draw, { replicas, requester, approvals: device.approvals }),
    };
  });
}

function planCommands(draw: Draw): readonly string[] {
  const run = `run ${draw.pick(scripts)}`;
  const get = `getfile ${evidencePath}`;
  return draw.pick([[run], [get], [run, get], [`putfile ${tool}`, run], [`putfile ${tool}`, run, get]]);
}

function planCourse(
  draw: Draw,
  about: { readonly replicas: number; readonly requester: number; readonly approvals: number },
): Course {
  const asker = requesters[about.requester];
  const others = [...approvers.keys()].filter((index) => approvers[index] !== asker);
  const first = draw.between(0, others.length - 1);
  const voter = (n: number): number => others[(first + n) % others.length] ?? 0;
  const click = (n: number, decision: Click['decision'], afterMs: number): Click => ({
    approver: voter(n),
    decision,
    afterMs,
    via: draw.between(0, about.replicas - 1),
    twice: draw.chance(0.2),
  });
  const soon = seconds(draw.between(2, 60));
  const cancel = (afterMs: number): Course['cancel'] => ({
    afterMs,
    way: draw.chance(0.5) ? 'text' : 'button',
    via: draw.between(0, about.replicas - 1),
  });
  const approve = Array.from({ length: about.approvals }, (_, n) =>
    click(n, 'approve', soon + (draw.chance(0.5) ? 0 : seconds(draw.between(0, 30)))),
  );
  const kind = draw.between(1, 100);
  if (kind <= 58) return { clicks: approve, cancel: null };
  // More hands than are needed, at the same instant.
  if (kind <= 66) return { clicks: [...approve, click(about.approvals, 'approve', soon)], cancel: null };
  if (kind <= 74) return { clicks: [click(0, 'deny', soon)], cancel: null };
  if (kind <= 82) return { clicks: [...approve, click(about.approvals, 'deny', soon)], cancel: null };
  if (kind <= 88) return { clicks: [], cancel: cancel(soon) };
  if (kind <= 97) return { clicks: approve, cancel: cancel(soon + seconds(draw.between(0, 90))) };
  return { clicks: [], cancel: null };
}

function planIncidents({ kills }: PlanOptions, draw: Draw, lengthMs: number): readonly Incident[] {
  const count = Math.max(3, Math.round(kills / 6));
  return Array.from({ length: count }, (): Incident => {
    const at = draw.between(0, lengthMs);
    const device = draw.pick(devices).name;
    switch (draw.between(1, 7)) {
      case 1:
      case 2:
        // Some longer than the time to start.
        return { at, type: 'offline', device, forMs: minutes(draw.pick([1, 3, 8, 25])) };
      case 3:
      case 4:
        return { at, type: 'portalSession', device, forMs: minutes(draw.pick([1, 3, 6])) };
      case 5:
        return { at, type: 'portalCancel' };
      case 6:
        return { at, type: 'misreport' };
      default:
        return { at, type: 'vanish' };
    }
  }).sort((a, b) => a.at - b.at);
}
