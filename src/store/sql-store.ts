import { AsyncLocalStorage } from 'node:async_hooks';
import type { ChainHead } from '../audit/chain';
import { overlay } from '../lib/overlay';
import { createReader, createTx, endTx, type Writing } from './commit/tx';
import type { Engine } from './engine/engine';
import type { Db } from './engine/tables';
import { appendAudit } from './rows/audit-rows';
import { addDurations } from './rows/figures';
import { type Store, StoreError, type Survives, type Tx } from './store';

/** `nesting`: whether a transaction that is begun inside another one is refused, or trusted not to be. */
export interface SqlStoreOptions {
  readonly nesting: 'refused' | 'trusted';
}

/**
 * The store over any engine. Whoever begins a transaction inside another one waits for themselves for ever; to notice that, every promise of the
 * process must be watched, which takes a twentieth of a turn. So whoever holds the clock runs with it, and the service trusts what they have run.
 */
export function createSqlStore(engine: Engine, { nesting }: SqlStoreOptions = { nesting: 'refused' }): Store {
  const running = nesting === 'refused' ? new AsyncLocalStorage<{ open: boolean }>() : null;
  const underWay = new Set<Promise<unknown>>();
  return overlay(createReader(engine.readDb) as Store, {
    async transact(work, survives = 'power') {
      if (running?.getStore()?.open) {
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
  });

  /** One that has been asked for but has no connection yet is waited for as well. */
  function keepUntilDone<T>(transaction: Promise<T>): Promise<T> {
    const kept = transaction.finally(() => underWay.delete(kept));
    underWay.add(kept);
    return kept;
  }

  async function runOnce<T>(work: (tx: Tx) => Promise<T>, survives: Survives): Promise<T> {
    const scope = { open: true };
    const inTransaction = async (db: Db) => {
      const fields: Writing = { db, engine, entries: [], durations: [] };
      const tx = createTx(fields);
      try {
        const result = await work(tx);
        let head: ChainHead | null = null;
        head = await appendAudit(db, fields.entries); // guard: audit-commits-with-the-state
        await addDurations(db, fields.durations);
        return { result, head };
      } finally {
        scope.open = false;
        endTx(tx);
      }
    };
    const { result, head } = await engine.transaction(survives, (db) =>
      running === null ? inTransaction(db) : running.run(scope, () => inTransaction(db)),
    );
    // What may be lost again is not noted: it would look like a backup that was restored (T-44).
    if (head !== null && survives === 'power') engine.headNote.write(head); // guard: only-lasting-heads-are-noted
    return result;
  }
}

/** Each time somebody else has got ahead; more than a few in a row is no coincidence. */
const mostTries = 6;

const isConflict = (error: unknown): boolean => error instanceof StoreError && error.code === 'store.conflict';
