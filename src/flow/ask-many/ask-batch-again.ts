import { err } from '../../lib/result';
import { deviceOf } from '../../request/batch/batch';
import { parseRequestId } from '../../request/id';
import { groupTargets } from '../../thread/batch/batch-words';
import type { BatchAction } from '../../thread/kit/read-draft';
import type { Turn } from '../../thread/kit/turn';
import { type Answer, type FlowOptions, posts } from '../answer';
import { ask } from '../ask/ask';
import { asking } from '../ask/ask-by-card';
import { orRefusal } from '../refusal';

/** The same for one group of a batch that has ended: exactly those devices, by their ids; no tag is read anew, and it is a batch of its own. */
export async function askBatchAgain(
  options: FlowOptions,
  turn: Turn,
  action: Extract<BatchAction, { verb: 'batch.again' }>,
): Promise<Answer> {
  const id = parseRequestId(action.requestId);
  const request = id === null ? undefined : (await options.store.request(id))?.request;
  const isTheirs =
    request?.tenantId === turn.tenantId &&
    (request.conversationId === turn.place.conversationId || request.requester.id === turn.person.id);
  if (request?.state !== 'batchEnded' || !isTheirs)
    return orRefusal(options, turn, err({ type: 'unknownRequest', id: action.requestId }));
  const numbers = groupTargets({ request }).get(action.group) ?? [];
  if (numbers.length === 0) return posts();
  const queries = numbers.map((number) => deviceOf(request.batch, number).machineId);
  const { commands, reason } = request;
  const many = { queries, heading: null, column: null, canaries: null, stopAt: null };
  const draft = { device: `${queries.length} devices`, many, commands, reason };
  return asking(options, turn, () => ask(options, turn, draft, [], {}));
}
