import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuditEntry, ChainHead } from '../audit/chain';
import { appendAudit, findAuditHead, findAuditRows } from './audit-rows';
import {
  addCopy,
  addVoteToken,
  findCopies,
  findCopy,
  findPersonalPlace,
  findPlace,
  findVoteToken,
  placeCopy,
  refreshCopies,
  replaceConversation,
  savePlace,
} from './copies';
import type { Engine } from './engine';
import { findLeavingFiles, forgetLeavingFile, watchLeavingFile } from './evidence-files';
import { addDurations, findFigures } from './figures';
import { addGathered, findGathering, takeGathered } from './gathered';
import { bringBackInstants, findLatestInstant } from './instants';
import {
  addSubmission,
  answerSubmission,
  claimActivity,
  findFact,
  findResults,
  findSubmissionsSince,
  lockFact,
  pullBackSubmissions,
  saveFact,
  saveResult,
} from './marks';
import { forgetPaces, lockPaces, savePaces } from './paces';
import { pruneMarks, pruneRequests } from './prune';
import { findPruned, findPrunedByCard } from './pruned';
import { findResting, findUnderWay, findWaiting } from './queue';
import {
  countRequestsByState,
  findNextWake,
  findRecentRequests,
  findRequest,
  findRequestsDue,
  findRequestsIn,
  insertRequest,
  saveRequest,
} from './requests';
import { findOpenReviews, findReview, saveReview } from './reviews';
import { type Reader, type Store, StoreError, type Survives, type Tx } from './store';
import type { Db } from './tables';
import {
  addWork,
  claimWork,
  countWaitingWork,
  findDueWork,
  findNextClaimable,
  finishWork,
  giveUpWork,
  holdsLease,
  isWorkDue,
  leaseWork,
  moveLane,
  postponeWork,
  releaseWork,
  retryWork,
} from './work';

/** The store over any engine. */
export function createSqlStore(engine: Engine): Store {
  const running = new AsyncLocalStorage<{ open: boolean }>();
  const underWay = new Set<Promise<unknown>>();
  return {
    ...createReader(engine.readDb),
    async transact(work, survives = 'power') {
      if (running.getStore()?.open) {
        throw new Error(
          'A transaction was started inside another one, which would wait for itself. Pass the outer one on.',
        );
      }
      for (let tries = 1; ; tries++) {
        try {
          return await keepUntilDone(runOnce(work, survives));
        } catch (error) {
          if (engine.isSole || tries === mostTries || !isConflict(error)) throw error;
        }
      }
    },
    databaseNow: engine.now,
    async close() {
      await Promise.allSettled(underWay);
      await engine.close();
    },
  };

  /** One that has been asked for but has no connection yet is waited for as well. */
  function keepUntilDone<T>(transaction: Promise<T>): Promise<T> {
    const kept = transaction.finally(() => underWay.delete(kept));
    underWay.add(kept);
    return kept;
  }

  async function runOnce<T>(work: (tx: Tx) => Promise<T>, survives: Survives): Promise<T> {
    const scope = { open: true };
    const db = survives === 'power' ? engine.db : engine.hastyDb;
    const { result, head } = await db.transaction().execute((db) =>
      running.run(scope, async () => {
        try {
          const entries: AuditEntry[] = [];
          const durations: Durations = [];
          const result = await work(createTx(db, engine, entries, durations));
          let head: ChainHead | null = null;
          head = await appendAudit(db, entries); // guard: audit-commits-with-the-state
          await addDurations(db, durations);
          return { result, head };
        } finally {
          scope.open = false;
        }
      }),
    );
    // What may be lost again is not noted: it would look like a backup that was put back (T-44).
    if (head !== null && survives === 'power') engine.headNote.write(head); // guard: only-lasting-heads-are-noted
    return result;
  }
}

/** Each time somebody else has got ahead; more than a few in a row is no coincidence. */
const mostTries = 6;

const isConflict = (error: unknown): boolean => error instanceof StoreError && error.code === 'store.conflict';

const createReader = (db: Db): Reader => ({
  request: (id) => findRequest(db, id),
  requestsIn: (states) => findRequestsIn(db, states),
  recentRequests: (filter, limit) => findRecentRequests(db, filter, limit),
  requestsDue: (now) => findRequestsDue(db, now),
  results: (id) => findResults(db, id),
  copies: (id) => findCopies(db, id),
  copy: (copyId) => findCopy(db, copyId),
  voteToken: (tokenHash) => findVoteToken(db, tokenHash),
  place: (conversationId) => findPlace(db, conversationId),
  personalPlace: (personId) => findPersonalPlace(db, personId),
  waiting: () => findWaiting(db),
  underWay: () => findUnderWay(db),
  resting: (now) => findResting(db, now),
  submissionsSince: (since) => findSubmissionsSince(db, since),
  holdsLease: (work, now) => holdsLease(db, work, now),
  nextDueAt: async () => earliest(await findNextWake(db), await findNextClaimable(db)),
  isWorkDue: (types, now) => isWorkDue(db, types, now),
  waitingWork: () => countWaitingWork(db),
  countByState: () => countRequestsByState(db),
  auditHead: () => findAuditHead(db),
  auditRows: (options) => findAuditRows(db, options),
  review: (id) => findReview(db, id),
  openReviews: (of) => findOpenReviews(db, of),
  gathering: () => findGathering(db),
  fact: (name) => findFact(db, name),
  figures: () => findFigures(db),
  prunedRequest: (id) => findPruned(db, id),
  prunedByCard: (at) => findPrunedByCard(db, at),
  leavingFiles: (of) => findLeavingFiles(db, of),
  latestInstant: () => findLatestInstant(db),
});

type Durations = Array<Parameters<typeof addDurations>[1][number]>;

const createTx = (db: Db, engine: Engine, entries: AuditEntry[], durations: Durations): Tx => ({
  ...createReader(db),
  request: (id) => findRequest(db, id, engine.forUpdate),
  claimActivity: (activityId, now) => claimActivity(db, activityId, now),
  insertRequest: (request) => insertRequest(db, request),
  saveRequest: (request, expectedVersion) => saveRequest(db, request, expectedVersion),
  addWork: (rows) => addWork(db, rows),
  refreshCopies: (id, now) => refreshCopies(db, engine.forUpdate, id, now),
  addCopy: (copy) => addCopy(db, copy),
  placeCopy: (copyId, at) => placeCopy(db, copyId, at),
  replaceConversation: (dead, lane, to) => replaceConversation(db, dead, lane, to),
  addVoteToken: (token) => addVoteToken(db, token),
  savePlace: (place) => savePlace(db, place),
  addSubmission: (id, attempt, at) => addSubmission(db, id, attempt, at),
  answerSubmission: (id, attempt, answer, at) => answerSubmission(db, { id, attempt, answer, at }),
  pullBackSubmissions: (now) => pullBackSubmissions(db, now),
  saveResult: (id, result) => saveResult(db, id, result),
  async appendAudit(entry) {
    entries.push(entry);
  },
  insertReview: (review) => saveReview(db, review, null),
  saveReview: (review, expectedOpinions) => saveReview(db, review, expectedOpinions),
  lockFact: (name) => lockFact(db, engine.forUpdate, name),
  gatherNews: (conversationId, gathered) => addGathered(db, conversationId, gathered),
  takeGathered: (conversationId) => takeGathered(db, conversationId),
  saveFact: (name, value) => saveFact(db, name, value),
  claimWork: (options) => claimWork(db, engine.skipLocked, options),
  dueWork: (options) => findDueWork(db, engine.skipLocked, options),
  leaseWork: (ids, lease) => leaseWork(db, ids, lease),
  postponeWork: (ids, dueAt) => postponeWork(db, ids, dueAt),
  moveLane: (from, to) => moveLane(db, from, to),
  finishWork: (work, now) => finishWork(db, work, now),
  retryWork: (work, dueAt, problem) => retryWork(db, work, dueAt, problem),
  giveUpWork: (work, now, problem) => giveUpWork(db, work, now, problem),
  lockPaces: (keys, unknown) => lockPaces(db, engine.forUpdate, keys, unknown),
  savePaces: (paces) => savePaces(db, paces),
  forgetPaces: (now) => forgetPaces(db, engine.skipLocked, now),
  releaseWork: (work) => releaseWork(db, work),
  addDuration(what, ms) {
    durations.push({ what, ms });
  },
  pruneRequests: (options) => pruneRequests(db, engine.forUpdate, options),
  pruneMarks: (before) => pruneMarks(db, before),
  watchLeavingFile: (path, at) => watchLeavingFile(db, path, at),
  forgetLeavingFile: (path) => forgetLeavingFile(db, path),
  bringBackInstants: (now) => bringBackInstants(db, now),
});

const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);
