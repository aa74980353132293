import type { RequestBar } from './bar';
import type { Command } from './command';
import type { Finding } from './preflight';

/**
 * The words of this project (design.md §2): a *request* is a stored draft; a *vote* is one person's approve or deny over a *digest*;
 * a *submission* is our POST; an *action* is Defender's machine action; *evidence* is a result kept with its hashes.
 *
 * The life of a request. Only `transition` changes it.
 *
 * - `awaitingApproval`: the cards are out. Leaves by enough approvals, one denial, the decide-by clock, the requester, or a change of what was shown.
 * - `queued`: approved; waits for a slot, the rate or the device. Leaves by admission, the start-by clock, a cancel, or a change of what was shown.
 * - `submitting`: the intent is on disk and the POST may be in flight. Leaves by Defender's answer, or by none (`unknown`).
 * - `unknown`: the POST may have arrived, an action that we know has vanished, or a backup was put back. Leaves by looking, never by trying again.
 * - `pending`: Defender has it and has not reached the device. `running`: the device is executing it.
 * - all others are final.
 */
export type LiveResponseRequest =
  | AwaitingApproval
  | Queued
  | Submitting
  | Unknown
  | Pending
  | Running
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
] as const satisfies readonly State[];

export const isFinal = (state: State): boolean => (finalStates as readonly State[]).includes(state);

/** `LR-` and four or more characters of an alphabet without look-alikes; made by `newRequestId`, read by `parseRequestId`. */
export type RequestId = string & { readonly requestId: unique symbol };

/** Lower-case hex SHA-256 of the canonical bytes of what approvers are shown. */
export type Digest = string & { readonly digest: unique symbol };

/** A person as the verified activity names them: the Entra object id decides, the name is a label. */
export interface Person {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
}

/** The device as Defender described it when the request was made. */
export interface Device {
  /** Defender's machine id: 40 hex characters as a rule, treated as opaque. */
  readonly machineId: string;
  /** `computerDnsName`. */
  readonly name: string;
  readonly entraDeviceId: string | null;
  readonly osPlatform: string | null;
  readonly healthStatus: string | null;
  /** Absent in requests that were stored before it was read. */
  readonly onboardingStatus?: string | null;
  readonly riskScore: string | null;
  readonly deviceValue: string | null;
  readonly groupName: string | null;
  readonly tags: readonly string[];
  /** The last full report, about daily: a weak sign of being online (defender-api.md §1.6). */
  readonly lastSeen: string | null;
  readonly lastIpAddress: string | null;
}

/** A library file as the library list described it. */
export interface LibraryFile {
  readonly fileName: string;
  readonly sha256: string;
  readonly description: string | null;
  readonly createdBy: string | null;
  readonly lastUpdatedTime: string | null;
  readonly hasParameters: boolean;
  readonly parametersDescription: string | null;
}

/** What an approval binds, and all that a request carries in every state. Instants are epoch milliseconds. */
export interface RequestBase {
  readonly id: RequestId;
  /** The Teams (Entra) tenant that the request was asked from. */
  readonly tenantId: string;
  readonly requester: Person;
  readonly device: Device;
  readonly commands: readonly Command[];
  /** The library files that the commands use, each once, by name. */
  readonly library: readonly LibraryFile[];
  readonly reason: string;
  readonly policyVersion: string;
  /** What the policy asks of it; lowered by break-glass alone. */
  readonly bar: RequestBar;
  /** The same for all accounts of the requester's person (T-13). */
  readonly requesterKey: string;
  /** Entra object ids of those who may vote: never an account of the requester's person. */
  readonly approverIds: readonly string[];
  readonly decideWithinMs: number;
  readonly startWithinMs: number;
  /** 1, and one more each time that it had to be asked again. */
  readonly round: number;
  /** Set by break-glass: one approval is enough, and a review follows (T-24). */
  readonly emergency: Emergency | null;
  /** What was found beforehand that approvers should know; absent when there was nothing. */
  readonly findings?: readonly Finding[];
  readonly digest: Digest;
  /** Conversation that the request was made in; all news goes there and nowhere else (T-38). */
  readonly conversationId: string;
  readonly createdAt: number;
}

/** Why the bar was lowered to one approval; `incident` is the id that was typed. */
export interface Emergency {
  readonly by: Person;
  readonly reason: string;
  readonly incident: string;
  readonly at: number;
}

export type Decision = 'approve' | 'deny';

/** One person's answer over exactly the digest that their card showed. `reason` is null for an approval without one. */
export interface Vote {
  readonly by: Person;
  readonly decision: Decision;
  readonly digest: Digest;
  readonly reason: string | null;
  /** The person behind the account, and the groups that it was in when it voted: what the bar counts (T-13, T-14). */
  readonly personKey: string;
  readonly groups: readonly string[];
  readonly at: number;
}

/** A wish to cancel: what Defender then says decides. `by` is null when the start-by clock asked. */
export interface CancelWish {
  readonly by: Person | null;
  readonly reason: string | null;
  readonly at: number;
  /** Defender answered that it cannot be cancelled (any more); another wish may be asked. */
  readonly refused?: true;
}

export interface CommandProgress {
  readonly index: number;
  /** Defender's own word; `Created`, `Completed` and `Failed` are documented, anything else counts as open. */
  readonly status: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly errors: readonly string[];
}

/** Why an approved request is not going yet, as Defender told us; null means that it waits for our own limits only. */
export type Hold =
  | { readonly type: 'deviceBusy' }
  | { readonly type: 'rateLimited' }
  | { readonly type: 'sessionsFull' }
  | { readonly type: 'checkFailed'; readonly code: string };

interface Decided extends RequestBase {
  readonly votes: readonly Vote[];
  readonly approvedAt: number;
  readonly startBy: number;
}

export interface AwaitingApproval extends RequestBase {
  readonly state: 'awaitingApproval';
  readonly votes: readonly Vote[];
  readonly decideBy: number;
  /** When those who have not voted are reminded, and the second list is asked; null once done. */
  readonly remindAt: number | null;
  /** What earlier rounds tried, so that no attempt is counted twice; absent when they tried nothing. */
  readonly tried?: Pick<Queued, 'attempts' | 'everUnclear'>;
}

export interface Queued extends Decided {
  readonly state: 'queued';
  /** Not to be admitted before this instant. */
  readonly notBefore: number;
  readonly hold: Hold | null;
  /** Submissions that were tried and that Defender surely does not have. */
  readonly attempts: number;
  /** Once unclear, a busy device may be busy with our own lost submission: it is looked up before it is believed. */
  readonly everUnclear: boolean;
}

export interface Submitting extends Decided {
  readonly state: 'submitting';
  readonly attempts: number;
  readonly everUnclear: boolean;
  readonly intentAt: number;
  /** What held it last, so that people are told once and not at each try. */
  readonly hold: Hold | null;
  readonly cancel: CancelWish | null;
}

/**
 * Why nobody can tell: no clear answer to the submission; an action that we know is no longer listed; or a backup of the store was put
 * back, which does not know what became of the request since (T-44). Only the first is ever sent again.
 */
export type Doubt = 'noAnswer' | 'vanished' | 'restored';

export interface Unknown extends Decided {
  readonly state: 'unknown';
  readonly attempts: number;
  readonly intentAt: number;
  readonly doubt: Doubt;
  /** Known only when a known action has vanished. */
  readonly actionId: string | null;
  /** What was seen before it vanished: the device may have acted, and what was told is not told again. */
  readonly runningSince: number | null;
  readonly progress: readonly CommandProgress[];
  /** Before this instant an absent marker proves nothing, since Defender may still hide a new action (defender-api.md §1.2). */
  readonly settleAt: number;
  /** Set once looking could not settle it and people were told. */
  readonly toldAt: number | null;
  readonly cancel: CancelWish | null;
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
  | { readonly type: 'mayNotAskAnyMore' }
  | { readonly type: 'voterLostRight'; readonly voter: Person }
  | { readonly type: 'deviceGone' }
  /** A backup of the store was put back, and may have forgotten what became of the request (T-44); absent: Defender has no action of it. */
  | { readonly type: 'storeRestored'; readonly absent?: true };
