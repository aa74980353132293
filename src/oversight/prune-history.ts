import { prunedEntry, removedEvidenceEntry } from '../audit/entry';
import { putBackAside, readKeptAt, removeContent } from '../evidence/remove-content';
import { type Clock, hours } from '../lib/clock';
import { diskCodeOf } from '../lib/disk-code';
import type { Log } from '../lib/log';
import type { DueWork } from '../lib/loop';
import type { LeavingFile } from '../store/rows/results';
import type { Store } from '../store/store';
import { createPruningTime } from './pruning-time';

/** The name under which it is kept when history was last pruned to the end. */
export const prunedFact = 'history.prunedAt';

const day = hours(24);
const everyMs = day;
/** Work that is done is looked at when something went wrong, and Teams delivers an activity again within minutes. */
const keepDoneMs = 7 * day;
const keepGivenUpMs = 30 * day;
const keepActivitiesMs = 3 * day;
/** Threads in which nothing was asked, and from which nothing was heard, since. */
const keepIdleMs = 30 * day;
/** Far longer than a result takes from its file to its row, so that content which comes again is never taken from under it. */
const keepUnusedMs = day;
/** Small, since a batch holds the writer: some milliseconds each. */
const requestsAtOnce = 20;
const marksAtOnce = 500;
const filesAtOnce = 100;

/**
 * Removes what is older than the retention, once a day, a small batch a pass: ended requests with their copies, tokens and results, work
 * that is done, marks of handled activities, offers of files that are over, and evidence that no kept result refers to. The audit stays whole and tells of each removal.
 */
export function createPruning(options: {
  readonly store: Store;
  readonly clock: Clock;
  /** Milliseconds from any beginning, never set: `performance.now`. */
  readonly monotonic: () => number;
  readonly log: Log;
  readonly evidenceDir: string;
  /** Null: requests and evidence are kept without end. */
  readonly keepMs: number | null;
  readonly keepPlaces: readonly string[];
}): DueWork {
  const { store, clock, log, evidenceDir, keepMs, keepPlaces } = options;
  const time = createPruningTime(options);
  const removed = { requests: 0, marks: 0, files: 0 };
  let isUnderWay = false;

  return {
    async startDue() {
      const now = clock.now();
      const prunedAt = await store.fact<number>(prunedFact);
      if (dueAt(prunedAt, now) > now || time.unsteadyForMs() > 0) return 0;
      const by = await time.read(store, prunedAt);
      if (by === null) return end(now, now);
      if (!isUnderWay) await putBackAside(evidenceDir);
      isUnderWay = true;
      const requests = keepMs === null ? 0 : await pruneRequests(by, now, keepMs);
      removed.requests += requests;
      if (requests === requestsAtOnce) return requests;
      const marks = await pruneMarks(by);
      removed.marks += marks;
      if (marks > 0) return marks;
      const places = await pruneIdlePlaces(by);
      if (places > 0) return places;
      const files = await removeFiles(by, now);
      if (files === filesAtOnce) return files;
      return end(by, now);
    },
    async nextDueAt() {
      const now = clock.now();
      const due = dueAt(await store.fact<number>(prunedFact), now);
      return due > now ? due : now + time.unsteadyForMs();
    },
  };

  async function end(by: number, now: number): Promise<number> {
    await store.transact(async (tx) => {
      await tx.saveFact(prunedFact, now);
      await time.keep(tx, by);
    });
    tell();
    isUnderWay = false;
    return 1;
  }

  function pruneRequests(by: number, now: number, keep: number): Promise<number> {
    return store.transact(async (tx) => {
      const pruned = await tx.pruneRequests({ endedBefore: by - keep, now, limit: requestsAtOnce, keepPlaces });
      for (const { id, endedAt } of pruned)
        await tx.appendAudit(prunedEntry({ requestId: id, endedAt, keepMs: keep }, now)); // guard: pruning-is-audited
      return pruned.length;
    });
  }

  function pruneIdlePlaces(by: number): Promise<number> {
    return store.transact((tx) => tx.pruneIdleConversations({ now: by, idleBefore: by - keepIdleMs, keepPlaces }));
  }

  function pruneMarks(by: number): Promise<number> {
    return store.transact((tx) =>
      tx.pruneLeftovers({
        doneBefore: by - keepDoneMs,
        givenUpBefore: by - keepGivenUpMs,
        activitiesBefore: by - keepActivitiesMs,
        limit: marksAtOnce,
      }),
    );
  }

  async function removeFiles(by: number, now: number): Promise<number> {
    const files = await store.leavingFiles({ notedBefore: by - keepUnusedMs, limit: filesAtOnce });
    for (const file of files) {
      try {
        await removeFile(file, now);
      } catch (error) {
        const code = diskCodeOf(error);
        if (code === null) throw error;
        log.error(
          { path: file.path, code },
          'A file of the evidence folder that nothing needs any more could not be removed; tried again tomorrow',
        );
        await store.transact((tx) => tx.watchLeavingFile(file.path, { keptAt: file.keptAt, now }));
      }
    }
    return files.length;
  }

  /** Looked at one day, removed the next, and only if nothing has brought or used the same content in between. */
  async function removeFile({ path, keptAt, isUnused }: LeavingFile, now: number): Promise<void> {
    if (!isUnused) return store.transact((tx) => tx.forgetLeavingFile(path)); // guard: evidence-used-again-stays
    if (keptAt === null) {
      const found = await readKeptAt(evidenceDir, path);
      return store.transact((tx) =>
        found === null ? tx.forgetLeavingFile(path) : tx.watchLeavingFile(path, { keptAt: found, now }),
      );
    }
    const outcome = await removeContent(evidenceDir, path, keptAt);
    await store.transact(async (tx) => {
      if (outcome === 'keptAnew') return tx.watchLeavingFile(path, { keptAt: null, now });
      if (outcome === 'removed') await tx.appendAudit(removedEvidenceEntry(path, now)); // guard: removed-evidence-is-audited
      return tx.forgetLeavingFile(path);
    });
    if (outcome === 'removed') removed.files += 1;
  }

  function tell(): void {
    if (removed.requests + removed.marks + removed.files > 0)
      log.info({ ...removed }, 'History beyond the retention was removed; the audit is whole');
    removed.requests = removed.marks = removed.files = 0;
  }
}

/** What was kept by a clock that was ahead holds nothing up. */
const dueAt = (prunedAt: number | null, now: number): number =>
  prunedAt === null || prunedAt > now ? now : prunedAt + everyMs;
