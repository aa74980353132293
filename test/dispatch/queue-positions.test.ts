import type { Admission } from '../../src/dispatch/admission';
import { createQueuePositions } from '../../src/dispatch/queue-positions';
import { minutes, seconds } from '../../src/lib/clock';
import type { RequestId } from '../../src/request/request';
import type { Store } from '../../src/store/store';
import type { QueuePlace } from '../../src/thread/kit/view';
import { asQueued, insert, requestId, sampleRequest, t0, useStores } from '../store/sample';

const stores = useStores();
let store: Store;

const ids = ['LR-AAAA', 'LR-BBBB', 'LR-CCCC'].map(requestId);

/** The cards of three waiting requests, none of them to be drawn. */
beforeEach(async () => {
  store = await stores.openNew();
  await insert(store, ...ids.map((id) => ({ ...asQueued(sampleRequest()), id })));
  await store.transact(async (tx) => {
    for (const [i, id] of ids.entries())
      await tx.addCard({
        requestId: id,
        audience: 'thread',
        personId: null,
        conversationId: `c${i}`,
        activityId: null,
      });
  });
});

const planOf = (order: readonly RequestId[], waitsFor: QueuePlace['waitsFor'] = 'rate'): Admission => ({
  admit: [],
  nextAt: null,
  positions: new Map(order.map((id, i) => [id, { position: i + 1, of: order.length, expectedAt: null, waitsFor }])),
});

/** How many cards are to be drawn, which are then counted as drawn. */
async function drawn(now: number): Promise<number> {
  return store.transact(async (tx) => {
    const rows = await tx.claimWork({ types: ['sendCard'], now, leaseMs: 1, limit: 99, leaseToken: 't' });
    for (const row of rows) await tx.finishWork(row, now);
    return rows.length;
  });
}

test('cards whose place has moved are drawn again, the others are not', async () => {
  const positions = createQueuePositions(store);
  expect([await positions.show(planOf(ids), t0), await drawn(t0)]).toEqual([null, 3]);
  expect([await positions.show(planOf(ids), t0 + minutes(1)), await drawn(t0 + minutes(1))]).toEqual([null, 0]);
  const [a, b, c] = ids as [RequestId, RequestId, RequestId];
  await positions.show(planOf([b, a, c]), t0 + minutes(2));
  expect(await drawn(t0 + minutes(2))).toBe(2);
});

test('positions that move sooner wait until it is time, and are then drawn as they are', async () => {
  const positions = createQueuePositions(store);
  await positions.show(planOf(ids), t0);
  await drawn(t0);
  const moved = planOf([...ids].reverse());
  expect([await positions.show(moved, t0 + seconds(2)), await drawn(t0 + seconds(2))]).toEqual([t0 + seconds(15), 0]);
  expect([await positions.show(moved, t0 + seconds(15)), await drawn(t0 + seconds(15))]).toEqual([null, 2]);
});

test('the more cards wait the seldomer they are drawn: one edit in four seconds', async () => {
  const many = planOf(Array.from({ length: 40 }, (_, i) => requestId(`LR-M${i}`)));
  const positions = createQueuePositions(store);
  await positions.show(many, t0);
  expect(await positions.show(planOf(ids), t0 + seconds(20))).toBe(t0 + seconds(160));
});

test('a second replica does not repeat what the first has shown, and keeps its pace', async () => {
  const [one, two] = [createQueuePositions(store), createQueuePositions(store)];
  await one.show(planOf(ids), t0);
  await drawn(t0);
  expect([await two.show(planOf(ids), t0 + 10), await drawn(t0 + 10)]).toEqual([null, 0]);
  const moved = planOf([...ids].reverse());
  expect([await two.show(moved, t0 + 20), await drawn(t0 + 20)]).toEqual([t0 + seconds(15), 0]);
});

test('what goes at once has no place to show', async () => {
  const positions = createQueuePositions(store);
  expect([await positions.show(planOf(ids, 'nothing'), t0), await drawn(t0)]).toEqual([null, 0]);
});

test('a clock that was set back does not keep the cards from being drawn', async () => {
  const positions = createQueuePositions(store);
  await positions.show(planOf(ids), t0 + minutes(90));
  await drawn(t0 + minutes(90));
  const moved = planOf([...ids].reverse());
  expect([await positions.show(moved, t0 + seconds(30)), await drawn(t0 + minutes(90))]).toEqual([null, 2]);
});
