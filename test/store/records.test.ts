import type { KeptResult } from '../../src/evidence/keep-result';
import type { Place } from '../../src/request/place';
import type { Store } from '../../src/store/store';
import { teamsWork } from '../../src/store/work/work';
import { asQueued, inState, insert, requestId, sampleRequest, t0, useAnyStores } from './sample';

const stores = useAnyStores();
const request = sampleRequest();
const { id } = request;

const claimCards = (store: Store, now = t0) =>
  store.transact((tx) => tx.claimWork({ types: teamsWork, now, leaseMs: 1_000, limit: 10, leaseToken: 'a' }));

const threadCopy = {
  requestId: id,
  audience: 'thread',
  personId: null,
  conversationId: '19:c',
  activityId: null,
} as const;
const approverCopy = {
  requestId: id,
  audience: 'approver',
  personId: 'bob',
  conversationId: null,
  activityId: null,
} as const;

describe('requests', () => {
  const names = ['LR-AAAA', 'LR-BBBB', 'LR-CCCC'].map(requestId);
  const setUp = async () => {
    const store = await stores.openNew();
    const [a, b, c] = names.map((name) => sampleRequest({ id: name }));
    if (a === undefined || b === undefined || c === undefined) throw new Error('three');
    await insert(
      store,
      { ...a, decideBy: t0 + 20 },
      asQueued({ ...b, tenantId: 'tenant-2', conversationId: 'other', requester: { ...b.requester, id: 'cy' } }),
      { ...c, decideBy: t0 + 10, device: { ...c.device, machineId: 'machine-2' } },
    );
    return store;
  };
  const idsOf = async (found: Promise<ReadonlyArray<{ request: { id: string } }>>) =>
    (await found).map((s) => s.request.id);

  test('are found by state, oldest first', async () => {
    const store = await setUp();
    expect(await idsOf(store.requestsIn(['awaitingApproval', 'queued']))).toEqual(names);
    expect(await idsOf(store.requestsIn(['queued']))).toEqual(['LR-BBBB']);
    expect(await store.requestsIn([])).toEqual([]);
    expect(await store.countByState()).toEqual({ awaitingApproval: 2, queued: 1 });
    expect(await store.request(requestId('LR-NONE'))).toBeNull();
  });

  test.each([
    [{}, ['LR-CCCC', 'LR-BBBB', 'LR-AAAA']],
    [{ tenantId: 'tenant-1' }, ['LR-CCCC', 'LR-AAAA']],
    [{ machineId: 'machine-2' }, ['LR-CCCC']],
    [{ requesterId: 'cy' }, ['LR-BBBB']],
    [{ conversationId: 'other' }, ['LR-BBBB']],
    [{ tenantId: 'tenant-2', machineId: 'machine-2' }, []],
  ])('of %j are listed newest first', async (filter, expected) => {
    expect(await idsOf((await setUp()).recentRequests(filter, 10))).toEqual(expected);
  });

  test('are listed up to the limit', async () => {
    expect(await idsOf((await setUp()).recentRequests({}, 1))).toEqual(['LR-CCCC']);
  });

  test('are due by their clock, the longest due first, and no more once that is over', async () => {
    const store = await setUp();
    expect(await idsOf(store.requestsDue(t0 + 9))).toEqual([]);
    expect(await idsOf(store.requestsDue(t0 + 20))).toEqual(['LR-CCCC', 'LR-AAAA']);
    await store.transact((tx) => tx.saveRequest(inState(sampleRequest({ id: requestId('LR-CCCC') }), 'denied'), 1));
    expect(await idsOf(store.requestsDue(t0 + 20))).toEqual(['LR-AAAA']);
  });
});

describe('copies', () => {
  const setUp = async () => {
    const store = await stores.openNew();
    await insert(store, request);
    const copies = await store.transact(
      async (tx) => [await tx.addCard(threadCopy), await tx.addCard(approverCopy)] as const,
    );
    return { store, thread: copies[0], approver: copies[1] };
  };

  test('come back in order of making, and know their place once it is known', async () => {
    const { store, thread, approver } = await setUp();
    expect(await store.cards(id)).toEqual([thread, approver]);
    await store.transact((tx) => tx.setCardMessage(approver.cardId, { conversationId: 'a:bob', activityId: '17' }));
    expect(await store.card(approver.cardId)).toEqual({ ...approver, conversationId: 'a:bob', activityId: '17' });
    expect(await store.card(99)).toBeNull();
  });

  test('several changes become one update of each copy', async () => {
    const { store, thread, approver } = await setUp();
    await store.transact(async (tx) => {
      await tx.refreshCards(id, t0);
      await tx.refreshCards(id, t0);
    });
    await store.transact((tx) => tx.refreshCards(id, t0 + 5));
    expect(await claimCards(store)).toMatchObject([
      { work: { type: 'sendCard', cardId: thread.cardId }, orderingKey: '19:c', requestId: id },
      { work: { type: 'sendCard', cardId: approver.cardId }, orderingKey: `card:${approver.cardId}` },
    ]);
  });

  test('a change after the update was claimed makes another one, which waits for the first', async () => {
    const { store } = await setUp();
    await store.transact((tx) => tx.refreshCards(id, t0));
    const claimed = await claimCards(store);
    await store.transact((tx) => tx.refreshCards(id, t0));
    expect(await store.waitingWork()).toEqual({ sendCard: 4 });
    expect(await claimCards(store)).toEqual([]);
    await store.transact(async (tx) => {
      for (const work of claimed) await tx.finishWork(work, t0);
    });
    expect(await claimCards(store)).toHaveLength(2);
  });

  test('a change rides on an update that backs off', async () => {
    const { store } = await setUp();
    await store.transact((tx) => tx.refreshCards(id, t0));
    const [first] = await claimCards(store);
    if (first === undefined) throw new Error('nothing claimed');
    await store.transact((tx) => tx.retryWork(first, t0 + 500, 'Teams did not answer'));
    await store.transact((tx) => tx.refreshCards(id, t0));
    expect(await store.waitingWork()).toEqual({ sendCard: 3 });
  });

  test('a copy whose chat becomes known while it is being posted is not posted a second time beside that', async () => {
    const { store, approver } = await setUp();
    await store.transact((tx) => tx.refreshCards(id, t0));
    const posting = (await claimCards(store)).find((w) => w.orderingKey === `card:${approver.cardId}`);
    await store.transact((tx) => tx.setCardMessage(approver.cardId, { conversationId: 'a:bob', activityId: null }));
    await store.transact((tx) => tx.refreshCards(id, t0));
    expect(await claimCards(store)).toEqual([]);
    if (posting === undefined) throw new Error('nothing claimed');
    await store.transact((tx) => tx.finishWork(posting, t0));
    expect(await claimCards(store)).toMatchObject([{ work: { cardId: approver.cardId }, orderingKey: 'a:bob' }]);
  });

  test('a vote token is known by its hash and bound to one copy and to what it showed', async () => {
    const { store, thread } = await setUp();
    const token = { tokenHash: 'hash', requestId: id, cardId: thread.cardId, shown: 'd1' };
    await store.transact((tx) => tx.addVoteToken(token));
    expect(await store.voteToken('hash')).toEqual(token);
    expect(await store.voteToken('other')).toBeNull();
  });
});

describe('places', () => {
  const chat: Place = {
    conversationId: 'a:1',
    tenantId: 'tenant-1',
    scope: 'personal',
    reference: '{"v":1}',
    personId: 'bob',
  };

  test('the last word about a place counts', async () => {
    const store = await stores.openNew();
    await store.transact((tx) => tx.savePlace(chat));
    await store.transact((tx) => tx.savePlace({ ...chat, reference: '{"v":2}' }));
    expect(await store.place('a:1')).toEqual({ ...chat, reference: '{"v":2}' });
    expect(await store.place('a:2')).toBeNull();
  });

  test('a person is reached in the personal chat that they used last, and in no other kind of place', async () => {
    const store = await stores.openNew();
    const channel: Place = { ...chat, conversationId: '19:c', scope: 'channel', personId: null };
    await store.transact((tx) => tx.savePlace(channel));
    expect(await store.personalPlace('bob')).toBeNull();
    for (const conversationId of ['a:1', 'a:2', 'a:1']) {
      await store.transact((tx) => tx.savePlace({ ...chat, conversationId }));
      expect((await store.personalPlace('bob'))?.conversationId).toBe(conversationId);
    }
  });
});

describe('marks', () => {
  test('an activity is handled once, however often it is delivered', async () => {
    const store = await stores.openNew();
    const claimIt = () => store.transact((tx) => tx.claimActivity('f:1', t0));
    const claims = await Promise.all([claimIt(), claimIt(), claimIt()]);
    expect(claims.filter((isFirst) => isFirst)).toHaveLength(1);
  });

  test('an activity whose handling failed may be handled again', async () => {
    const store = await stores.openNew();
    const failing = store.transact(async (tx) => {
      await tx.claimActivity('f:1', t0);
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect(await store.transact((tx) => tx.claimActivity('f:1', t0))).toBe(true);
  });

  test('submissions are counted from an instant on, and one attempt only once', async () => {
    const store = await stores.openNew();
    await insert(store, request);
    await store.transact((tx) => tx.addSubmission(id, 2, t0 + 20));
    await store.transact((tx) => tx.addSubmission(id, 1, t0 + 10));
    const instants = async (since: number) => (await store.submissionsSince(since)).map((s) => s.at);
    expect(await instants(t0 + 10)).toEqual([t0 + 10, t0 + 20]);
    expect(await instants(t0 + 11)).toEqual([t0 + 20]);
    const again = store.transact((tx) => tx.addSubmission(id, 1, t0 + 30));
    await expect(again).rejects.toMatchObject({ code: 'store.conflict' });
  });

  test('results come in the order of the commands, and one that is fetched again replaces the first', async () => {
    const store = await stores.openNew();
    await insert(store, request);
    const result = (index: number, output: string) => ({ index, output }) as KeptResult;
    await store.transact(async (tx) => {
      await tx.saveResult(id, result(1, 'second'));
      await tx.saveResult(id, result(0, 'first'));
      await tx.saveResult(id, result(1, 'second, again'));
    });
    expect(await store.results(id)).toEqual([result(0, 'first'), result(1, 'second, again')]);
  });

  test('a fact is what was said last', async () => {
    const store = await stores.openNew();
    expect(await store.fact('poll')).toBeNull();
    await store.transact((tx) => tx.saveFact('poll', { at: 1 }));
    await store.transact((tx) => tx.saveFact('poll', { at: 2 }));
    expect(await store.fact('poll')).toEqual({ at: 2 });
  });
});
