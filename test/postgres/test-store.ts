import { query } from './cluster';

/** Which engine this run of a test file is about: set by the projects in jest.config.cjs. */
export type TestStore = 'sqlite' | 'pglite' | 'postgres';

export const testStore: TestStore = (globalThis as { readonly testStore?: TestStore }).testStore ?? 'sqlite';

/** An empty database on the server of this run; gives its address. */
export async function createTestDatabase(): Promise<string> {
  const url = new URL(testServerUrl());
  const name = `lr_${process.pid}_${Math.random().toString(36).slice(2)}`;
  await query(url.href, `create database ${name}`);
  url.pathname = `/${name}`;
  return url.href;
}

/** Made for this run by test/postgres/global-setup.ts unless TEST_DATABASE_URL names one. */
export function testServerUrl(): string {
  const url = process.env.TEST_DATABASE_URL;
  if (url === undefined) throw new Error('No PostgreSQL server: the project postgres of jest.config.cjs starts one.');
  return url;
}

/** A story in which nothing rests on the engine of the store, such as a lock, a claim or a lease: on PostgreSQL in `npm run test:all` only. */
export const anyEngine = testStore === 'postgres' && process.env.TEST_ALL !== '1' ? test.skip : test;
