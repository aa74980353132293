import { seconds } from '../lib/clock';

/** From so many open requests on a conversation has one card that lists them all. */
export const boardFrom = 3;
/** As often as it is edited at most: what happens meanwhile is on the next edit. */
export const boardEveryMs = seconds(30);

/** The board of one conversation; it begins with `boardFrom` open requests and ends when none is open any more. */
export interface Board {
  readonly cardId: number;
  /** When the oldest request on it was asked. */
  readonly since: number;
  /** When its last edit was, or will be, due. */
  readonly dueAt: number;
  readonly isOver: boolean;
}

/** Under which name it is kept; `~` stands in no other fact's name. */
export const boardFact = (conversationId: string): string => `board~${conversationId}`;

/** When a change is shown: at once after a quiet time, else with the next edit. */
export const boardDueAt = ({ dueAt }: Pick<Board, 'dueAt'>, now: number): number => Math.max(now, dueAt + boardEveryMs);
