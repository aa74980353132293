import { tellUnreached } from '../../src/flow/tell-unreached';
import type { NewWork, Work } from '../../src/store/work/work';
import { insert, sampleRequest, sampleWork, t0, useStores } from '../store/sample';

const stores = useStores();
const request = sampleRequest();
const { id: requestId, conversationId } = request;
const thread = conversationId;
const started: Work = { type: 'sendNews', news: { type: 'found' } };

/** Where words wait that are made of what Teams would not take, oldest first. */
async function movedTo(refused: Partial<NewWork>, code = 'teams.forbidden') {
  const store = await stores.openNew();
  await insert(store, request);
  return store.transact(async (tx) => {
    const row = {
      ...sampleWork({ requestId, work: started, orderingKey: thread, ...refused }),
      workId: 1,
      firstDueAt: t0,
    };
    const undelivered = { work: { ...row, claims: 1, leaseToken: 'a' }, copy: null, code };
    await tellUnreached(tx, { names: new Map() }, undelivered, { trial: false, now: t0 });
    const rows = await tx.claimWork({
      types: ['sendNews', 'sendPost'],
      now: t0,
      leaseMs: 1,
      limit: 9,
      leaseToken: 'b',
    });
    return rows.map(({ orderingKey, work }) => [orderingKey, work.type]);
  });
}

test('the first thing that the thread does not take follows a sentence that says why', async () => {
  // The rest in the order waits for its first row.
  expect(await movedTo({})).toEqual([['person:ana', 'sendPost']]);
});

test.each([
  ['words for one person, whose chat is closed', { orderingKey: 'a:bob' }, 'teams.forbidden'],
  ['what belongs to no request', { requestId: null }, 'teams.forbidden'],
  ['what is wrong in itself', {}, 'teams.tooLarge'],
  ['what Teams refuses for what it is', {}, 'teams.refused'],
])('%s goes nowhere else', async (_what, refused, code) => {
  expect(await movedTo(refused, code)).toEqual([]);
});
