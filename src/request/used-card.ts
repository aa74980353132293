import type { RequestId } from './request';

/** What somebody made with a card: told when they press it again. */
export interface UsedCard {
  readonly requestId: RequestId;
  /** The press that made it; Teams may deliver that one again. */
  readonly activityId: string;
  readonly at: number;
}

/** What the names of all facts of this kind begin with. */
export const usedCardFacts = 'usedCard.';
