import type { Defender, MachineAction } from '../defender/client';
import { days } from '../lib/clock';
import { readMarker } from '../request/ask/digest';
import { whose } from '../request/doubt/whose';
import type { Event } from '../request/event';
import type { LiveResponseRequest, Queued } from '../request/request';

/** How long before it was asked its device's actions are looked at: far more than clocks differ. By Defender's own `Date`, never by ours. */
const lookBackMs = days(1);

/**
 * Looks for a request in Defender: every live response of its device that carries its id in the marker, and the action that we know by its
 * id. Throws a DefenderError where not all could be read, so that nothing is taken for absent.
 */
export async function lookFor(
  defender: Defender,
  request: LiveResponseRequest,
): Promise<Extract<Event, { type: 'lookedUp' }>> {
  const since = request.askedAtDefender === null ? null : request.askedAtDefender - lookBackMs;
  const { actions: listed, date } = await defender.listMachineActions(request.device.machineId, since);
  const marked = listed.filter(({ comment }) => readMarker(comment)?.id === request.id);
  const known = 'actionId' in request ? request.actionId : null;
  const unlisted = known !== null && !marked.some(({ actionId }) => actionId === known);
  const asked = unlisted ? await defender.getAction(known) : null;
  const actions = await Promise.all([...marked, ...(asked === null ? [] : [asked])].map((a) => readWhole(defender, a)));
  return { type: 'lookedUp', actions, complete: true, date };
}

/** What a look right before it is sent once more means: an event in place of the POST; `unread` where nobody can tell; null where it may go. */
export function comesFirst(
  request: Queued,
  seen: Extract<Event, { type: 'lookedUp' }>,
): Extract<Event, { type: 'lookedUp' }> | 'unread' | null {
  const isRead = seen.actions.some((action) => whose(request, action) !== 'unread');
  if (seen.actions.length > 0 && !isRead) return 'unread';
  if (isRead) return seen; // guard: found-again-is-not-sent-again
  return null;
}

/** A list may leave out what an action was asked to run; it is read again by its id. */
const readWhole = async (defender: Defender, action: MachineAction): Promise<MachineAction> =>
  action.asked === null ? ((await defender.getAction(action.actionId)) ?? action) : action;
