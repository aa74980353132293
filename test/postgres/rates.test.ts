import { silentLog } from '../../src/lib/log';
import { openStore } from '../../src/store/open';
import { type Cluster, startCluster } from './cluster';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster.stop());

test('whoever takes paces that are there beside ones that are new waits for others, and never in a circle', async () => {
  const store = await openStore({ url: await cluster.createDatabase(), log: silentLog });
  const tenant = ['tenant:a', 'tenant:b'];
  let runs = 0;
  const rounds = 12;
  const atOnce = 8;
  for (let round = 0; round < rounds; round++)
    await Promise.all(
      Array.from({ length: atOnce }, (_, i) =>
        store.transact(async (tx) => {
          runs += 1;
          // New ones sort before and behind those that all share, and every second caller has them in common with another.
          const fresh = [
            `conversation:${round}-${i >> 1}`,
            `conversation:${round}-${(i + 1) >> 1}`,
            `z:${round}-${i % 3}`,
          ];
          const keys = [...new Set(i % 2 === 0 ? [...fresh, ...tenant] : [...tenant, ...fresh])];
          const paces = await tx.lockRates(keys, { calls: 0 });
          await tx.saveRates([...paces].map(([key, pace]) => ({ key, pace: { calls: pace.calls + 1 }, forgetAt: 1 })));
        }, 'process'),
      ),
    );
  const counted = await store.transact((tx) => tx.lockRates(tenant, { calls: 0 }));
  await store.close();
  // None was decided anew, which is what a circle ends with, and none was lost.
  expect([runs, ...counted.values()]).toEqual([
    rounds * atOnce,
    { calls: rounds * atOnce },
    { calls: rounds * atOnce },
  ]);
});
