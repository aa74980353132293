import { evaluate, type Facts, mayAsk } from '../policy/evaluate';
import { type Groups, type Policy, seatGroupsOf } from '../policy/policy';
import { digestOf } from '../request/ask/digest';
import type { Terms } from '../request/event';
import type { AwaitingApproval, Change, Queued } from '../request/request';
import { tally } from '../request/votes/tally';

/** What the policy and the groups say now of a request that they were asked about before (T-16). */
export type Reconsidered =
  | { readonly type: 'stands' }
  /** A group cannot be read: nobody's right can be told, so nothing moves. */
  | { readonly type: 'unreadable'; readonly group: string }
  | { readonly type: 'askAgain'; readonly because: readonly Change[]; readonly terms: Terms }
  /** It could not even be asked any more. */
  | { readonly type: 'void'; readonly changes: readonly Change[] };

/** Library file hashes that were last approved, by name; a file never approved is not there. */
export type ApprovedHashes = ReadonlyMap<string, string>;

/**
 * An approval stands while the policy is the one that it was given under and every voter still has the right; else the same wish is
 * asked again under the terms of now, or voided when it could not be asked any more.
 */
export function reconsider(
  policy: Policy,
  groups: Groups,
  request: AwaitingApproval | Queued,
  known: { readonly approved: ApprovedHashes; readonly queueMs: number },
): Reconsidered {
  const unreadable = request.bar.seats.find(({ group }) => groups.has(group) && groups.get(group) === null);
  if (unreadable !== undefined) return { type: 'unreadable', group: unreadable.group }; // guard: unreadable-group-sends-nothing
  const asking = mayAsk(policy, groups, request.requester.id);
  if (!asking.ok && asking.error.type === 'groupUnreadable') return { type: 'unreadable', group: asking.error.group };
  if (!asking.ok) return { type: 'void', changes: [{ type: 'mayNotAskAnyMore' }] }; // guard: requester-compared-before-the-post
  const because: Change[] = [];
  if (policy.version !== request.policyVersion) because.push({ type: 'policyChanged' }); // guard: policy-compared-before-the-post
  for (const { by, decision } of request.votes) {
    const mayStill = seatGroupsOf(groups, request.bar.seats, by.id).length > 0;
    if (decision === 'approve' && !mayStill) because.push({ type: 'voterLostRight', voter: by }); // guard: voters-compared-before-the-post
  }
  if (because.length === 0 && request.state === 'queued') because.push(...findMoved(groups, request)); // guard: seats-tallied-before-the-post
  if (because.length === 0) return { type: 'stands' };
  // Approvers saw a list of devices; under another policy it is another list.
  if (request.batch !== undefined || request.target !== undefined) return { type: 'void', changes: because };
  const bar = evaluate(policy, groups, factsOf(request, known.approved));
  if (!bar.ok) {
    if (bar.error.type === 'groupUnreadable') return { type: 'unreadable', group: bar.error.group };
    return { type: 'void', changes: [...because, { type: 'mayNotAskAnyMore' }] };
  }
  const { approverIds, decideWithinMs, ...rest } = bar.value;
  const { startWithinMs: allowedMs, ...asked } = rest;
  const startWithinMs = Math.min(allowedMs, known.queueMs);
  const digest = digestOf({ ...request, policyVersion: policy.version, bar: asked, round: request.round + 1 });
  return {
    type: 'askAgain',
    because,
    terms: { policyVersion: policy.version, bar: asked, approverIds, decideWithinMs, startWithinMs, digest },
  };
}

/** Those who changed groups since they voted, where the seats are no longer filled without that: counted with today's groups (T-14). */
function findMoved(groups: Groups, { bar, votes }: Queued): readonly Change[] {
  const approvals = votes.filter(({ decision }) => decision === 'approve');
  const today = approvals.map((vote) => ({ ...vote, groups: seatGroupsOf(groups, bar.seats, vote.by.id) }));
  if (tally(bar, today).met) return [];
  return today
    .filter((vote, i) => String([...vote.groups].sort()) !== String([...(approvals[i]?.groups ?? [])].sort()))
    .map(({ by }) => ({ type: 'voterMoved', voter: by }));
}

/** What a rule is matched against, of a request or of a draft that is about to become one. */
export const factsOf = (request: Omit<Facts, 'changedFiles'>, approved: ApprovedHashes): Facts => ({
  requester: request.requester,
  device: request.device,
  commands: request.commands,
  library: request.library,
  reason: request.reason,
  changedFiles: request.library
    .filter((f) => (approved.get(f.fileName) ?? f.sha256) !== f.sha256)
    .map((f) => f.fileName),
});
