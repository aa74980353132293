import type { Opinion, Review } from '../../../src/request/review';
import { insert, requestId, sampleRequest, t0, useAnyStores } from '../sample';

const stores = useAnyStores();

const reviewOf = (id: string, over: Partial<Review> = {}): Review => ({
  requestId: requestId(id),
  tenantId: 'tenant-1',
  rule: 'servers',
  incident: 'INC-1',
  reason: 'Ransomware is spreading',
  openedAt: t0,
  partakers: ['ana', 'bob'],
  opinions: [],
  closedAt: null,
  ...over,
});

const opinion: Opinion = {
  by: { id: 'cy', tenantId: 'tenant-1', name: 'Cy' },
  personKey: 'cy',
  verdict: 'object',
  because: 'Nobody was asked.',
  at: t0 + 5,
};

async function openWith(...reviews: readonly Review[]) {
  const address = await stores.newAddress();
  const store = await stores.open(address);
  await insert(store, ...reviews.map((review) => sampleRequest({ id: review.requestId })));
  await store.transact(async (tx) => {
    for (const review of reviews) await tx.insertReview(review);
  });
  return { store, address };
}

test('a review comes back as it was saved, after a restart as well', async () => {
  const review = reviewOf('LR-2222');
  const { store, address } = await openWith(review);
  await store.transact((tx) => tx.saveReview({ ...review, opinions: [opinion] }, 0));
  await store.close();
  const again = await stores.open(address);
  expect(await again.review(review.requestId)).toEqual({ ...review, opinions: [opinion] });
  expect(await again.review(requestId('LR-9999'))).toBeNull();
});

test('open reviews are listed by tenant and rule, oldest first, until they are closed', async () => {
  const { store } = await openWith(
    reviewOf('LR-2222', { openedAt: t0 + 2 }),
    reviewOf('LR-3333', { openedAt: t0 + 1, rule: 'workstations' }),
    reviewOf('LR-4444', { tenantId: 'tenant-2' }),
    reviewOf('LR-5555', { openedAt: t0 }),
  );
  const open = async (rule?: string) =>
    (await store.openReviews({ tenantId: 'tenant-1', ...(rule !== undefined && { rule }) })).map((r) => r.requestId);
  expect(await open()).toEqual(['LR-5555', 'LR-3333', 'LR-2222']);
  expect(await open('servers')).toEqual(['LR-5555', 'LR-2222']);
  const closed = reviewOf('LR-5555', { opinions: [opinion, { ...opinion, personKey: 'dee' }], closedAt: t0 + 9 });
  await store.transact((tx) => tx.saveReview(closed, 0));
  expect(await open('servers')).toEqual(['LR-2222']);
});

test('of two opinions at the same instant none overwrites the other', async () => {
  const review = reviewOf('LR-2222');
  const { store } = await openWith(review);
  const give = () => store.transact((tx) => tx.saveReview({ ...review, opinions: [opinion] }, 0));
  const outcomes = await Promise.allSettled([give(), give()]);
  const refused = outcomes.filter((o) => o.status === 'rejected');
  expect(refused).toMatchObject([{ reason: { code: 'store.conflict' } }]);
});

test('a request has one review, and a closed one is not changed any more', async () => {
  const review = reviewOf('LR-2222', { closedAt: t0 });
  const { store } = await openWith(review);
  await expect(store.transact((tx) => tx.insertReview(review))).rejects.toMatchObject({ code: 'store.conflict' });
  await expect(store.transact((tx) => tx.saveReview(review, 0))).rejects.toMatchObject({ code: 'store.conflict' });
});
