import type { RequestId } from '../../request/request';
import type { Post } from '../../thread/kit/post';
import type { NewWork } from './work';

/**
 * In which order Teams work is done: one row with a key is under way at a time, in the order of adding. The key also says what its rows talk to,
 * so that the rates of Teams can be kept where rows are claimed.
 */
export type Ordering =
  /** Words and first cards, in the order in which things happened. */
  | { readonly type: 'conversation'; readonly conversationId: string }
  /** Edits of one card. They draw the request as it then is, so that words may overtake them. */
  | { readonly type: 'edits'; readonly conversationId: string; readonly cardId: number }
  /** A card for somebody whose chat is not known yet. */
  | { readonly type: 'card'; readonly cardId: number }
  /** Words for somebody whose chat is not known yet. */
  | { readonly type: 'person'; readonly personId: string }
  /** What was meant for a chat that is dead, until it is opened anew. */
  | { readonly type: 'anew'; readonly conversationId: string };

export function orderingKeyOf(ordering: Ordering): string {
  switch (ordering.type) {
    case 'conversation':
      return ordering.conversationId;
    case 'edits':
      return `edits:${ordering.cardId}:${ordering.conversationId}`;
    case 'card':
      return `card:${ordering.cardId}`;
    case 'person':
      return `person:${ordering.personId}`;
    case 'anew':
      return `anew:${ordering.conversationId}`;
  }
}

export function readOrderingKey(name: string): Ordering {
  const edits = /^edits:(\d+):(.+)$/s.exec(name);
  if (edits?.[2] !== undefined) return { type: 'edits', cardId: Number(edits[1]), conversationId: edits[2] };
  const [, type, rest = ''] = /^(card|person|anew):(.+)$/s.exec(name) ?? [];
  switch (type) {
    case 'card':
      return { type, cardId: Number(rest) };
    case 'person':
      return { type, personId: rest };
    case 'anew':
      return { type, conversationId: rest };
    default:
      return { type: 'conversation', conversationId: name };
  }
}

export function orderingKeyOfCard({
  cardId,
  conversationId,
  activityId,
}: {
  readonly cardId: number;
  readonly conversationId: string | null;
  readonly activityId: string | null;
}): string {
  if (conversationId === null) return orderingKeyOf({ type: 'card', cardId });
  return orderingKeyOf(
    activityId === null ? { type: 'conversation', conversationId } : { type: 'edits', conversationId, cardId },
  );
}

/** A post as it is stored: the next in its conversation, and news of `requestId` where it is of one request. */
export const postRow = (
  conversationId: string,
  post: Post,
  { requestId = null, at }: { readonly requestId?: RequestId | null; readonly at: number },
): NewWork => ({ requestId, work: { type: 'sendPost', conversationId, post }, orderingKey: conversationId, dueAt: at });
