import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

/** A PostgreSQL server of one's own: real processes, a new data folder, loopback only. */
export interface Cluster {
  /** Of the database `postgres`, as its owner. */
  readonly url: string;
  /** Makes an empty database; gives its address. */
  createDatabase(): Promise<string>;
  /** Ends the server at once, as a crash does; `start` recovers it on the same port. */
  crash(): Promise<void>;
  start(): Promise<void>;
  /** Ends it and removes all of it. */
  stop(): Promise<void>;
}

/** Where the server's programs are on this machine; null when there are none. */
export function findPostgres(): string | null {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(':').filter((folder) => folder !== ''),
  ];
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name)))) ?? null;
}

/**
 * `durable` false: nothing is synced to the disk, which a machine's crash would show and a process's does not. The server refuses to
 * run as root, and is then started as `postgres` or `nobody`.
 */
export async function startCluster({ durable = false }: { readonly durable?: boolean } = {}): Promise<Cluster> {
  const programs = findPostgres();
  if (programs === null)
    throw new Error('There is no PostgreSQL on this machine. On Debian: apt-get install postgresql');
  const account = ownAccount();
  const folder = mkdtempSync(join(tmpdir(), 'lr-postgres-'));
  chmodSync(folder, 0o755);
  if (account !== null) chownSync(folder, account.uid, account.gid);
  const data = join(folder, 'data');
  const as = { cwd: folder, stdio: 'ignore', ...account } as const;
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'], as);
  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'max_connections=200',
    ...(durable ? [] : ['fsync=off', 'full_page_writes=off']),
  ];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server: ReturnType<typeof spawn> | null = null;
  let ended: Promise<void> = Promise.resolve();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    server?.kill(signal);
    await ended;
    server = null;
  };
  const cluster: Cluster = {
    url,
    async createDatabase() {
      const name = `lr_${process.pid}_${Math.random().toString(36).slice(2)}`;
      await query(url, `create database ${name}`);
      return url.replace(/postgres$/, name);
    },
    async start() {
      const running = spawn(
        join(programs, 'postgres'),
        ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
        as,
      );
      server = running;
      ended = new Promise((resolve) => running.once('exit', () => resolve()));
      for (let tries = 0; ; tries++) {
        if (await answers(url)) return;
        if (running.exitCode !== null || tries === 200) throw new Error(`PostgreSQL did not start in ${folder}.`);
        await sleep(50);
      }
    },
    // Immediate: no checkpoint and no goodbye. A kill -9 of the postmaster alone would leave its children behind.
    crash: () => end('SIGQUIT'),
    async stop() {
      await end('SIGQUIT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await cluster.start();
  return cluster;
}

async function answers(url: string): Promise<boolean> {
  try {
    await query(url, 'select 1');
    return true;
  } catch {
    return false;
  }
}

export async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Null unless this is root. */
function ownAccount(): { readonly uid: number; readonly gid: number } | null {
  if (userInfo().uid !== 0) return null;
  const idOf = (name: string, kind: '-u' | '-g'): number =>
    Number(execFileSync('id', [kind, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  for (const name of ['postgres', 'nobody']) {
    try {
      return { uid: idOf(name, '-u'), gid: idOf(name, '-g') };
    } catch {
      // The next one.
    }
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody on this machine.');
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
