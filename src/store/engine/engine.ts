import type { SelectQueryBuilder } from 'kysely';
import type { HeadNote } from '../offline/head-note';
import type { Db } from './tables';

/**
 * What a commit outlasts. `power`, unless said otherwise: it is on the disk. `process`: a crash of this process, but the loss of power may
 * take it, together with all that was committed after it and before the next one that outlasts power; cheaper, and for what is then
 * only done once more, such as the lease of a message to Teams.
 */
export type Survives = 'power' | 'process';

/** What differs between databases; everything else is written once, in queries that all of them run. */
export interface Engine {
  /** Each commit outlasts a loss of power. */
  readonly db: Db;
  /** Commits what `work` has done in the database that it is given, or nothing of it. */
  transaction<T>(survives: Survives, work: (db: Db) => Promise<T>): Promise<T>;
  /** For reads outside of a transaction: sees committed data only and never waits for a transaction. */
  readonly readDb: Db;
  /** For changes of the schema, which may take long, and for putting right what a restored database believes. */
  readonly schemaDb: Db;
  /** True when no other process can have this database open: whoever held a lease before is dead. */
  readonly isSole: boolean;
  readonly headNote: HeadNote;
  /** SQL of a primary key that the database counts up. */
  readonly identityColumn: string;
  /** Locks the rows that are read until the transaction ends, so that writers take turns; nothing to do where there is one writer. */
  forUpdate<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>): SelectQueryBuilder<DB, TB, O>;
  /** Locks the rows of a claim and passes over those that another replica is claiming; nothing to do where there is one writer. */
  skipLocked<DB, TB extends keyof DB, O>(query: SelectQueryBuilder<DB, TB, O>): SelectQueryBuilder<DB, TB, O>;
  /**
   * Names this very database, as long as nobody puts a backup in its place: the tables of a restored dump are other ones, and a server
   * that was restored to an earlier instant counts another timeline. Null where a note beside the file does this (T-44).
   */
  identity(): Promise<string | null>;
  /** Counts the connections that were made and shown to have our last commit; absent where there is one for good. */
  connectionsProven?(): number;
  /** The database's clock, which all replicas share; null where there is one service, whose own will do. */
  readonly now: (() => Promise<number>) | null;
  close(): Promise<void>;
}
