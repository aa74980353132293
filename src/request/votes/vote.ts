import type { TransitionRefusal } from '../outcome';
import type { LiveResponseRequest, Vote } from '../request';

/** A note with an approval is read on a card: in UTF-16 units. */
export const maxNoteLength = 100;

/** Why this vote does not count beside those; null when it does. The policy's own checks come before (policy.ts `mayVote`). */
export function findVoteFault(
  request: LiveResponseRequest,
  votes: readonly Vote[],
  vote: Vote,
): TransitionRefusal | null {
  const isRequester = vote.by.id === request.requester.id || vote.personKey === request.requesterKey;
  if (isRequester) return { type: 'requesterCannotVote' }; // guard: requester-never-approves
  if (!request.approverIds.includes(vote.by.id)) return { type: 'notAnApprover' }; // guard: only-approvers-vote
  if (vote.digest !== request.digest) return { type: 'digestDiffers' }; // guard: vote-carries-the-digest
  if (votes.some((v) => v.personKey === vote.personKey)) return { type: 'alreadyVoted' }; // guard: one-vote-a-person
  return null;
}
