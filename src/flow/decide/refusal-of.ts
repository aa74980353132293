import type { VoteRefusal } from '../../policy/policy';
import type { TransitionRefusal } from '../../request/outcome';
import type { LiveResponseRequest } from '../../request/request';
import type { Refusal } from '../../thread/sentences/refusals';

export const voteRefusal = (refusal: VoteRefusal): Refusal =>
  refusal.type === 'digestDiffers' ? { type: 'requestChanged' } : refusal;

export function toRefusal(refusal: TransitionRefusal, request: LiveResponseRequest): Refusal {
  switch (refusal.type) {
    case 'requesterCannotVote':
    case 'notAnApprover':
    case 'denyNeedsReason':
    case 'withdrawalNeedsReason':
    case 'notYours':
    case 'alreadyVoted':
    case 'noBreakGlass':
    case 'tooManyQuestions':
    case 'questionUnreadable':
    case 'answerUnreadable':
    case 'answerNotYours':
    case 'noOpenQuestion':
      return { type: refusal.type };
    case 'digestDiffers':
      return { type: 'requestChanged' };
    case 'decideByPassed':
      return { type: 'expired', at: request.state === 'awaitingApproval' ? request.decideBy : request.createdAt };
    case 'alreadyDecided':
    case 'alreadyEnded':
    case 'alreadyCancelling':
    case 'notNow':
    case 'noOffer':
      return { type: 'alreadyDecided', request };
  }
}
