import { minutes } from '../lib/clock';
import type { CommandType } from './ask/command';
import type { News } from './effect';
import type { LiveResponseRequest } from './request';

/** As long as people in a war room wait for good news without asking. */
export const roundUpEveryMs = minutes(2);

/** A good end may wait for the next round-up. What failed, was stopped, is in doubt or asks for a decision is told at once; steps on the way are on cards. */
export const mayWait = ({ type }: News, { state }: LiveResponseRequest): boolean =>
  type === 'ended' && state === 'succeeded';

/** A result that may wait too: of a request that succeeded, with nothing wrong in it. Whoever wants to read it asks for it. */
export const resultMayWait = (
  { command, outcome, exitCode, errors }: ResultFacts,
  { state }: Pick<LiveResponseRequest, 'state'>,
): boolean =>
  state === 'succeeded' &&
  outcome === 'kept' &&
  (command !== 'RunScript' || exitCode === 0) &&
  (errors ?? '').trim() === '';

/** What of a kept result decides that. */
export interface ResultFacts {
  readonly command: CommandType;
  readonly outcome: 'kept' | 'notAvailable' | 'tooLarge' | 'unreadable';
  readonly exitCode: number | null;
  readonly errors: string | null;
}

/** One piece of news, or one result, that waits for the round-up of its conversation. */
export interface RoundUpNews {
  readonly news: News | { readonly type: 'resultKept'; readonly index: number };
  readonly requestId: LiveResponseRequest['id'];
  readonly at: number;
}
