import type { BatchStop } from './batch/batch';
import type { Change, CommandProgress, Doubt, Emergency, Hold, OtherAction, Person, Question } from './request';

/** What is told in a person's own chat too: to those whose vote is missing, to those who wanted it sent once more, and to the owners of a rule; an answer goes to all who were asked. */
type PersonalNews = Extract<News, { readonly type: 'reminded' | 'notListed' | 'brokeGlass' | 'questionAnswered' }>;

/** Something to do outside, stored with the state change that caused it and performed from the store. */
export type Effect =
  | { readonly type: 'postCards' }
  /** Cards for people who were not asked before. */
  | { readonly type: 'postCardsTo'; readonly personIds: readonly string[] }
  | { readonly type: 'updateCards' }
  /** A short message in a person's own chat. */
  | { readonly type: 'notifyPerson'; readonly personId: string; readonly news: PersonalNews }
  | { readonly type: 'reply'; readonly news: News }
  | { readonly type: 'submit'; readonly attempt: number }
  /** `search` is the one that it belongs to: a look of an earlier search is dropped. */
  | { readonly type: 'lookUp'; readonly dueAt: number; readonly search: number }
  | { readonly type: 'cancelAction'; readonly actionId: string }
  /** The library is read once more when a run has ended: Defender has no "run this hash" (T-20). */
  | { readonly type: 'recheckLibrary' }
  | { readonly type: 'fetchResult'; readonly actionId: string; readonly index: number };

/** What people in the thread should notice; one short reply each. */
export type News =
  | { readonly type: 'voteCounted'; readonly by: Person; readonly still: number }
  | { readonly type: 'approved'; readonly by: readonly Person[] }
  | { readonly type: 'denied'; readonly by: Person; readonly reason: string }
  | { readonly type: 'expired' }
  /** An approver wants to know something, and the requester is to answer. */
  | { readonly type: 'questionAsked'; readonly question: Question }
  | { readonly type: 'questionAnswered'; readonly question: Question }
  /** Half the decide clock has run; `missing` have not voted. */
  | { readonly type: 'reminded'; readonly missing: number; readonly escalated: number }
  | { readonly type: 'askedAgain'; readonly because: readonly Change[] }
  | { readonly type: 'brokeGlass'; readonly emergency: Emergency }
  | { readonly type: 'withdrawn'; readonly by: Person; readonly reason: string | null }
  | { readonly type: 'voided'; readonly changes: readonly Change[] }
  | { readonly type: 'held'; readonly hold: Hold }
  /** For minutes it has not been sent; posted only where a pause or a full Defender holds it. */
  | { readonly type: 'stillHeld' }
  | { readonly type: 'started' }
  | { readonly type: 'commandFailed'; readonly progress: CommandProgress }
  | { readonly type: 'cancelAsked'; readonly by: Person; readonly reason: string | null }
  | { readonly type: 'cancelRefused'; readonly code: string }
  | { readonly type: 'unclear'; readonly doubt: Doubt }
  /** What ran may not be what was approved: a library file changed between the last look before and the first after the run. */
  | { readonly type: 'changedDuringRun'; readonly changes: readonly Change[] }
  | { readonly type: 'found' }
  /** Another action of it turned up: both may have run. */
  | { readonly type: 'foundAnother'; readonly action: OtherAction }
  /** Defender does not list it; whether to send it once more is for people to decide. */
  | { readonly type: 'notListed' }
  | { readonly type: 'resendVoteCounted'; readonly by: Person; readonly still: number }
  | { readonly type: 'resendApproved'; readonly by: readonly Person[] }
  /** Defender's list could not be read for minutes. */
  | { readonly type: 'cannotTell' }
  | { readonly type: 'batchStopped'; readonly stop: BatchStop }
  | { readonly type: 'canaryPassedOver'; readonly by: Person; readonly number: number }
  | { readonly type: 'batchGoneOn'; readonly by: Person }
  /** The request reached a final state that ran, or that Defender or a clock ended; the requester is mentioned. */
  | { readonly type: 'ended' };
