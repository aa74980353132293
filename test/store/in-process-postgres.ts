import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { PostgresQueryResult } from 'kysely';
import { DatabaseError } from 'pg';
import { migrate } from '../../src/store/engine/migrate';
import { type Connections, createPostgresEngine } from '../../src/store/engine/postgres';
import { createSqlStore } from '../../src/store/sql-store';
import type { Store } from '../../src/store/store';

/**
 * PostgreSQL compiled to WebAssembly (PGlite): a double for the dialect alone. It has one connection, so that whoever asks waits for the
 * transaction under way; locks, replicas and durability need a server.
 */
let worker: Worker | null = null;
let asked = 0;
const waiting = new Map<number, (answer: Answer) => void>();

interface Answer {
  readonly id: number;
  readonly result: PostgresQueryResult<unknown>;
  readonly error?: { readonly message: string; readonly code: string | undefined };
}

/** Empties the one database there is; gives a name for it. */
export async function newInProcess(): Promise<string> {
  await ask('drop schema public cascade');
  await ask('create schema public');
  return 'in process';
}

export async function openInProcess(): Promise<Store> {
  const only = createConnections();
  const engine = createPostgresEngine({ place: 'in process', writing: only, reading: only, schema: only });
  await migrate(engine);
  return createSqlStore(engine);
}

afterAll(async () => {
  await worker?.terminate();
  worker = null;
});

function createConnections(): Connections {
  let lent: Promise<void> = Promise.resolve();
  return {
    async connect() {
      const before = lent;
      let release = () => {};
      lent = new Promise((resolve) => {
        release = resolve;
      });
      await before;
      return { query: ask, release };
    },
    end: async () => {},
  };
}

async function ask(text: string, values: readonly unknown[] = []): Promise<PostgresQueryResult<unknown>> {
  worker ??= startWorker();
  const id = ++asked;
  const answered = new Promise<Answer>((resolve) => waiting.set(id, resolve));
  worker.postMessage({ id, text, values: [...values] });
  const { result, error } = await answered;
  if (error === undefined) return result;
  throw Object.assign(new DatabaseError(error.message, 0, 'error'), { code: error.code });
}

function startWorker(): Worker {
  const started = new Worker(join(__dirname, 'pglite-worker.cjs'));
  started.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.(answer);
    waiting.delete(answer.id);
  });
  return started;
}
