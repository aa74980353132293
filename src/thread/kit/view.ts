import type { KeptResult } from '../../evidence/keep-result';
import type { TargetFacts } from '../../request/batch/plan-batch';
import type { Pause } from '../../request/pause';
import type { LiveResponseRequest } from '../../request/request';
import type { Line } from './line';

/** All that a card shows of one request, at one instant. */
export interface RequestView {
  readonly request: LiveResponseRequest;
  readonly results: readonly KeptResult[];
  /** Of a batch that was approved: what became of each target that was let go. */
  readonly targets?: readonly TargetFacts[];
  /** Only when queued. */
  readonly queue: QueuePlace | null;
  readonly now: number;
  /** What the policy calls people, by Entra object id; whom it does not name is shown by id (T-11). */
  readonly names: ReadonlyMap<string, string>;
  /** While it is there nothing is submitted, and every card of an open request says so. */
  readonly pause: Pick<Pause, 'by' | 'reason' | 'at'> | null;
  /** Of the policy in force; absent in samples, where none is. */
  readonly policyVersion?: string;
  /** It was asked in another conversation than the one where it is listed: others read along there. */
  readonly isElsewhere?: true;
  /** How many secrets of the results are masked; absent where none is. */
  readonly masked?: { readonly secrets: number; readonly different: number };
  /** Its output is for people's own chats: here is only how it went. */
  readonly isPrivate?: true;
  /** Puts the trial banner on the card. */
  readonly trial: boolean;
}

export interface QueuePlace {
  /** 1 is next. */
  readonly position: number;
  readonly of: number;
  readonly expectedAt: number | null;
  readonly waitsFor: 'slot' | 'rate' | 'device' | 'deviceBusy' | 'defender' | 'nothing';
}

/** How a state looks; meaning is always in the words as well, never in the colour alone. */
export type Tone = 'good' | 'attention' | 'warning' | 'accent' | 'emphasis';

/** What a state means to a reader: a title of our own words, and sentences that say what, why and what next. */
export interface StateWords {
  readonly title: string;
  readonly tone: Tone;
  readonly lines: readonly Line[];
}
