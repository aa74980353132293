import * as fc from 'fast-check';
import type { Store } from '../../../src/store/store';
import type { ClaimedWork } from '../../../src/store/work/claims';
import { defenderWork, type NewWork, teamsWork, type Work, type WorkType } from '../../../src/store/work/work';
import { insert, sampleRequest, sampleWork, t0, useAnyStores } from '../sample';

const stores = useAnyStores();
const allTypes: readonly WorkType[] = [...defenderWork, ...teamsWork];

const add = (store: Store, ...rows: NewWork[]) => store.transact((tx) => tx.addWork(rows));
const claim = (
  store: Store,
  over: Partial<Parameters<Parameters<Parameters<Store['transact']>[0]>[0]['claimWork']>[0]> = {},
) =>
  store.transact((tx) =>
    tx.claimWork({ types: allTypes, now: t0, leaseMs: 1_000, limit: 10, leaseToken: 'a', ...over }),
  );
const attempts = (claimed: readonly ClaimedWork[]) =>
  claimed.map(({ work }) => (work.type === 'submit' ? work.attempt : work.type));
const submit = (attempt: number): Work => ({ type: 'submit', attempt });
const only = (claimed: readonly ClaimedWork[]): ClaimedWork => {
  const [work, ...others] = claimed;
  if (work === undefined || others.length > 0) throw new Error(`Expected one row, got ${claimed.length}.`);
  return work;
};

test('a claimed row carries what was added, its count of claims and its lease', async () => {
  const store = await stores.openNew();
  await insert(store, sampleRequest());
  const row = sampleWork({ requestId: sampleRequest().id, orderingKey: 'x' });
  await add(store, row);
  expect(await claim(store)).toEqual([
    { ...row, workId: expect.any(Number), firstDueAt: row.dueAt, claims: 1, leaseToken: 'a' },
  ]);
});

test('a leased row is nobody else’s until its lease runs out, and then counts as claimed again', async () => {
  const store = await stores.openNew();
  await add(store, sampleWork());
  await claim(store);
  expect(await claim(store, { now: t0 + 999 })).toEqual([]);
  expect(await claim(store, { now: t0 + 1_000, leaseToken: 'b' })).toMatchObject([{ claims: 2, leaseToken: 'b' }]);
});

test('a worker that lost its lease can end nothing', async () => {
  const store = await stores.openNew();
  await add(store, sampleWork());
  const stalled = only(await claim(store));
  const present = only(await claim(store, { now: t0 + 1_000, leaseToken: 'b' }));
  const lost = { name: 'StoreError', code: 'store.leaseLost' };
  await expect(store.transact((tx) => tx.finishWork(stalled, t0))).rejects.toMatchObject(lost);
  await expect(store.transact((tx) => tx.retryWork(stalled, t0, 'x'))).rejects.toMatchObject(lost);
  await expect(store.transact((tx) => tx.giveUpWork(stalled, t0, 'x'))).rejects.toMatchObject(lost);
  await store.transact((tx) => tx.finishWork(present, t0));
  await expect(store.transact((tx) => tx.finishWork(present, t0))).rejects.toMatchObject(lost);
  expect(await store.waitingWork()).toEqual({});
});

test('a lease that was lost rolls back what came with it', async () => {
  const store = await stores.openNew();
  await add(store, sampleWork());
  const stalled = only(await claim(store));
  await claim(store, { now: t0 + 1_000, leaseToken: 'b' });
  const late = store.transact(async (tx) => {
    await tx.insertRequest(sampleRequest());
    await tx.finishWork(stalled, t0);
  });
  await expect(late).rejects.toMatchObject({ code: 'store.leaseLost' });
  expect(await store.request(sampleRequest().id)).toBeNull();
});

test('work with one ordering key is done in order, one row at a time, whatever is due', async () => {
  const store = await stores.openNew();
  await add(
    store,
    sampleWork({ work: submit(1), orderingKey: 'x', dueAt: t0 + 50 }),
    sampleWork({ work: submit(2), orderingKey: 'x', dueAt: t0 }),
    sampleWork({ work: submit(3), orderingKey: 'y', dueAt: t0 }),
  );
  expect(attempts(await claim(store))).toEqual([3]);
  const first = only(await claim(store, { now: t0 + 50 }));
  expect(attempts([first])).toEqual([1]);
  expect(await claim(store, { now: t0 + 60 })).toEqual([]);
  await store.transact((tx) => tx.finishWork(first, t0 + 60));
  expect(attempts(await claim(store, { now: t0 + 60 }))).toEqual([2]);
});

test('a row that backs off holds its lane, and one that was given up frees it', async () => {
  const store = await stores.openNew();
  await add(
    store,
    sampleWork({ work: submit(1), orderingKey: 'x' }),
    sampleWork({ work: submit(2), orderingKey: 'x' }),
  );
  const first = only(await claim(store));
  await store.transact((tx) => tx.retryWork(first, t0 + 500, 'Teams did not answer'));
  expect(await claim(store, { now: t0 + 499 })).toEqual([]);
  const again = only(await claim(store, { now: t0 + 500 }));
  expect(again).toMatchObject({ work: submit(1), claims: 2, dueAt: t0 + 500 });
  await store.transact((tx) => tx.giveUpWork(again, t0 + 500, 'Teams never answered\0'));
  expect(attempts(await claim(store, { now: t0 + 500 }))).toEqual([2]);
  expect(await store.waitingWork()).toEqual({ submit: 1 });
});

test('work with one ordering key waits for types that the claimer does not serve', async () => {
  const store = await stores.openNew();
  const sendCard: Work = { type: 'sendCard', cardId: 1 };
  await add(store, sampleWork({ orderingKey: 'x' }), sampleWork({ orderingKey: 'x', work: sendCard }));
  expect(await claim(store, { types: teamsWork })).toEqual([]);
  expect(await claim(store, { types: [] })).toEqual([]);
});

test('rows without an ordering key are free of each other; the longest due come first, up to the limit', async () => {
  const store = await stores.openNew();
  await add(
    store,
    sampleWork({ work: submit(1) }),
    sampleWork({ work: submit(2), dueAt: t0 - 20 }),
    sampleWork({ work: submit(3), dueAt: t0 - 10 }),
    sampleWork({ work: submit(4), dueAt: t0 + 1 }),
  );
  expect(attempts(await claim(store, { limit: 2 }))).toEqual([2, 3]);
  expect(attempts(await claim(store))).toEqual([1]);
});

test('the next wake-up is the earliest request clock, due row or end of a lease, and a row behind another one does not count', async () => {
  const store = await stores.openNew();
  expect(await store.nextDueAt()).toBeNull();
  await insert(store, sampleRequest({ decideBy: t0 + 900 }));
  expect(await store.nextDueAt()).toBe(t0 + 900);
  await add(
    store,
    sampleWork({ orderingKey: 'x', dueAt: t0 + 300 }),
    sampleWork({ orderingKey: 'x', dueAt: t0 + 100 }),
  );
  expect(await store.nextDueAt()).toBe(t0 + 300);
  const first = only(await claim(store, { now: t0 + 300, leaseMs: 200 }));
  expect(await store.nextDueAt()).toBe(t0 + 500);
  await store.transact((tx) => tx.finishWork(first, t0 + 310));
  expect(await store.nextDueAt()).toBe(t0 + 100);
});

/** What `claimWork` promises, as plainly as it can be written. */
class WorkModel {
  readonly rows: Array<{
    id: number;
    row: NewWork;
    dueAt: number;
    claims: number;
    lease: { token: string; until: number } | null;
    ended: boolean;
  }> = [];

  add(row: NewWork) {
    this.rows.push({ id: this.rows.length + 1, row, dueAt: row.dueAt, claims: 0, lease: null, ended: false });
  }
  heads() {
    const undone = this.rows.filter((r) => !r.ended);
    return undone.filter(
      (r) => r.row.orderingKey === null || undone.find((o) => o.row.orderingKey === r.row.orderingKey) === r,
    );
  }
  claim(types: readonly WorkType[], now: number, leaseMs: number, limit: number, token: string) {
    const claimed = this.heads()
      .filter((r) => types.includes(r.row.work.type) && r.dueAt <= now && (r.lease === null || r.lease.until <= now))
      .sort((a, b) => a.dueAt - b.dueAt || a.id - b.id)
      .slice(0, limit);
    for (const r of claimed) {
      r.claims++;
      r.lease = { token, until: now + leaseMs };
    }
    return claimed.map((r) => ({ workId: r.id, claims: r.claims }));
  }
  /** False when the lease is lost. */
  end(work: ClaimedWork, retryAt: number | null): boolean {
    const row = this.rows.find((r) => r.id === numberOf(work));
    if (row === undefined || row.lease?.token !== work.leaseToken) return false;
    row.lease = null;
    if (retryAt === null) row.ended = true;
    else row.dueAt = retryAt;
    return true;
  }
  nextDueAt(): number | null {
    const instants = this.heads().map((r) => Math.max(r.dueAt, r.lease?.until ?? 0));
    return instants.length === 0 ? null : Math.min(...instants);
  }
}

type Step =
  | { readonly do: 'add'; readonly orderingKey: string | null; readonly type: WorkType; readonly dueIn: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'claim'; readonly types: readonly WorkType[]; readonly leaseMs: number; readonly limit: number }
  | {
      readonly do: 'end';
      readonly how: 'finish' | 'retry' | 'giveUp';
      readonly which: number;
      readonly backOff: number;
    };

/** Carries the model's own number, since a database that counts does not count back when a transaction is rolled back. */
const workOf = (type: WorkType, number: number): Work =>
  ({ type, attempt: number, cardId: 1, dueAt: t0 }) as unknown as Work;
const numberOf = ({ work }: ClaimedWork): number => (work as unknown as { readonly attempt: number }).attempt;
const type = fc.constantFrom<WorkType>('submit', 'sendCard', 'sendNews');
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('add' as const),
    orderingKey: fc.constantFrom(null, 'x', 'y'),
    type,
    dueIn: fc.integer({ min: -5, max: 10 }),
  }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 10 }) }),
  fc.record({
    do: fc.constant('claim' as const),
    types: fc.subarray<WorkType>(['submit', 'sendCard', 'sendNews']),
    leaseMs: fc.integer({ min: 1, max: 10 }),
    limit: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({
    do: fc.constant('end' as const),
    how: fc.constantFrom('finish' as const, 'retry' as const, 'giveUp' as const),
    which: fc.nat(),
    backOff: fc.integer({ min: 0, max: 10 }),
  }),
);

test('claims, leases, lanes and wake-ups are those of a plain model over any history', async () => {
  const store = await stores.openNew();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const rollBack = new Error('roll back');
      const play = store.transact(async (tx) => {
        const model = new WorkModel();
        const held: ClaimedWork[] = [];
        let now = t0;
        for (const [i, s] of steps.entries()) {
          switch (s.do) {
            case 'add': {
              const work = workOf(s.type, model.rows.length + 1);
              const row = { requestId: null, work, orderingKey: s.orderingKey, dueAt: now + s.dueIn };
              model.add(row);
              await tx.addWork([row]);
              break;
            }
            case 'wait':
              now += s.ms;
              break;
            case 'claim': {
              const expected = model.claim(s.types, now, s.leaseMs, s.limit, `token ${i}`);
              const claimed = await tx.claimWork({ ...s, now, leaseToken: `token ${i}` });
              expect(claimed.map((c) => ({ workId: numberOf(c), claims: c.claims }))).toEqual(expected);
              held.push(...claimed);
              break;
            }
            case 'end': {
              const work = held[s.which % Math.max(held.length, 1)];
              if (work === undefined) break;
              const holds = model.end(work, s.how === 'retry' ? now + s.backOff : null);
              const ending =
                s.how === 'finish'
                  ? tx.finishWork(work, now)
                  : s.how === 'retry'
                    ? tx.retryWork(work, now + s.backOff, 'x')
                    : tx.giveUpWork(work, now, 'x');
              if (holds) await ending;
              else await expect(ending).rejects.toMatchObject({ code: 'store.leaseLost' });
            }
          }
          expect(await tx.nextDueAt()).toBe(model.nextDueAt());
        }
        throw rollBack;
      });
      await expect(play).rejects.toBe(rollBack);
    }),
    { numRuns: 150 },
  );
});
