import type { State } from '../src/request/request';

/** What a run left behind, as far as it is judged: from the journals of both emulators, the store and the evidence folder. */
export interface Facts {
  readonly asks: readonly AskFacts[];
  readonly requests: readonly RequestFacts[];
  readonly actions: readonly ActionFacts[];
  readonly posts: readonly PostFacts[];
  readonly approvals: readonly ApprovalFacts[];
  /** Presses of *Send it once more*, taken or not. */
  readonly sentAgain: readonly ApprovalFacts[];
  /** The approver whose chat answered 500 to everything; null when every chat could be reached. */
  readonly unreachableId: string | null;
  /** What is wrong with the audit chain; null when it holds. */
  readonly auditFault: string | null;
  /** Replicas that ended by themselves, in their own words. */
  readonly deaths: readonly string[];
  /** False: something was still going on when patience ran out. */
  readonly isSettled: boolean;
}

export interface AskFacts {
  readonly number: number;
  /** Messages, or presses of the form's button, that were answered with 200. */
  readonly acknowledged: number;
  /** The thread holds an answer. */
  readonly isAnswered: boolean;
  /** The id that the thread gave. */
  readonly requestId: string | null;
  /** One form makes one request, however often its button is pressed. */
  readonly way: 'text' | 'form';
  readonly refusals: number;
  /** The answer says that nothing came of it; null where it was said or delivered more than once, and each may have an answer of its own. */
  readonly toldNothingDone: boolean | null;
}

export interface RequestFacts {
  readonly id: string;
  readonly askNumber: number | null;
  /** Asked when nothing was broken any more, and left undecided for minutes. */
  readonly isCalm: boolean;
  /** The action that is followed, or was. */
  readonly actionId: string | null;
  readonly state: State;
  /** People were told that it cannot be found out. */
  readonly isToldUnknown: boolean;
  readonly requesterId: string;
  readonly approverIds: readonly string[];
  readonly approvalsNeeded: number;
  /** Whose votes are in the store. */
  readonly voterIds: readonly string[];
  /** Who read that their only click was not counted. */
  readonly toldUncounted: readonly string[];
  /** What people can still read about it, and when it was written. */
  readonly claims: readonly ClaimFacts[];
  /** The states that it went through, by its audit. */
  readonly history: readonly State[];
  readonly cards: readonly CardFacts[];
  /** Replies in the thread that tell its end. */
  readonly endsTold: number;
  /** Further messages that look like a card of it and are no longer kept up to date. */
  readonly twins: readonly State[];
  readonly results: readonly ResultFacts[];
}

export interface ClaimFacts {
  readonly at: number;
  readonly says: 'nothingRan' | 'neverArrived';
}

export interface CardFacts {
  readonly audience: 'thread' | 'approver';
  readonly personId: string | null;
  /** What it showed, oldest first; null for what could not be read. Empty when it was never posted. */
  readonly shown: ReadonlyArray<State | null>;
}

export interface ResultFacts {
  readonly index: number;
  readonly isKept: boolean;
  /** Kept, and the file that its hash names is missing, or is another one. */
  readonly fileFault: string | null;
  readonly isTold: boolean;
}

/** A live response action that Defender really has: hidden and vanished ones as well. */
export interface ActionFacts {
  readonly id: string;
  /** Whose id its comment begins with; null for what somebody else started. */
  readonly requestId: string | null;
  /** It runs something else than that request asks for. */
  readonly runsOther: boolean;
  readonly createdAt: number;
  readonly status: string;
  readonly isFinal: boolean;
  /** At least one command was begun on the device. */
  readonly hasRun: boolean;
  readonly hasVanished: boolean;
  /** Of commands that ran to their end and leave a result. */
  readonly completed: readonly number[];
}

/** A POST of a submission that a replica began. */
export interface PostFacts {
  readonly requestId: string;
  readonly at: number;
  /** The replica got no answer that rules it out. */
  readonly mayHaveArrived: boolean;
}

/** A click on Approve, taken or not. */
export interface ApprovalFacts {
  readonly requestId: string;
  readonly personId: string;
  readonly at: number;
}
