import { t0, useAnyStores } from './sample';

const stores = useAnyStores();

test('nobody who writes in a personal chat takes it over from the person whose chat it is', async () => {
  const store = await stores.openNew();
  const place = { conversationId: 'a:bo', tenantId: 't', scope: 'personal', reference: '{}', personId: 'bo' } as const;
  await store.transact((tx) => tx.savePlace(place));
  await store.transact((tx) => tx.savePlace({ ...place, reference: '{"newer":1}', personId: 'cy' }));
  expect(await store.personalPlace('bo')).toEqual({ ...place, reference: '{"newer":1}' });
  expect(await store.personalPlace('cy')).toBeNull();
});

describe("a person's own chat", () => {
  const chat = (conversationId: string) =>
    ({ conversationId, tenantId: 't', scope: 'personal', reference: '{}', personId: 'bo' }) as const;
  const odd = [
    '19:11111111-2222-4333-8444-555555555555_b0000000-0000-4000-8000-000000000002@unq.gbl.spaces',
    '19:meeting_MjdhNjM4YzUt@thread.v2',
    '19:channel@thread.tacv2;messageid=1700000000001',
    '19:channel@thread.skype',
    'a:1another',
  ];

  test.each(odd)('that is proven is not replaced by an activity of type personal from %s', async (conversationId) => {
    const store = await stores.openNew();
    await store.transact(async (tx) => {
      await tx.savePlace(chat('a:1own'));
      await tx.noteReached('a:1own', t0);
      await tx.savePlace(chat(conversationId));
    });
    expect(await store.personalPlace('bo')).toMatchObject({ conversationId: 'a:1own' });
    expect(await store.place(conversationId)).toMatchObject({ conversationId });
    await store.transact((tx) => tx.noteReached(conversationId, t0));
    expect(await store.personalPlace('bo')).toMatchObject({ conversationId });
  });

  test.each(odd.filter((id) => id.startsWith('19:')))('is not known from %s alone', async (conversationId) => {
    const store = await stores.openNew();
    await store.transact((tx) => tx.savePlace(chat(conversationId)));
    expect(await store.personalPlace('bo')).toBeNull();
  });

  test('that has not been proven gives way to the one that was written in last', async () => {
    const store = await stores.openNew();
    await store.transact(async (tx) => {
      await tx.savePlace(chat('a:1old'));
      await tx.savePlace(chat('a:1new'));
    });
    expect(await store.personalPlace('bo')).toMatchObject({ conversationId: 'a:1new' });
  });
});
