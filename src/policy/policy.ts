import { err, ok, type Result } from '../lib/result';
import type { Digest, LiveResponseRequest, Person } from '../request/request';

/** Who may ask, who must approve, and how long each may take; made only by `parsePolicy`. */
export interface Policy {
  /** Short hash of what the file says (not of its blanks); part of every digest. */
  readonly version: string;
  /** Names by Entra object id; the id decides, the name is a label (T-11). */
  readonly requesters: ReadonlyMap<string, string>;
  readonly approvers: ReadonlyMap<string, string>;
  readonly approvalsNeeded: number;
  readonly decideWithinMs: number;
  readonly startWithinMs: number;
}

/** What the policy asks of one request. */
export interface Bar {
  readonly approvalsNeeded: number;
  /** Who may vote: the approvers without the requester (T-13). */
  readonly approverIds: readonly string[];
  readonly decideWithinMs: number;
  readonly startWithinMs: number;
}

export type PolicyRefusal =
  | { readonly type: 'mayNotAsk' }
  | { readonly type: 'tooFewApprovers'; readonly needed: number; readonly available: number };

export type VoteRefusal =
  | { readonly type: 'requesterCannotVote' }
  | { readonly type: 'notAnApprover' }
  | { readonly type: 'policyChanged' }
  | { readonly type: 'digestDiffers'; readonly shown: Digest };

/** The bar that this person's request must pass, or why they cannot ask at all. Nobody matched means refused (T-12). */
export function barFor(policy: Policy, requester: Person): Result<Bar, PolicyRefusal> {
  if (!policy.requesters.has(requester.id)) return err({ type: 'mayNotAsk' });
  const approverIds = [...policy.approvers.keys()].filter((id) => id !== requester.id);
  if (approverIds.length < policy.approvalsNeeded) {
    return err({ type: 'tooFewApprovers', needed: policy.approvalsNeeded, available: approverIds.length });
  }
  const { approvalsNeeded, decideWithinMs, startWithinMs } = policy;
  return ok({ approvalsNeeded, approverIds, decideWithinMs, startWithinMs });
}

/**
 * Whether this person's vote on this request counts under the policy as it is now, not as it was when the card was posted (T-16).
 * Pure: the caller stores the vote with compare-and-swap, so that two people pressing at once cannot both see one vote too few.
 */
export function mayVote(
  policy: Policy,
  request: LiveResponseRequest,
  voter: Person,
  shown: Digest,
): Result<null, VoteRefusal> {
  if (voter.id === request.requester.id) return err({ type: 'requesterCannotVote' });
  if (!policy.approvers.has(voter.id) || !request.approverIds.includes(voter.id)) return err({ type: 'notAnApprover' });
  if (policy.version !== request.policyVersion) return err({ type: 'policyChanged' });
  if (shown !== request.digest) return err({ type: 'digestDiffers', shown });
  return ok(null);
}

/** Who may cancel: the requester, and whoever may approve (issue 2, part 9). */
export const mayCancel = (policy: Policy, request: LiveResponseRequest, person: Person): boolean =>
  person.id === request.requester.id || (policy.approvers.has(person.id) && request.approverIds.includes(person.id));

export const roleOf = (
  policy: Policy,
  personId: string,
): { readonly mayAsk: boolean; readonly mayApprove: boolean } => ({
  mayAsk: policy.requesters.has(personId),
  mayApprove: policy.approvers.has(personId),
});
