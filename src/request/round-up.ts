import { minutes } from '../lib/clock';
import type { CommandType } from './ask/command';
import type { News } from './effect';
import type { LiveResponseRequest } from './request';

/** With this many open requests a conversation is a war room, and a reply for each step of each would bury what matters. */
export const warRoomFrom = 8;

/** As long as people in a war room wait for good news without asking. */
export const roundUpEveryMs = minutes(2);

/** News that may wait for the next round-up: steps on the way and good ends. What failed, was stopped, is in doubt or asks for a decision is told at once. */
export function mayWait({ type }: News, { state }: LiveResponseRequest): boolean {
  switch (type) {
    case 'voteCounted':
    case 'approved':
    case 'held':
    case 'started':
      return true;
    case 'ended':
      return state === 'succeeded';
    case 'denied':
    case 'expired':
    case 'reminded':
    case 'questionAsked':
    case 'questionAnswered':
    case 'askedAgain':
    case 'brokeGlass':
    case 'withdrawn':
    case 'voided':
    case 'commandFailed':
    case 'cancelAsked':
    case 'cancelRefused':
    case 'unclear':
    case 'changedDuringRun':
    case 'found':
    case 'foundAnother':
    case 'notListed':
    case 'resendVoteCounted':
    case 'resendApproved':
    case 'cannotTell':
      return false;
  }
}

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

/** News is gathered while the room is busy, and after that as long as a round-up is under way, so that its order stays. */
export const isBusy = (room: { readonly open: number; readonly gathering: boolean }): boolean =>
  room.gathering || room.open >= warRoomFrom;

/** One piece of news, or one result, that waits for the round-up of its conversation. */
export interface RoundUpNews {
  readonly news: News | { readonly type: 'resultKept'; readonly index: number };
  readonly requestId: LiveResponseRequest['id'];
  readonly at: number;
}
