import { type FileOffer, offerFact } from '../../../src/request/file-offer';
import { requestId, sampleWork, t0, useAnyStores } from '../sample';

const stores = useAnyStores();
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
    expect(await store.transact((tx) => tx.pruneLeftovers({ ...before, limit: 1 }))).toBe(3);
    expect(await store.transact((tx) => tx.pruneLeftovers(before))).toBe(1);
    expect(await store.transact((tx) => tx.pruneLeftovers(before))).toBe(0);
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
    expect(await store.transact((tx) => tx.pruneLeftovers({ ...before, limit: 1 }))).toBe(1);
    expect(await store.transact((tx) => tx.pruneLeftovers(before))).toBe(2);
    expect(await left()).toEqual(['held', 'going']);
    expect(await store.transact((tx) => tx.pruneLeftovers(before))).toBe(0);
    expect(await store.transact((tx) => tx.pruneLeftovers({ ...before, givenUpBefore: t0 + 1 }))).toBe(1);
    expect(await left()).toEqual(['held']);
  });
});
