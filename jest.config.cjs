const { existsSync, readdirSync, statfsSync } = require('node:fs');
const { join } = require('node:path');

/** What says the same of every engine of the store. */
const everyEngine = [
  'records',
  'work/work',
  'transactions',
  'rows/reviews',
  'rows/conversations',
  'rows/queue',
  'history/history',
  'rows/facts',
].map((name) => `<rootDir>/test/store/${name}.test.ts`);
/** What needs a server: replicas, leases, kills; each story in which the engine decides what happens, and why. */
const onPostgres = [
  ...everyEngine,
  '<rootDir>/test/store/reading-outside.test.ts',
  '<rootDir>/test/flow/race.test.ts',
  '<rootDir>/test/teams/replicas.test.ts',
  '<rootDir>/test/dispatch/read-budget.test.ts',
  '<rootDir>/test/dispatch/watch-replicas.test.ts',
  '<rootDir>/test/dispatch/backlog.test.ts',
  '<rootDir>/test/postgres/**/*.test.ts',
  // The audit is copied out of the server by another program, and its bytes are searched for secrets.
  '<rootDir>/test/stories/auditing.test.ts',
  // Two replicas claim one look at Defender.
  '<rootDir>/test/stories/bypass.test.ts',
  // Votes at the same instant: transactions that conflict and are made again.
  '<rootDir>/test/stories/deciding.test.ts',
  // What may have arrived: leases, claims and the clock of the database decide whether anything is sent again.
  '<rootDir>/test/stories/doubt.test.ts',
  // One broken glass at a time: a lock that two replicas want.
  '<rootDir>/test/stories/emergency.test.ts',
  // Work that is claimed again after a restart, by its lease.
  '<rootDir>/test/stories/submitting.test.ts',
  // Several replicas share rate, sessions and devices.
  '<rootDir>/test/stories/shares.test.ts',
  // Many people at once: as many connections, locks and conflicts as there will ever be.
  '<rootDir>/test/stories/war-room.test.ts',
  // One request from the first word to the last, so that no table of a story is without the server.
  '<rootDir>/test/stories/seed-example.test.ts',
];
/** `npm run test:all`: every story on PostgreSQL too. */
if (process.env.TEST_ALL === '1') onPostgres.push('<rootDir>/test/stories/**/*.test.ts');

const base = {
  testEnvironment: 'node',
  runtime: '<rootDir>/test/shared-packages.cjs',
  roots: ['<rootDir>/test'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } },
    ],
  },
};
const elsewhere = ['/node_modules/', '<rootDir>/test/browser/', '<rootDir>/test/postgres/'];

/** Hundreds of small databases, each commit of which waits for the disk: in memory where there is room for them. */
const inMemory = '/dev/shm';
if (process.env.TMPDIR === undefined && hasRoom(inMemory)) process.env.TMPDIR = inMemory;

function hasRoom(folder) {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > 4 * 1024 ** 3;
}

const projects = [{ ...base, displayName: 'sqlite', testMatch: ['**/*.test.ts'], testPathIgnorePatterns: elsewhere }];
/** The dialect of PostgreSQL in process: all that can be had of it without a server, and the same tests as with one. */
if (!hasPostgres() || process.env.TEST_ALL === '1')
  projects.push({
    ...base,
    displayName: 'pglite',
    testMatch: everyEngine,
    testPathIgnorePatterns: elsewhere,
    globals: { testStore: 'pglite' },
  });

if (hasPostgres())
  projects.push({
    ...base,
    displayName: 'postgres',
    testMatch: onPostgres,
    testPathIgnorePatterns: elsewhere.slice(0, 2),
    globals: { testStore: 'postgres' },
    globalSetup: '<rootDir>/test/postgres/global-setup.ts',
    globalTeardown: '<rootDir>/test/postgres/global-teardown.ts',
  });
else if (process.env.REQUIRE_POSTGRES === '1')
  throw new Error('REQUIRE_POSTGRES=1, but there is neither a TEST_DATABASE_URL nor a PostgreSQL on this machine.');
else
  console.warn(
    '\nSKIPPED: everything that needs a PostgreSQL server (replicas, leases, kills, the stories on it): this machine has none.\n' +
      'Set TEST_DATABASE_URL, or install one (Debian: apt-get install postgresql). Its dialect is tested in process all the same.\n',
  );

/** As `findPostgres` in test/postgres/cluster.ts looks for it, which cannot be loaded from here. */
function hasPostgres() {
  if (process.env.TEST_DATABASE_URL !== undefined) return true;
  const debian = '/usr/lib/postgresql';
  const folders = [
    ...(existsSync(debian) ? readdirSync(debian).map((version) => join(debian, version, 'bin')) : []),
    ...(process.env.PATH ?? '').split(':'),
  ];
  return folders.some((folder) => ['initdb', 'postgres'].every((name) => existsSync(join(folder, name))));
}

/** @type {import('jest').Config} */
module.exports = {
  // jest leaves one core idle, which is half of a small machine; and a worker that has grown large is slow.
  maxWorkers: '100%',
  workerIdleMemoryLimit: '900MB',
  // Real HTTP and real files on a busy two-core machine; the tests themselves hold the clock.
  testTimeout: 120_000,
  testSequencer: '<rootDir>/test/long-first.cjs',
  projects,
};
