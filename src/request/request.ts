import type { Command } from './ask/command';
import type { Finding } from './ask/preflight';
import type { RequestBar } from './votes/bar';

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
 * - all others are final.
 */
export type LiveResponseRequest =
  | AwaitingApproval
  | Queued
  | Submitting
  | Unknown
  | Unconfirmed
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
  'unconfirmed',
] as const satisfies readonly State[];

/** Ended as far as people are concerned; only `unconfirmed` may still change, when its action turns up. */
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
  /** Defender's own `Date` on what was read when it was asked: how far back its actions are looked for. Null: it named none, so all are. */
  readonly askedAtDefender: number | null;
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
  /** Of the decision that is in force. */
  readonly votes: readonly Vote[];
  readonly approvedAt: number;
  readonly startBy: number;
  /** 1 for the approval; one more each time that people decided to send it once more. The marker names it. */
  readonly decision: number;
  /** Absent while every submission of it is accounted for. */
  readonly inDoubt?: InDoubt;
  /** Further actions in Defender that carry this request's id; absent when there is none. */
  readonly others?: readonly OtherAction[];
}

/** A submission may have arrived without our knowing its action, which may turn up at any time. */
export interface InDoubt {
  /** When that began, by our clock; looks go on for three days. */
  readonly since: number;
  /** Counts the searches, so that each has one chain of looks. */
  readonly search: number;
}

/** An action with this request's marker beside the one that is followed. */
export interface OtherAction {
  readonly actionId: string;
  /** Defender's own word. */
  readonly status: string;
  /** It was seen to have reached the device. */
  readonly begun: boolean;
  /** Its commands are not those that were approved. */
  readonly altered?: true;
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

/**
 * Why nobody can tell:
 * - `noAnswer`: no clear answer to the submission, or one about another action. Only this may be sent once more, if people decide so.
 * - `unread`: Defender's answer left out what makes its action ours; it is read again by its id.
 * - `vanished`: an action that we know is no longer listed.
 * - `otherCommands`: an action carries our marker over commands that nobody approved. Only a person touches it.
 * - `restored`: a backup of the store was restored, which does not know what became of the request since (T-44).
 */
export type Doubt = 'noAnswer' | 'unread' | 'vanished' | 'otherCommands' | 'restored';

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

/** Whether to send it once more: the rule's whole bar anew, over the same digest. */
export interface Offer {
  readonly votes: readonly Vote[];
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
  /** They are in other groups than when they voted, and a seat is empty without them. */
  | { readonly type: 'voterMoved'; readonly voter: Person }
  | { readonly type: 'deviceGone' };
