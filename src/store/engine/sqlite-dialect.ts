import {
  type CompiledQuery,
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
import type { SqliteConnection } from './sqlite-connection';
import type { Tables } from './tables';

export const dialectOver = (connection: SqliteConnection): Dialect => ({
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
export function heldBy(connection: SqliteConnection): Kysely<Tables> {
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
