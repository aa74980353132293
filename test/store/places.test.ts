import { useAnyStores } from './sample';

const stores = useAnyStores();

test('nobody who writes in a personal chat takes it over from the person whose chat it is', async () => {
  const store = await stores.openNew();
  const place = { conversationId: 'a:bo', tenantId: 't', scope: 'personal', reference: '{}', personId: 'bo' } as const;
  await store.transact((tx) => tx.savePlace(place));
  await store.transact((tx) => tx.savePlace({ ...place, reference: '{"newer":1}', personId: 'cy' }));
  expect(await store.personalPlace('bo')).toEqual({ ...place, reference: '{"newer":1}' });
  expect(await store.personalPlace('cy')).toBeNull();
});
