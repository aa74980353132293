import { asQueued, inState, insert, requestId, sampleRequest, sampleWork, t0, useAnyStores } from '../sample';

const stores = useAnyStores();
const id = sampleRequest().id;

test('what waits is read with what admission decides by, and what is under way without the rest', async () => {
  const store = await stores.openNew();
  const queued = asQueued(sampleRequest());
  await insert(
    store,
    { ...queued, notBefore: t0 + 5, hold: { type: 'checkFailed', code: 'x' } },
    inState({ ...queued, id: requestId('LR-BBBB') }, 'running'),
    sampleRequest({ id: requestId('LR-CCCC') }),
  );
  expect(await store.waiting()).toEqual([
    { id, requesterId: 'ana', machineId: 'machine-1', approvedAt: t0, notBefore: t0 + 5, hold: 'checkFailed' },
  ]);
  expect(await store.underWay()).toEqual([
    { id: 'LR-BBBB', requesterId: 'ana', machineId: 'machine-1', state: 'running' },
  ]);
});

test('a request that has left the queue waits no more', async () => {
  const store = await stores.openNew();
  await insert(store, asQueued(sampleRequest()));
  await store.transact((tx) => tx.saveRequest(inState(sampleRequest(), 'withdrawn'), 1));
  expect([await store.waiting(), await store.underWay()]).toEqual([[], []]);
});

test('a device rests for half a minute after an action on it was cancelled, and for nothing that never reached Defender', async () => {
  const store = await stores.openNew();
  const ended = (over: object) => ({ ...asQueued(sampleRequest()), endedAt: t0, ...over }) as never;
  await insert(
    store,
    ended({ state: 'cancelled', actionId: 'a1' }),
    ended({ id: 'LR-BBBB', state: 'lapsed', actionId: null }),
    ended({
      id: 'LR-CCCC',
      state: 'succeeded',
      actionId: 'a2',
      device: { ...sampleRequest().device, machineId: 'm2' },
    }),
  );
  expect(await store.resting(t0 + 29_999)).toEqual(new Map([['machine-1', t0 + 30_000]]));
  expect(await store.resting(t0 + 30_000)).toEqual(new Map());
});

test('an answer is kept with its submission, and instants of a clock that was set back become those of now', async () => {
  const store = await stores.openNew();
  await insert(store, asQueued(sampleRequest()));
  await store.transact(async (tx) => {
    await tx.addSubmission(id, 1, t0);
    await tx.addSubmission(id, 2, t0 + 3_600_000);
    await tx.answerSubmission(id, 1, 'busy', t0 + 90);
    await tx.answerSubmission(id, 2, 'accepted', t0 + 3_600_500);
  });
  expect((await store.submissionsSince(t0))[0]).toEqual({ at: t0, answeredAt: t0 + 90, answer: 'busy' });
  await store.transact((tx) => tx.pullBackSubmissions(t0 + 50));
  expect(await store.submissionsSince(t0)).toEqual([
    { at: t0, answeredAt: t0 + 50, answer: 'busy' },
    { at: t0 + 50, answeredAt: t0 + 50, answer: 'accepted' },
  ]);
});

test('a fact that nobody has saved can be locked, and is what the next one reads', async () => {
  const store = await stores.openNew();
  const first = await store.transact(async (tx) => {
    const before = await tx.lockFact<number>('turn');
    await tx.saveFact('turn', 1);
    return before;
  });
  const second = await store.transact((tx) => tx.lockFact<number>('turn'));
  expect([first, second, await store.fact('turn')]).toEqual([null, 1, 1]);
});

test('a claim is held until its lease runs out or somebody else has it, and a look for due work claims nothing', async () => {
  const store = await stores.openNew();
  await insert(store, asQueued(sampleRequest()));
  await store.transact((tx) => tx.addWork([sampleWork({ requestId: id })]));
  const claim = (at: number, leaseToken: string) =>
    store.transact((tx) => tx.claimWork({ types: ['submit'], now: at, leaseMs: 100, limit: 9, leaseToken }));
  expect(await store.isWorkDue(['submit'], t0)).toBe(true);
  expect(await store.isWorkDue(['lookUp'], t0)).toBe(false);
  const [row] = await claim(t0, 'one');
  if (row === undefined) throw new Error('Nothing was claimed');
  expect(row.claims).toBe(1);
  expect([await store.holdsLease(row, t0 + 99), await store.holdsLease(row, t0 + 100)]).toEqual([true, false]);
  expect([await store.isWorkDue(['submit'], t0 + 99), await store.isWorkDue(['submit'], t0 + 100)]).toEqual([
    false,
    true,
  ]);
  await claim(t0 + 100, 'two');
  expect(await store.holdsLease(row, t0 + 50)).toBe(false);
});
