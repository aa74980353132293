import { minutes, seconds } from '../src/lib/clock';
import type { FaultRule } from '../trial/defender/emulator';
import type { ConnectorFault } from '../trial/teams/connector-port';
import { devices } from './cast';
import type { CommitCut } from './commit-gate';
import { createDraw, type Draw } from './draw';
import type { ClockStep } from './fast-time';
import type { ChaosOptions } from './options';
import { planAsks, planCalmAsks } from './plan-asks';
import { planDefenderFaults, planTeamsFaults } from './plan-faults';
import {
  leaveOut,
  planBlockedChat,
  planClock,
  planCommitCuts,
  planGatewayOutages,
  planMisleading,
  planRegionMoves,
  planTeamsOutages,
} from './plan-mischief';
import { planStrikes } from './plan-strikes';

/**
 * The whole story, drawn before anything starts: who asks what when and how it is decided, which process dies when, what breaks on the wire.
 * Instants are milliseconds of the fast time since the story began.
 */
export interface Plan {
  /** How long Defender hides a new action. */
  readonly hiddenMs: number;
  readonly asks: readonly Ask[];
  /** Asked when nothing is broken any more; `at` counts from then. */
  readonly calmAsks: readonly Ask[];
  readonly strikes: readonly Strike[];
  readonly defenderFaults: readonly DefenderFault[];
  readonly teamsFaults: readonly TeamsFault[];
  readonly incidents: readonly Incident[];
  /** By how much each replica's clock is wrong, and the database server's, which counts where replicas share one. */
  readonly clocks: ReadonlyArray<readonly ClockStep[]>;
  readonly databaseClock: readonly ClockStep[];
  readonly gatewayOutages: readonly Outage[];
  readonly teamsOutages: ReadonlyArray<{
    readonly at: number;
    readonly forMs: number;
    readonly status: number;
    readonly code: string;
  }>;
  /** When the tenant moves to another address of Teams. */
  readonly regionMoves: readonly number[];
  /** Index into `approvers` of the one whose chat answers 500 to everything, from the first call to the last. */
  readonly blockedChat: number | null;
  readonly commitCuts: readonly CommitCutAt[];
}

/** For so long a gateway answers in Defender's place; the calls get through behind it or not. */
export interface Outage {
  readonly at: number;
  readonly forMs: number;
  readonly route: 'runLiveResponse' | 'listActions' | 'any';
  readonly status: 502 | 503 | 504;
  readonly arrived: boolean;
}

export interface CommitCutAt {
  readonly at: number;
  readonly slot: number;
  readonly cut: CommitCut;
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
  /** What approvers press when a card offers it, since nobody can tell whether it arrived; null: they let it be. */
  readonly doubt: {
    readonly verb: 'vote.sendOnceMore' | 'vote.leaveIt';
    /** Indexes into `approvers`. */
    readonly approvers: readonly number[];
    readonly afterMs: number;
    readonly via: number;
  } | null;
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

export type PlanOptions = Pick<ChaosOptions, 'kills' | 'replicas' | 'seed'> & Partial<Pick<ChaosOptions, 'without'>>;

/** A pure function of its options: the same seed makes the same story, on whichever store it is played. */
export function planStory(options: PlanOptions): Plan {
  const draw = createDraw(String(options.seed));
  const strikes = planStrikes(options, draw.fork('strikes'));
  const lengthMs = (strikes.at(-1)?.at ?? 0) + minutes(1);
  const blockedChat = planBlockedChat(draw.fork('blockedChat'));
  const plan: Plan = {
    hiddenMs: seconds(draw.fork('hidden').pick([2, 20, 60, 90])),
    asks: planAsks({ ...options, blockedChat }, draw.fork('asks'), lengthMs),
    calmAsks: planCalmAsks({ ...options, blockedChat }, draw.fork('calmAsks')),
    strikes,
    defenderFaults: [
      ...planDefenderFaults(options, draw.fork('defender'), lengthMs),
      ...planMisleading(options, draw.fork('misleading'), lengthMs),
    ].sort((a, b) => a.at - b.at),
    teamsFaults: planTeamsFaults(options, draw.fork('teams'), lengthMs),
    incidents: planIncidents(options, draw.fork('incidents'), lengthMs),
    clocks: Array.from({ length: options.replicas }, (_, slot) => planClock(draw.fork(`clock ${slot}`), lengthMs)),
    databaseClock: planClock(draw.fork('databaseClock'), lengthMs),
    gatewayOutages: planGatewayOutages(options, draw.fork('gatewayOutages'), lengthMs),
    teamsOutages: planTeamsOutages(options, draw.fork('teamsOutages'), lengthMs),
    regionMoves: planRegionMoves(options, draw.fork('regionMoves'), lengthMs),
    blockedChat,
    commitCuts: planCommitCuts(options, draw.fork('commitCuts'), lengthMs),
  };
  return leaveOut(plan, options.without ?? []);
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
