import { accountsOf } from '../../policy/people';
import { openStates, type RequestBase } from '../../request/request';
import type { Tx } from '../../store/store';
import type { Refusal } from '../../thread/sentences/refusals';
import type { FlowOptions } from '../answer';

/**
 * Whether this person has as many open requests as one person may have, over all their accounts; null when there is room. One place more is kept
 * for what break-glass could be used on, so that nobody has to clear up first in an emergency.
 */
export async function findTooMany(
  tx: Tx,
  { policy, openRequestsPerPerson }: Pick<FlowOptions, 'policy' | 'openRequestsPerPerson'>,
  { tenantId, requester, requesterKey, bar }: RequestBase,
): Promise<Extract<Refusal, { type: 'tooManyOpen' }> | null> {
  const most = Math.min(openRequestsPerPerson, policy().openRequests ?? openRequestsPerPerson);
  await tx.lockFact(`openRequests.${tenantId}.${requesterKey}`);
  const ids: string[] = [];
  for (const requesterId of new Set([requester.id, ...accountsOf(policy(), requester.id)])) {
    const open = await tx.recentRequests({ tenantId, requesterId, states: openStates }, most + 1);
    ids.push(...open.map(({ request }) => request.id));
  }
  const places = bar.breakGlassIds.length > 0 ? most + 1 : most;
  return ids.length < places ? null : { type: 'tooManyOpen', most, ids };
}
