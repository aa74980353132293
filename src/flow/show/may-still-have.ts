import { type Groups, mayReadResults, type Policy } from '../../policy/policy';
import type { FileOffer } from '../../request/file-offer';
import type { LiveResponseRequest } from '../../request/request';

/** What a person may have of the evidence of a request now: all of it, all but its results, or nothing. */
export function evidenceFor(
  policy: Policy,
  groups: Groups,
  request: LiveResponseRequest,
  personId: string,
): 'whole' | 'withoutResults' | null {
  if (mayReadResults(policy, groups, request, personId)) return 'whole';
  return request.bar.ownerIds.includes(personId.toLowerCase()) ? 'withoutResults' : null;
}

/** Whether an offer that was made still holds by the rights of now. */
export function mayStillHave(
  policy: Policy,
  groups: Groups,
  request: LiveResponseRequest,
  { personId, bundle }: FileOffer,
): boolean {
  const may = evidenceFor(policy, groups, request, personId);
  return bundle !== undefined && !bundle.withResults ? may !== null : may === 'whole';
}
