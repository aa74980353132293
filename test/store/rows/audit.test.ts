import * as fc from 'fast-check';
import Database from 'libsql';
import { genesis, verifyChain } from '../../../src/audit/chain';
import { requestId, t0, useStores } from '../sample';

const stores = useStores();
const id = requestId('LR-7KQ2');

test('rows are read by request, from a position on and up to a limit', async () => {
  const store = await stores.openNew();
  await store.transact(async (tx) => {
    for (const [i, owner] of [id, null, id].entries()) {
      await tx.appendAudit({ at: t0 + i, requestId: owner, actor: 'bot', what: 'x', detail: {} });
    }
  });
  const seqs = async (options?: Parameters<typeof store.auditRows>[0]) =>
    (await store.auditRows(options)).map((row) => row.seq);
  expect(await seqs()).toEqual([1, 2, 3]);
  expect(await seqs({ requestId: id })).toEqual([1, 3]);
  expect(await seqs({ afterSeq: 1 })).toEqual([2, 3]);
  expect(await seqs({ afterSeq: 1, limit: 1 })).toEqual([2]);
});

test('the chain holds after a round through the store, whatever the entries hold', async () => {
  const store = await stores.openNew();
  let head = genesis;
  const detail = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(fc.array(detail, { minLength: 1, maxLength: 5 }), async (details) => {
      await store.transact(async (tx) => {
        for (const d of details) await tx.appendAudit({ at: t0, requestId: id, actor: 'ana', what: 'x', detail: d });
      });
      const verified = verifyChain(await store.auditRows({ afterSeq: head.seq }), head);
      if (!verified.ok) throw new Error(`${verified.error.problem} at ${verified.error.seq}`);
      expect(verified.value.seq).toBe(head.seq + details.length);
      head = verified.value;
    }),
    { numRuns: 40 },
  );
});

test('an edit in the file is found', async () => {
  const path = stores.newPath();
  const store = await stores.open(path);
  await store.transact(async (tx) => {
    for (const what of ['asked', 'denied', 'ended'])
      await tx.appendAudit({ at: t0, requestId: id, actor: 'bob', what, detail: {} });
  });
  const intruder = new Database(path);
  intruder.exec("update audit set what = 'approved' where seq = 2");
  intruder.close();
  expect(verifyChain(await store.auditRows())).toEqual({ ok: false, error: { seq: 2, problem: 'edited' } });
});
