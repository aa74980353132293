import type { Action, ActionCommand, CommandPlan } from './action';
import { isFinal } from './action';

/** What a life depends on besides the action itself. */
export interface LifeRules {
  readonly queueMs: number;
  /** From the end of the last command to the final status; 37 s in the one observed sample. */
  readonly closeMs: number;
  /** How long the device stays busy after a cancellation (clients wait 10 to 30 s before they submit again). */
  readonly releaseMs: number;
  /** When the device can be connected to, if nothing changes; null for a device that is gone. */
  reachableAt(action: Action): Reachability | null;
  /** What the command will do, decided from the device and the library as they are when it starts. */
  planCommand(
    action: Action,
    index: number,
    startsAt: number,
  ): { readonly plan: CommandPlan; readonly sha256: string | null };
  commandEnded(action: Action, plan: CommandPlan): void;
}

export interface Reachability {
  readonly at: number;
  readonly connectDelayMs: number;
  /** The device was changed then, so it connects no earlier. */
  readonly notBefore: number;
}

interface LifeEvent {
  readonly at: number;
  readonly apply: (at: number) => void;
}

/**
 * Brings the action to the instant `now`, event by event, so that its state depends on what happened and on the time only, however often
 * or seldom anybody looks. Devices and library must not change without every action being brought up to date first.
 */
export function advanceAction(action: Action, now: number, rules: LifeRules): void {
  for (let event = nextEvent(action, rules); event !== null && event.at <= now; event = nextEvent(action, rules)) {
    event.apply(event.at);
  }
}

/** Until when the action keeps its device busy; Infinity while it is not final. */
export function busyUntil(action: Action, rules: LifeRules): number {
  if (!isFinal(action.status)) return Number.POSITIVE_INFINITY;
  if (action.status !== 'Cancelled' || action.finalAt === null) return action.finalAt ?? 0;
  const running = action.commands.find((command) => command.ran === 'started');
  return Math.max(action.finalAt + rules.releaseMs, running?.plan?.endsAt ?? 0);
}

function nextEvent(action: Action, rules: LifeRules): LifeEvent | null {
  const own = action.alive ? ownEvents(action, rules) : [];
  const events = isFinal(action.status) ? lateEvents(action, rules) : [...own, ...cancelEvents(action)];
  return events.reduce<LifeEvent | null>(
    (first, event) => (first === null || event.at < first.at ? event : first),
    null,
  );
}

function ownEvents(action: Action, rules: LifeRules): readonly LifeEvent[] {
  return action.status === 'Pending' ? pendingEvents(action, rules) : runningEvents(action, rules);
}

/** The page gives the queue's length only; that the action then ends as TimeOut is inferred (defender-api.md §5). */
function pendingEvents(action: Action, rules: LifeRules): readonly LifeEvent[] {
  const reachable = rules.reachableAt(action);
  const lapse = { at: action.createdAt + rules.queueMs, apply: (at: number) => finish(action, 'TimeOut', at) };
  if (reachable === null) return [lapse];
  const connectsAt = Math.max(Math.max(reachable.at, action.createdAt) + reachable.connectDelayMs, reachable.notBefore);
  return [
    lapse,
    {
      at: connectsAt,
      apply: (at) => {
        action.status = 'InProgress';
        action.connectedAt = at;
        action.updatedAt = at;
        startCommand(action, 0, at, rules);
      },
    },
  ];
}

function runningEvents(action: Action, rules: LifeRules): readonly LifeEvent[] {
  const index = action.commands.findIndex((command) => command.ran === 'started');
  const command = action.commands[index];
  if (command?.plan) return [{ at: command.plan.endsAt, apply: (at) => endCommand(action, index, at, rules) }];
  const failed = action.commands.some((c) => c.status === 'Failed' || c.plan?.outcome === 'failedSilently');
  return [{ at: action.updatedAt + rules.closeMs, apply: (at) => finish(action, failed ? 'Failed' : 'Succeeded', at) }];
}

function cancelEvents(action: Action): readonly LifeEvent[] {
  if (action.cancellation === null) return [];
  return [{ at: action.cancellation.effectiveAt, apply: (at) => finish(action, 'Cancelled', at) }];
}

/** A command that was running when its action was cancelled runs to its end on the device: nothing says that a cancel stops it. */
function lateEvents(action: Action, rules: LifeRules): readonly LifeEvent[] {
  const command = action.commands.find((c) => c.ran === 'started');
  const plan = command?.plan;
  if (command === undefined || !plan) return [];
  return [
    {
      at: plan.endsAt,
      apply: () => {
        command.ran = 'finished';
        rules.commandEnded(action, plan);
      },
    },
  ];
}

function startCommand(action: Action, index: number, at: number, rules: LifeRules): void {
  const command = action.commands[index];
  if (command === undefined) return;
  const { plan, sha256 } = rules.planCommand(action, index, at);
  command.startedAt = plan.outcome === 'failedSilently' ? null : at;
  command.ran = 'started';
  command.ranSha256 = sha256;
  command.plan = plan;
}

function endCommand(action: Action, index: number, at: number, rules: LifeRules): void {
  const command = action.commands[index] as ActionCommand;
  const plan = command.plan as CommandPlan;
  action.updatedAt = at;
  command.ran = plan.outcome === 'failedSilently' ? 'no' : 'finished';
  if (plan.outcome === 'failedSilently') return;
  command.endedAt = at;
  command.errors = plan.errors;
  command.result = plan.result;
  command.status = plan.outcome === 'completed' ? 'Completed' : 'Failed';
  rules.commandEnded(action, plan);
  if (plan.outcome === 'timedOut') finish(action, 'TimeOut', at);
  else if (plan.outcome === 'completed') startCommand(action, index + 1, at, rules);
}

function finish(action: Action, status: Action['status'], at: number): void {
  action.status = status;
  action.updatedAt = at;
  action.finalAt = at;
}
