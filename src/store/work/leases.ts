import { overlay } from '../../lib/overlay';
import type { Store, Tx } from '../store';
import type { ClaimedWork } from './claims';
import type { WorkType } from './work';

export type WorkOutcome = 'done' | 'retried' | 'givenUp';

/** The same store, which remembers what it has claimed. */
export interface LeasingStore extends Store {
  /** Gives back what was claimed and never ended, so that another process need not wait for the leases to run out. Gives how many. */
  releaseLeases(): Promise<number>;
}

/** `onOutcome` is told of each try that ended, once that is committed. */
export function withLeases(
  store: Store,
  onOutcome: (type: WorkType, outcome: WorkOutcome) => void = () => {},
): LeasingStore {
  const held = new Map<number, ClaimedWork>();

  return overlay(store, {
    async transact(work, survives) {
      let claimed: ClaimedWork[] = [];
      let ended: Array<readonly [ClaimedWork, WorkOutcome]> = [];
      const result = await store.transact((tx: Tx) => {
        // Decided anew when somebody else was first: what the lost try noted never was.
        claimed = [];
        ended = [];
        return work(noting(tx, claimed, ended));
      }, survives);
      for (const row of claimed) held.set(row.workId, row);
      for (const [row, outcome] of ended) {
        if (held.get(row.workId)?.leaseToken === row.leaseToken) held.delete(row.workId);
        onOutcome(row.work.type, outcome);
      }
      return result;
    },
    async releaseLeases() {
      const rows = [...held.values()];
      if (rows.length > 0)
        await store.transact(async (tx) => {
          for (const row of rows) await tx.releaseWork(row);
        });
      held.clear();
      return rows.length;
    },
  });
}

const noting = (tx: Tx, claimed: ClaimedWork[], ended: Array<readonly [ClaimedWork, WorkOutcome]>): Tx =>
  overlay(tx, {
    async claimWork(options) {
      const rows = await tx.claimWork(options);
      claimed.push(...rows);
      return rows;
    },
    async leaseWork(...options) {
      const rows = await tx.leaseWork(...options);
      claimed.push(...rows);
      return rows;
    },
    async finishWork(work, now) {
      await tx.finishWork(work, now);
      ended.push([work, 'done']);
    },
    async retryWork(work, dueAt, problem) {
      await tx.retryWork(work, dueAt, problem);
      ended.push([work, 'retried']);
    },
    async giveUpWork(work, now, problem) {
      await tx.giveUpWork(work, now, problem);
      ended.push([work, 'givenUp']);
    },
  });
