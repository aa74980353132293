import { Client } from 'pg';
import type { FastTime } from './fast-time';

/** A PostgreSQL database for one run, whose clock goes as fast as everybody else's. */
export interface Database {
  readonly url: string;
  close(): Promise<void>;
}

/** Why the run cannot begin; a sentence for whoever started it. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code = 'chaos.database';
}

export async function prepareDatabase(url: string | null, time: FastTime): Promise<Database> {
  if (url === null)
    throw new DatabaseError(
      '--store postgres needs an empty database: name it with --database-url or TEST_DATABASE_URL.',
    );
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(
      "select count(*) as count from information_schema.tables where table_schema = 'public'",
    );
    if (rows[0]?.count !== '0')
      throw new DatabaseError(
        'The database of --database-url has tables. Name an empty one: the run fills it, and judges what is in it.',
      );
    await quicken(client, time);
  } finally {
    await client.end();
  }
  return { url, close: async () => {} };
}

/** Replicas take the time from the database: a clock of this name is found before the server's own, in this database only. */
async function quicken(client: Client, { since, speed }: FastTime): Promise<void> {
  const start = (since / 1_000).toFixed(3);
  await client.query(`create function public.clock_timestamp() returns timestamptz language sql volatile as
    'select to_timestamp(${start} + (extract(epoch from pg_catalog.clock_timestamp()) - ${start}) * ${speed.toFixed(0)})'`);
  const { rows } = await client.query<{ name: string }>('select quote_ident(current_database()) as name');
  await client.query(`alter database ${rows[0]?.name} set search_path = public, pg_catalog`);
}
