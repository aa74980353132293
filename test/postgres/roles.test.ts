import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { silentLog } from '../../src/lib/log';
import { migrate } from '../../src/store/engine/migrate';
import { openPostgres } from '../../src/store/engine/postgres';
import { giveRights } from '../../src/store/offline/give-rights';
import { openStore } from '../../src/store/open';
import type { Store } from '../../src/store/store';
import { StoreError } from '../../src/store/store-error';
import { SteppedClock } from '../fakes/stepped-clock';
import { insert, sampleRequest } from '../store/sample';
import { recordingLog } from '../teams/kit';
import { type Cluster, findPostgres, query, startCluster } from './cluster';

/** A server of this file's own: roles belong to the server and not to a database. */
let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
  // Passwords count, except for the server's administrator.
  await query(
    cluster.url,
    `do $do$ begin execute format('copy (select * from (values (%L), (%L)) as lines) to %L',
       'host all postgres 127.0.0.1/32 trust', 'host all all 127.0.0.1/32 scram-sha-256', current_setting('hba_file')); end $do$`,
  );
  await query(cluster.url, 'select pg_reload_conf()');
});
afterAll(() => cluster.stop());

const opened: Store[] = [];
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

const as = (url: string, role: string, password = 'p'): string => {
  const address = new URL(url);
  Object.assign(address, { username: role, password });
  return address.href;
};

/** A database with the two roles, as infra/postgres/roles.sql makes them. */
async function databaseWithRoles() {
  const url = await cluster.createDatabase();
  for (const role of ['live_response_schema', 'live_response_service'])
    await query(
      cluster.url,
      `do $$ begin if exists (select from pg_roles where rolname = '${role}') then drop owned by ${role}; end if; end $$`,
    );
  for (const name of (await query(cluster.url, 'select datname from pg_database where datname like $$lr_%$$')).map(
    ({ datname }) => String(datname),
  ))
    if (!url.endsWith(name)) await query(cluster.url, `drop database ${name}`);
  for (const role of ['live_response_schema', 'live_response_service'])
    await query(cluster.url, `drop role if exists ${role}`);
  execFileSync(
    join(findPostgres() ?? '', 'psql'),
    [url, '-v', 'schema_password=p', '-v', 'service_password=p', '-f', 'infra/postgres/roles.sql'],
    { stdio: 'pipe' },
  );
  return { admin: url, schema: as(url, 'live_response_schema'), service: as(url, 'live_response_service') };
}

async function update(schema: string) {
  const engine = openPostgres(schema, silentLog);
  try {
    await migrate(engine);
    return await giveRights(engine, 'live_response_service');
  } finally {
    await engine.close();
  }
}

test('the service works as a role that may only add to the audit and change nothing of the schema', async () => {
  const { schema, service } = await databaseWithRoles();
  await update(schema);
  const store = await openStore({ url: service, log: silentLog });
  opened.push(store);
  await insert(store, sampleRequest());
  await store.transact((tx) => tx.appendAudit({ at: 1, requestId: null, actor: 'test', what: 'noted', detail: {} }));
  expect(await store.countByState()).toEqual({ awaitingApproval: 1 });
  expect((await query(service, 'select count(*)::int as n from audit'))[0]).toEqual({ n: 1 });
  for (const forbidden of [
    "update audit set what = 'other'",
    'delete from audit',
    'truncate audit',
    'truncate requests',
    'delete from audit_head',
    "insert into kysely_migration values ('0999', 'now')",
    'create table more (id integer)',
    'alter table audit add column more text',
    'drop table work',
    'alter table audit disable trigger all',
    'create role more',
  ])
    await expect(query(service, forbidden)).rejects.toMatchObject({ code: expect.stringMatching(/^42501$/) });
  await expect(query(schema, 'create role more')).rejects.toMatchObject({ code: '42501' });
});

test('a service whose role may not change the schema says which steps are missing, and who takes them', async () => {
  const { service } = await databaseWithRoles();
  const failure = await openStore({ url: service, log: silentLog }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StoreError);
  expect(String(failure)).toContain(
    'The schema of the database lacks 0001-first, and the role of DATABASE_URL may not change it. Run npm run database -- migrate as the role that owns the schema (in the image: node dist/cli/database.js migrate).',
  );
});

test('rights that a role had too much are taken away by the next update', async () => {
  const { admin, schema, service } = await databaseWithRoles();
  await update(schema);
  await query(admin, 'grant update, delete on audit to live_response_service');
  await update(schema);
  await expect(query(service, 'delete from audit')).rejects.toMatchObject({ code: '42501' });
});

test('a token in place of a password is asked for each new connection, so that a new one counts while the service runs', async () => {
  const { admin, schema, service } = await databaseWithRoles();
  await update(schema);
  let current = '';
  const renew = async (token: string) => {
    current = token;
    await query(admin, `alter role live_response_service password '${token}'`);
    await query(
      admin,
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'live_response_service'",
    );
  };
  const engine = openPostgres(service.replace(':p@', '@'), silentLog, async () => current);
  try {
    for (const token of ['token-1', 'token-2']) {
      await renew(token);
      expect(await engine.now?.().catch(() => engine.now?.())).toBeGreaterThan(0);
    }
  } finally {
    await engine.close();
  }
});

test('once a newer version has changed the schema, a running service stores nothing any more and still reads', async () => {
  const url = await cluster.createDatabase();
  const clock = new SteppedClock();
  const store = await openStore({ url, log: recordingLog(), clock });
  opened.push(store);
  await insert(store, sampleRequest());
  await query(url, "insert into kysely_migration values ('0999-later', '2030-01-01')");
  clock.advance(5_000);
  for (const _ of [1, 2])
    await expect(store.transact((tx) => tx.saveFact('x', 1))).rejects.toMatchObject({
      code: 'store.unavailable',
      message:
        'A newer version of this program has changed the schema of the database (it has 0999-later), so this replica stores and sends nothing any more. Stop it, and let the newer version serve.',
    });
  expect(await store.fact('x')).toBeNull();
  expect(await store.countByState()).toEqual({ awaitingApproval: 1 });
});
