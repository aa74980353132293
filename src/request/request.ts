import type { Person, RequestBase, Vote } from './base';
import type { Batch, BatchCourse } from './batch/batch';
import type { TargetOutcome } from './batch/outcome-of-target';
import type { CancelWish, CommandProgress, Hold } from './doubt/at-defender';
import type { Doubt, InDoubt, Offer, OtherAction } from './doubt/doubt';

export type {
  Decision,
  Device,
  Digest,
  Emergency,
  LibraryFile,
  Person,
  Question,
  RequestBase,
  RequestId,
  RunbookRef,
  Vote,
} from './base';
export type { CancelWish, CommandProgress, Hold } from './doubt/at-defender';
export type { Doubt, InDoubt, Offer, OtherAction } from './doubt/doubt';

/**
 * The words of this project (design.md §2): a *request* is a stored draft; a *vote* is one person's approve or deny over a *digest*;
 * a *submission* is our POST; an *action* is Defender's machine action; *evidence* is a result kept with its hashes.
 *
 * The life of a request. Only `transition` changes it.
 *
 * - `awaitingApproval`: the cards are out. Leaves by enough approvals, one denial, the decide-by clock, the requester, or a change of what was shown.
 * - `queued`: approved; waits for a slot, the rate or the device. Leaves by admission, the start-by clock, a cancel, or a change of what was shown.
 * - `submitting`: the intent is on disk and the POST may be in flight. Leaves by Defender's answer, or by none (`unknown`).
 * - `unknown`: the POST may have arrived, an action that we know has vanished, or the database was restored. Leaves by looking; people may decide to send it once more.
 * - `unconfirmed`: Defender does not list it and nobody decided to send it again. Looks go on for three days; an action that turns up is followed.
 * - `pending`: Defender has it and has not reached the device. `running`: the device is executing it.
 * - `batchRunning`: many devices were approved at once; each target that is let go has a request of its own (`target`), from `queued` on.
 * - all others are final; `batchEnded`: nothing more of a batch is sent, and each of its targets has ended.
 */
export type LiveResponseRequest =
  | AwaitingApproval
  | Queued
  | Submitting
  | Unknown
  | Unconfirmed
  | Pending
  | Running
  | BatchRunning
  | BatchEnded
  | Ended<'succeeded'>
  | Ended<'failed'>
  | Ended<'timedOut'>
  | Cancelled
  | Lapsed
  | Denied
  | Expired
  | Withdrawn
  | Voided
  | Refused;

export type State = LiveResponseRequest['state'];
export type InState<S extends State> = Extract<LiveResponseRequest, { state: S }>;

export const openStates = [
  'awaitingApproval',
  'queued',
  'submitting',
  'unknown',
  'pending',
  'running',
  'batchRunning',
] as const satisfies readonly State[];
export const finalStates = [
  'succeeded',
  'failed',
  'timedOut',
  'cancelled',
  'lapsed',
  'denied',
  'expired',
  'withdrawn',
  'voided',
  'refused',
  'unconfirmed',
  'batchEnded',
] as const satisfies readonly State[];

/** Ended as far as people are concerned; only `unconfirmed` may still change, when its action turns up. */
export const isFinal = (state: State): boolean => (finalStates as readonly State[]).includes(state);

interface Decided extends RequestBase {
  /** Of the decision that is in force. */
  readonly votes: readonly Vote[];
  readonly approvedAt: number;
  readonly startBy: number;
  /** 1 for the approval; one more each time that people decided to send it once more. The marker names it. */
  readonly decision: number;
  /** Absent while every submission of it is accounted for. */
  readonly inDoubt?: InDoubt;
  /** Set once the thread was told that it is held, so that it is told once. */
  readonly heldTold?: true;
  /** Further actions in Defender that carry this request's id; absent when there is none. */
  readonly others?: readonly OtherAction[];
}

export interface AwaitingApproval extends RequestBase {
  readonly state: 'awaitingApproval';
  readonly votes: readonly Vote[];
  readonly decideBy: number;
  /** When those who have not voted are reminded, and the second list is asked; null once done. */
  readonly remindAt: number | null;
  /** How many submissions earlier rounds tried, so that no attempt is counted twice; absent when they tried none. */
  readonly attempts?: number;
}

export interface Queued extends Decided {
  readonly state: 'queued';
  /** Not to be admitted before this instant. */
  readonly notBefore: number;
  readonly hold: Hold | null;
  /** Submissions that were tried. */
  readonly attempts: number;
}

export interface Submitting extends Decided {
  readonly state: 'submitting';
  readonly attempts: number;
  readonly intentAt: number;
  /** What held it last, so that people are told once and not at each try. */
  readonly hold: Hold | null;
  readonly cancel: CancelWish | null;
}

export interface Unknown extends Decided {
  readonly state: 'unknown';
  readonly inDoubt: InDoubt;
  readonly attempts: number;
  readonly intentAt: number;
  readonly doubt: Doubt;
  /** Null while no action of it was ever named. */
  readonly actionId: string | null;
  /** What was seen before it vanished: the device may have acted, and what was told is not told again. */
  readonly runningSince: number | null;
  readonly progress: readonly CommandProgress[];
  /** Defender's own `Date` on the first complete look that did not list it; null before one. */
  readonly absentFrom: number | null;
  /** Complete looks span the time for which Defender may hide an action: it does not list it, which is no proof that there is none. */
  readonly notListed: boolean;
  /** The votes to send it once more; null where that is not offered. */
  readonly offer: Offer | null;
  /** Set once people were told that Defender's list cannot be read. */
  readonly toldAt: number | null;
  readonly cancel: CancelWish | null;
}

/** Why nobody decides any more about a request that Defender does not list. */
export type GivenUp =
  /** Its start-by clock ran out, or there was nothing to decide. */
  | { readonly type: 'clock' }
  | { readonly type: 'left'; readonly by: Person; readonly reason: string | null }
  | { readonly type: 'cancelled'; readonly wish: CancelWish }
  /** Something that the digest binds has changed: it can only be asked again. */
  | { readonly type: 'changed'; readonly changes: readonly Change[] }
  /** Defender refused to take it once more. */
  | { readonly type: 'refused'; readonly code: string; readonly message: string };

export interface Unconfirmed extends Decided {
  readonly state: 'unconfirmed';
  readonly inDoubt: InDoubt;
  readonly intentAt: number;
  readonly doubt: Doubt;
  readonly actionId: string | null;
  readonly runningSince: number | null;
  readonly progress: readonly CommandProgress[];
  readonly notListed: boolean;
  readonly because: GivenUp;
  readonly endedAt: number;
}

export interface Pending extends Decided {
  readonly state: 'pending';
  readonly actionId: string;
  readonly submittedAt: number;
  readonly progress: readonly CommandProgress[];
  readonly cancel: CancelWish | null;
}

export interface Running extends Decided {
  readonly state: 'running';
  readonly actionId: string;
  readonly submittedAt: number;
  readonly runningSince: number;
  readonly progress: readonly CommandProgress[];
  readonly cancel: CancelWish | null;
}

export interface BatchRunning extends Decided, BatchCourse {
  readonly state: 'batchRunning';
  readonly batch: Batch;
}

export interface BatchEnded extends Decided, BatchCourse {
  readonly state: 'batchEnded';
  readonly batch: Batch;
  readonly endedAt: number;
  /** What became of each target; one that is not listed was never sent. */
  readonly outcomes: ReadonlyArray<{ readonly number: number; readonly outcome: TargetOutcome }>;
}

export interface Ended<S extends 'succeeded' | 'failed' | 'timedOut'> extends Decided {
  readonly state: S;
  readonly actionId: string;
  readonly submittedAt: number;
  readonly endedAt: number;
  readonly progress: readonly CommandProgress[];
  /** Somebody's wish to cancel that came too late; absent when nobody asked. */
  readonly cancel?: CancelWish;
}

export interface Cancelled extends Decided {
  readonly state: 'cancelled';
  /** Null when it never reached Defender. */
  readonly actionId: string | null;
  readonly endedAt: number;
  readonly progress: readonly CommandProgress[];
  /** False only when it never reached Defender: nothing that Defender leaves out proves that nothing ran. */
  readonly mayHaveActed: boolean;
  /** When it was last known to wait for the device; null when it was seen started, or never reached Defender. Absent in those stored before. */
  readonly seenWaitingAt?: number | null;
  readonly by:
    | { readonly type: 'wish'; readonly wish: CancelWish }
    | { readonly type: 'foreign'; readonly requestor: string | null };
}

/** The start-by clock ran out and nothing was seen to start; `actionId` is null when it never left our queue, and only then surely nothing ran. */
export interface Lapsed extends Decided {
  readonly state: 'lapsed';
  readonly actionId: string | null;
  readonly endedAt: number;
  /** When it was last known to wait for the device; null when it never reached Defender. Absent in those stored before. */
  readonly seenWaitingAt?: number | null;
}

export interface Denied extends RequestBase {
  readonly state: 'denied';
  readonly votes: readonly Vote[];
  readonly endedAt: number;
}

/** Nobody decided in time; never told as a denial (T-22). */
export interface Expired extends RequestBase {
  readonly state: 'expired';
  readonly votes: readonly Vote[];
  readonly endedAt: number;
}

export interface Withdrawn extends RequestBase {
  readonly state: 'withdrawn';
  readonly votes: readonly Vote[];
  readonly by: Person;
  /** Why it was taken back; `reason` is why it was asked. */
  readonly why: string | null;
  readonly endedAt: number;
}

/** What was approved is no longer what would run; each change is one part of the digest. */
export interface Voided extends RequestBase {
  readonly state: 'voided';
  readonly votes: readonly Vote[];
  readonly changes: readonly Change[];
  readonly endedAt: number;
}

/** Defender refused it for good. `code` is Defender's, `message` its own words: untrusted text. */
export interface Refused extends Decided {
  readonly state: 'refused';
  readonly code: string;
  readonly message: string;
  readonly endedAt: number;
}

/** One difference between what was shown and what is now. */
export type Change =
  | { readonly type: 'policyChanged' }
  | { readonly type: 'libraryFileChanged'; readonly fileName: string; readonly was: string; readonly now: string }
  | { readonly type: 'libraryFileGone'; readonly fileName: string }
  | { readonly type: 'deviceChanged'; readonly field: 'entraDeviceId' | 'name' | 'group' | 'tags' }
  /** It renders something else now, or is gone. */
  | { readonly type: 'runbookChanged'; readonly name: string }
  | { readonly type: 'mayNotAskAnyMore' }
  | { readonly type: 'voterLostRight'; readonly voter: Person }
  /** They are in other groups than when they voted, and a seat is empty without them. */
  | { readonly type: 'voterMoved'; readonly voter: Person }
  | { readonly type: 'deviceGone' };
