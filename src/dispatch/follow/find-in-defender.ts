import type { Defender, MachineAction } from '../../defender/client';
import { days } from '../../lib/clock';
import { readMarker } from '../../request/ask/digest';
import { whose } from '../../request/doubt/whose';
import type { Event } from '../../request/event';
import type { LiveResponseRequest, Queued } from '../../request/request';

type LookedUp = Extract<Event, { type: 'lookedUp' }>;

/** How long before it was asked its device's actions are read: far more than clocks differ. By Defender's own `Date`, never by ours. */
const readBackMs = days(1);

/**
 * Because a POST without a clear answer may have arrived, Defender itself is asked: every live response of the request's device that carries
 * its id in the marker, and the action that we know by its id. Throws a DefenderError where not all could be read, so that nothing is taken
 * for absent.
 */
export async function findInDefender(defender: Defender, request: LiveResponseRequest): Promise<LookedUp> {
  const createdFrom = request.askedAtDefender === null ? null : request.askedAtDefender - readBackMs;
  const { actions: listed, date } = await defender.listMachineActions(request.device.machineId, createdFrom);
  const marked = listed.filter(({ comment }) => readMarker(comment)?.id === request.id);
  const known = 'actionId' in request ? request.actionId : null;
  const unlisted = known !== null && !marked.some(({ actionId }) => actionId === known);
  const asked = unlisted ? await defender.getAction(known) : null;
  const actions = await Promise.all([...marked, ...(asked === null ? [] : [asked])].map((a) => readWhole(defender, a)));
  return { type: 'lookedUp', actions, complete: true, date };
}

/**
 * What was found is followed and not sent again. Tells what happens in place of the second POST: the event to apply; `unread` where nobody
 * can tell whose the action is; null where it may go.
 */
export function insteadOfPosting(request: Queued, found: LookedUp): LookedUp | 'unread' | null {
  const isRead = found.actions.some((action) => whose(request, action) !== 'unread');
  if (found.actions.length > 0 && !isRead) return 'unread';
  if (isRead) return found; // guard: found-again-is-not-sent-again
  return null;
}

/** A list may leave out what an action was asked to run; it is read again by its id. */
const readWhole = async (defender: Defender, action: MachineAction): Promise<MachineAction> =>
  action.asked === null ? ((await defender.getAction(action.actionId)) ?? action) : action;
