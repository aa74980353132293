import { readTargets } from '../../dispatch/batches/read-batch';
import { mayCancel, roleOf } from '../../policy/policy';
import { planBatch } from '../../request/batch/plan-batch';
import { parseRequestId } from '../../request/id';
import { applyEvent } from '../../store/commit/apply';
import type { BatchAction } from '../../thread/kit/read-draft';
import { type Decided, notKnown, refuse, reread, type Scene } from './decide';
import { toRefusal } from './refusal-of';

/**
 * Somebody who may approve and did not ask lets the rest of a batch go, or gives the place of a canary in doubt to the next. Only while the batch waits
 * for exactly that: a button of an older card changes nothing.
 */
export async function decideBatch(
  scene: Scene,
  action: Extract<BatchAction, { verb: 'batch.next' | 'batch.goOn' }>,
): Promise<Decided> {
  const { tx, options, turn, groups } = scene;
  const id = parseRequestId(action.requestId);
  const stored = id === null ? null : await tx.request(id);
  if (id === null || stored === null || stored.request.tenantId !== turn.tenantId)
    return refuse(scene, null, await notKnown(scene, action.requestId));
  const { request } = stored;
  const policy = options.policy();
  if (request.state !== 'batchRunning') return refuse(scene, id, { type: 'alreadyDecided', request });
  if (!mayCancel(policy, groups, request, turn.person) || !roleOf(policy, groups, turn.person.id).mayApprove)
    return refuse(scene, id, { type: 'notAnApprover' });
  const targets = await readTargets(tx, id);
  const { phase } = planBatch(request, targets, { now: turn.at, elseWaits: false });
  const isAwaited =
    action.verb === 'batch.goOn'
      ? phase === 'waitsForGoOn'
      : phase === 'canaryInDoubt' && targets.some(({ number }) => number === action.number);
  if (!isAwaited) return refuse(scene, id, { type: 'alreadyDecided', request });
  const event =
    action.verb === 'batch.goOn'
      ? ({ type: 'batchGoneOn', by: turn.person } as const)
      : ({ type: 'canaryPassedOver', by: turn.person, number: action.number } as const);
  const outcome = await applyEvent(tx, stored, event, { personId: turn.person.id }, turn.at);
  return outcome.ok ? reread(tx, id) : refuse(scene, id, toRefusal(outcome.error, request));
}
