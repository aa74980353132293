import type { Tx } from '../../src/store/store';
import { testStore } from '../postgres/test-store';
import { asQueued, insert, requestId, sampleRequest, sampleWork, t0, useAnyStores } from './sample';

const stores = useAnyStores();
const id = sampleRequest().id;
const entry = { at: t0, requestId: id, actor: 'ana', what: 'asked', detail: { b: 1, a: [null, 'x'] } };

test('a request comes back as it was saved, hidden characters included', async () => {
  const store = await stores.openNew();
  await insert(store, sampleRequest());
  expect(await store.request(id)).toEqual({ request: sampleRequest(), version: 1 });
});

test('what was committed is there after the store is opened again', async () => {
  const address = await stores.newAddress();
  const first = await stores.open(address);
  await insert(first, sampleRequest());
  await first.close();
  const second = await stores.open(address);
  expect((await second.request(id))?.version).toBe(1);
});

test('a change of a request that somebody else changed is refused', async () => {
  const store = await stores.openNew();
  await insert(store, sampleRequest());
  await store.transact((tx) => tx.saveRequest(asQueued(sampleRequest()), 1));
  const late = store.transact((tx) => tx.saveRequest(sampleRequest({ reason: 'late' }), 1));
  await expect(late).rejects.toMatchObject({ name: 'StoreError', code: 'store.conflict' });
  expect(await store.request(id)).toMatchObject({ request: { state: 'queued' }, version: 2 });
});

test('an id that is taken is refused, and the same transaction may go on with another one', async () => {
  const store = await stores.openNew();
  await insert(store, sampleRequest());
  await store.transact(async (tx) => {
    const taken = tx.insertRequest(sampleRequest({ reason: 'other' }));
    await expect(taken).rejects.toMatchObject({ code: 'store.duplicateId' });
    await tx.insertRequest(sampleRequest({ id: requestId('LR-8888') }));
  });
  expect((await store.request(id))?.request.reason).toBe('Beaconing');
  expect(await store.request(requestId('LR-8888'))).not.toBeNull();
});

test('a transaction that throws leaves nothing behind', async () => {
  const store = await stores.openNew();
  const failing = store.transact(async (tx) => {
    await tx.insertRequest(sampleRequest());
    await tx.addWork([sampleWork({ requestId: id })]);
    await tx.appendAudit(entry);
    throw new Error('stop');
  });
  await expect(failing).rejects.toThrow('stop');
  expect(await store.request(id)).toBeNull();
  expect(await store.waitingWork()).toEqual({});
  expect(await store.auditRows()).toEqual([]);
});

test('a statement that failed dooms its transaction even when its error is swallowed', async () => {
  const store = await stores.openNew();
  const careless = store.transact(async (tx) => {
    await tx.insertRequest(sampleRequest());
    await tx.addWork([sampleWork({ requestId: requestId('LR-NONE') })]).catch(() => {});
  });
  await expect(careless).rejects.toMatchObject({
    code: testStore === 'sqlite' ? 'SQLITE_CONSTRAINT_FOREIGNKEY' : '23503',
  });
  expect(await store.request(id)).toBeNull();
  await insert(store, sampleRequest());
});

test('state that cannot be audited is not saved', async () => {
  const store = await stores.openNew();
  const unauditable = store.transact(async (tx) => {
    await tx.insertRequest(sampleRequest());
    await tx.appendAudit({ ...entry, what: null as unknown as string });
  });
  await expect(unauditable).rejects.toMatchObject({
    code: testStore === 'sqlite' ? 'SQLITE_CONSTRAINT_NOTNULL' : '23502',
  });
  expect(await store.request(id)).toBeNull();
  expect(await store.auditRows()).toEqual([]);
});

test('state that cannot be saved is not audited, and the chain goes on without a gap', async () => {
  const store = await stores.openNew();
  await insert(store, sampleRequest());
  const conflicting = store.transact(async (tx) => {
    await tx.appendAudit(entry);
    await tx.saveRequest(asQueued(sampleRequest()), 7);
  });
  await expect(conflicting).rejects.toMatchObject({ code: 'store.conflict' });
  expect(await store.auditRows()).toEqual([]);
  await store.transact((tx) => tx.appendAudit(entry));
  expect(await store.auditRows()).toMatchObject([{ seq: 1, ...entry }]);
});

test('of many changes of one version at once exactly one is saved', async () => {
  const store = await stores.openNew();
  await insert(store, sampleRequest());
  const change = (reason: string) => store.transact((tx) => tx.saveRequest(sampleRequest({ reason }), 1));
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => change(`change ${i}`)));
  expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(1);
  expect((await store.request(id))?.version).toBe(2);
});

test('a transaction inside another one is refused instead of waiting for ever', async () => {
  const store = await stores.openNew();
  const nested = store.transact(() => store.transact(async () => {}));
  await expect(nested).rejects.toThrow(
    'A transaction was started inside another one, which would wait for itself. Pass the outer one on.',
  );
  await expect(store.transact(async () => 'next')).resolves.toBe('next');
});

test('what a transaction started may open one of its own once the outer one is over', async () => {
  const store = await stores.openNew();
  const over = deferred();
  let later: Promise<string> | undefined;
  await store.transact(async () => {
    later = over.promise.then(() => store.transact(async () => 'later'));
  });
  over.resolve();
  await expect(later).resolves.toBe('later');
});

test('a transaction that is over cannot be used any more', async () => {
  const store = await stores.openNew();
  let leaked: Tx | undefined;
  await store.transact(async (tx) => {
    leaked = tx;
  });
  await expect(leaked?.saveFact('x', 1)).rejects.toThrow();
  expect(await store.fact('x')).toBeNull();
});

test('closing waits for the running transaction, and what comes later is refused', async () => {
  const address = await stores.newAddress();
  const store = await stores.openOnly(address);
  const goOn = deferred();
  const running = store.transact(async (tx) => {
    await goOn.promise;
    await tx.saveFact('x', 1);
  });
  const closing = store.close();
  goOn.resolve();
  await running;
  await closing;
  await store.close();
  await expect(store.fact('x')).rejects.toMatchObject({ code: 'store.unavailable' });
  await expect(store.transact(async () => {})).rejects.toThrow(
    'The database was closed, because the service is stopping. Start it again.',
  );
  expect(await (await stores.open(address)).fact('x')).toBe(1);
});

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
