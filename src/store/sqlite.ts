import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type CompiledQuery,
  type DatabaseConnection,
  DefaultQueryExecutor,
  type Dialect,
  type DialectAdapter,
  type Driver,
  Kysely,
  type QueryCompiler,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import Database from 'libsql';
import { makeFolderSync } from '../lib/make-folder';
import type { Engine } from './engine';
import { createHeadNote } from './head-note';
import { createOwnerOnly, takeFromOthers } from './owner-only';
import { createSameFile, type SameFile } from './same-file';
import { StoreError } from './store';
import type { Tables } from './tables';

/** Who holds a database file, as the refusal names them. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly since: string;
}

/**
 * Opens one SQLite file in WAL mode with a full sync at every commit. Two connections: one writes, one transaction at a time;
 * the other serves reads outside of transactions from the last committed state, so that neither waits for the other.
 */
export function openSqlite(path: string, holder: Holder): Engine {
  const opened: Array<{ close(): unknown }> = [];
  const keep = <T extends { close(): unknown }>(closable: T): T => {
    opened.push(closable);
    return closable;
  };
  try {
    makeFolderSync(dirname(path));
    keep(takeLock(path, holder));
    checkIntegrity(path);
    createOwnerOnly(path);
    takeFromOthers([path, `${path}-wal`, `${path}-shm`, `${path}.lock`]);
    const database = keep(connect(path));
    const writer = new SqliteConnection(database, path, createSameFile(path));
    const reader = new SqliteConnection(keep(connect(path, 'pragma query_only = on')), path);
    const db = new Kysely<Tables>({ dialect: dialectOver(writer) });
    const held = heldBy(writer);
    return {
      db,
      transaction: (survives, work) => writer.transaction(survives === 'power' ? 'full' : 'normal', () => work(held)),
      readDb: heldBy(reader),
      schemaDb: db,
      isSole: true,
      headNote: createHeadNote(`${path}.head`),
      columns: { identity: { type: 'integer', build: (column) => column.primaryKey().autoIncrement() } },
      forUpdate: (query) => query,
      skipLocked: (query) => query,
      identity: async () => null,
      now: null,
      /** The checkpoint is asked for, since libsql really closes a connection only when its statements were garbage-collected. */
      async close() {
        await Promise.all([writer.shut(), reader.shut()]);
        const closing = opened.splice(0).reverse();
        if (closing.length === 0) return;
        try {
          database.exec('pragma wal_checkpoint(truncate)');
        } finally {
          for (const closable of closing) closable.close();
        }
      },
    };
  } catch (error) {
    for (const closable of opened.reverse()) closable.close();
    throw error instanceof StoreError ? error : (toStoreError(error, path) ?? cannotOpen(path, error));
  }
}

/** Long enough for two services that start at the same instant to sort out which of them is first. */
const lockTimeoutMs = 100;

/**
 * Keeps a second service off the file: a write lock that is held on a small database beside it. The operating system drops it with
 * the process, however that ends, so there is no stale lock to judge; the row in it only tells people who the holder is.
 */
function takeLock(path: string, holder: Holder): { close(): void } {
  const lockPath = `${path}.lock`;
  createOwnerOnly(lockPath);
  const lock = new Database(lockPath);
  try {
    lock.exec(`pragma busy_timeout = ${lockTimeoutMs}`);
    lock.exec('begin immediate');
    lock.exec('create table if not exists holder (id integer primary key, pid integer, host text, since text)');
    lock
      .prepare('insert or replace into holder (id, pid, host, since) values (1, ?, ?, ?)')
      .run([holder.pid, holder.host, holder.since]);
    lock.exec('commit');
    lock.exec('begin immediate');
  } catch (error) {
    const refusal = primaryCode(error) === sqliteBusy ? lockedBy(path, lock, error) : toStoreError(error, lockPath);
    lock.close();
    throw refusal ?? error;
  }
  return {
    close() {
      lock.exec('rollback');
      lock.close();
    },
  };
}

function lockedBy(path: string, lock: Database.Database, cause: unknown): StoreError {
  const holder = readHolder(lock);
  const who = holder === null ? 'another process' : `process ${holder.pid} on ${holder.host}, since ${holder.since}`;
  return new StoreError(
    'store.locked',
    `The database file ${path} is in use by ${who}, and two services on one file would get in each other's way. Stop that one first, or give this one a file of its own.`,
    { cause },
  );
}

/** Null while the holder is only just writing its row, or when the lock was taken by something else. */
function readHolder(lock: Database.Database): Holder | null {
  try {
    const [holder] = lock.prepare('select pid, host, since from holder').all([]) as Holder[];
    return holder ?? null;
  } catch {
    return null;
  }
}

/** Looks before anything is written: a damaged file must stay as it is for those who repair it. */
function checkIntegrity(path: string): void {
  if (!existsSync(path)) return;
  const database = new Database(path);
  try {
    const rows = database.prepare('pragma quick_check(1)').all([]) as Array<{ quick_check: string }>;
    if (rows[0]?.quick_check !== 'ok') throw damaged(path, rows[0]?.quick_check);
  } finally {
    database.close();
  }
}

/** Short, since the driver waits on the event loop; only a tool that somebody runs on the file can make it wait at all. */
const busyTimeoutMs = 250;

function connect(path: string, ...pragmas: readonly string[]): Database.Database {
  const database = new Database(path);
  try {
    const [mode] = database.prepare('pragma journal_mode = wal').all([]) as Array<{ journal_mode: string }>;
    if (mode?.journal_mode !== 'wal') throw noWal(path);
    for (const pragma of [
      'pragma synchronous = full',
      'pragma foreign_keys = on',
      `pragma busy_timeout = ${busyTimeoutMs}`,
      ...pragmas,
    ]) {
      database.exec(pragma);
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite's own words: a commit waits for the disk, or (in WAL mode) leaves that to the next one that does. */
type Sync = 'full' | 'normal';

const dialectOver = (connection: SqliteConnection): Dialect => ({
  createAdapter: () => new TransactionalDdlAdapter(),
  createDriver: () => new SingleConnectionDriver(connection),
  createIntrospector: (db) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
});

/** SQLite rolls back schema changes as well, which Kysely leaves unused: a migration that fails half-way leaves nothing behind. */
class TransactionalDdlAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

class SingleConnectionDriver implements Driver {
  readonly #connection: SqliteConnection;
  constructor(connection: SqliteConnection) {
    this.#connection = connection;
  }
  async init(): Promise<void> {}
  acquireConnection(): Promise<SqliteConnection> {
    return this.#connection.acquire();
  }
  async beginTransaction(connection: SqliteConnection): Promise<void> {
    connection.begin('full');
  }
  async commitTransaction(connection: SqliteConnection): Promise<void> {
    connection.commit();
  }
  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    connection.rollback();
  }
  async releaseConnection(connection: SqliteConnection): Promise<void> {
    connection.release();
  }
  async destroy(): Promise<void> {}
}

/** For whoever has the connection already, or needs no turn, as a single read does: most of what a query takes is Kysely's way to a connection. */
function heldBy(connection: SqliteConnection): Kysely<Tables> {
  const dialect = dialectOver(connection);
  const driver = dialect.createDriver();
  const executor = new HeldExecutor(dialect.createQueryCompiler(), dialect.createAdapter(), connection);
  return new Kysely<Tables>({ config: { dialect }, dialect, driver, executor });
}

class HeldExecutor extends DefaultQueryExecutor {
  readonly #connection: SqliteConnection;
  constructor(compiler: QueryCompiler, adapter: DialectAdapter, connection: SqliteConnection) {
    super(compiler, adapter, { provideConnection: (use) => use(connection) });
    this.#connection = connection;
  }
  override executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return this.#connection.executeQuery(query);
  }
}

/** Whether it gives rows is asked once: libsql looks it up each time. */
interface Prepared {
  readonly statement: Database.Statement<unknown[]>;
  readonly isReader: boolean;
}

/** Prepared statements are kept, since libsql frees one only when it is garbage-collected, which thousands of tiny objects do not hasten. */
const maxStatements = 200;

/** One connection, lent to one user at a time in the order of asking. */
class SqliteConnection implements DatabaseConnection {
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

/** SQLite's primary result codes (sqlite.org/rescode.html). */
const sqliteBusy = 5;
const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;
const reasonByCode: Readonly<Record<number, string>> = {
  3: 'this user may not access it',
  5: 'another program holds a lock on it',
  6: 'another part of this program holds a lock on it',
  7: 'there is not enough memory',
  8: 'it is read-only',
  10: 'the disk reported an error',
  13: 'the disk is full',
  14: 'it cannot be opened',
  15: 'its locks do not work',
};

/** The failure in this store's words; null for what only a bug can cause. */
function toStoreError(error: unknown, path: string): StoreError | null {
  const code = primaryCode(error);
  if (code === sqliteCorrupt || code === sqliteNotADatabase) return damaged(path, error);
  const reason = code === null ? undefined : reasonByCode[code];
  if (reason === undefined) return null;
  return new StoreError(
    'store.unavailable',
    `The database file ${path} could not be used: ${reason}. Nothing was changed; put that right and it goes on.`,
    { cause: error },
  );
}

function primaryCode(error: unknown): number | null {
  const rawCode = error instanceof Database.SqliteError ? error.rawCode : undefined;
  return rawCode === undefined ? null : rawCode & 0xff;
}

const damaged = (path: string, cause: unknown): StoreError =>
  new StoreError(
    'store.corrupt',
    `The database file ${path} is damaged or is not a database, so nothing in it can be trusted. It was left as it is: move it away and restore a backup.`,
    { cause },
  );

const cannotOpen = (path: string, cause: unknown): StoreError =>
  new StoreError(
    'store.unavailable',
    `The database file ${path} cannot be opened or created. Check that its folder exists, is a folder, and may be written by this user.`,
    { cause },
  );

const noWal = (path: string): StoreError =>
  new StoreError(
    'store.unavailable',
    `The database file ${path} lies where write-ahead logging does not work, as on a network share. Use a folder on a local disk.`,
  );
