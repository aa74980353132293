import { ok } from '../../lib/result';
import type { Effect } from '../effect';
import type { ObservedAction } from '../event';
import { hasStarted } from '../observe';
import { move, type Outcome } from '../outcome';
import type { InDoubt, LiveResponseRequest, OtherAction } from '../request';
import { lateLookMs, lookOn, nextLookMs } from './unknown';
import { whose } from './whose';

/** While a submission is not accounted for, every further action that carries the request's id is noted, told and followed. */
export function noteOthers(
  request: LiveResponseRequest,
  inDoubt: InDoubt,
  actions: readonly ObservedAction[],
  now: number,
): Outcome {
  const followed = 'actionId' in request ? request.actionId : null;
  const { others, fresh, isChanged } = noted(
    request,
    actions.filter(
      (action) => action.actionId !== followed && ['ours', 'otherCommands'].includes(whose(request, action)),
    ),
  );
  const effects = lookOn(inDoubt, pauseFor(others), now);
  if (!isChanged) return ok({ request, effects });
  return move(
    { ...request, others } as LiveResponseRequest,
    fresh.map((action) => ({ type: 'foundAnother', action })),
    [...fresh.flatMap(cancelOf), ...effects],
  );
}

/** What these actions add to those that are known beside the one that is followed. */
export function noted(request: LiveResponseRequest, actions: readonly ObservedAction[]) {
  const before = othersOf(request);
  const others = mergeOthers(request, actions);
  const fresh = others.filter(({ actionId }) => !before.some((known) => known.actionId === actionId));
  return { others, fresh, isChanged: JSON.stringify(others) !== JSON.stringify(before) };
}

/** The actions beside the one that is followed, each once, as they were last seen; one that has begun does not become less than that. */
export function mergeOthers(request: LiveResponseRequest, actions: readonly ObservedAction[]): readonly OtherAction[] {
  const byId = new Map(othersOf(request).map((other) => [other.actionId, other]));
  for (const action of actions) {
    const next = otherOf(request, action);
    byId.set(next.actionId, { ...next, begun: next.begun || (byId.get(next.actionId)?.begun ?? false) });
  }
  return [...byId.values()];
}

export const othersOf = (request: LiveResponseRequest): readonly OtherAction[] =>
  ('others' in request ? request.others : undefined) ?? [];

export const otherOf = (request: LiveResponseRequest, action: ObservedAction): OtherAction => ({
  actionId: action.actionId,
  status: action.status,
  begun: !['Pending', 'Cancelled'].includes(action.status) || action.progress.some(hasStarted),
  ...(whose(request, action) === 'otherCommands' ? { altered: true } : {}),
});

/** Nobody decided on two runs, so one that has not begun is cancelled; one with other commands is left to people. */
export const cancelOf = ({ actionId, status, altered }: OtherAction): readonly Effect[] =>
  status === 'Pending' && altered === undefined ? [{ type: 'cancelAction', actionId }] : [];

export const pauseFor = (others: readonly OtherAction[]): number =>
  others.some(({ status }) => ['Pending', 'InProgress'].includes(status)) ? nextLookMs : lateLookMs;
