import { createDefender } from '../../src/defender/client';
import { localToken } from '../../src/defender/token';
import { createDispatch } from '../../src/dispatch/dispatch';
import { hours } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { overlay } from '../../src/lib/overlay';
import { systemRandom } from '../../src/lib/random';
import type { Store } from '../../src/store/store';
import { StoreError } from '../../src/store/store-error';
import { SteppedClock } from '../fakes/stepped-clock';
import { insert, sampleRequest, t0, useStores } from '../store/sample';

const stores = useStores();
const gone = () => new StoreError('store.unavailable', 'The database is away.');

/** The store, with a database that goes away between the submission's claim and the next part's. */
const goesAway = (store: Store): Store =>
  overlay(store, {
    request: () => Promise.reject(gone()),
    isWorkDue: (types, now) => (types.includes('fetchResult') ? Promise.reject(gone()) : store.isWorkDue(types, now)),
  });

test('a task that fails beside a part that fails is told in the log, and does not end the process', async () => {
  const store = await stores.openNew();
  const request = sampleRequest();
  await insert(store, request);
  await store.transact((tx) =>
    tx.addWork([{ requestId: request.id, work: { type: 'submit', attempt: 1 }, orderingKey: null, dueAt: t0 }]),
  );
  const told: unknown[] = [];
  const clock = new SteppedClock(t0 + 1_000);
  const dispatch = createDispatch({
    store: goesAway(store),
    // Nobody is there, and nobody is asked.
    defender: createDefender({ baseUrl: 'http://127.0.0.1:9', token: localToken(), clock, log: silentLog }),
    policy: () => {
      throw new Error('Nothing is decided here.');
    },
    groups: async () => new Map(),
    runbookVersions: () => new Map(),
    keepResult: () => Promise.reject(new Error('Nothing is fetched here.')),
    limits: { runsPerMinute: 10, sessions: 50 },
    queueMs: hours(2),
    clock,
    random: systemRandom,
    log: { info: () => {}, warn: () => {}, error: (fields) => told.push(fields) },
    trial: false,
  });
  await expect(dispatch.startDue()).rejects.toThrow('The database is away.');
  await dispatch.idle();
  expect(told).toEqual([expect.objectContaining({ what: 'submit', code: 'store.unavailable' })]);
});
