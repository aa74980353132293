import { minutes, seconds } from '../src/lib/clock';
import type { TeamsPerson } from '../trial/teams/connector-port';
import { approvers, devices, evidencePath, requesters, scripts, tool } from './cast';
import type { Draw } from './draw';
import type { Ask, Click, Course, Plan, PlanOptions } from './plan';

/** Fewer would leave kills without anything to disturb. */
const fewestAsks = 8;

type AskOptions = PlanOptions & Pick<Plan, 'blockedChat'>;

export function planAsks({ kills, replicas, blockedChat }: AskOptions, draw: Draw, lengthMs: number): readonly Ask[] {
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
      course: planCourse(draw, { replicas, requester, approvals: device.approvals, blockedChat }),
    };
  });
}

/** Long enough after a card for all other cards to be there, whatever backed off before. */
const calmClickMs = minutes(7);

/** One ask for each device: all approvers get their cards, and then enough of them approve. */
export const planCalmAsks = ({ replicas, blockedChat }: AskOptions, draw: Draw): readonly Ask[] =>
  devices.slice(-4).map(({ name, approvals }, index) => ({
    number: calmNumbersFrom + index,
    at: seconds(draw.between(0, 60)),
    requester: 0,
    way: 'text',
    device: name,
    commands: planCommands(draw),
    via: draw.between(0, replicas - 1),
    delivered: 'once',
    course: {
      clicks: votersFor(requesters[0], blockedChat)
        .slice(0, approvals)
        .map((approver) => ({ approver, decision: 'approve', afterMs: calmClickMs, via: 0, twice: false })),
      cancel: null,
      doubt: null,
    },
  }));

const calmNumbersFrom = 1_000_001;

export const isCalm = (askNumber: number): boolean => askNumber >= calmNumbersFrom;

/** Whose click can come: not the requester's, and not of whom no card can reach. */
const votersFor = (asker: TeamsPerson | undefined, blockedChat: number | null): readonly number[] =>
  [...approvers.keys()].filter((index) => approvers[index] !== asker && index !== blockedChat);

function planCommands(draw: Draw): readonly string[] {
  const run = `run ${draw.pick(scripts)}`;
  const get = `getfile ${evidencePath}`;
  return draw.pick([[run], [get], [run, get], [`putfile ${tool}`, run], [`putfile ${tool}`, run, get]]);
}

function planCourse(
  draw: Draw,
  about: {
    readonly replicas: number;
    readonly requester: number;
    readonly approvals: number;
    readonly blockedChat: number | null;
  },
): Course {
  const others = votersFor(requesters[about.requester], about.blockedChat);
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
  const doubt: Course['doubt'] = draw.chance(0.65)
    ? {
        verb: draw.chance(0.75) ? 'vote.sendOnceMore' : 'vote.leaveIt',
        approvers: others.slice(0, about.approvals),
        afterMs: seconds(draw.between(2, 90)),
        via: draw.between(0, about.replicas - 1),
      }
    : null;
  const kind = draw.between(1, 100);
  if (kind <= 58) return { clicks: approve, cancel: null, doubt };
  // More hands than are needed, at the same instant.
  if (kind <= 66) return { clicks: [...approve, click(about.approvals, 'approve', soon)], cancel: null, doubt };
  if (kind <= 74) return { clicks: [click(0, 'deny', soon)], cancel: null, doubt };
  if (kind <= 82) return { clicks: [...approve, click(about.approvals, 'deny', soon)], cancel: null, doubt };
  if (kind <= 88) return { clicks: [], cancel: cancel(soon), doubt };
  if (kind <= 97) return { clicks: approve, cancel: cancel(soon + seconds(draw.between(0, 90))), doubt };
  return { clicks: [], cancel: null, doubt };
}
