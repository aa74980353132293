import type { RequestId } from '../../request/request';
import type { Post } from '../../thread/kit/post';
import type { Copy } from '../rows/cards';
import type { NewWork } from './work';

/**
 * Where Teams work waits: one row of a lane is under way at a time, in the order of adding. The lane also says what its rows talk to,
 * so that the rates of Teams can be kept where rows are claimed.
 */
export type Lane =
  /** Words and first cards, in the order in which things happened. */
  | { readonly type: 'conversation'; readonly conversationId: string }
  /** Edits of one card. They draw the request as it then is, so that words may overtake them. */
  | { readonly type: 'edits'; readonly conversationId: string; readonly copyId: number }
  /** A card for somebody whose chat is not known yet. */
  | { readonly type: 'copy'; readonly copyId: number }
  /** Words for somebody whose chat is not known yet. */
  | { readonly type: 'person'; readonly personId: string }
  /** What was meant for a chat that is dead, until it is opened anew. */
  | { readonly type: 'anew'; readonly conversationId: string };

export function laneName(lane: Lane): string {
  switch (lane.type) {
    case 'conversation':
      return lane.conversationId;
    case 'edits':
      return `edits:${lane.copyId}:${lane.conversationId}`;
    case 'copy':
      return `copy:${lane.copyId}`;
    case 'person':
      return `person:${lane.personId}`;
    case 'anew':
      return `anew:${lane.conversationId}`;
  }
}

export function readLane(name: string): Lane {
  const edits = /^edits:(\d+):(.+)$/s.exec(name);
  if (edits?.[2] !== undefined) return { type: 'edits', copyId: Number(edits[1]), conversationId: edits[2] };
  const [, type, rest = ''] = /^(copy|person|anew):(.+)$/s.exec(name) ?? [];
  switch (type) {
    case 'copy':
      return { type, copyId: Number(rest) };
    case 'person':
      return { type, personId: rest };
    case 'anew':
      return { type, conversationId: rest };
    default:
      return { type: 'conversation', conversationId: name };
  }
}

export function laneOfCopy({
  copyId,
  conversationId,
  activityId,
}: Omit<Copy, 'requestId' | 'audience' | 'personId'>): string {
  if (conversationId === null) return laneName({ type: 'copy', copyId });
  return laneName(
    activityId === null ? { type: 'conversation', conversationId } : { type: 'edits', conversationId, copyId },
  );
}

/** A post as it is stored: the next in its conversation, and news of `requestId` where it is of one request. */
export const postRow = (
  conversationId: string,
  post: Post,
  { requestId = null, at }: { readonly requestId?: RequestId | null; readonly at: number },
): NewWork => ({ requestId, work: { type: 'sendPost', conversationId, post }, lane: conversationId, dueAt: at });
