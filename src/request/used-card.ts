import type { RequestId } from './request';

/** What somebody last made with a card of this content: told when they press that card, or another one of the same content, again. */
export interface UsedCard {
  readonly requestId: RequestId;
  /** The press that made it; Teams may deliver that one again. */
  readonly activityId: string;
  readonly at: number;
  /** The messages whose cards were used so, each good for one request. */
  readonly cardIds: readonly string[];
}

/** What the names of all facts of this kind begin with. */
export const usedCardFacts = 'usedCard.';
