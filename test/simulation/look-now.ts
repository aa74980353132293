import { readMarker } from '../../src/request/ask/digest';
import type { Event } from '../../src/request/event';
import type { LiveResponseRequest } from '../../src/request/request';
import type { DefenderModel } from './defender-model';

/** What src/dispatch/follow/find-in-defender.ts reads, without its waiting. */
export function lookNow(
  defender: DefenderModel,
  request: LiveResponseRequest,
  now: number,
): Extract<Event, { type: 'lookedUp' }> {
  const marked = defender
    .list(Number(request.device.machineId), now)
    .filter(({ comment }) => readMarker(comment)?.id === request.id);
  const known = 'actionId' in request ? request.actionId : null;
  const unlisted = known !== null && !marked.some(({ actionId }) => actionId === known);
  const asked = unlisted ? defender.find(known, now) : null;
  return { type: 'lookedUp', actions: [...marked, ...(asked === null ? [] : [asked])], complete: true, date: now };
}
