import { overlay } from '../../../src/lib/overlay';
import { pauseFact } from '../../../src/request/pause';
import type { Tx } from '../../../src/store/store';
import { withWakeUps } from '../../../src/store/work/wake-ups';
import { asQueued, inState, insert, requestId, sampleRequest, sampleWork, t0, useStores } from '../sample';

const { openNew } = useStores();

const post = { text: 'Hello', mention: null, card: null, summary: 'Hello' };
const message = sampleWork({ work: { type: 'sendPost', conversationId: 'c', post } });

async function openListening() {
  const woken: string[] = [];
  const store = withWakeUps(await openNew(), {
    takeTeamsWork: null,
    onTeamsWork: () => woken.push('teams'),
    onRequestWork: () => woken.push('requests'),
    onFileWork: () => woken.push('files'),
  });
  return { store, woken };
}

/** Who was woken by exactly this transaction. */
async function wokenBy(before: ((tx: Tx) => Promise<unknown>) | null, change: (tx: Tx) => Promise<unknown>) {
  const { store, woken } = await openListening();
  if (before !== null) await store.transact(before);
  woken.length = 0;
  await store.transact(change);
  return woken;
}

test.each<[string, readonly string[], (tx: Tx) => Promise<unknown>]>([
  ['a message for Teams wakes the outbox alone', ['teams'], (tx) => tx.addWork([message])],
  [
    'a file to be sent wakes who sends files alone',
    ['files'],
    (tx) => tx.addWork([sampleWork({ work: { type: 'sendFile', offerId: 'o' } })]),
  ],
  ['work at Defender wakes those who decide alone', ['requests'], (tx) => tx.addWork([sampleWork()])],
  [
    'work of both kinds wakes both, those who decide first',
    ['requests', 'teams'],
    (tx) => tx.addWork([sampleWork(), message]),
  ],
  ['a new request wakes those who decide', ['requests'], (tx) => tx.insertRequest(sampleRequest())],
  ['whoever pauses or resumes wakes those who decide', ['requests'], (tx) => tx.saveFact(pauseFact, null)],
  ['a mark wakes nobody', [], (tx) => tx.saveFact('fact', 1)],
  ['no work wakes nobody', [], (tx) => tx.addWork([])],
  ['a read wakes nobody', [], (tx) => tx.request(requestId('LR-7KQ2'))],
])('%s', async (_, expected, change) => {
  expect(await wokenBy(null, change)).toEqual(expected);
});

test('a changed request wakes those who decide', async () => {
  const request = sampleRequest();
  const woken = await wokenBy(
    (tx) => tx.insertRequest(request),
    (tx) => tx.saveRequest(inState(request, 'withdrawn'), 1),
  );
  expect(woken).toEqual(['requests']);
});

test('what a lost try of a transaction changed, and the next one did not, wakes nobody', async () => {
  const bare = await openNew();
  const told: string[] = [];
  const store = withWakeUps(
    overlay(bare, {
      async transact(work, survives) {
        await bare
          .transact((tx) => work(tx).then(() => Promise.reject(new Error('Conflict'))), survives)
          .catch(() => {});
        return bare.transact(work, survives);
      },
    }),
    {
      takeTeamsWork: null,
      onTeamsWork: () => told.push('teams'),
      onRequestWork: () => told.push('requests'),
      onFileWork: () => {},
    },
  );
  await bare.transact((tx) => tx.insertRequest(sampleRequest()));
  let tries = 0;
  await store.transact(async (tx) => {
    tries += 1;
    if (tries === 1) await tx.saveRequest(asQueued(sampleRequest()), 1);
    else await tx.addWork([message]);
  });
  expect([tries, told]).toEqual([2, ['teams']]);
});

describe('what is added for Teams', () => {
  const taking = async () => {
    const told: string[] = [];
    const store = withWakeUps(await openNew(), {
      takeTeamsWork: async (tx) => {
        const due = await tx.dueWork({ types: ['sendPost'], now: message.dueAt, limit: 9 });
        told.push(`taken ${due.length}`);
        return () => told.push('started');
      },
      onTeamsWork: () => told.push('teams'),
      onRequestWork: () => told.push('requests'),
      onFileWork: () => {},
    });
    return { store, told };
  };

  test('is taken by the transaction that adds it, and started once that is committed', async () => {
    const { store, told } = await taking();
    await store.transact(async (tx) => {
      await tx.addWork([message]);
      told.push('added');
    });
    expect(told).toEqual(['added', 'taken 1', 'started']);
  });

  test('is left to the outbox where a request changes as well', async () => {
    const { store, told } = await taking();
    await store.transact(async (tx) => {
      await tx.insertRequest(sampleRequest());
      await tx.addWork([message]);
    });
    expect(told).toEqual(['requests', 'teams']);
  });

  test('is not started when the commit fails', async () => {
    const { store, told } = await taking();
    await store.transact((tx) => tx.addWork([message]).then(() => Promise.reject(new Error('no')))).catch(() => null);
    const failing = withWakeUps(
      overlay(store, { transact: (work) => store.transact(work).then(() => Promise.reject(new Error('lost'))) }),
      {
        takeTeamsWork: async () => () => told.push('wrong'),
        onTeamsWork: () => told.push('wrong'),
        onRequestWork: () => {},
        onFileWork: () => {},
      },
    );
    told.length = 0;
    await expect(failing.transact((tx) => tx.addWork([message]))).rejects.toThrow('lost');
    expect(told).not.toContain('wrong');
  });
});

test('cards to be drawn again wake the outbox', async () => {
  const request = sampleRequest();
  expect(
    await wokenBy(
      (tx) => tx.insertRequest(request),
      (tx) => tx.refreshCards(request.id, t0),
    ),
  ).toEqual(['teams']);
});

test('a row that is put off wakes whoever performs it, since it is due at another instant', async () => {
  const { store, woken } = await openListening();
  const claimed = await store.transact(async (tx) => {
    await tx.addWork([message]);
    return tx.claimWork({ types: ['sendPost'], now: t0, leaseMs: 1_000, limit: 1, leaseToken: 'token' });
  });
  woken.length = 0;
  for (const row of claimed) await store.transact((tx) => tx.retryWork(row, t0 + 1, 'paced'));
  expect(woken).toEqual(['teams']);
});

test('a transaction that fails wakes nobody', async () => {
  const { store, woken } = await openListening();
  const failed = store.transact(async (tx) => {
    await tx.addWork([message]);
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  expect(woken).toEqual([]);
});

test('what is woken sees what was committed', async () => {
  let seen: Promise<unknown> | null = null;
  const bare = await openNew();
  const store = withWakeUps(bare, {
    takeTeamsWork: null,
    onTeamsWork: () => {},
    onFileWork: () => {},
    onRequestWork: () => {
      seen = bare.request(requestId('LR-7KQ2'));
    },
  });
  await insert(store, sampleRequest());
  expect(await seen).not.toBeNull();
});
