import { formatAnchor, readAnchors } from '../../src/audit/anchor';
import { verifyAudit } from '../../src/audit/verify';
import { hours, minutes } from '../../src/lib/clock';
import type { DueWork } from '../../src/lib/loop';
import { createAnchor } from '../../src/oversight/anchor';
import type { Store } from '../../src/store/store';
import { SteppedClock } from '../fakes/stepped-clock';
import { requestId, useStores } from '../store/sample';
import { recordingLog } from '../teams/kit';

const stores = useStores();
const conversationId = '19:audit@thread.tacv2;messageid=1';
let clock: SteppedClock;
let store: Store;
let log: ReturnType<typeof recordingLog>;
let anchor: DueWork;

beforeEach(async () => {
  clock = new SteppedClock(Date.UTC(2026, 10, 23, 8));
  store = await stores.openNew();
  log = recordingLog();
  anchor = newAnchor();
  await append('requested');
});

/** Another one is what a restart makes. */
const newAnchor = () => createAnchor({ store, clock, log, conversationId, trial: false });
const append = (what: string) =>
  store.transact((tx) =>
    tx.appendAudit({ at: clock.now(), requestId: requestId('LR-7KQ2'), actor: 'ana', what, detail: {} }),
  );
const makeKnown = () =>
  store.transact((tx) =>
    tx.savePlace({ conversationId, tenantId: 'tenant-1', scope: 'channel', reference: '{}', personId: null }),
  );

/** The texts of what lies in the outbox, oldest first; takes them out. */
async function posts(): Promise<readonly string[]> {
  const texts: string[] = [];
  for (;;) {
    const [work] = await store.transact((tx) =>
      tx.claimWork({ types: ['sendPost'], now: clock.now(), leaseMs: 1_000, limit: 1, leaseToken: 't' }),
    );
    if (work === undefined) return texts;
    if (work.work.type === 'sendPost') {
      expect(work.work.conversationId).toBe(conversationId);
      texts.push(JSON.stringify(work.work.post.card));
    }
    await store.transact((tx) => tx.finishWork(work, clock.now()));
  }
}

test('the head of the chain is posted once a day, over restarts, and the post itself is audited', async () => {
  await makeKnown();
  const head = await store.auditHead();
  expect(await anchor.nextDueAt()).toBe(clock.now());
  expect(await anchor.startDue()).toBe(1);
  const [text = ''] = await posts();
  expect(text).toContain('Audit anchor of 2026-11-23: 1 entry so far.');
  expect(readAnchors(text)).toEqual([head]);
  expect((await store.auditRows()).at(-1)).toMatchObject({
    requestId: null,
    actor: 'clock',
    what: 'anchored',
    detail: { ...head, conversationId },
  });

  anchor = newAnchor();
  expect(await anchor.startDue()).toBe(0);
  expect(await anchor.nextDueAt()).toBe(clock.now() + hours(24));
  clock.advance(hours(24) - 1);
  expect(await anchor.startDue()).toBe(0);
  clock.advance(1);
  expect(await anchor.startDue()).toBe(1);
  const [next = ''] = await posts();
  expect(next).toContain('Audit anchor of 2026-11-24: 2 entries so far.');
});

test('an anchor from the post shows a tail that was cut afterwards', async () => {
  await makeKnown();
  for (let n = 0; n < 4; n++) await append('voted');
  await anchor.startDue();
  const [text = ''] = await posts();
  const rows = (await store.auditRows()).slice(0, 3);
  const recordedHead = { seq: 3, hash: rows[2]?.hash ?? '' };
  expect(verifyAudit({ rows, count: 3, recordedHead }, []).ok).toBe(true);
  expect(verifyAudit({ rows, count: 3, recordedHead }, readAnchors(text))).toMatchObject({
    ok: false,
    error: [{ type: 'anchorMissing', anchor: { seq: 5 } }],
  });
});

test('while the conversation is not known the operator is warned once a day, and the first anchor follows when it is', async () => {
  for (let n = 0; n < 24 * 12; n++) {
    expect(await anchor.startDue()).toBe(0);
    clock.advance(minutes(5));
  }
  expect(await anchor.nextDueAt()).toBeGreaterThan(clock.now());
  expect(log.lines).toMatchObject([{ level: 'warn', conversationId }]);
  expect(log.lines[0]?.message).toBe(
    'No audit anchor could be posted, because the bot has not been written to in that conversation. Write to it there once, or set AUDIT_ANCHOR_CONVERSATION to one where it is.',
  );
  expect(await anchor.startDue()).toBe(0);
  expect(log.lines).toHaveLength(2);
  await makeKnown();
  expect(await anchor.startDue()).toBe(1);
});

test('the words of the post, and anchors in any text', () => {
  const head = { seq: 12, hash: 'ab'.repeat(32) };
  expect(formatAnchor(head)).toBe(`${head.hash}:12`);
  expect(readAnchors(`<p>${head.hash.toUpperCase()}:12</p>\n${head.hash}:7, x${head.hash}:8`)).toEqual([
    head,
    { ...head, seq: 7 },
    { ...head, seq: 8 },
  ]);
  expect(readAnchors(`${head.hash} 12, a${head.hash}:12, ${head.hash}:`)).toEqual([]);
});
