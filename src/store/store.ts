import type { AuditEntry, AuditRow, ChainHead } from '../audit/chain';
import type { KeptResult } from '../evidence/keep-result';
import type { Submission, SubmissionAnswer } from '../request/doubt/submission';
import type { Effect, News } from '../request/effect';
import type { Place } from '../request/place';
import type { LiveResponseRequest, RequestId, State } from '../request/request';
import type { Review } from '../request/review';
import type { GatheredNews } from '../request/round-up';
import type { UnderWay, Waiting } from '../request/waiting';
import type { Post } from '../thread/kit/post';
import type { HistoryReader, HistoryTx } from './history/history';

/**
 * Everything that must survive a crash. One code path over Kysely; what differs between engines is the dialect file.
 * Instants are epoch milliseconds. Reads outside a transaction see committed data.
 */
export interface Store extends Reader {
  /**
   * Runs `work` in one transaction: all of it is on disk when this resolves, or none of it. Never nest. Where replicas share the
   * database, `work` is run again after another one changed the same: what it does outside of the transaction must bear that.
   */
  transact<T>(work: (tx: Tx) => Promise<T>, survives?: Survives): Promise<T>;
  /** The clock that all services on this database share; null where there is one service, whose own clock will do. */
  readonly databaseNow: (() => Promise<number>) | null;
  close(): Promise<void>;
}

/**
 * What a commit outlasts. `power`, unless said otherwise: it is on the disk. `process`: a crash of this process, but the loss of power may
 * take it, together with all that was committed after it and before the next one that outlasts power; cheaper, and for what is then
 * only done once more, such as the lease of a message to Teams.
 */
export type Survives = 'power' | 'process';

/** A request with its version for compare-and-swap. */
export interface Stored {
  readonly request: LiveResponseRequest;
  readonly version: number;
}

/**
 * One message that shows a request and is kept up to date in place: one in the thread, one in each approver's own chat.
 * `conversationId` is null until the approver's chat is known, `activityId` until the first post succeeded.
 */
export interface Copy {
  readonly copyId: number;
  readonly requestId: RequestId;
  /** `reader`: shows the request and takes no vote. `end`: how it ended, with its results. `replaced`: a newer card stands for it, and it is drawn no more. */
  readonly audience: 'thread' | 'approver' | 'reader' | 'end' | 'replaced';
  /** Entra object id of the approver; null for a card that is for nobody in particular. */
  readonly personId: string | null;
  readonly conversationId: string | null;
  readonly activityId: string | null;
}

/** A vote token as the store knows it: by its hash, bound to one copy and to the digest that this copy showed (T-8, T-43). */
export interface VoteToken {
  readonly tokenHash: string;
  readonly requestId: RequestId;
  readonly copyId: number;
  /** What the card showed to be decided: the request's digest, or `offerShown`. */
  readonly shown: string;
}

/** What the worker of Defender effects and the outbox perform; `lane` keeps order: only the oldest undone row of a lane may be claimed. */
export type Work =
  | Extract<Effect, { type: 'submit' | 'lookUp' | 'cancelAction' | 'fetchResult' | 'recheckLibrary' }>
  /** Renders the copy from the request as it then is, so that several changes become one update. */
  | { readonly type: 'sendCard'; readonly copyId: number }
  /** `personId` given: in that person's own chat, else where the request was asked. */
  | { readonly type: 'sendNews'; readonly news: News; readonly personId?: string }
  /** A message that is complete already: the answer to a command, a result. */
  | {
      readonly type: 'sendPost';
      readonly conversationId: string;
      readonly post: Post;
      /** It is tried in the place of what Teams refused for what it was; nothing stands in for it. */
      readonly insteadOf?: Work;
    }
  /** Puts a collected file where the person who agreed to have it let it be put. */
  | { readonly type: 'sendFile'; readonly offerId: string };

export type WorkType = Work['type'];
export const defenderWork = [
  'submit',
  'lookUp',
  'cancelAction',
  'fetchResult',
  'recheckLibrary',
] as const satisfies readonly WorkType[];
export const teamsWork = ['sendCard', 'sendNews', 'sendPost'] as const satisfies readonly WorkType[];

export interface NewWork {
  readonly requestId: RequestId | null;
  readonly work: Work;
  /** Null: no order with others. Teams work always has one (`Lane`). */
  readonly lane: string | null;
  readonly dueAt: number;
}

/** A row that may be leased. `tenantId` is that of the place that its lane names, else of its request. */
export interface DueWork {
  readonly workId: number;
  readonly lane: string | null;
  readonly tenantId: string | null;
}

/** A claimed row. `claims` counts how often it was claimed, this time included: a submit that is claimed twice must not POST again. */
export interface ClaimedWork extends NewWork {
  readonly workId: number;
  /** As it was added; `dueAt` moves with each try. */
  readonly firstDueAt: number;
  readonly claims: number;
  readonly leaseToken: string;
}

export type { AuditEntry, AuditRow, ChainHead };

export interface Reader extends HistoryReader {
  request(id: RequestId): Promise<Stored | null>;
  /** Oldest first. */
  requestsIn(states: readonly State[]): Promise<readonly Stored[]>;
  /** Newest first, at most `limit`, of all tenants unless given. */
  recentRequests(
    filter: {
      readonly tenantId?: string;
      readonly machineId?: string;
      readonly requesterId?: string;
      readonly conversationId?: string;
      readonly states?: readonly State[];
    },
    limit: number,
  ): Promise<readonly Stored[]>;
  /** Open requests whose clock is due at or before `now`. */
  requestsDue(now: number): Promise<readonly Stored[]>;
  results(id: RequestId): Promise<readonly KeptResult[]>;
  copies(id: RequestId): Promise<readonly Copy[]>;
  copy(copyId: number): Promise<Copy | null>;
  voteToken(tokenHash: string): Promise<VoteToken | null>;
  place(conversationId: string): Promise<Place | null>;
  /** What the places of the tenant hold as their references. */
  references(tenantId: string): Promise<readonly string[]>;
  /** The person's own chat with the bot, when known. */
  personalPlace(personId: string): Promise<Place | null>;
  /** Approved requests that wait, oldest first. */
  waiting(): Promise<readonly Waiting[]>;
  /** Requests that Defender has or may have. */
  underWay(): Promise<readonly UnderWay[]>;
  /** Devices that Defender may still call busy with a cancelled action of ours, and until when. */
  resting(now: number): Promise<ReadonlyMap<string, number>>;
  /** Submissions that were claimed at or after `since`, oldest first. */
  submissionsSince(since: number): Promise<readonly Submission[]>;
  /** Whether this claim still stands: nobody has taken the row over, and its lease has not run out. */
  holdsLease(work: ClaimedWork, now: number): Promise<boolean>;
  /** The earliest instant at which a request's clock or a claimable work row is due; null when nothing waits. */
  nextDueAt(): Promise<number | null>;
  /** Whether anything is undone in this lane, be it due, leased or put off; not what is set apart. */
  isLaneBusy(lane: string): Promise<boolean>;
  /** Whether `claimWork` would find something: a look that costs no transaction. */
  isWorkDue(types: readonly WorkType[], now: number): Promise<boolean>;
  /** Work rows that are neither done nor given up, by type. */
  waitingWork(): Promise<Readonly<Partial<Record<WorkType, number>>>>;
  countByState(): Promise<Readonly<Partial<Record<State, number>>>>;
  /** The last committed entry of the chain. */
  auditHead(): Promise<ChainHead>;
  auditRows(options?: {
    readonly requestId?: RequestId;
    readonly afterSeq?: number;
    readonly limit?: number;
  }): Promise<readonly AuditRow[]>;
  /** The review that a break-glass is owed; null when there was none. */
  review(id: RequestId): Promise<Review | null>;
  /** Oldest first; of one rule when given. */
  openReviews(of: { readonly tenantId?: string; readonly rule?: string }): Promise<readonly Review[]>;
  /** Since when each conversation has news that waits for its round-up. */
  gathering(): Promise<ReadonlyMap<string, number>>;
  /** A small named fact, such as when the next poll is due. */
  fact<T>(name: string): Promise<T | null>;
}

export interface Tx extends Reader, HistoryTx {
  /** Locked until the transaction ends: whoever else wants to change it waits, and then sees it as this transaction leaves it. */
  request(id: RequestId): Promise<Stored | null>;
  /** False when this activity was handled already: Teams delivers again what took too long (teams.md E2). */
  claimActivity(activityId: string, now: number): Promise<boolean>;
  /** Throws `StoreError('store.duplicateId')` when the id is taken. */
  insertRequest(request: LiveResponseRequest): Promise<void>;
  /** Compare-and-swap; throws `StoreError('store.conflict')` when the stored version is another one. */
  saveRequest(request: LiveResponseRequest, expectedVersion: number): Promise<void>;
  addWork(rows: readonly NewWork[]): Promise<void>;
  /** Adds a sendCard for each copy of the request that has none waiting unclaimed, so that updates coalesce. */
  refreshCopies(id: RequestId, now: number): Promise<void>;
  addCopy(copy: Omit<Copy, 'copyId'>): Promise<Copy>;
  /** Where the copy lives, once known; null activity means that it must be posted anew. */
  placeCopy(copyId: number, at: { readonly conversationId: string; readonly activityId: string | null }): Promise<void>;
  /** A newer card stands for it now: it is drawn once more, to say so, and takes no vote. */
  replaceCopy(copy: Copy, now: number): Promise<void>;
  /** What waits in the lane, and all copies in the dead conversation, go to another one. */
  replaceConversation(dead: string, lane: string, to: string): Promise<void>;
  addVoteToken(token: VoteToken): Promise<void>;
  /** A person's own chat becomes the one to reach them by, unless another one has proved that it does. */
  savePlace(place: Place): Promise<void>;
  /** Something that was sent there has arrived: the chat is proven, and the cards that were given up there are drawn. */
  noteReached(conversationId: string, now: number): Promise<void>;
  /** The card was given up: it is drawn once its conversation, or its person, can be reached again. */
  loseCard(copyId: number): Promise<void>;
  addSubmission(id: RequestId, attempt: number, at: number): Promise<void>;
  /** `at`: when its answer was there; null when it may still arrive. */
  answerSubmission(id: RequestId, attempt: number, answer: SubmissionAnswer, at: number | null): Promise<void>;
  /** Counts submissions that a clock dated into the future as made now: it has been put back since, and they must not count for longer. */
  pullBackSubmissions(now: number): Promise<void>;
  saveResult(id: RequestId, result: KeptResult): Promise<void>;
  /** Stored as the last thing of the transaction, in the order of asking: reads in it do not see the entry yet. */
  appendAudit(entry: AuditEntry): Promise<void>;
  /** Throws `StoreError('store.conflict')` when the request has a review already. */
  insertReview(review: Review): Promise<void>;
  /** Compare-and-swap by the number of opinions; throws `StoreError('store.conflict')` when there is another one meanwhile, or it is closed. */
  saveReview(review: Review, expectedOpinions: number): Promise<void>;
  /** Reads it, and keeps every other transaction that locks it waiting until this one ends. Lock several always in the same order. */
  lockFact<T>(name: string): Promise<T | null>;
  gatherNews(conversationId: string, gathered: GatheredNews): Promise<void>;
  /** Oldest first; what is taken is gone. */
  takeGathered(conversationId: string): Promise<readonly GatheredNews[]>;
  saveFact(name: string, value: unknown): Promise<void>;
  /**
   * Leases due rows: undone, not leased (or the lease ran out), due, and the oldest of their lane. Increments `claims`.
   * Leased rows must be ended by one of the three below with their token; a token that lost its lease throws `StoreError('store.leaseLost')`.
   */
  claimWork(options: {
    readonly types: readonly WorkType[];
    readonly now: number;
    readonly leaseMs: number;
    readonly limit: number;
    readonly leaseToken: string;
  }): Promise<readonly ClaimedWork[]>;
  /** The two halves of `claimWork`, for those who lease only some of what is due: what is not leased stays as it is. */
  dueWork(options: {
    readonly types: readonly WorkType[];
    readonly now: number;
    readonly limit: number;
  }): Promise<readonly DueWork[]>;
  leaseWork(
    workIds: readonly number[],
    lease: { readonly now: number; readonly leaseMs: number; readonly leaseToken: string },
  ): Promise<readonly ClaimedWork[]>;
  /** Due later, at the same place of its lane; not counted as a claim. */
  postponeWork(workIds: readonly number[], dueAt: number): Promise<void>;
  moveLane(from: string, to: string): Promise<void>;
  /** Something else is sent in its place; its claims, its age and its lane stay. */
  replaceWork(workId: number, work: Work): Promise<void>;
  finishWork(work: ClaimedWork, now: number): Promise<void>;
  /** `isApart`: from now on nothing but its own request waits for it in its lane. */
  retryWork(work: ClaimedWork, dueAt: number, problem: string, isApart?: boolean): Promise<void>;
  /** Gives a lease back before its time, so that another worker may have the row at once; a lease that was lost is left alone. */
  releaseWork(work: ClaimedWork): Promise<void>;
  /** Dead letter: kept, counted, never tried again by itself. */
  giveUpWork(work: ClaimedWork, now: number, problem: string): Promise<void>;
  /** By key, shared by all replicas; `unknown` where there is none yet. Nothing else may be locked after it. */
  lockPaces<T>(keys: readonly string[], unknown: T): Promise<ReadonlyMap<string, T>>;
  savePaces(
    paces: ReadonlyArray<{ readonly key: string; readonly pace: unknown; readonly forgetAt: number }>,
  ): Promise<void>;
  forgetPaces(now: number): Promise<void>;
}

export type StoreErrorCode =
  | 'store.conflict'
  | 'store.duplicateId'
  | 'store.leaseLost'
  | 'store.locked'
  | 'store.corrupt'
  | 'store.newerSchema'
  /** A backup was restored, or a standby took over, under the running service. */
  | 'store.rolledBack'
  /** No answer to a commit: it may have taken effect. Whoever repeats it must be able to tell. */
  | 'store.commitInDoubt'
  | 'store.unavailable';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The database cannot be used: a full disk, a lock, a lost connection. Nobody can work through it, and most of it ends by itself. */
export const isOutage = (error: unknown): error is StoreError =>
  error instanceof StoreError && ['store.unavailable', 'store.corrupt', 'store.commitInDoubt'].includes(error.code);
