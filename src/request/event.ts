import type { BatchStop } from './batch/batch';
import type { Change, CommandProgress, Digest, Hold, InState, Person, Vote } from './request';
import type { RequestBar } from './votes/bar';

/** One command as Defender says that it was asked to run it. */
export interface AskedCommand {
  readonly type: string;
  readonly params: ReadonlyArray<{ readonly key: string; readonly value: string }>;
}

/** Defender's machine action as far as a request's life depends on it. */
export interface ObservedAction {
  readonly actionId: string;
  /** `requestorComment`: our marker, when the action is ours; null where the answer left it out. */
  readonly comment: string | null;
  /** Null where the answer left them, or a part of them, out. */
  readonly asked: readonly AskedCommand[] | null;
  /** Open enum on the wire; anything but the six documented values leaves the state as it is. */
  readonly status: 'Pending' | 'InProgress' | 'Succeeded' | 'Failed' | 'TimeOut' | 'Cancelled' | (string & {});
  readonly progress: readonly CommandProgress[];
  readonly cancellationRequestor: string | null;
  readonly cancellationComment: string | null;
  /** When it was made; absent where nobody read that. */
  readonly createdAt?: number;
}

/** What a policy asks of a request: all that changes when it is asked again. */
export interface Terms {
  readonly policyVersion: string;
  readonly bar: RequestBar;
  readonly approverIds: readonly string[];
  readonly decideWithinMs: number;
  readonly startWithinMs: number;
  readonly digest: Digest;
}

export type Event =
  /** A person voted. Whether they may is policy's; that they are not the requester, vote once and saw this digest is checked here as well. */
  | { readonly type: 'voted'; readonly vote: Vote }
  /** A person voted on whether to send it once more (`approve`) or to leave it (`deny`). */
  | { readonly type: 'votedToResend'; readonly vote: Vote }
  /** An approver wants to know something before they decide. */
  | { readonly type: 'questionAsked'; readonly by: Person; readonly text: string }
  /** The requester answers the question of that number. */
  | { readonly type: 'questionAnswered'; readonly by: Person; readonly number: number; readonly text: string }
  /** The requester takes back an undecided request, or a requester or approver asks to cancel an approved one. */
  | {
      readonly type: 'cancelAsked';
      readonly by: Person;
      readonly reason: string | null;
      /** Of a batch: only what Defender has not started; everything where it is not said. */
      readonly onlyWaiting?: true;
    }
  /** The approval no longer stands under the policy as it is now: the same wish is asked again, with nothing counted. */
  | { readonly type: 'askedAgain'; readonly because: readonly Change[]; readonly terms: Terms }
  /** A person lowered the bar to one approval, as the rule allows. */
  | {
      readonly type: 'brokeGlass';
      readonly by: Person;
      readonly reason: string;
      readonly incident: string;
      readonly bar: RequestBar;
      readonly approverIds: readonly string[];
      readonly digest: Digest;
    }
  /** A clock may have run out. */
  | { readonly type: 'clock' }
  /** The clock that its instants come from was ahead and has been set right. */
  | { readonly type: 'clockSetBack' }
  /** What the digest binds has changed; compared before each admission, and refused once the POST may be in flight. */
  | { readonly type: 'changed'; readonly changes: readonly Change[] }
  /** A backup of the store was restored: what it calls undecided, waiting or under way to Defender may have run since. */
  | { readonly type: 'storeRestored' }
  /** Admission gave it a slot. */
  | { readonly type: 'admitted' }
  /** Defender answered 201. */
  | { readonly type: 'accepted'; readonly action: ObservedAction }
  /** Surely not accepted (or, while queued, not even sent), and may be tried again not before `notBefore`. */
  | { readonly type: 'putBack'; readonly hold: Hold; readonly notBefore: number }
  /** Surely not accepted, and never will be. */
  | { readonly type: 'rejected'; readonly code: string; readonly message: string }
  /** No clear answer: it may have arrived. */
  | { readonly type: 'unclear' }
  /**
   * The machine's actions were listed and our request id was looked for: every action that carries it, and the one that we know by its id.
   * `complete` false: not all could be read. `date` is Defender's own on that list, in epoch milliseconds; null where it named none.
   */
  | {
      readonly type: 'lookedUp';
      readonly actions: readonly ObservedAction[];
      readonly complete: boolean;
      readonly date: number | null;
    }
  /** The poll saw the action. */
  | { readonly type: 'observed'; readonly action: ObservedAction }
  /** The poll did not see an action that it should have seen, and asking for it by id confirmed that. */
  | { readonly type: 'vanished' }
  /** Nothing more of a batch is sent. */
  | { readonly type: 'batchStopped'; readonly stop: BatchStop }
  /** Somebody who may approve gives the place of a canary in doubt to the next. */
  | { readonly type: 'canaryPassedOver'; readonly by: Person; readonly number: number }
  /** Somebody who may approve lets the rest go. */
  | { readonly type: 'batchGoneOn'; readonly by: Person }
  /** All that was sent of a batch has ended. */
  | { readonly type: 'batchEnded'; readonly outcomes: InState<'batchEnded'>['outcomes'] }
  /** A target's batch was stopped, or the target makes room for what waits. */
  | { readonly type: 'calledOff'; readonly because: 'stopped' | 'gaveWay' }
  /** Defender answered that the action can no longer be cancelled. */
  | { readonly type: 'cancelRefused'; readonly code: string };

export type EventType = Event['type'];
