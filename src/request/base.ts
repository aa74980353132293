import type { Command } from './ask/command';
import type { Finding } from './ask/preflight';
import type { Batch, TargetOf } from './batch/batch';
import type { RequestBar } from './votes/bar';

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

/** A runbook as it was when it rendered the commands. */
export interface RunbookRef {
  readonly name: string;
  /** Of that runbook alone, so that a change of another one leaves this request as it is. */
  readonly version: string;
}

/** What an approval binds, and all that a request carries in every state. Instants are epoch milliseconds. */
export interface RequestBase {
  readonly id: RequestId;
  /** The Teams (Entra) tenant that the request was asked from. */
  readonly tenantId: string;
  readonly requester: Person;
  /** Of a batch the one that goes first; `batch` has them all. */
  readonly device: Device;
  /** Many devices under one decision; absent in a request for one. */
  readonly batch?: Batch;
  /** Set in the request of one target, which carries the decision of its batch. */
  readonly target?: TargetOf;
  readonly commands: readonly Command[];
  /** The library files that the commands use, each once, by name. */
  readonly library: readonly LibraryFile[];
  readonly reason: string;
  /** What rendered its commands; absent where they were typed. */
  readonly runbook?: RunbookRef;
  readonly policyVersion: string;
  /** The incident that the reason names, by the policy's pattern when it was asked; absent where it names none. */
  readonly incident?: string;
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
  /** What approvers wanted to know before they decided, in order; absent while nobody asked. Not in the digest. */
  readonly questions?: readonly Question[];
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

/** What an approver wanted to know. `number` is 1 for the first of its request. */
export interface Question {
  readonly number: number;
  readonly by: Person;
  readonly text: string;
  readonly at: number;
  readonly answer: { readonly by: Person; readonly text: string; readonly at: number } | null;
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
