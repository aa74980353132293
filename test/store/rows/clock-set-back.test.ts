import { verifyChain } from '../../../src/audit/chain';
import { openStore } from '../../../src/store/open';
import type { Store } from '../../../src/store/store';
import { SteppedClock } from '../../fakes/stepped-clock';
import { recordingLog } from '../../teams/kit';
import { asQueued, insert, requestId, sampleRequest, sampleWork, t0, useStores } from '../sample';

const stores = useStores();
const hour = 3_600_000;

let path: string;
let log: ReturnType<typeof recordingLog>;
beforeEach(() => {
  path = stores.newPath();
  log = recordingLog();
});

const openAt = (now: number): Promise<Store> =>
  stores.keep(openStore({ url: `sqlite:${path}`, log, clock: new SteppedClock(now) }));
const warnings = () => log.lines.filter(({ level }) => level === 'warn');

/** A process whose clock was an hour ahead wrote all this, and ended. */
async function withWrongClock(): Promise<void> {
  const ahead = t0 + hour;
  const store = await openAt(ahead);
  const waiting = sampleRequest({ createdAt: ahead, decideBy: ahead + 60_000, remindAt: ahead + 30_000 });
  const queued = asQueued(sampleRequest({ id: requestId('LR-3333') }));
  await insert(store, waiting, { ...queued, startBy: ahead + queued.startWithinMs, notBefore: ahead + 30_000 });
  await store.transact(async (tx) => {
    await tx.addWork([sampleWork({ dueAt: ahead + 5_000 })]);
    await tx.addSubmission(queued.id, 1, ahead);
    await tx.claimActivity('a', ahead);
    await tx.saveFact('watch.dueAt', ahead + 15_000);
    await tx.saveFact('admission.blocked', { rate: ahead + 30_000, sessions: 0, tries: 12 });
    await tx.saveFact('approvedFile:x', 'a'.repeat(64));
    await tx.appendAudit({ at: ahead, requestId: null, actor: 'bot', what: 'tested', detail: {} });
  });
  await store.close();
}

test('what a clock that was ahead has stored outlasts no wait, no limit and no deadline', async () => {
  await withWrongClock();
  const now = t0 + 1_000;
  const store = await openAt(now);
  const claim = { types: ['submit'], now, leaseMs: 1, limit: 1, leaseToken: 'x' } as const;
  expect(await store.transact((tx) => tx.claimWork(claim))).toHaveLength(1);
  expect(await store.submissionsSince(0)).toMatchObject([{ at: now }]);
  expect(await store.fact('watch.dueAt')).toBe(now);
  expect(await store.fact('admission.blocked')).toEqual({ rate: now, sessions: 0, tries: 12 });
  expect(await store.fact('approvedFile:x')).toBe('a'.repeat(64));
  expect((await store.request(requestId('LR-7KQ2')))?.request).toMatchObject({
    state: 'awaitingApproval',
    decideBy: now + 60_000,
    remindAt: now + 30_000,
  });
  expect((await store.request(requestId('LR-3333')))?.request).toMatchObject({
    state: 'queued',
    startBy: now + 3_600_000,
    notBefore: now,
  });
});

test('it is told and audited once, and the chain holds', async () => {
  await withWrongClock();
  await (await openAt(t0 + 1_000)).close();
  const store = await openAt(t0 + 2_000);
  expect(warnings()).toMatchObject([{ path, behindMs: hour - 1_000, requests: 2 }]);
  expect(warnings()[0]?.message).toBe(
    'The clock of this machine is behind what the database has seen: one of the two was wrong. Waits, limits and deadlines that lay in the future were brought back, so that none lasts longer than it should. Check the time of this machine.',
  );
  const rows = await store.auditRows();
  expect(rows.filter(({ what }) => what === 'clockSetBack').map(({ requestId: id }) => id)).toEqual([
    'LR-7KQ2',
    'LR-3333',
    null,
  ]);
  expect(verifyChain(rows).ok).toBe(true);
});

test('a start with the right clock changes nothing, and neither does one that only drifted', async () => {
  const store = await openAt(t0);
  await insert(store, sampleRequest());
  await store.transact(async (tx) => {
    await tx.addWork([sampleWork({ dueAt: t0 + hour })]);
    await tx.saveFact('watch.dueAt', t0 + hour);
    await tx.appendAudit({ at: t0, requestId: null, actor: 'bot', what: 'tested', detail: {} });
  });
  await store.close();
  const again = await openAt(t0 - 1_500);
  expect(await again.fact('watch.dueAt')).toBe(t0 + hour);
  expect(await again.auditRows()).toHaveLength(1);
  expect(warnings()).toEqual([]);
});
