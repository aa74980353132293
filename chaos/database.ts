import { Client } from 'pg';
import { startCluster } from '../test/postgres/cluster';
import type { ClockStep, FastTime } from './fast-time';

/** A PostgreSQL database for one run, whose clock goes as fast as everybody else's. */
export interface Database {
  readonly url: string;
  /** Every table with its rows, for whoever looks at a run whose server is gone. */
  dump(): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

/** Why the run cannot begin; a sentence for whoever started it. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code = 'chaos.database';
}

/** The empty database that is named, or a new one on the server that is, or on a server that lives as long as the run. */
export async function openDatabase(
  databaseUrl: string | null,
  serverUrl: string | null,
  time: FastTime,
  clock: readonly ClockStep[],
): Promise<Database> {
  if (databaseUrl !== null) return prepare(databaseUrl, { time, clock }, nothing);
  if (serverUrl !== null) {
    const name = `lr_chaos_${process.pid}_${time.since}`;
    await run(serverUrl, `create database ${name}`);
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    return prepare(url.href, { time, clock }, async () => {
      await run(serverUrl, `drop database ${name}`);
    });
  }
  const cluster = await startCluster();
  return prepare(await cluster.createDatabase(), { time, clock }, () => cluster.stop());
}

const nothing = async (): Promise<void> => {};

interface DatabaseTime {
  readonly time: FastTime;
  /** By how much the server's clock is wrong. */
  readonly clock: readonly ClockStep[];
}

async function prepare(url: string, time: DatabaseTime, close: () => Promise<void>): Promise<Database> {
  const [tables] = await run(
    url,
    "select count(*) as count from information_schema.tables where table_schema = 'public'",
  );
  if (tables?.count !== '0')
    throw new DatabaseError(
      'The database of --database-url has tables. Name an empty one: the run fills it, and judges what is in it.',
    );
  await quicken(url, time);
  return { url, dump: () => dump(url), close };
}

async function dump(url: string): Promise<Readonly<Record<string, unknown>>> {
  const tables = await run(url, "select quote_ident(tablename) as name from pg_tables where schemaname = 'public'");
  const rows: Record<string, unknown> = {};
  for (const { name } of tables) if (name !== undefined) rows[name] = await run(url, `select * from ${name}`);
  return rows;
}

/** Replicas take the time from the database: a clock of the same name is found before the server's own, in this database only. */
async function quicken(url: string, { time: { since, speed }, clock }: DatabaseTime): Promise<void> {
  const start = (since / 1_000).toFixed(3);
  const steps = [...clock].reverse().map(({ at, offMs }) => `when t >= ${at / 1_000} then t + ${offMs / 1_000}`);
  await run(
    url,
    `create function public.clock_timestamp() returns timestamptz language sql volatile as
    'select to_timestamp(case ${steps.join(' ')} when true then t end)
     from (select ${start} + (extract(epoch from pg_catalog.clock_timestamp()) - ${start}) * ${speed} as t) as fast'`,
  );
  const [database] = await run(url, 'select quote_ident(current_database()) as name');
  await run(url, `alter database ${database?.name} set search_path = public, pg_catalog`);
}

async function run(url: string, text: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, string>>(text)).rows;
  } finally {
    await client.end();
  }
}
