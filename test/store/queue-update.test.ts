import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Migrator } from 'kysely';
import { migrations } from '../../src/store/engine/migrations';
import { openSqlite } from '../../src/store/engine/sqlite';
import { asQueued, sampleRequest, t0, useStores } from './sample';

const stores = useStores();
const { id } = sampleRequest();

test('what waited when the program was updated still waits', async () => {
  const path = stores.newPath();
  mkdirSync(dirname(path), { recursive: true });
  const engine = openSqlite(path, { pid: 1, host: 'h', since: 's' });
  const known = migrations(engine.columns);
  const migrator = new Migrator({ db: engine.db, provider: { getMigrations: async () => known } });
  await migrator.migrateTo('0002-reviews');
  const request = { ...asQueued(sampleRequest()), notBefore: t0 + 7, hold: { type: 'deviceBusy' } };
  await engine.db
    .insertInto('requests')
    .values({
      id: request.id,
      version: 1,
      tenant_id: 't',
      machine_id: 'machine-1',
      requester_id: 'ana',
      conversation_id: 'c',
      state: 'queued',
      wake_at: null,
      body: JSON.stringify(request),
    } as never)
    .execute();
  await engine.close();
  const store = await stores.open(path);
  expect(await store.waiting()).toEqual([
    { id, requesterId: 'ana', machineId: 'machine-1', approvedAt: t0, notBefore: t0 + 7, hold: 'deviceBusy' },
  ]);
});
