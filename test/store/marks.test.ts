import { type FileOffer, offerFact } from '../../src/request/file-offer';
import { asQueued, insert, requestId, sampleRequest, sampleWork, t0, useAnyStores } from './sample';

const stores = useAnyStores();
const day = 86_400_000;

const ended = (id: string, endedAt: number) => {
  const queued = asQueued(sampleRequest({ id: requestId(id) }));
  return { ...queued, state: 'succeeded', actionId: id, submittedAt: endedAt, endedAt, progress: [] } as const;
};

describe('pruning marks', () => {
  test('takes done work, dead letters and handled activities by their own age, so many of each at once', async () => {
    const store = await stores.openNew();
    await store.transact(async (tx) => {
      await tx.addWork(Array.from({ length: 5 }, () => sampleWork()));
      const rows = await tx.claimWork({ types: ['submit'], now: t0, leaseMs: 1, limit: 4, leaseToken: 'a' });
      for (const [i, row] of rows.entries())
        await (i < 2 ? tx.finishWork(row, t0 + i) : tx.giveUpWork(row, t0 + i, 'x'));
      for (let i = 0; i < 3; i++) await tx.claimActivity(`activity-${i}`, t0 + i);
    });
    const before = { doneBefore: t0 + 1, givenUpBefore: t0 + 3, activitiesBefore: t0 + 2, limit: 100 };
    expect(await store.transact((tx) => tx.pruneMarks({ ...before, limit: 1 }))).toBe(3);
    expect(await store.transact((tx) => tx.pruneMarks(before))).toBe(1);
    expect(await store.transact((tx) => tx.pruneMarks(before))).toBe(0);
    expect((await store.figures()).deadLetters).toEqual([{ type: 'submit', count: 1 }]);
    expect(await store.waitingWork()).toEqual({ submit: 1 });
    expect(await store.transact((tx) => tx.claimActivity('activity-1', t0))).toBe(true);
    expect(await store.transact((tx) => tx.claimActivity('activity-2', t0))).toBe(false);
  });

  test('takes offers of files that ran out long ago, and one under way only with the dead letters', async () => {
    const store = await stores.openNew();
    const offer = (offerId: string, over: Partial<FileOffer>): FileOffer => ({
      offerId,
      requestId: requestId('LR-2222'),
      index: 0,
      sha256: 'a'.repeat(64),
      personId: 'bob',
      conversationId: 'bobs',
      expiresAt: t0,
      state: 'offered',
      upload: null,
      ...over,
    });
    const offers = [
      offer('late', {}),
      offer('sent', { state: 'sent' }),
      offer('held', { expiresAt: t0 + 1 }),
      offer('going', { state: 'accepted' }),
    ];
    await store.transact(async (tx) => {
      for (const one of offers) await tx.saveFact(offerFact(one.offerId), one);
      // As an answer to an offer leaves it that nobody made.
      await tx.lockFact(offerFact('made up'));
      await tx.saveFact('fileOfferings', null);
    });
    const left = async () => {
      const kept = await Promise.all(offers.map(({ offerId }) => store.fact<FileOffer>(offerFact(offerId))));
      return kept.flatMap((one) => (one === null ? [] : [one.offerId]));
    };
    const before = { doneBefore: t0 + 1, givenUpBefore: t0, activitiesBefore: t0, limit: 100 };
    expect(await store.transact((tx) => tx.pruneMarks({ ...before, limit: 1 }))).toBe(1);
    expect(await store.transact((tx) => tx.pruneMarks(before))).toBe(2);
    expect(await left()).toEqual(['held', 'going']);
    expect(await store.transact((tx) => tx.pruneMarks(before))).toBe(0);
    expect(await store.transact((tx) => tx.pruneMarks({ ...before, givenUpBefore: t0 + 1 }))).toBe(1);
    expect(await left()).toEqual(['held']);
  });

  test('takes the used tokens of requests that ended long ago, and never one by which somebody could still vote', async () => {
    const store = await stores.openNew();
    const open = sampleRequest();
    const requests = [open, ended('LR-2222', t0), ended('LR-3333', t0 + 1)];
    await insert(store, ...requests);
    await store.transact(async (tx) => {
      for (const { id, conversationId, digest } of requests) {
        const copy = await tx.addCopy({
          requestId: id,
          audience: 'thread',
          personId: null,
          conversationId,
          activityId: id,
        });
        await tx.addVoteToken({ tokenHash: id, requestId: id, copyId: copy.copyId, digest });
        await tx.saveFact(`usedToken:${id}`, 'bob');
      }
    });
    const before = { doneBefore: t0 + 1, givenUpBefore: t0, activitiesBefore: t0, limit: 100 };
    const left = async () => {
      const kept = await Promise.all(
        requests.map(async ({ id }) => [id, await store.fact(`usedToken:${id}`)] as const),
      );
      return kept.flatMap(([id, by]) => (by === null ? [] : [id]));
    };
    expect(await store.transact((tx) => tx.pruneMarks(before))).toBe(1);
    expect(await left()).toEqual([open.id, 'LR-3333']);
    expect(await store.transact((tx) => tx.pruneMarks({ ...before, doneBefore: t0 + 1_000 * day, limit: 1 }))).toBe(1);
    expect(await left()).toEqual([open.id]);
    expect(await store.transact((tx) => tx.pruneMarks({ ...before, doneBefore: t0 + 1_000 * day }))).toBe(0);
  });
});
