import { prunedEntry } from '../audit/entry';
import { restoreAside } from '../evidence/remove-content';
import { type Clock, hours } from '../lib/clock';
import type { Log } from '../lib/log';
import type { DueWork } from '../lib/loop';
import type { Store } from '../store/store';
import { createPruningTime } from './pruning-time';
import { removeUnusedFiles } from './remove-unused-files';

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
/** Small, since a batch holds the writer: some milliseconds each. */
const requestsAtOnce = 20;
const marksAtOnce = 500;

export interface PruningOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Milliseconds from any beginning, never set: `performance.now`. */
  readonly monotonic: () => number;
  readonly log: Log;
  readonly evidenceDir: string;
  /** Null: requests and evidence are kept without end. */
  readonly keepMs: number | null;
  readonly keepPlaces: readonly string[];
}

/**
 * Removes what is older than the retention, once a day, a small batch a pass: ended requests with their copies, tokens and results, work
 * that is done, marks of handled activities, offers of files that are over, and evidence that no kept result refers to. The audit stays whole and tells of each removal.
 */
export function createPruning(options: PruningOptions): DueWork {
  const { store, clock, log, evidenceDir, keepMs } = options;
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
      if (!isUnderWay) await restoreAside(evidenceDir);
      isUnderWay = true;
      const requests = keepMs === null ? 0 : await pruneRequests(options, { by, now, keepMs });
      removed.requests += requests;
      if (requests === requestsAtOnce) return requests;
      const marks = await pruneMarks(store, by);
      removed.marks += marks;
      if (marks > 0) return marks;
      const places = await pruneIdlePlaces(options, by);
      if (places > 0) return places;
      const files = await removeUnusedFiles(options, { by, now });
      removed.files += files.removed;
      if (files.areMore) return files.looked;
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

  function tell(): void {
    if (removed.requests + removed.marks + removed.files > 0)
      log.info({ ...removed }, 'History beyond the retention was removed; the audit is whole');
    removed.requests = removed.marks = removed.files = 0;
  }
}

/** What was kept by a clock that was ahead holds nothing up. */
const dueAt = (prunedAt: number | null, now: number): number =>
  prunedAt === null || prunedAt > now ? now : prunedAt + everyMs;

const pruneRequests = (
  { store, keepPlaces }: Pick<PruningOptions, 'store' | 'keepPlaces'>,
  { by, now, keepMs }: { readonly by: number; readonly now: number; readonly keepMs: number },
): Promise<number> =>
  store.transact(async (tx) => {
    const pruned = await tx.pruneRequests({ endedBefore: by - keepMs, now, limit: requestsAtOnce, keepPlaces });
    for (const { id, endedAt } of pruned) await tx.appendAudit(prunedEntry({ requestId: id, endedAt, keepMs }, now)); // guard: pruning-is-audited
    return pruned.length;
  });

const pruneIdlePlaces = (
  { store, keepPlaces }: Pick<PruningOptions, 'store' | 'keepPlaces'>,
  by: number,
): Promise<number> =>
  store.transact((tx) => tx.pruneIdleConversations({ now: by, idleBefore: by - keepIdleMs, keepPlaces }));

const pruneMarks = (store: Store, by: number): Promise<number> =>
  store.transact((tx) =>
    tx.pruneLeftovers({
      doneBefore: by - keepDoneMs,
      givenUpBefore: by - keepGivenUpMs,
      activitiesBefore: by - keepActivitiesMs,
      limit: marksAtOnce,
    }),
  );
