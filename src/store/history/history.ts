import type { RequestId, State } from '../../request/request';
import type { WorkType } from '../store';

/** What the operator watches and what the retention takes away; kept apart from what requests live on. */
export interface HistoryReader {
  /** Counts and oldest instants, each by one query over an index. */
  figures(): Promise<Figures>;
  /** What is left of a request that the retention removed; null when there was none by that id. */
  prunedRequest(id: RequestId): Promise<PrunedRequest | null>;
  /** The same by a message that showed it. */
  prunedByCard(at: { readonly conversationId: string; readonly activityId: string }): Promise<PrunedRequest | null>;
  /** Evidence files that wait for their removal: those not looked at yet, and those looked at before; oldest first. */
  leavingFiles(of: { readonly notedBefore: number; readonly limit: number }): Promise<readonly LeavingFile[]>;
  /** The latest instant at which anything is said to have happened; later than now only when a clock was ahead. */
  latestInstant(): Promise<number | null>;
}

export interface HistoryTx {
  /** Counts into a histogram that survives restarts. */
  addDuration(what: Duration, ms: number): void;
  /**
   * Removes up to `limit` requests that ended before, with all that belongs to them but their audit. What is not over stays: a request
   * with an open review, or with work that is not done.
   */
  pruneRequests(options: {
    readonly endedBefore: number;
    readonly now: number;
    readonly limit: number;
    /** Conversations that are written to although no request is left in them. */
    readonly keepPlaces: readonly string[];
  }): Promise<readonly PrunedRequest[]>;
  /**
   * Removes up to `limit` of each: work that is done, dead letters, marks of handled activities, offers of files that are over, and which tokens were
   * used on a request that has ended. Gives how many.
   */
  pruneMarks(before: {
    readonly doneBefore: number;
    readonly givenUpBefore: number;
    readonly activitiesBefore: number;
    readonly limit: number;
  }): Promise<number>;
  /** Resolves to how many threads and group chats were removed that nothing has needed since `idleBefore`. */
  pruneIdlePlaces(options: {
    readonly now: number;
    readonly idleBefore: number;
    readonly keepPlaces: readonly string[];
  }): Promise<number>;
  /** When the file was last kept, as its own time stamp says; its day begins `now`. */
  watchLeavingFile(path: string, at: { readonly keptAt: number | null; readonly now: number }): Promise<void>;
  forgetLeavingFile(path: string): Promise<void>;
  /** What a clock that was ahead has stored is due now: no lease, wait or limit outlasts its own period. Gives how many rows and facts. */
  bringBackInstants(now: number): Promise<number>;
}

export interface Duration {
  /** From the request to its decision; from the decision to the first submission. */
  readonly name: 'decision' | 'submission';
  readonly outcome: 'approved' | 'denied';
}

export interface Figures {
  readonly requests: ReadonlyArray<{ readonly state: State; readonly count: number; readonly oldestSince: number }>;
  /** Not done and not given up. `oldestDueAt` is when the oldest was due first, whatever its tries have moved it to. */
  readonly work: ReadonlyArray<{ readonly type: WorkType; readonly count: number; readonly oldestDueAt: number }>;
  readonly deadLetters: ReadonlyArray<{ readonly type: WorkType; readonly count: number }>;
  readonly durations: ReadonlyArray<
    Duration & {
      /** The upper bound of the bucket; `Number.MAX_SAFE_INTEGER` for the last one. */
      readonly leMs: number;
      readonly count: number;
      readonly sumMs: number;
    }
  >;
  readonly auditEntries: number;
}

export interface PrunedRequest {
  readonly id: RequestId;
  readonly tenantId: string;
  readonly conversationId: string;
  readonly endedAt: number;
  readonly prunedAt: number;
}

export interface LeavingFile {
  /** Below the evidence folder. */
  readonly path: string;
  readonly notedAt: number;
  /** Null until its time stamp was read. */
  readonly keptAt: number | null;
  /** False once a result refers to it again. */
  readonly isUnused: boolean;
}
