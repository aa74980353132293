import fc from 'fast-check';
import { sampleWork, t0, useAnyStores } from '../sample';

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

test('whatever shapes of conversations say personal, in whatever order, somebody is written to in a chat that took a message, or in one with the bot', async () => {
  const store = await stores.openNew();
  const shape = fc.constantFrom(
    'a:1',
    'a:2',
    '19:1_2@unq.gbl.spaces',
    '19:meeting_1@thread.v2',
    '19:c@thread.tacv2;messageid=1',
    '19:c@thread.skype',
    '8:orgid:1',
  );
  const step = fc.record({ shape, person: fc.constantFrom('bo', 'cy'), reached: fc.boolean() });
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      run++;
      const idOf = (name: string): string => `${name}#${run}`;
      const owner = new Map<string, string>();
      const proven = new Set<string>();
      await store.transact(async (tx) => {
        for (const { shape: id, person, reached } of steps) {
          const place = { conversationId: idOf(id), tenantId: 't', scope: 'personal', reference: '{}' } as const;
          await tx.savePlace({ ...place, personId: idOf(person) });
          if (!owner.has(id)) owner.set(id, person);
          if (reached) await tx.noteReached(idOf(id), t0);
          if (reached) proven.add(id);
        }
      });
      for (const person of ['bo', 'cy']) {
        const own = [...owner].filter(([, whose]) => whose === person).map(([id]) => id);
        const sure = own.filter((id) => proven.has(id));
        const allowed = sure.length > 0 ? sure : own.filter((id) => !id.startsWith('19:'));
        const chosen = (await store.personalPlace(idOf(person)))?.conversationId ?? null;
        expect(allowed.length === 0 ? [null] : allowed.map(idOf)).toContain(chosen);
      }
    }),
    { numRuns: 60 },
  );
});

test('a thread without a request is removed after its time, unless somebody writes there again, and a chat of a person never', async () => {
  const store = await stores.openNew();
  const place = (conversationId: string, scope: 'channel' | 'personal') =>
    ({ conversationId, tenantId: 't', scope, reference: '{}', personId: scope === 'personal' ? 'bo' : null }) as const;
  const prune = (now: number) =>
    store.transact((tx) => tx.pruneIdleConversations({ now, idleBefore: now - 100, keepPlaces: ['kept'] }));
  await store.transact(async (tx) => {
    for (const id of ['idle', 'written', 'kept', 'waiting']) await tx.savePlace(place(id, 'channel'));
    await tx.savePlace(place('a:bo', 'personal'));
    await tx.addWork([sampleWork({ orderingKey: 'waiting', work: { type: 'sendNews', news: { type: 'found' } } })]);
  });
  expect(await prune(t0)).toBe(0);
  await store.transact((tx) => tx.savePlace(place('written', 'channel')));
  expect(await prune(t0 + 101)).toBe(1);
  expect(await store.place('idle')).toBeNull();
  for (const id of ['written', 'kept', 'waiting', 'a:bo']) expect(await store.place(id)).not.toBeNull();
});
