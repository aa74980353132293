import type { AuditEntry } from '../../audit/chain';
import { overlay } from '../../lib/overlay';
import type { Engine } from '../engine/engine';
import type { Db } from '../engine/tables';
import { pruneMarks, pruneRequests } from '../history/prune';
import { findPruned, findPrunedByCard } from '../history/pruned';
import { findAuditHead, findAuditRows } from '../rows/audit-rows';
import {
  addCopy,
  addVoteToken,
  findCopies,
  findCopy,
  findPersonalPlace,
  findPlace,
  findReferences,
  findVoteToken,
  placeCopy,
  refreshCopies,
  replaceConversation,
  replaceCopy,
  savePlace,
} from '../rows/copies';
import { findLeavingFiles, forgetLeavingFile, watchLeavingFile } from '../rows/evidence-files';
import { type addDurations, findFigures } from '../rows/figures';
import { addGathered, findGathering, takeGathered } from '../rows/gathered';
import { pruneIdlePlaces } from '../rows/idle-places';
import { bringBackInstants, findLatestInstant } from '../rows/instants';
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
} from '../rows/marks';
import { findResting, findUnderWay, findWaiting } from '../rows/queue';
import { loseCard, noteReached } from '../rows/reached';
import {
  countRequestsByState,
  findNextWake,
  findRecentRequests,
  findRequest,
  findRequestsDue,
  findRequestsIn,
  insertRequest,
  saveRequest,
} from '../rows/requests';
import { findOpenReviews, findReview, saveReview } from '../rows/reviews';
import type { Reader, Tx } from '../store';
import { forgetPaces, lockPaces, savePaces } from '../work/paces';
import {
  addWork,
  claimWork,
  countWaitingWork,
  findDueWork,
  findNextClaimable,
  finishWork,
  giveUpWork,
  holdsLease,
  isLaneBusy,
  isWorkDue,
  leaseWork,
  moveLane,
  postponeWork,
  releaseWork,
  replaceWork,
  retryWork,
} from '../work/work';

/** In place of the database once a transaction is over: its connection may be in another one by then. */
const over = new Proxy({} as Db, {
  get() {
    throw new Error('A transaction was used after its end. Do all that belongs to it before its work resolves.');
  },
});

/** What the methods of a reader stand on; they are made once, since there is a transaction for every message. */
interface Reading {
  readonly db: Db;
}

const readerMethods: Reader & ThisType<Reading> = {
  request(id) {
    return findRequest(this.db, id);
  },
  requestsIn(states) {
    return findRequestsIn(this.db, states);
  },
  recentRequests(filter, limit) {
    return findRecentRequests(this.db, filter, limit);
  },
  requestsDue(now) {
    return findRequestsDue(this.db, now);
  },
  results(id) {
    return findResults(this.db, id);
  },
  copies(id) {
    return findCopies(this.db, id);
  },
  copy(copyId) {
    return findCopy(this.db, copyId);
  },
  voteToken(tokenHash) {
    return findVoteToken(this.db, tokenHash);
  },
  place(conversationId) {
    return findPlace(this.db, conversationId);
  },
  references(tenantId) {
    return findReferences(this.db, tenantId);
  },
  personalPlace(personId) {
    return findPersonalPlace(this.db, personId);
  },
  waiting() {
    return findWaiting(this.db);
  },
  underWay() {
    return findUnderWay(this.db);
  },
  resting(now) {
    return findResting(this.db, now);
  },
  submissionsSince(since) {
    return findSubmissionsSince(this.db, since);
  },
  holdsLease(work, now) {
    return holdsLease(this.db, work, now);
  },
  async nextDueAt() {
    return earliest(await findNextWake(this.db), await findNextClaimable(this.db));
  },
  isLaneBusy(lane) {
    return isLaneBusy(this.db, lane);
  },
  isWorkDue(types, now) {
    return isWorkDue(this.db, types, now);
  },
  waitingWork() {
    return countWaitingWork(this.db);
  },
  countByState() {
    return countRequestsByState(this.db);
  },
  auditHead() {
    return findAuditHead(this.db);
  },
  auditRows(options) {
    return findAuditRows(this.db, options);
  },
  review(id) {
    return findReview(this.db, id);
  },
  openReviews(of) {
    return findOpenReviews(this.db, of);
  },
  gathering() {
    return findGathering(this.db);
  },
  fact(name) {
    return findFact(this.db, name);
  },
  figures() {
    return findFigures(this.db);
  },
  prunedRequest(id) {
    return findPruned(this.db, id);
  },
  prunedByCard(at) {
    return findPrunedByCard(this.db, at);
  },
  leavingFiles(of) {
    return findLeavingFiles(this.db, of);
  },
  latestInstant() {
    return findLatestInstant(this.db);
  },
};

export const createReader = (db: Db): Reader =>
  Object.assign(Object.create(readerMethods) as Reader, { db } satisfies Reading);

type Durations = Array<Parameters<typeof addDurations>[1][number]>;

export interface Writing extends Reading {
  readonly engine: Engine;
  readonly entries: AuditEntry[];
  readonly durations: Durations;
}

const txMethods: Omit<Tx, Exclude<keyof Reader, 'request'>> & ThisType<Writing> = {
  request(id) {
    return findRequest(this.db, id, this.engine.forUpdate);
  },
  claimActivity(activityId, now) {
    return claimActivity(this.db, activityId, now);
  },
  insertRequest(request) {
    return insertRequest(this.db, request);
  },
  saveRequest(request, expectedVersion) {
    return saveRequest(this.db, request, expectedVersion);
  },
  addWork(rows) {
    return addWork(this.db, rows);
  },
  refreshCopies(id, now) {
    return refreshCopies(this.db, this.engine.forUpdate, id, now);
  },
  addCopy(copy) {
    return addCopy(this.db, copy);
  },
  placeCopy(copyId, at) {
    return placeCopy(this.db, copyId, at);
  },
  replaceCopy(copy, now) {
    return replaceCopy(this.db, copy, now);
  },
  replaceConversation(dead, lane, to) {
    return replaceConversation(this.db, dead, lane, to);
  },
  addVoteToken(token) {
    return addVoteToken(this.db, token);
  },
  savePlace(place) {
    return savePlace(this.db, place);
  },
  noteReached(conversationId, now) {
    return noteReached(this.db, this.engine.forUpdate, conversationId, now);
  },
  loseCard(copyId) {
    return loseCard(this.db, copyId);
  },
  addSubmission(id, attempt, at) {
    return addSubmission(this.db, id, attempt, at);
  },
  answerSubmission(id, attempt, answer, at) {
    return answerSubmission(this.db, { id, attempt, answer, at });
  },
  pullBackSubmissions(now) {
    return pullBackSubmissions(this.db, now);
  },
  saveResult(id, result) {
    return saveResult(this.db, id, result);
  },
  async appendAudit(entry) {
    this.entries.push(entry);
  },
  insertReview(review) {
    return saveReview(this.db, review, null);
  },
  saveReview(review, expectedOpinions) {
    return saveReview(this.db, review, expectedOpinions);
  },
  lockFact(name) {
    return lockFact(this.db, this.engine.forUpdate, name);
  },
  gatherNews(conversationId, gathered) {
    return addGathered(this.db, conversationId, gathered);
  },
  takeGathered(conversationId) {
    return takeGathered(this.db, conversationId);
  },
  saveFact(name, value) {
    return saveFact(this.db, name, value);
  },
  claimWork(options) {
    return claimWork(this.db, this.engine.skipLocked, options);
  },
  dueWork(options) {
    return findDueWork(this.db, this.engine.skipLocked, options);
  },
  leaseWork(ids, lease) {
    return leaseWork(this.db, ids, lease);
  },
  postponeWork(ids, dueAt) {
    return postponeWork(this.db, ids, dueAt);
  },
  moveLane(from, to) {
    return moveLane(this.db, from, to);
  },
  replaceWork(workId, work) {
    return replaceWork(this.db, workId, work);
  },
  finishWork(work, now) {
    return finishWork(this.db, work, now);
  },
  retryWork(work, dueAt, problem, isApart) {
    return retryWork(this.db, work, dueAt, problem, isApart);
  },
  giveUpWork(work, now, problem) {
    return giveUpWork(this.db, work, now, problem);
  },
  lockPaces(keys, unknown) {
    return lockPaces(this.db, this.engine, keys, unknown);
  },
  savePaces(paces) {
    return savePaces(this.db, paces);
  },
  forgetPaces(now) {
    return forgetPaces(this.db, this.engine.skipLocked, now);
  },
  releaseWork(work) {
    return releaseWork(this.db, work);
  },
  addDuration(what, ms) {
    this.durations.push({ what, ms });
  },
  pruneRequests(options) {
    return pruneRequests(this.db, this.engine.forUpdate, options);
  },
  pruneIdlePlaces(options) {
    return pruneIdlePlaces(this.db, options);
  },
  pruneMarks(before) {
    return pruneMarks(this.db, before);
  },
  watchLeavingFile(path, at) {
    return watchLeavingFile(this.db, path, at);
  },
  forgetLeavingFile(path) {
    return forgetLeavingFile(this.db, path);
  },
  bringBackInstants(now) {
    return bringBackInstants(this.db, now);
  },
};

const txPrototype = overlay(readerMethods, txMethods);

export const createTx = (fields: Writing): Tx => Object.assign(Object.create(txPrototype) as Tx, fields);

/** From now on it answers nobody. */
export const endTx = (tx: Tx): void => {
  Object.assign(tx, { db: over } satisfies Reading);
};

const earliest = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.min(a, b);
