import type { SubmitOutcome } from '../../src/defender/client';
import { markerOf } from '../../src/request/ask/digest';
import { othersOf } from '../../src/request/doubt/others';
import type { Event } from '../../src/request/event';
import type { Transition } from '../../src/request/outcome';
import { isFinal, type LiveResponseRequest, type RequestId, type Submitting } from '../../src/request/request';
import { type DefenderModel, isEnded, type ModelAction, statusOf } from './defender-model';

/** Defender hides a new action for about this long at most, as it is documented (defender-api.md §1.2). */
const documentedHideMs = 120_000;

/** What a history has met, so that nobody takes one that met nothing for a proof. */
export interface Met {
  readonly decisions: number;
  readonly unconfirmed: number;
  /** Turned up after nobody decided any more. */
  readonly foundLate: number;
  readonly ranTwice: number;
  readonly busyWithItself: number;
}

/** Looks on while a history is played, and names every promise that it breaks. */
export function createPromises(defender: DefenderModel) {
  const broken = new Set<string>();
  const mayHaveArrived = new Map<string, number>();
  const wasBusy = new Set<string>();
  const wasListed = new Set<RequestId>();
  const toBeCancelled = new Set<string>();
  const cancels = new Set<string>();
  const decided = new Map<RequestId, number>();
  const met = { unconfirmed: 0, foundLate: 0, busyWithItself: 0 };

  const expect = (holds: boolean, promise: string) => {
    if (!holds) broken.add(promise);
  };
  const isForeign = (actionId: string) => defender.action(actionId)?.requestId === null;
  const isAltered = (actionId: string) => defender.action(actionId)?.isAltered === true;

  return {
    broken: (): readonly string[] => [...broken],
    expect,

    /** What the look right before a second POST showed. */
    checked(request: LiveResponseRequest, isListed: boolean): void {
      if (isListed) wasListed.add(request.id);
      else wasListed.delete(request.id);
    },

    posted(request: Submitting): void {
      const marker = markerOf(request);
      const count = (mayHaveArrived.get(marker) ?? 0) + 1;
      mayHaveArrived.set(marker, count);
      expect(count <= 1, `${marker} is at most one POST that may have arrived, not ${count}`);
      expect(request.decision === 1 || !wasListed.has(request.id), `${marker} is not sent when it was just found`);
      expect(!wasBusy.has(marker), `${marker} is not sent again to a device that may be busy with it`);
    },

    /** A clear refusal did not arrive. */
    answered(request: Submitting, { type }: SubmitOutcome): void {
      const marker = markerOf(request);
      if (type === 'busy' || type === 'throttled' || type === 'notSent' || type === 'rejected')
        mayHaveArrived.set(marker, (mayHaveArrived.get(marker) ?? 0) - 1);
      if (type !== 'busy' || request.decision === 1) return;
      wasBusy.add(marker);
      if (defender.actionsOf(request.id).length > 0) met.busyWithItself++;
    },

    /** The whole bar was met anew. */
    decidedAgain(id: RequestId): void {
      decided.set(id, (decided.get(id) ?? 1) + 1);
    },

    applied(before: LiveResponseRequest, event: Event, { request, effects }: Transition): void {
      const { id } = request;
      if (request.state === 'unconfirmed' && before.state !== 'unconfirmed') met.unconfirmed++;
      if (before.state === 'unconfirmed' && request.state !== 'unconfirmed') met.foundLate++;
      if (request.state === 'unknown' && request.notListed && !(before.state === 'unknown' && before.notListed))
        for (const action of defender.actionsOf(id))
          expect(
            action.visibleAt - action.createdAt > documentedHideMs,
            `${id} is not called unlisted before Defender may list it`,
          );
      if (isFollowed(request) && request.actionId !== null) {
        expect(!isForeign(request.actionId), `${id} follows no action of somebody else`);
        expect(!isAltered(request.actionId), `${id} takes no other commands for its own`);
      }
      for (const { actionId } of othersOf(request))
        expect(!isForeign(actionId), `${id} notes no action of somebody else`);
      if ('decision' in request)
        expect(request.decision <= (decided.get(id) ?? 1), `${id} is sent once more by the whole bar alone`);
      for (const effect of effects) {
        if (effect.type !== 'cancelAction') continue;
        cancels.add(effect.actionId);
        expect(!isForeign(effect.actionId), `${id} cancels no action of somebody else`);
        expect(!isAltered(effect.actionId), `${id} leaves other commands to people`);
      }
      if (event.type === 'lookedUp') owedCancels(before, event, request);
    },

    /** When all has come to rest. */
    judge(requests: ReadonlyMap<RequestId, LiveResponseRequest>, ids: readonly RequestId[], now: number): Met {
      for (const actionId of toBeCancelled)
        expect(cancels.has(actionId), `${actionId} turned up unstarted when nobody wanted it, and is cancelled`);
      let decisions = 0;
      for (const id of ids) {
        const request = requests.get(id);
        const actions = defender.actionsOf(id);
        const decision = request !== undefined && 'decision' in request ? request.decision : 1;
        decisions += decision;
        expect(actions.length <= decision, `${id} ran at most ${decision} times, not ${actions.length}`);
        expect(request !== undefined && isFinal(request.state), `${id} has an end, not ${request?.state}`);
        if (request === undefined) continue;
        for (const action of actions) expect(isEnded(action, now), `${id} has ended in Defender`);
        judgeTold(request, actions, now);
      }
      const ranTwice = ids.filter((id) => defender.actionsOf(id).length > 1).length;
      return { ...met, decisions, ranTwice };
    },
  };

  /** Nobody decided on it any more, or on two of it: what has not begun is cancelled. */
  function owedCancels(
    before: LiveResponseRequest,
    event: Extract<Event, { type: 'lookedUp' }>,
    after: LiveResponseRequest,
  ): void {
    const known = othersOf(before).map(({ actionId }) => actionId);
    const followed = 'actionId' in after ? after.actionId : null;
    for (const { actionId, status } of event.actions) {
      const isOther = followed !== actionId && !known.includes(actionId);
      if (status !== 'Pending' || isAltered(actionId) || isForeign(actionId)) continue;
      if (before.state === 'unconfirmed' || isOther) toBeCancelled.add(actionId);
    }
  }

  function judgeTold(request: LiveResponseRequest, actions: readonly ModelAction[], now: number): void {
    const { id } = request;
    const followed = 'actionId' in request ? request.actionId : null;
    const others = new Map(othersOf(request).map((other) => [other.actionId, other.status]));
    for (const action of actions) {
      const told = action.id === followed ? toldOf(request) : others.get(action.id);
      const truth = statusOf(action, now);
      expect(told !== undefined, `${id} tells of ${action.id}, which turned up`);
      if (told === undefined || (action.isAltered && action.id === followed)) continue;
      expect(told === truth, `${id} is told as ${told} and is ${truth}`);
    }
    if (actions.length > 0) return;
    const told = toldOf(request);
    expect(told === 'none' || told === 'notListed', `${id} is told as ${told} and is none`);
  }
}

export type Promises = ReturnType<typeof createPromises>;

/** As an action of its own. */
const isFollowed = (request: LiveResponseRequest): request is LiveResponseRequest & { actionId: string | null } =>
  'actionId' in request && request.state !== 'unknown' && request.state !== 'unconfirmed';

/** What the thread says of Defender's action at the end. */
function toldOf(request: LiveResponseRequest): string {
  switch (request.state) {
    case 'succeeded':
      return 'Succeeded';
    case 'timedOut':
      return 'TimeOut';
    case 'cancelled':
    case 'lapsed':
      return request.actionId === null ? 'none' : 'Cancelled';
    case 'refused':
      return 'none';
    case 'unconfirmed':
      return 'notListed';
    default:
      return request.state;
  }
}
