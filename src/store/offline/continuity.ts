import type { Clock } from '../../lib/clock';
import type { Log } from '../../lib/log';
import { overlay } from '../../lib/overlay';
import type { Engine } from '../engine/engine';
import { createSqlStore } from '../sql-store';
import type { Store } from '../store';
import { StoreError } from '../store-error';
import { createMemoryNote } from './head-note';
import { doubtAfterRestore, doubtUnsent, findMissing, type Restored } from './restored';

const identityFact = 'database.identity';
/** Set in every copy that a backup makes, and nowhere else. */
export const copiedFact = 'database.copiedAt';

interface Given {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The same store, sure that its database is the one that was written last: at the start, and again when a connection shows under the
 * running service that commits are gone, what is undecided or not surely submitted is put into doubt before anything else is done (T-44).
 */
export async function withContinuity(store: Store, engine: Engine, given: Given): Promise<Store> {
  let fixing: Promise<void> | null = null;
  let seenConnections = engine.connectionsProven?.() ?? 0;

  warnOf(await findRestored(store, engine, given.clock.now()), given);
  return overlay(store, {
    async transact(work, survives) {
      if (fixing !== null) await fixing;
      try {
        const result = await store.transact(work, survives);
        await knowServer();
        return result;
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'store.rolledBack') throw error;
        fixing ??= doubtUnderService(engine, given).finally(() => {
          fixing = null;
        });
        await fixing;
        return store.transact(work, survives);
      }
    },
  });

  /** What failed here is tried again after the next connection. */
  async function knowServer(): Promise<void> {
    const connections = engine.connectionsProven?.() ?? 0;
    if (connections === seenConnections || engine.headNote.read() === null) return;
    seenConnections = connections;
    try {
      await noteServer(store, engine, given);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      seenConnections = -1;
    }
  }
}

/**
 * By the note beside the file; by the mark of a copy, which a backup carries to another machine as well; or by the identity of a server
 * whose dump was restored, or that was restored to an earlier instant, while no service was there to notice. Of replicas that start together
 * the first one finds it, and all marks go with it: one that stayed would make the next start a restore.
 */
async function findRestored(store: Store, engine: Engine, now: number): Promise<Restored | null> {
  const identity = await engine.identity();
  return store.transact(async (tx) => {
    const known = await tx.lockFact<string>(identityFact);
    const isCopy = (await tx.fact<number>(copiedFact)) !== null;
    const isOther = identity !== null && known !== null && known !== identity;
    const missing = await findMissing(tx, engine.headNote);
    const restored = missing !== null || isCopy || isOther ? await doubtUnsent(tx, missing, now) : null;
    if (isCopy) await tx.saveFact(copiedFact, null); // guard: restored-once
    if (identity !== null && known !== identity) await tx.saveFact(identityFact, identity);
    return restored;
  });
}

/**
 * A server that was reached anew and has our last commit is the one to come back to, whoever it is now: a failover that lost nothing must not
 * look like a restore at the next start.
 */
async function noteServer(store: Store, engine: Engine, { path, log }: Given): Promise<void> {
  const identity = await engine.identity();
  await store.transact(async (tx) => {
    const known = await tx.lockFact<string>(identityFact);
    if (identity === null || known === identity) return;
    if ((await findMissing(tx, engine.headNote)) !== null) return;
    await tx.saveFact(identityFact, identity);
    log.warn({ path }, 'The database is served by another server, which lacks nothing of what was committed.');
  });
}

/** On connections of its own, which are not asked for the lost commit; all others are refused until this is committed. */
async function doubtUnderService(engine: Engine, given: Given): Promise<void> {
  const headNote = createMemoryNote();
  const apart = createSqlStore({
    ...engine,
    transaction: (_, work) => engine.schemaDb.transaction().execute(work),
    headNote,
  });
  const restored = await doubtAfterRestore(apart, engine.headNote, given.clock.now());
  // Refused before, and asked again after somebody else has put it right.
  if (restored === null) return;
  warnOf(restored, given);
  await apart.transact(async (tx) => tx.saveFact(identityFact, await engine.identity()));
  const head = headNote.read();
  engine.headNote.forget();
  if (head !== null) engine.headNote.write(head);
}

function warnOf(restored: Restored | null, { path, log }: Given): void {
  if (restored === null) return;
  log.warn(
    { path, ...restored },
    'A backup was restored: the database lacks entries that were written after it. What was undecided or not surely submitted in it may have run since, so it is neither decided nor sent any more. It is looked for in Defender and its thread is told what was found; ask people to look there before they ask again.',
  );
}
