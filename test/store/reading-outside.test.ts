import { requestId, sampleRequest, useAnyStores } from './sample';

const stores = useAnyStores();
const id = requestId('LR-7KQ2');

test('a read outside sees the committed state while a transaction is open, and does not wait for it', async () => {
  const store = await stores.openNew();
  const inserted = deferred();
  const goOn = deferred();
  const slow = store.transact(async (tx) => {
    await tx.insertRequest(sampleRequest());
    expect(await tx.request(id)).not.toBeNull();
    inserted.resolve();
    await goOn.promise;
  });
  await inserted.promise;
  expect(await store.request(id)).toBeNull();
  goOn.resolve();
  await slow;
  expect(await store.request(id)).not.toBeNull();
});

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
