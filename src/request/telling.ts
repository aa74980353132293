import type { News } from './effect';

/**
 * Where people in the thread read a piece of news: on the card, which is edited; in the one post of how it ended; or in a post of its own, which is for
 * what somebody must decide or must know (design.md §9).
 */
export type Telling = 'card' | 'end' | 'post';

export function tellingOf({ type }: News): Telling {
  switch (type) {
    case 'voteCounted':
    case 'approved':
    case 'held':
    case 'started':
    case 'commandFailed':
    case 'cancelAsked':
      return 'card';
    case 'ended':
    case 'denied':
    case 'expired':
    case 'withdrawn':
    case 'voided':
      return 'end';
    case 'reminded':
    case 'askedAgain':
    case 'brokeGlass':
    case 'cancelRefused':
    case 'unclear':
    case 'changedDuringRun':
    case 'found':
    case 'foundAnother':
    case 'notListed':
    case 'resendVoteCounted':
    case 'resendApproved':
    case 'cannotTell':
      return 'post';
  }
}
