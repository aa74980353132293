import type { KeptResult } from '../../../src/evidence/keep-result';
import type { LiveResponseRequest } from '../../../src/request/request';
import { misplacedFact } from '../../../src/store/history/prune';
import type { Store } from '../../../src/store/store';
import { asQueued, insert, requestId, sampleRequest, sampleWork, t0, useAnyStores } from '../sample';

const stores = useAnyStores();
const day = 86_400_000;

const ended = (id: string, endedAt: number, over: Partial<LiveResponseRequest> = {}): LiveResponseRequest => {
  const { notBefore: _, hold: __, attempts: ___, ...decided } = asQueued(sampleRequest({ id: requestId(id) }));
  return {
    ...decided,
    state: 'succeeded',
    actionId: `action-${id}`,
    submittedAt: endedAt - 1_000,
    endedAt,
    progress: [],
    ...over,
  } as LiveResponseRequest;
};

const result = (index: number, path: string | null): KeptResult =>
  ({ index, output: 'x', rawRelativePath: path, file: null }) as KeptResult;

const prune = (
  store: Store,
  over: Partial<Parameters<Parameters<Parameters<Store['transact']>[0]>[0]['pruneRequests']>[0]> = {},
) => store.transact((tx) => tx.pruneRequests({ endedBefore: t0, now: t0 + day, limit: 100, keepPlaces: [], ...over }));

describe('pruning', () => {
  test('takes what ended before, and with it all that belongs to it but the audit', async () => {
    const store = await stores.openNew();
    const old = ended('LR-2222', t0 - 1);
    await insert(store, old, ended('LR-3333', t0));
    await store.transact(async (tx) => {
      await tx.savePlace({
        conversationId: old.conversationId,
        tenantId: 'tenant-1',
        scope: 'channel',
        reference: '{}',
        personId: null,
      });
      const copy = await tx.addCard({
        requestId: old.id,
        audience: 'thread',
        personId: null,
        conversationId: old.conversationId,
        activityId: 'message-1',
      });
      await tx.addVoteToken({ tokenHash: 'hash-1', requestId: old.id, cardId: copy.cardId, shown: old.digest });
      await tx.saveFact(misplacedFact(old.id), ['bob']);
      await tx.saveFact(`unreached:${copy.cardId}`, t0);
      await tx.saveFact(`elsewhere:${old.id}`, t0);
      await tx.saveFact('other', 1);
      await tx.addSubmission(old.id, 1, t0 - 1_000);
      await tx.saveResult(old.id, result(0, 'aa/file'));
      await tx.addWork([sampleWork({ requestId: old.id })]);
      const [row] = await tx.claimWork({ types: ['submit'], now: t0, leaseMs: 1, limit: 1, leaseToken: 'a' });
      if (row !== undefined) await tx.finishWork(row, t0);
      await tx.appendAudit({ at: t0, requestId: old.id, actor: 'bot', what: 'tested', detail: {} });
    });

    expect(await prune(store)).toEqual([
      { id: old.id, tenantId: 'tenant-1', conversationId: old.conversationId, endedAt: t0 - 1, prunedAt: t0 + day },
    ]);
    expect(await store.request(old.id)).toBeNull();
    expect(await store.cards(old.id)).toEqual([]);
    expect(await store.voteToken('hash-1')).toBeNull();
    expect(await store.results(old.id)).toEqual([]);
    expect(await store.submissionsSince(0)).toEqual([]);
    expect([
      await store.fact(misplacedFact(old.id)),
      await store.fact(`elsewhere:${old.id}`),
      await store.fact('other'),
    ]).toEqual([null, null, 1]);
    expect(await store.auditRows({ requestId: old.id })).toHaveLength(1);
    expect(await store.request(requestId('LR-3333'))).not.toBeNull();
    // Another request was asked there.
    expect(await store.place(old.conversationId)).not.toBeNull();
    await prune(store, { endedBefore: t0 + 1 });
    expect(await store.place(old.conversationId)).toBeNull();
  });

  test('leaves what is open, however old', async () => {
    const store = await stores.openNew();
    await insert(store, sampleRequest(), asQueued(sampleRequest({ id: requestId('LR-3333') })));
    expect(await prune(store, { endedBefore: t0 + 1_000 * day })).toEqual([]);
  });

  test('leaves what is owed a review, until that is closed', async () => {
    const store = await stores.openNew();
    const request = ended('LR-2222', t0 - 1);
    await insert(store, request);
    const review = {
      requestId: request.id,
      tenantId: 'tenant-1',
      rule: 'r',
      incident: 'i',
      reason: 'r',
      openedAt: t0,
      partakers: [],
      opinions: [],
      closedAt: null,
    };
    await store.transact((tx) => tx.insertReview(review));
    expect(await prune(store)).toEqual([]);
    await store.transact((tx) => tx.saveReview({ ...review, closedAt: t0 }, 0));
    expect(await prune(store)).toHaveLength(1);
  });

  test('leaves what has work that is not done', async () => {
    const store = await stores.openNew();
    const request = ended('LR-2222', t0 - 1);
    await insert(store, request);
    await store.transact((tx) => tx.addWork([sampleWork({ requestId: request.id, dueAt: t0 + day })]));
    expect(await prune(store)).toEqual([]);
  });

  test('takes no more at once than it is asked to', async () => {
    const store = await stores.openNew();
    await insert(store, ...['LR-2222', 'LR-3333', 'LR-4444'].map((id) => ended(id, t0 - 1)));
    expect(await prune(store, { limit: 2 })).toHaveLength(2);
    expect(await prune(store, { limit: 2 })).toHaveLength(1);
    expect(await prune(store, { limit: 2 })).toHaveLength(0);
  });

  test('leaves the conversations that are written to in any case, and the own chats of people', async () => {
    const store = await stores.openNew();
    const places = ['anchor', 'own'] as const;
    await insert(
      store,
      ...places.map((conversationId, i) =>
        ended(`LR-222${i + 2}`, t0 - 1, { conversationId } as Partial<LiveResponseRequest>),
      ),
    );
    await store.transact(async (tx) => {
      for (const conversationId of places)
        await tx.savePlace({
          conversationId,
          tenantId: 'tenant-1',
          scope: conversationId === 'own' ? 'personal' : 'channel',
          reference: '{}',
          personId: conversationId === 'own' ? 'ana' : null,
        });
    });
    expect(await prune(store, { keepPlaces: ['anchor'] })).toHaveLength(2);
    for (const conversationId of places) expect(await store.place(conversationId)).not.toBeNull();
  });

  test('of a request leaves its id taken, and what a click on its cards needs to be told', async () => {
    const store = await stores.openNew();
    const request = ended('LR-2222', t0 - 1);
    await insert(store, request);
    await store.transact((tx) =>
      tx.addCard({
        requestId: request.id,
        audience: 'approver',
        personId: 'bob',
        conversationId: 'bobs',
        activityId: 'm',
      }),
    );
    await prune(store);
    await expect(insert(store, sampleRequest({ id: request.id }))).rejects.toMatchObject({ code: 'store.duplicateId' });
    const left = { id: request.id, tenantId: 'tenant-1', endedAt: t0 - 1 };
    expect(await store.prunedRequest(request.id)).toMatchObject(left);
    expect(await store.prunedByCard({ conversationId: 'bobs', activityId: 'm' })).toMatchObject(left);
    expect(await store.prunedByCard({ conversationId: 'bobs', activityId: 'n' })).toBeNull();
    expect(await store.prunedRequest(requestId('LR-9999'))).toBeNull();
  });
});

describe('a file of the evidence folder', () => {
  const all = { notedBefore: t0 + 100 * day, limit: 100 };

  test('leaves when the last result that refers to it has gone, and not before', async () => {
    const store = await stores.openNew();
    const [first, second] = [ended('LR-2222', t0 - 2), ended('LR-3333', t0 - 1)];
    await insert(store, first, second);
    await store.transact(async (tx) => {
      await tx.saveResult(first.id, result(0, 'aa/shared'));
      await tx.saveResult(first.id, result(1, 'bb/own'));
      await tx.saveResult(second.id, result(0, 'aa/shared'));
    });
    await prune(store, { endedBefore: t0 - 1 });
    expect((await store.leavingFiles(all)).map(({ path }) => path)).toEqual(['bb/own']);
    await prune(store);
    expect((await store.leavingFiles(all)).map(({ path }) => path)).toEqual(['aa/shared', 'bb/own']);
  });

  test('that a later result brings again is known to be in use', async () => {
    const store = await stores.openNew();
    const first = ended('LR-2222', t0 - 1);
    await insert(store, first, ended('LR-3333', t0 + 1));
    await store.transact((tx) => tx.saveResult(first.id, result(0, 'aa/file')));
    await prune(store);
    expect(await store.leavingFiles(all)).toEqual([
      { path: 'aa/file', notedAt: t0 + day, keptAt: null, isUnused: true },
    ]);
    await store.transact((tx) => tx.saveResult(requestId('LR-3333'), result(0, 'aa/file')));
    expect(await store.leavingFiles(all)).toMatchObject([{ path: 'aa/file', isUnused: false }]);
  });

  test('is given out when it was not looked at yet, and then only after its day', async () => {
    const store = await stores.openNew();
    const first = ended('LR-2222', t0 - 1);
    await insert(store, first);
    await store.transact((tx) => tx.saveResult(first.id, result(0, 'aa/file')));
    await prune(store);
    await store.transact((tx) => tx.watchLeavingFile('aa/file', { keptAt: 5, now: t0 + 2 * day }));
    expect(await store.leavingFiles({ notedBefore: t0 + day, limit: 1 })).toEqual([]);
    expect(await store.leavingFiles({ notedBefore: t0 + 2 * day, limit: 1 })).toEqual([
      { path: 'aa/file', notedAt: t0 + 2 * day, keptAt: 5, isUnused: true },
    ]);
    await store.transact((tx) => tx.forgetLeavingFile('aa/file'));
    expect(await store.leavingFiles(all)).toEqual([]);
  });
});

describe('figures', () => {
  test('count requests and work, with the oldest of each, dead letters and entries of the audit', async () => {
    const store = await stores.openNew();
    await insert(
      store,
      sampleRequest({ id: requestId('LR-2222'), createdAt: t0 + 5 }),
      sampleRequest({ id: requestId('LR-3333'), createdAt: t0 + 3 }),
      ended('LR-4444', t0 + 9),
    );
    await store.transact(async (tx) => {
      await tx.addWork([sampleWork({ dueAt: t0 + 7 }), sampleWork({ dueAt: t0 + 6 })]);
      await tx.appendAudit({ at: t0, requestId: null, actor: 'bot', what: 'tested', detail: {} });
    });
    const figures = await store.figures();
    expect([...figures.requests].sort((a, b) => (a.state < b.state ? -1 : 1))).toEqual([
      { state: 'awaitingApproval', count: 2, oldestSince: t0 + 3 },
      { state: 'succeeded', count: 1, oldestSince: t0 + 9 },
    ]);
    expect(figures.work).toEqual([{ type: 'submit', count: 2, oldestDueAt: t0 + 6 }]);
    expect(figures.auditEntries).toBe(1);
  });

  test('say since when work was due first, however often it was put off', async () => {
    const store = await stores.openNew();
    await store.transact(async (tx) => {
      await tx.addWork([sampleWork()]);
      const [row] = await tx.claimWork({ types: ['submit'], now: t0, leaseMs: 1, limit: 1, leaseToken: 'a' });
      if (row !== undefined) await tx.retryWork(row, t0 + day, 'later');
    });
    expect((await store.figures()).work).toMatchObject([{ oldestDueAt: t0 }]);
  });

  test('add up how long decisions took, by bucket', async () => {
    const store = await stores.openNew();
    const took = (...times: readonly number[]) =>
      store.transact(async (tx) => {
        for (const ms of times) tx.addDuration({ name: 'decision', outcome: 'approved' }, ms);
      });
    await took(4_000, 5_000);
    await took(2_000, 999_999_999, -5);
    const { durations } = await store.figures();
    expect([...durations].sort((a, b) => a.leMs - b.leMs)).toEqual([
      { name: 'decision', outcome: 'approved', leMs: 1_000, count: 1, sumMs: 0 },
      { name: 'decision', outcome: 'approved', leMs: 5_000, count: 3, sumMs: 11_000 },
      { name: 'decision', outcome: 'approved', leMs: Number.MAX_SAFE_INTEGER, count: 1, sumMs: 999_999_999 },
    ]);
  });

  test('count no duration of a transaction that was rolled back', async () => {
    const store = await stores.openNew();
    const failing = store.transact(async (tx) => {
      tx.addDuration({ name: 'decision', outcome: 'denied' }, 5);
      throw new Error('stop');
    });
    await expect(failing).rejects.toThrow('stop');
    expect((await store.figures()).durations).toEqual([]);
  });
});

describe('a lease', () => {
  test('that is given back can be claimed at once, and its claim still counts', async () => {
    const store = await stores.openNew();
    const claim = { types: ['submit'], now: t0, leaseMs: day, limit: 1 } as const;
    const [row] = await store.transact(async (tx) => {
      await tx.addWork([sampleWork()]);
      return tx.claimWork({ ...claim, leaseToken: 'first' });
    });
    if (row === undefined) throw new Error('not claimed');
    expect(await store.transact((tx) => tx.claimWork({ ...claim, leaseToken: 'second' }))).toEqual([]);
    await store.transact((tx) => tx.releaseWork(row));
    const [again] = await store.transact((tx) => tx.claimWork({ ...claim, leaseToken: 'second' }));
    expect(again?.claims).toBe(2);
    // One that was taken over meanwhile is left to its new holder.
    await store.transact((tx) => tx.releaseWork(row));
    expect(await store.transact((tx) => tx.claimWork({ ...claim, leaseToken: 'third' }))).toEqual([]);
  });
});
