import {
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresDialect,
  PostgresDriver,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
  sql,
} from 'kysely';
import { DatabaseError, Pool, type PoolConfig, types } from 'pg';
import type { Log } from '../../lib/log';
import { createMemoryNote, type HeadNote } from '../offline/head-note';
import { isOutage, StoreError } from '../store';
import type { Engine } from './engine';
import type { Tables } from './tables';

/** One transaction at a time and connection; reads have connections of their own, so that a transaction never waits for one of them. */
const writers = 8;
const readers = 4;

/**
 * Who is stopped in the middle of a transaction (a paused machine, a debugger) holds locks that every replica waits for: the server
 * ends the session then, and the transaction is as if it had never begun.
 */
const timeouts = {
  connectionTimeoutMillis: 5_000,
  statement_timeout: 10_000,
  lock_timeout: 8_000,
  idle_in_transaction_session_timeout: 15_000,
} satisfies PoolConfig;

/** Opens a PostgreSQL database, or one that speaks its language; any number of services may share it. Nothing is sent before the first query. */
export function openPostgres(url: string, log: Log): Engine {
  const place = placeOf(url);
  const open = (options: PoolConfig): Connections => {
    const pool = new Pool({
      connectionString: url,
      application_name: 'live-response',
      keepAlive: true,
      types: { getTypeParser },
      ...options,
    });
    // A connection that breaks while nobody uses it; whoever comes next gets another one.
    pool.on('error', (error) => log.warn({ code: codeOf(error) }, 'A connection to the database broke'));
    // One that breaks while it is lent: its query fails, and that is told there. Without a listener the process would end.
    pool.on('connect', (client) => client.on('error', () => {}));
    return pool;
  };
  return createPostgresEngine({
    place,
    writing: open({ max: writers, ...timeouts }),
    reading: open({ max: readers, ...timeouts }),
    // A large index takes its time, and so does the replica that is first to make it.
    schema: open({ max: 1, connectionTimeoutMillis: timeouts.connectionTimeoutMillis }),
  });
}

/** What the engine needs of pg's pool. */
export interface Connections {
  connect(): Promise<Client>;
  /** Waits for those that are lent. */
  end(): Promise<void>;
}

interface Client {
  query(text: string, values: unknown[]): Promise<PostgresQueryResult<unknown>>;
  /** True: it is not used again. */
  release(isBroken?: boolean): void;
}

/** The engine over given connections; apart from `openPostgres` so that the dialect can be tested without a server. */
export function createPostgresEngine(given: {
  readonly writing: Connections;
  readonly reading: Connections;
  readonly schema: Connections;
  /** As failures name it. */
  readonly place: string;
}): Engine {
  const headNote = createMemoryNote();
  const { place } = given;
  let proven = 0;
  const writing = inOurWords(given.writing, place, async (client) => {
    await mustKnow(client, headNote);
    proven++;
  });
  const reading = inOurWords(given.reading, place);
  const schema = inOurWords(given.schema, place);
  const readDb = kyselyOver(reading);
  const db = kyselyOver(writing);
  const hastyDb = new Kysely<Tables>({ dialect: new HastyDialect({ pool: writing }) });
  return {
    db,
    transaction: (survives, work) => (survives === 'power' ? db : hastyDb).transaction().execute(work),
    readDb,
    schemaDb: kyselyOver(schema),
    isSole: false,
    headNote,
    columns: {
      identity: { type: 'bigint', build: (column) => column.generatedByDefaultAsIdentity().primaryKey() },
    },
    /** Not `for update`, which would wait for everybody who only refers to the row by a foreign key. */
    forUpdate: (query) => query.forNoKeyUpdate(),
    skipLocked: (query) => query.forUpdate().skipLocked(),
    async identity() {
      const { rows } = await sql<{ identity: string }>`
        select (select system_identifier from pg_control_system()) || '/' ||
               (select timeline_id from pg_control_checkpoint()) || '/' ||
               (select oid from pg_database where datname = current_database()) || '/' ||
               'audit_head'::regclass::oid as identity`
        .execute(readDb)
        .catch((error: unknown) => {
          // Some services keep these functions to themselves: then a restore is noticed by what it lacks, not by the server.
          if (causeCodeOf(error) === '42501') return { rows: [] };
          throw error;
        });
      return rows[0]?.identity ?? null;
    },
    connectionsProven: () => proven,
    async now() {
      const { rows } = await sql<{ now: number }>`
        select floor(extract(epoch from clock_timestamp()) * 1000)::bigint as now`.execute(readDb);
      return Number(rows[0]?.now);
    },
    async close() {
      await Promise.all([writing.end(), reading.end(), schema.end()]);
    },
  };
}

const kyselyOver = (pool: PostgresPool): Kysely<Tables> =>
  new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });

/** A commit does not wait for the disk of the server, nor for a standby; both get it a moment later. */
class HastyDialect extends PostgresDialect {
  readonly #pool: PostgresPool;
  constructor({ pool }: { readonly pool: PostgresPool }) {
    super({ pool });
    this.#pool = pool;
  }
  override createDriver(): Driver {
    return new HastyDriver({ pool: this.#pool });
  }
}

class HastyDriver extends PostgresDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(hastyBegin));
  }
}

/** One message to the server for both. */
const hastyBegin = 'begin; set local synchronous_commit to off';

/**
 * A new connection may lead to a standby that has taken over and lacks what was committed last: before anything is written there it is
 * asked for the entry that this service knows to be committed (T-44).
 */
async function mustKnow(client: PostgresPoolClient, headNote: HeadNote): Promise<void> {
  const noted = headNote.read();
  if (noted === null) return;
  const { rows } = await client.query<{ hash: string }>('select hash from audit where seq = $1', [noted.seq]);
  if (rows[0]?.hash !== noted.hash)
    throw new StoreError('store.rolledBack', 'The database lacks what was committed to it, as after a restore.'); // guard: lost-commits-are-noticed
}

/** Instants and counts fit into a double; pg hands 64-bit integers out as text. */
const getTypeParser: typeof types.getTypeParser = (oid: number, format?: unknown) =>
  oid === types.builtins.INT8 && format !== 'binary'
    ? Number
    : (types.getTypeParser as (oid: number, format: unknown) => unknown)(oid, format);

/** Connections whose failures are `StoreError`s, and whose transactions cannot be committed once a statement in them has failed. */
function inOurWords(
  connections: Connections,
  place: string,
  check: (client: PostgresPoolClient) => Promise<void> = async () => {},
): PostgresPool {
  const known = new WeakMap<Client, PostgresPoolClient>();
  let ended: Promise<void> | null = null;
  return {
    async connect() {
      if (ended !== null)
        throw new StoreError(
          'store.unavailable',
          'The database was closed, because the service is stopping. Start it again.',
        );
      const client = await connections.connect().catch((error: unknown) => {
        throw toStoreError(error, place) ?? error;
      });
      const before = known.get(client);
      if (before !== undefined) return before;
      const lent = lend(client, place);
      try {
        await check(lent);
      } catch (error) {
        client.release(true);
        throw error;
      }
      known.set(client, lent);
      return lent;
    },
    async end() {
      ended ??= connections.end();
      await ended;
    },
  };
}

function lend(client: Client, place: string): PostgresPoolClient {
  /** Why the running transaction cannot be committed any more. */
  let failure: unknown = null;
  let isCommitInDoubt = false;
  const query = async (text: string, values: readonly unknown[] = []): Promise<PostgresQueryResult<unknown>> => {
    const isBegin = text === 'begin' || text === hastyBegin;
    // The connection has gone with the answer: there is nothing to roll back, and what is told is the doubt.
    if (text === 'rollback' && isCommitInDoubt) return { command: 'UPDATE', rowCount: 0, rows: [] };
    if (isBegin || text === 'rollback') failure = null;
    // PostgreSQL answers such a commit with a rollback and no error: a swallowed failure would look like a success.
    else if (text === 'commit' && failure !== null) throw failure;
    try {
      return await client.query(text, [...values]);
    } catch (error) {
      failure = toStoreError(error, place) ?? error;
      isCommitInDoubt = text === 'commit' && hasNoAnswer(error);
      if (isCommitInDoubt) throw commitInDoubt(place, error); // guard: unanswered-commit-is-in-doubt
      // It broke while nobody used it, as all do when the server restarts: nothing has begun, and another one may live.
      if (isBegin && isOutage(failure))
        throw new StoreError('store.conflict', 'The connection broke before anything was begun. Begin anew.', {
          cause: failure,
        });
      throw failure;
    }
  };
  return { query: query as PostgresPoolClient['query'], release: () => client.release(isCommitInDoubt) };
}

/** Nothing from the server, or its word that it breaks the connection off: a commit may have taken effect before that. */
const hasNoAnswer = (error: unknown): boolean =>
  error instanceof DatabaseError ? /^(?:57P|08)/.test(error.code ?? '') : !isBug(error);

const commitInDoubt = (place: string, cause: unknown): StoreError =>
  new StoreError(
    'store.commitInDoubt',
    `The database ${place} gave no answer to a commit, so what was to be stored may be stored or not.`,
    { cause },
  );

/** What the server said, by SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html), longest prefix first. */
const reasonsByState: ReadonlyArray<readonly [state: string, reason: string]> = [
  ['28', 'it refused the sign-in. Check the user, the password and the TLS mode in DATABASE_URL'],
  ['3D000', 'there is no database of that name. Create it, or fix the name in DATABASE_URL'],
  ['42501', 'the user may not do this there. It must own the schema of its database'],
  ['53100', 'its disk is full. Make room there'],
  ['53', 'it has no connections or memory left. Look at its limits and at who uses them'],
  ['57P', 'it is starting, stopping or failing over'],
  ['25006', 'it is read-only, as a standby is. The address must lead to the primary'],
  ['57014', 'a statement took too long. Look at its load'],
  ['55P03', 'a lock was not given in time. Look at who holds a transaction open'],
  ['25P03', 'the transaction stood still for too long and was ended by the server'],
  ['58', 'its system reported an error. Look at its disk and its log'],
  ['08', 'the connection broke. Check the network and the server'],
];

/** The failure in this store's words; null for what only a bug can cause. */
function toStoreError(error: unknown, place: string): StoreError | null {
  if (error instanceof StoreError) return error;
  if (!(error instanceof DatabaseError)) return isBug(error) ? null : unavailable(place, unreachable, error);
  const state = error.code ?? '';
  if (state === '40001' || state === '40P01')
    return new StoreError('store.conflict', 'Another replica changed the same at the same time. Decide anew.', {
      cause: error,
    });
  if (state.startsWith('XX'))
    return new StoreError(
      'store.corrupt',
      `The database ${place} reports damage (${state}), so nothing in it can be trusted. Restore a backup.`,
      { cause: error },
    );
  const reason = reasonsByState.find(([prefix]) => state.startsWith(prefix))?.[1];
  return reason === undefined ? null : unavailable(place, reason, error);
}

/** What is not the server's answer is the network's, unless our own code or pg's stumbled. By name: errors of other realms are no instances here. */
const isBug = (error: unknown): boolean =>
  typeof error !== 'object' ||
  error === null ||
  !('name' in error) ||
  ['TypeError', 'RangeError', 'SyntaxError', 'ReferenceError'].includes(String(error.name));

const unreachable = 'it cannot be reached. Check DATABASE_URL and the network';

const unavailable = (place: string, reason: string, cause: unknown): StoreError =>
  new StoreError('store.unavailable', `The database ${place} could not be used: ${reason}. Nothing was half done.`, {
    cause,
  });

/** Database, host and port as the address names them; never the user or the password. */
function placeOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url);
    return `${decodeURIComponent(pathname.slice(1)) || 'postgres'} on ${hostname || 'this machine'}${port === '' ? '' : `:${port}`}`;
  } catch {
    throw new StoreError(
      'store.unavailable',
      'DATABASE_URL is not an address. It must be postgres://user:password@host:5432/database, with special characters of the password percent-encoded.',
    );
  }
}

const causeCodeOf = (error: unknown): string | null => codeOf(error instanceof StoreError ? error.cause : error);

const codeOf = (error: unknown): string | null =>
  typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : null;
