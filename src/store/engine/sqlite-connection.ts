import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import type Database from 'libsql';
import { StoreError } from '../store-error';
import type { SameFile } from './same-file';
import { toStoreError } from './sqlite-failure';

/** SQLite's own words: a commit waits for the disk, or (in WAL mode) leaves that to the next one that does. */
export type Sync = 'full' | 'normal';

/** Whether it gives rows is asked once: libsql looks it up each time. */
interface Prepared {
  readonly statement: Database.Statement<unknown[]>;
  readonly isReader: boolean;
}

/** Prepared statements are kept, since libsql frees one only when it is garbage-collected, which thousands of tiny objects do not hasten. */
const maxStatements = 200;

/** One connection, lent to one user at a time in the order of asking. */
export class SqliteConnection implements DatabaseConnection {
  readonly #database: Database.Database;
  readonly #path: string;
  readonly #checkFile: SameFile;
  readonly #waiting: Array<() => void> = [];
  readonly #statements = new Map<string, Prepared>();
  #lent = false;
  #shut = false;
  /** As `connect` has set it, and the last transaction that wanted it otherwise. */
  #syncs: Sync = 'full';
  /** Why the running transaction cannot be committed any more. */
  #failure: unknown = null;

  constructor(database: Database.Database, path: string, checkFile: SameFile = () => {}) {
    this.#database = database;
    this.#path = path;
    this.#checkFile = checkFile;
  }

  async acquire(): Promise<this> {
    if (this.#lent) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#lent = true;
    return this;
  }

  release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#lent = false;
    else next();
  }

  async transaction<T>(sync: Sync, work: () => Promise<T>): Promise<T> {
    await this.acquire();
    try {
      this.begin(sync);
      return await this.#committed(work);
    } finally {
      this.release();
    }
  }

  async #committed<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.commit();
      return result;
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Lets the present user finish and serves nobody after that. */
  async shut(): Promise<void> {
    await this.acquire();
    this.#shut = true;
    this.#statements.clear();
    this.release();
  }

  /** `exec`, since a prepared `begin` that finds the file busy keeps its snapshot in libsql until it is garbage-collected. */
  begin(sync: Sync): void {
    this.#run(() => {
      // It may not be changed within a transaction.
      if (sync !== this.#syncs) this.#database.exec(`pragma synchronous = ${sync}`);
      this.#syncs = sync;
      this.#database.exec('begin immediate');
    });
  }

  commit(): void {
    this.#run(() => {
      this.#checkFile();
      this.#database.exec('commit');
    });
  }

  rollback(): void {
    this.#failure = null;
    if (this.#database.inTransaction) this.#database.exec('rollback');
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    return this.#run(() => {
      const { statement, isReader } = this.#prepare(sql);
      if (isReader) return { rows: statement.all(parameters) as R[] };
      return { rows: [], numAffectedRows: BigInt(statement.run(parameters).changes) };
    });
  }

  #prepare(sql: string): Prepared {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= maxStatements) this.#statements.clear();
    const statement = this.#database.prepare(sql);
    const prepared = { statement, isReader: statement.reader };
    this.#statements.set(sql, prepared);
    return prepared;
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method; nothing here streams.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('Streaming is not supported by this store.');
  }

  /**
   * After a failed statement the transaction is lost, as on PostgreSQL: SQLite would go on, and after a full disk even outside of
   * the transaction, so that a swallowed error would leave half of it on disk.
   */
  #run<T>(action: () => T): T {
    if (this.#shut)
      throw new StoreError(
        'store.unavailable',
        'The database was closed, because the service is stopping. Start it again.',
      );
    if (this.#failure !== null) throw this.#failure;
    const inTransaction = this.#database.inTransaction;
    try {
      return action();
    } catch (error) {
      const failure = toStoreError(error, this.#path) ?? error;
      if (inTransaction) this.#failure = failure;
      throw failure;
    }
  }
}
