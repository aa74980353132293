import { type LiveResponseRequest, openStates, type RequestId } from '../../request/request';
import type { Tx } from '../store';

/**
 * The other requests of the same rule and tenant whose glass is broken and not yet paid for: they have not ended, or their review is open.
 * Locks the rule, so that two people who break it at the same instant find each other (T-24).
 */
export async function findGlassDebt(
  tx: Tx,
  { id, tenantId, bar: { rule } }: Pick<LiveResponseRequest, 'id' | 'tenantId' | 'bar'>,
): Promise<readonly RequestId[]> {
  await tx.lockFact(`brokenGlass:${tenantId}:${rule}`);
  const open = (await tx.requestsIn(openStates)).map(({ request }) => request);
  const broken = open.filter((r) => r.emergency !== null && r.tenantId === tenantId && r.bar.rule === rule);
  const reviews = await tx.openReviews({ tenantId, rule });
  const ids = [...broken.map((r) => r.id), ...reviews.map((r) => r.requestId)];
  return [...new Set(ids)].filter((other) => other !== id);
}
