import { setTimeout as pause } from 'node:timers/promises';
import type { Api, Purpose, ReadBudget } from '../../src/defender/budget';
import { createReadBudget } from '../../src/dispatch/read-budget';
import { readLoad, readQuotaLeft } from '../../src/dispatch/reads-left';
import { minutes, seconds } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { overlay } from '../../src/lib/overlay';
import type { Store } from '../../src/store/store';
import { StoreError } from '../../src/store/store-error';
import { KeepingLog } from '../defender/fake-defender';
import { SteppedClock } from '../fakes/stepped-clock';
import { t0, useAnyStores } from '../store/sample';

const stores = useAnyStores();
let store: Store;
let clock: SteppedClock;
let commits: number;
/** No commit ends before. */
let held: Promise<void>;
let counted: Store;
beforeEach(async () => {
  store = await stores.openNew();
  clock = new SteppedClock(t0);
  commits = 0;
  held = Promise.resolve();
  counted = overlay(store, {
    transact: async (work) => {
      await held;
      commits++;
      return store.transact(work);
    },
  });
});

const replica = (log = silentLog): ReadBudget => createReadBudget({ store: counted, clock, log });
/** Lets what is counted on the side be written. */
const written = () => pause(200);
async function takeAll(budget: ReadBudget, api: Api, purpose: Purpose): Promise<number> {
  let count = 0;
  while ((await budget.take(api, purpose)) === null) count++;
  return count;
}

test('when it gets scarce, two replicas together never get more than one would', async () => {
  const [a, b] = [replica(), replica()];
  await store.transact((tx) => tx.saveFact('reads.listActions', { calls: [[clock.now(), 30]], heldUntil: 0 }));
  const takes = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? a : b).take('listActions', 'follow'));
  const granted = (await Promise.all(takes)).filter((waitMs) => waitMs === null);
  expect(granted).toHaveLength(65);
  expect((await readQuotaLeft(store, clock.now())).get('listActions')).toEqual({ minute: 5, hour: 1_405 });
});

test('what a replica learned before another one used the quota up makes no more than a few calls too many', async () => {
  const [a, b] = [replica(), replica()];
  expect(await a.take('listActions', 'follow')).toBeNull();
  const byB = await takeAll(b, 'listActions', 'follow');
  await written();
  const byA = await takeAll(a, 'listActions', 'follow');
  await written();
  expect(1 + byA + byB).toBeLessThanOrEqual(95 + 25);
  clock.advance(seconds(6));
  expect(await a.take('listActions', 'follow')).toBeGreaterThan(0);
});

test('APIs do not spend from one another', async () => {
  const budget = replica();
  await takeAll(budget, 'getResultLink', 'result');
  expect(await budget.take('getAction', 'follow')).toBeNull();
});

test('while there is plenty a read waits for no commit, and many are written down by one', async () => {
  const budget = replica();
  let release = (): void => {};
  held = new Promise((resolve) => {
    release = resolve;
  });
  for (let i = 0; i < 10; i++)
    await Promise.all([budget.take('getMachine', 'check'), budget.take('listLibrary', 'check')]);
  expect(commits).toBe(0);
  release();
  await written();
  expect(commits).toBeGreaterThan(0);
  expect(commits).toBeLessThan(4);
  expect((await readQuotaLeft(store, clock.now())).get('getMachine')).toEqual({ minute: 90, hour: 1_490 });
});

test('when it is no longer plenty every read is counted first, and what is asked for in one turn by one commit', async () => {
  const budget = replica();
  const each = async () => Promise.all([budget.take('getMachine', 'check'), budget.take('listLibrary', 'check')]);
  for (let i = 0; i < 26; i++) await each();
  expect(commits).toBe(0);
  expect(await each()).toEqual([null, null]);
  expect(commits).toBe(1);
  expect((await readQuotaLeft(store, clock.now())).get('getMachine')).toEqual({ minute: 73, hour: 1_473 });
});

test('in one turn the most important is served first, whoever asked first', async () => {
  const budget = replica();
  for (let i = 0; i < 79; i++) await budget.take('listActions', 'follow');
  const [people, lookUp, follow] = await Promise.all(
    (['people', 'lookUp', 'follow'] as const).map((purpose) => budget.take('listActions', purpose)),
  );
  expect([people, lookUp, follow]).toEqual([expect.any(Number), expect.any(Number), null]);
});

test('a refusal by Defender holds that API for every replica, and no other', async () => {
  const log = new KeepingLog();
  const [a, b] = [replica(log), replica()];
  await b.take('getAction', 'follow');
  await a.refused('getAction', seconds(30));
  clock.advance(seconds(6));
  expect(await b.take('getAction', 'follow')).toBe(seconds(24));
  expect(await b.take('listActions', 'follow')).toBeNull();
  clock.advance(seconds(24));
  expect(await b.take('getAction', 'follow')).toBeNull();
  expect(log.lines).toEqual([
    '{"api":"getAction","waitMs":30000,"message":"Defender refused a call although its quota had room: somebody else uses this app"}',
  ]);
});

test('what was spent is known after a restart', async () => {
  const address = await stores.newAddress();
  const first = await stores.open(address);
  await takeAll(createReadBudget({ store: first, clock, log: silentLog }), 'listLibrary', 'people');
  await first.transact(async () => {});
  await first.close();
  const second = await stores.open(address);
  const budget = createReadBudget({ store: second, clock, log: silentLog });
  expect(await budget.take('listLibrary', 'people')).toBe(minutes(1));
  expect(await readLoad(second, 'listLibrary', clock.now())).toBe(0.6);
});

test('a store that cannot be written lets no read through unasked; those that went before are counted later', async () => {
  let broken = true;
  const failing: Store = overlay(store, {
    transact: (work) =>
      broken ? Promise.reject(new StoreError('store.unavailable', 'No disk.')) : store.transact(work),
  });
  const budget = createReadBudget({ store: failing, clock, log: silentLog });
  for (let i = 0; i < 26; i++) expect(await budget.take('getMachine', 'check')).toBeNull();
  await expect(budget.take('getMachine', 'check')).rejects.toMatchObject({ code: 'store.unavailable' });
  await written();
  broken = false;
  expect(await budget.take('getMachine', 'check')).toBeNull();
  expect((await readQuotaLeft(store, clock.now())).get('getMachine')).toEqual({ minute: 73, hour: 1_473 });
});
