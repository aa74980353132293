import type { News } from './effect';

/**
 * Where people in the thread read a piece of news: on the card, which is edited; in the one post of how it ended; or in a post of its own, which is for
 * what somebody must decide or must know (design.md §9).
 */
const tellings = {
  voteCounted: 'card',
  approved: 'card',
  held: 'card',
  started: 'card',
  commandFailed: 'card',
  cancelAsked: 'card',
  ended: 'end',
  denied: 'end',
  expired: 'end',
  withdrawn: 'end',
  voided: 'end',
  stillHeld: 'post',
  reminded: 'post',
  questionAsked: 'post',
  questionAnswered: 'post',
  askedAgain: 'post',
  brokeGlass: 'post',
  batchStopped: 'post',
  canaryPassedOver: 'card',
  batchGoneOn: 'card',
  cancelRefused: 'post',
  unclear: 'post',
  changedDuringRun: 'post',
  found: 'post',
  foundAnother: 'post',
  notListed: 'post',
  resendVoteCounted: 'post',
  resendApproved: 'post',
  cannotTell: 'post',
} as const satisfies Readonly<Record<News['type'], 'card' | 'end' | 'post'>>;

type Told<How> = {
  readonly [Type in News['type']]: (typeof tellings)[Type] extends How ? Extract<News, { readonly type: Type }> : never;
}[News['type']];

/** News that has a post of its own. */
export type PostedNews = Told<'post'>;

/** News as it is sent: by itself, or as the end of a request whose own post had to go elsewhere. */
export type SentNews = PostedNews | Extract<News, { readonly type: 'ended' }>;

export const isPosted = (news: News): news is PostedNews => tellings[news.type] === 'post';

/** News that the end post tells. */
export const isEnd = (news: News): news is Told<'end'> => tellings[news.type] === 'end';
