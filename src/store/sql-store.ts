import { AsyncLocalStorage } from 'node:async_hooks';
import type { ChainHead } from '../audit/chain';
import type { Engine, Survives } from './engine/engine';
import type { Db } from './engine/tables';
import { figureReader, figureWriter, writeDurations } from './history/figures';
import { pruneWriter } from './history/prune';
import { prunedReader } from './history/pruned';
import { activityWriter } from './rows/activities';
import { auditReader, auditWriter, writeEntries } from './rows/audit';
import { cardReader, cardWriter } from './rows/cards';
import { conversationReader, conversationWriter } from './rows/conversations';
import { factReader, factWriter } from './rows/facts';
import type { InTransaction, OnDatabase } from './rows/methods';
import { queueReader } from './rows/queue';
import { rateWriter } from './rows/rates';
import { requestReader, requestWriter } from './rows/requests';
import { resultReader, resultWriter } from './rows/results';
import { reviewReader, reviewWriter } from './rows/reviews';
import { roundUpReader, roundUpWriter } from './rows/round-ups';
import { submissionReader, submissionWriter } from './rows/submissions';
import { timeReader, timeWriter } from './rows/times';
import type { Reader, Store, Tx } from './store';
import { StoreError } from './store-error';
import { claimReader, claimWriter } from './work/claims';
import { workReader, workWriter } from './work/work';

const readerMethods: Reader = {
  ...requestReader,
  ...queueReader,
  ...cardReader,
  ...conversationReader,
  ...workReader,
  ...claimReader,
  ...resultReader,
  ...submissionReader,
  ...reviewReader,
  ...roundUpReader,
  ...factReader,
  ...auditReader,
  ...timeReader,
  ...figureReader,
  ...prunedReader,
};

const txMethods: Tx = {
  ...readerMethods,
  ...requestWriter,
  ...cardWriter,
  ...conversationWriter,
  ...workWriter,
  ...claimWriter,
  ...resultWriter,
  ...submissionWriter,
  ...reviewWriter,
  ...roundUpWriter,
  ...factWriter,
  ...activityWriter,
  ...rateWriter,
  ...auditWriter,
  ...timeWriter,
  ...figureWriter,
  ...pruneWriter,
};

/** Reads over a database that is only looked at. */
export const readerOver = (db: Db): Reader =>
  Object.assign(Object.create(readerMethods) as Reader, { db } satisfies OnDatabase);

/** In place of the database once a transaction is over: its connection may be in another one by then. */
const over = new Proxy({} as Db, {
  get() {
    throw new Error('A transaction was used after its end. Do all that belongs to it before its work resolves.');
  },
});

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
  const own: Omit<Store, keyof Reader> & OnDatabase = {
    db: engine.readDb,
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
  };
  return Object.assign(Object.create(readerMethods) as Reader, own);

  /** One that has been asked for but has no connection yet is waited for as well. */
  function keepUntilDone<T>(transaction: Promise<T>): Promise<T> {
    const kept = transaction.finally(() => underWay.delete(kept));
    underWay.add(kept);
    return kept;
  }

  async function runOnce<T>(work: (tx: Tx) => Promise<T>, survives: Survives): Promise<T> {
    const scope = { open: true };
    const inTransaction = async (db: Db) => {
      const given: InTransaction = { db, engine, entries: [], durations: [] };
      const tx: Tx = Object.assign(Object.create(txMethods), given);
      try {
        const result = await work(tx);
        let head: ChainHead | null = null;
        head = await writeEntries(db, given.entries); // guard: audit-commits-with-the-state
        await writeDurations(db, given.durations);
        return { result, head };
      } finally {
        scope.open = false;
        Object.assign(tx, { db: over } satisfies OnDatabase);
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
