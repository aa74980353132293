import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../src/lib/log';
import { overlay } from '../../../src/lib/overlay';
import type { News } from '../../../src/request/effect';
import type { Place } from '../../../src/request/place';
import type { Digest, RequestId } from '../../../src/request/request';
import { openStore } from '../../../src/store/open';
import type { Card } from '../../../src/store/rows/cards';
import type { Store } from '../../../src/store/store';
import { StoreError } from '../../../src/store/store-error';
import type { NewWork } from '../../../src/store/work/work';
import { createAdapter } from '../../../src/teams/inbound/adapter';
import { createTeams } from '../../../src/teams/outbox/outbound';
import { createOutbox, type Outbox, type OutboxOptions, queuePost } from '../../../src/teams/outbox/outbox';
import type { Undelivered } from '../../../src/teams/outbox/outcome';
import type { Start } from '../../../src/teams/outbox/paced-claim';
import type { CardJson, Post } from '../../../src/thread/kit/post';
import { answers } from '../../../src/thread/sentences/answers';
import {
  ana,
  bo,
  bot,
  channelId,
  cy,
  type FakeConnector,
  isOpen,
  isPost,
  isUpdate,
  readThread,
  startFakeConnector,
  teamId,
  tenantId,
} from '../../fakes/fake-connector';
import { SteppedClock } from '../../fakes/stepped-clock';
import { samples } from '../../request/sample';
import { plainPost } from '../kit';

const adapter = createAdapter({ identity: { type: 'trial' } });
const news: News = { type: 'found' };
const requestId = 'LR-7F3K' as RequestId;

let folder: string;
let clock: SteppedClock;
let store: Store;
let connector: FakeConnector;
let outbox: Outbox;
let undelivered: Undelivered[];
/** What the request looks like now; null: nothing to show. */
let shown: string | null;
/** What may be voted on by the card; null: nothing any more. */
let digest: Digest | null;
let renders: number;
let thread: Place;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outbox-'));
  clock = new SteppedClock();
  store = await openStore({ url: `sqlite:${join(folder, 'test.db')}`, log: silentLog, clock });
  connector = await startFakeConnector({ clock, enforceRates: true });
  connector.addMembers(teamId, [ana, bo, cy]);
  undelivered = [];
  shown = 'Waiting for approval';
  digest = null;
  renders = 0;
  outbox = newOutbox();
  thread = placeIn('channel', `${channelId};messageid=1`);
  await store.transact(async (tx) => {
    await tx.savePlace(thread);
    await tx.insertRequest({ ...samples.succeeded, conversationId: thread.conversationId });
  });
});
afterEach(async () => {
  await store.close();
  await connector.stop();
  rmSync(folder, { recursive: true });
});

/** Another one is what a restart makes: it remembers nothing but the store. */
const newOutbox = (): Outbox => createOutbox(outboxOptions());

const outboxOptions = (): OutboxOptions => ({
  store,
  teams: createTeams({ adapter, clock }),
  clock,
  log: silentLog,
  random: (size) => new Uint8Array(size),
  leaseMs: 60_000,
  callMs: 15_000,
  render: {
    card: async () => {
      renders += 1;
      return shown === null ? null : { post: cardPost(shown), shown: digest };
    },
    news: async (id, what) => ({ place: thread, post: plainPost(`${id} ${what.type}.`) }),
  },
  onUndeliverable: async (tx, what) => {
    undelivered.push(what);
    await tx.appendAudit({
      at: clock.now(),
      requestId: null,
      actor: 'bot',
      what: 'undeliverable',
      detail: { code: what.code },
    });
  },
});

function placeIn(scope: Place['scope'], conversationId: string, personId: string | null = null): Place {
  return {
    conversationId,
    tenantId,
    scope,
    personId,
    reference: JSON.stringify({ serviceUrl: connector.url, bot, rosterId: teamId }),
  };
}

const cardPost = (text: string): Post => {
  const card: CardJson = { type: 'AdaptiveCard', version: '1.5', body: [{ type: 'TextBlock', text }] };
  return { text: null, mention: null, card, summary: text };
};

const add = (...rows: Partial<NewWork>[]) =>
  store.transact((tx) =>
    tx.addWork(
      rows.map((row) => ({
        requestId,
        work: { type: 'sendNews', news },
        orderingKey: thread.conversationId,
        dueAt: clock.now(),
        ...row,
      })),
    ),
  );
const say = (text: string, place = thread) =>
  add({
    work: { type: 'sendPost', conversationId: place.conversationId, post: plainPost(text) },
    orderingKey: place.conversationId,
  });
const addCopy = (copy: Partial<Card> = {}): Promise<Card> =>
  store.transact(async (tx) => {
    const added = await tx.addCard({
      requestId,
      audience: 'thread',
      personId: null,
      conversationId: thread.conversationId,
      activityId: null,
      ...copy,
    });
    await tx.refreshCards(added.requestId, clock.now());
    return added;
  });
const refresh = () => store.transact((tx) => tx.refreshCards(requestId, clock.now()));
const read = (conversationId = thread.conversationId) =>
  readThread(connector, conversationId).map((line) => line.replace('Live Response: ', ''));
const waiting = async () => Object.values(await store.waitingWork()).reduce((sum, count) => sum + (count ?? 0), 0);

/** Passes until nothing is due, as the worker's loop does. */
async function drain(): Promise<number> {
  let passes = 0;
  while ((await outbox.startDue()) > 0) {
    await outbox.idle();
    passes += 1;
  }
  return passes;
}

/** Steps the clock to each next wake-up until nothing waits; gives how long that took. */
async function runOut(longestMs = 7_200_000): Promise<number> {
  const from = clock.now();
  while (clock.now() - from <= longestMs) {
    await drain();
    const next = await store.nextDueAt();
    if (next === null) return clock.now() - from;
    clock.advance(Math.max(1, next - clock.now()));
  }
  throw new Error('work is still waiting');
}

async function sayAtOnce(...texts: readonly string[]): Promise<void> {
  const start = await store.transact(async (tx) => {
    const { conversationId } = thread;
    await tx.addWork(
      texts.map((text) => ({
        requestId: null,
        work: { type: 'sendPost', conversationId, post: plainPost(text) },
        orderingKey: conversationId,
        dueAt: clock.now(),
      })),
    );
    return outbox.takeDue(tx);
  });
  start();
  await outbox.idle();
}

describe('what is added in a transaction', () => {
  test('goes out from there without a look of the loop, and what stands behind it follows', async () => {
    await sayAtOnce('one', 'two', 'three');
    expect(read()).toEqual(['one', 'two', 'three']);
    expect(await waiting()).toBe(0);
  });

  test('does not overtake what waits in its conversation', async () => {
    connector.fail({ fault: { type: 'status', status: 503 }, times: 1 });
    await say('one');
    await drain();
    await sayAtOnce('two');
    expect(read()).toEqual([]);
    await runOut();
    expect(read()).toEqual(['one', 'two']);
  });

  test('is kept for the next start when the outbox is being stopped', async () => {
    await outbox.stop();
    await sayAtOnce('one');
    expect([read(), await waiting()]).toEqual([[], 1]);
    outbox = newOutbox();
    await drain();
    expect(read()).toEqual(['one']);
  });
});

describe('what is said from memory', () => {
  /** Its ends do not wait for each other here. */
  const atOnce = (more: Partial<OutboxOptions> = {}): Outbox =>
    createOutbox({ ...outboxOptions(), clock: { now: () => clock.now(), sleep: async () => {} }, ...more });

  /** What became of each text: said from memory, or to be queued by whoever asked. */
  async function sayAfter(...texts: readonly string[]): Promise<readonly ('said' | 'to be queued')[]> {
    const starts: Array<Start | null> = [];
    for (const text of texts)
      starts.push(await store.transact((tx) => outbox.sayAfter(tx, thread, plainPost(text)), 'process'));
    for (const start of starts) start?.();
    await outbox.idle();
    return starts.map((start) => (start === null ? 'to be queued' : 'said'));
  }
  const rowsEver = async () => (await store.figures()).work.length + (await waiting());
  beforeEach(() => {
    outbox = atOnce();
    siblings = Array.from({ length: 8 }, (_, i) => placeIn('channel', `${channelId};messageid=${i + 11}`));
  });

  test('is at Teams after the commit, and is never a row', async () => {
    expect(await sayAfter('one')).toEqual(['said']);
    expect([read(), await rowsEver()]).toEqual([['one'], 0]);
  });

  test('is not said when its transaction is lost', async () => {
    const lost = store.transact(async (tx) => {
      await outbox.sayAfter(tx, thread, plainPost('one'));
      throw new Error('Lost');
    });
    await expect(lost).rejects.toThrow('Lost');
    await outbox.idle();
    expect(read()).toEqual([]);
  });

  test('does not overtake what waits in its conversation', async () => {
    connector.fail({ fault: { type: 'status', status: 503 }, times: 1 });
    await say('one');
    await drain();
    expect(await sayAfter('two')).toEqual(['to be queued']);
    expect(read()).toEqual([]);
  });

  /** Threads of one channel, which Teams counts together. */
  let siblings: readonly Place[];
  async function sayInEach(places: readonly Place[]): Promise<void> {
    const starts: Array<Start | null> = [];
    for (const place of places) {
      await store.transact((tx) => tx.savePlace(place));
      starts.push(await store.transact((tx) => outbox.sayAfter(tx, place, plainPost('hello')), 'process'));
    }
    for (const start of starts) start?.();
    await outbox.idle();
  }
  const helloed = (places: readonly Place[]) => places.filter(({ conversationId }) => read(conversationId).length > 0);

  test('counts from its commit: an eighth within the second is queued, and comes when its turn does', async () => {
    await sayInEach(siblings);
    expect([helloed(siblings).length, await waiting()]).toEqual([7, 1]);
    await runOut();
    expect([helloed(siblings).length, connector.throttled]).toEqual([8, 0]);
  });

  test('makes room again as its end is recorded, a period later', async () => {
    await sayInEach(siblings.slice(0, 7));
    clock.advance(2_101);
    await sayInEach(siblings.slice(7));
    expect([helloed(siblings).length, await waiting()]).toEqual([8, 0]);
  });

  describe('while it is on its way', () => {
    /** Something is being said, and `follow` comes behind it; gives what is there before and after Teams has taken it. */
    async function whileSaying(follow: () => Promise<unknown>) {
      const start = await store.transact((tx) => outbox.sayAfter(tx, thread, plainPost('one')));
      await follow();
      await outbox.startDue();
      const before = read();
      start?.();
      await outbox.idle();
      await runOut();
      return { before, after: read() };
    }

    test('what is stored in its conversation waits for it, and goes as soon as it has arrived', async () => {
      const from = clock.now();
      expect(await whileSaying(() => say('two'))).toEqual({ before: [], after: ['one', 'two'] });
      expect(clock.now()).toBe(from);
    });

    test('so it does with another replica', async () => {
      const other = newOutbox();
      const follow = () =>
        say('two')
          .then(() => other.startDue())
          .then(() => other.idle());
      expect(await whileSaying(follow)).toEqual({ before: [], after: ['one', 'two'] });
    });

    test('what else is said from memory there comes after it', async () => {
      const next: Array<Start | null> = [];
      const follow = async () => {
        next.push(await store.transact((tx) => outbox.sayAfter(tx, thread, plainPost('two'))));
        next[0]?.();
      };
      expect(await whileSaying(follow)).toEqual({ before: [], after: ['one', 'two'] });
    });

    test('other conversations go on', async () => {
      const elsewhere = siblings[3] ?? thread;
      await store.transact((tx) => tx.savePlace(elsewhere));
      const follow = async () => {
        await say('two', elsewhere);
        await drain();
        expect(read(elsewhere.conversationId)).toEqual(['two']);
      };
      expect(await whileSaying(follow)).toEqual({ before: [], after: ['one'] });
    });

    test('and Teams does not take it, it is not shown below what came after it', async () => {
      connector.fail({ fault: { type: 'status', status: 503 }, times: 1 });
      const { after } = await whileSaying(() => say('two'));
      expect(after).toEqual([
        'two',
        'I had an answer for you here, and I do not know whether you got it. It may be out of date by now, so I do not send it again: if you miss it, please ask again.',
      ]);
    });
  });

  test.each([
    ['a fault of Teams', { type: 'status', status: 503 }, 1_000, 2_001],
    ['a call that breaks off', { type: 'drop', accepted: false }, 1_000, 2_001],
    ['a wait that Teams asks for', { type: 'status', status: 429, retryAfterS: 20 }, 20_000, 20_001],
  ] as const)('is queued after %s, and comes later', async (_, fault, tooEarlyMs, inTimeMs) => {
    connector.fail({ fault, times: 1 });
    const from = clock.now();
    await sayAfter('one');
    expect([read(), await waiting()]).toEqual([[], 1]);
    await runOut();
    expect(read()).toEqual(['one']);
    expect(clock.now() - from).toBeGreaterThanOrEqual(tooEarlyMs);
    expect(clock.now() - from).toBeLessThanOrEqual(inTimeMs);
  });

  test('holds its conversation for as long as Teams asks, for all that come after it', async () => {
    connector.fail({ fault: { type: 'status', status: 429, retryAfterS: 20 }, times: 1 });
    await sayAfter('one');
    await say('two');
    clock.advance(19_000);
    await drain();
    expect(read()).toEqual([]);
    await runOut();
    expect(read()).toEqual(['one', 'two']);
  });

  test('is queued when the outbox is being stopped or has enough under way', async () => {
    outbox = atOnce({ limit: 0 });
    expect(await sayAfter('one')).toEqual(['to be queued']);
    outbox = atOnce();
    await outbox.stop();
    expect(await sayAfter('two')).toEqual(['to be queued']);
  });

  test('holds its conversation no longer than the database is away', async () => {
    let isGone = false;
    let woken = 0;
    const failing = overlay(store, {
      transact: (work, survives) =>
        isGone ? Promise.reject(new StoreError('store.unavailable', 'Gone.')) : store.transact(work, survives),
    });
    outbox = atOnce({ store: failing, onLeft: () => woken++ });
    const start = await store.transact((tx) => outbox.sayAfter(tx, thread, plainPost('one')));
    isGone = true;
    start?.();
    await outbox.idle();
    expect([read(), woken]).toEqual([['one'], 1]);
    isGone = false;
    await say('two');
    await drain();
    expect(read()).toEqual(['one', 'two']);
  });

  describe.each([
    ['that Teams did not take', async () => connector.fail({ fault: { type: 'status', status: 503 }, times: 1 })],
    ['that had to wait for its turn', async () => sayInEach(siblings.slice(0, 7))],
  ])('%s while the database is away', (_, hinder) => {
    let told: unknown[];
    let isGone: boolean;
    beforeEach(async () => {
      told = [];
      isGone = false;
      const failing = overlay(store, {
        transact: (work, survives) =>
          isGone ? Promise.reject(new StoreError('store.unavailable', 'Gone.')) : store.transact(work, survives),
      });
      const tell = (fields: unknown) => told.push(fields);
      outbox = atOnce({ store: failing, log: { ...silentLog, warn: tell, error: tell } });
      await hinder();
      const start = await store.transact((tx) => outbox.sayAfter(tx, thread, plainPost('one')));
      isGone = true;
      start?.();
      await outbox.idle();
      told = told.filter((fields) => (fields as { code: unknown }).code === 'store.unavailable');
    });

    test('is said when it is back', async () => {
      isGone = false;
      await runOut();
      expect(read()).toEqual(['one']);
    });

    test('is told in the log once, and makes each pass of the loop fail, so that it looks ever more seldom', async () => {
      for (let i = 0; i < 3; i++) await expect(outbox.startDue()).rejects.toMatchObject({ code: 'store.unavailable' });
      expect([told.length, read()]).toEqual([1, []]);
    });

    test('is not shown as it was when others may have sent something there meanwhile', async () => {
      clock.advance(outboxOptions().leaseMs);
      isGone = false;
      await runOut();
      expect(read()).toEqual([answers.inDoubt]);
    });
  });
});

test('calls that end while the database is away are told as not recorded, and tried no more', async () => {
  const told: unknown[] = [];
  const log = { ...silentLog, error: (_fields: unknown, words: string) => told.push(words) };
  let isGone = false;
  const failing = overlay(store, {
    transact: (work, survives) =>
      isGone ? Promise.reject(new StoreError('store.unavailable', 'Gone.')) : store.transact(work, survives),
  });
  const post = async () => {
    isGone = true;
    return { activityId: 'a' };
  };
  outbox = createOutbox({
    ...outboxOptions(),
    store: failing,
    log,
    teams: { ...createTeams({ adapter, clock }), post },
  });
  await say('one');
  await outbox.startDue();
  await outbox.idle();
  expect(told).toEqual(['outcome not recorded']);
});

test('one that was taken over meanwhile keeps back none of those that end with it', async () => {
  const others = [1, 2, 3].map((i) => placeIn('groupChat', `19:other${i}@thread.v2`));
  for (const place of others) await store.transact((tx) => tx.savePlace(place));
  await say('one');
  for (const place of others) await say('hello', place);
  const post = async () => ({ activityId: 'a' });
  const late = createOutbox({ ...outboxOptions(), teams: { ...createTeams({ adapter, clock }), post } });
  const start = await store.transact((tx) => late.takeDue(tx));
  const [lost] = await store.transact((tx) =>
    tx.dueWork({ types: ['sendPost'], now: clock.now() + 120_000, limit: 9 }),
  );
  const lease = { now: clock.now(), leaseMs: 60_000, leaseToken: 'another' };
  await store.transact((tx) => tx.leaseWork([lost?.workId ?? 0], lease));
  start();
  await late.idle();
  expect(await waiting()).toBe(1);
});

test.each([
  ['shared with other replicas', true, 2],
  ['of one service, whose transactions take turns', false, 0],
])('after what is taken at once and after its end a database %s is looked at again', async (_name, isShared, looks) => {
  let asked = 0;
  outbox = createOutbox({
    ...outboxOptions(),
    store: overlay(store, { databaseNow: isShared ? async () => clock.now() : null }),
    onLeft: () => {
      asked += 1;
    },
  });
  await sayAtOnce('one');
  expect([asked, read()]).toEqual([looks, ['one']]);
});

test('a call that ends just when the record of another is done is recorded as well', async () => {
  const pair = ['19:a@thread.v2', '19:b@thread.v2'].map((id) => placeIn('groupChat', id));
  for (const place of pair) await store.transact((tx) => tx.savePlace(place));
  let apart = 0;
  let calls = 0;
  const quick = createOutbox({
    ...outboxOptions(),
    teams: {
      ...createTeams({ adapter, clock }),
      async post() {
        for (let turns = calls++ * apart; turns > 0; turns--) await null;
        return { activityId: 'a' };
      },
    },
  });
  for (apart = 1; apart <= 400; apart++) {
    calls = 0;
    for (const place of pair) await say('hello', place);
    await quick.startDue();
    await quick.idle();
    expect([apart, await waiting()]).toEqual([apart, 0]);
    clock.advance(3_000);
  }
});

test('a card of which nobody can say that it was given up stays for the next try', async () => {
  await addCopy();
  let reads = 0;
  const failing = overlay(store, {
    card: (id) => (++reads === 2 ? Promise.reject(new StoreError('store.unavailable', 'Gone.')) : store.card(id)),
  });
  outbox = createOutbox({ ...outboxOptions(), store: failing });
  connector.fail({ fault: { type: 'status', status: 400, code: 'BadSyntax' }, times: 1 });
  await runOut();
  expect(read()).toEqual(['Waiting for approval']);
});

describe('order', () => {
  test('a conversation reads in the order in which things happened', async () => {
    await say('one');
    await add({});
    await say('three');
    await drain();
    expect(read()).toEqual(['one', 'LR-7F3K found.', 'three']);
    expect(await waiting()).toBe(0);
  });

  test('a conversation that has to wait does not hold up another', async () => {
    const other = placeIn('groupChat', '19:other@thread.v2');
    await store.transact((tx) => tx.savePlace(other));
    connector.fail({ fault: { type: 'status', status: 503 }, matches: (call) => call.path.includes('messageid=1') });
    await say('one');
    await say('two');
    await say('elsewhere', other);
    await drain();
    expect([read(), read(other.conversationId)]).toEqual([[], ['elsewhere']]);
    connector.heal();
    await runOut();
    expect(read()).toEqual(['one', 'two']);
  });

  test('an answer can be queued for a place that was not known before', async () => {
    const place = placeIn('personal', connector.personalConversationId(bo.aadObjectId), bo.aadObjectId);
    await queuePost({ store, clock })(place, plainPost('Counted.'));
    await drain();
    expect(read(place.conversationId)).toEqual(['Counted.']);
  });
});

describe('a card', () => {
  test('is posted once and updated from then on', async () => {
    const copy = await addCopy();
    await drain();
    shown = 'Running';
    await refresh();
    await drain();
    expect(readThread(connector, thread.conversationId)).toEqual(['Live Response (edited): Running']);
    expect(await store.card(copy.cardId)).toMatchObject({
      activityId: connector.messages(thread.conversationId)[0]?.id,
    });
  });

  test('several changes become one update, with the last state', async () => {
    await addCopy();
    await drain();
    for (const state of ['Queued', 'Pending', 'Running']) {
      shown = state;
      await refresh();
    }
    connector.forgetCalls();
    await drain();
    expect(connector.calls).toHaveLength(1);
    expect(readThread(connector, thread.conversationId)).toEqual(['Live Response (edited): Running']);
  });

  test('that was deleted in Teams is posted anew, and updated there from then on', async () => {
    await addCopy();
    await drain();
    connector.deleteMessage(connector.messages(thread.conversationId)[0]?.id ?? '');
    shown = 'Running';
    await refresh();
    await drain();
    shown = 'Finished';
    await refresh();
    await drain();
    expect(readThread(connector, thread.conversationId)).toEqual(['Live Response (edited): Finished']);
  });

  test('that can be voted on is audited each time it arrived: which copy, where, and the digest that it showed', async () => {
    digest = 'd1' as Digest;
    const { cardId } = await addCopy();
    await drain();
    digest = 'd2' as Digest;
    await refresh();
    await drain();
    digest = null;
    await refresh();
    await drain();
    const { conversationId, activityId } = (await store.card(cardId)) as Card;
    expect(await store.auditRows()).toMatchObject(
      ['d1', 'd2'].map((digest) => ({
        requestId,
        actor: 'bot',
        what: 'posted',
        detail: { cardId, personId: null, conversationId, activityId, digest },
      })),
    );
  });

  test('that did not arrive is not audited as shown', async () => {
    digest = 'd1' as Digest;
    await addCopy();
    connector.fail({ fault: { type: 'status', status: 500 }, times: 1, matches: isPost });
    await drain();
    expect(await store.auditRows()).toEqual([]);
    await runOut();
    expect(await store.auditRows()).toHaveLength(1);
  });

  test('with nothing to show costs no call', async () => {
    await addCopy();
    shown = null;
    await drain();
    expect([connector.calls, await waiting()]).toEqual([[], 0]);
  });

  test('that is too large is given up and said', async () => {
    await addCopy();
    shown = 'x'.repeat(40_000);
    await drain();
    expect(undelivered).toMatchObject([{ code: 'teams.tooLarge', copy: { audience: 'thread' } }]);
    expect(await waiting()).toBe(0);
  });
});

describe("an approver's own chat", () => {
  const forBo = { audience: 'approver', personId: bo.aadObjectId, conversationId: null } as const;
  const own = () => connector.personalConversationId(bo.aadObjectId);

  test('is used when it is known', async () => {
    await store.transact((tx) => tx.savePlace(placeIn('personal', own(), bo.aadObjectId)));
    await addCopy(forBo);
    await drain();
    expect(connector.calls.filter(isOpen)).toEqual([]);
    expect(read(own())).toEqual(['Waiting for approval']);
  });

  test('is opened through the conversation of the request when it is not, once', async () => {
    const copy = await addCopy(forBo);
    await drain();
    shown = 'Approved';
    await refresh();
    await drain();
    expect(connector.calls.filter(isOpen)).toHaveLength(1);
    expect(readThread(connector, own())).toEqual(['Live Response (edited): Approved']);
    expect(await store.card(copy.cardId)).toMatchObject({ conversationId: own() });
    expect(await store.personalPlace(bo.aadObjectId)).toMatchObject({ conversationId: own(), scope: 'personal' });
  });

  test('opened but not yet written to is remembered, not opened again', async () => {
    await addCopy(forBo);
    connector.fail({ fault: { type: 'status', status: 500 }, times: 1, matches: isPost });
    await runOut();
    expect(connector.calls.filter(isOpen)).toHaveLength(1);
    expect(read(own())).toEqual(['Waiting for approval']);
  });

  test('that blocks the bot is given up, and who was not reached is said in the same transaction', async () => {
    await addCopy(forBo);
    connector.block(bo.aadObjectId);
    await drain();
    expect(undelivered).toMatchObject([
      { code: 'teams.forbidden', copy: { personId: bo.aadObjectId }, work: { requestId } },
    ]);
    expect(await store.auditRows()).toMatchObject([{ what: 'undeliverable', detail: { code: 'teams.forbidden' } }]);
    expect(await waiting()).toBe(0);
  });

  test('of somebody without the bot is given up, and the others get theirs', async () => {
    await addCopy({ ...forBo, personId: 'ffffffff-0000-4000-8000-000000000009' });
    await addCopy(forBo);
    await drain();
    expect(undelivered.map((u) => [u.code, u.copy?.personId])).toEqual([
      ['teams.forbidden', 'ffffffff-0000-4000-8000-000000000009'],
    ]);
    expect(read(own())).toEqual(['Waiting for approval']);
  });

  test('whose history was cleared is opened again (msteams-docs #14079)', async () => {
    await store.transact((tx) => tx.savePlace(placeIn('personal', 'a:cleared', bo.aadObjectId)));
    connector.fail({
      fault: { type: 'status', status: 404, code: 'ConversationNotFound' },
      matches: (call) => call.path.includes('a:cleared'),
    });
    await addCopy(forBo);
    await drain();
    expect(read(own())).toEqual(['Waiting for approval']);
    expect(await store.personalPlace(bo.aadObjectId)).toMatchObject({ conversationId: own() });
  });

  test('that nothing leads to is given up', async () => {
    const other = 'LR-9H2M' as RequestId;
    await store.transact((tx) => tx.insertRequest({ ...samples.succeeded, id: other, conversationId: 'unknown' }));
    await addCopy({ ...forBo, requestId: other });
    await drain();
    expect(undelivered).toMatchObject([{ code: 'teams.noPlace' }]);
  });
});

describe('rates', () => {
  test('Teams never has to refuse us, and everything arrives in order', async () => {
    const lines = Array.from({ length: 130 }, (_, i) => `line ${i}`);
    for (const line of lines) await say(line);
    const tookMs = await runOut();
    expect(read()).toEqual(lines);
    expect(connector.calls).toHaveLength(130);
    expect(connector.throttled).toBe(0);
    expect(tookMs).toBeGreaterThanOrEqual(60_000);
    expect(tookMs).toBeLessThan(70_000);
  });

  test('a 429 is obeyed to the second, for every thread of the channel and also by the next process', async () => {
    await addCopy();
    await drain();
    connector.forgetCalls();
    connector.fail({ fault: { type: 'status', status: 429, retryAfterS: 20 }, times: 1 });
    await say('one');
    await drain();
    const sibling = placeIn('channel', `${channelId};messageid=2`);
    await store.transact((tx) => tx.savePlace(sibling));
    await say('elsewhere in the channel', sibling);
    shown = 'Running';
    await refresh();
    outbox = newOutbox();
    await drain();
    expect(connector.calls).toHaveLength(1);
    clock.advance(19_999);
    await drain();
    expect(connector.calls).toHaveLength(1);
    clock.advance(1);
    await runOut();
    expect(read()).toEqual(['(edited): Running', 'one'].map((line) => line.replace(/^\(/, 'Live Response (')));
    expect(read(sibling.conversationId)).toEqual(['elsewhere in the channel']);
  });

  test('an update counts as well', async () => {
    await addCopy();
    await drain();
    clock.advance(10_000);
    for (let i = 0; i < 9; i++) {
      shown = `state ${i}`;
      await refresh();
      await drain();
    }
    expect(connector.calls.filter(isUpdate)).toHaveLength(7);
    await runOut();
    expect(readThread(connector, thread.conversationId)).toEqual(['Live Response (edited): state 8']);
  });
});

describe('a conversation whose sends fail', () => {
  const other = 'LR-9H2M' as RequestId;
  const isPoison = (call: { readonly body: unknown }) => JSON.stringify(call.body).includes('poison');
  beforeEach(() =>
    store.transact((tx) =>
      tx.insertRequest({ ...samples.succeeded, id: other, conversationId: thread.conversationId }),
    ),
  );

  test('lets the posts of other requests pass, and keeps the order of its own', async () => {
    connector.fail({ fault: { type: 'status', status: 500 }, matches: isPoison });
    await say('poison');
    await say('follows it');
    await add({
      requestId: other,
      work: { type: 'sendPost', conversationId: thread.conversationId, post: plainPost('of another') },
    });
    for (let pass = 0; pass < 5; pass += 1) {
      await drain();
      clock.advance(8_000);
    }
    expect(read()).toEqual(['of another']);
    connector.heal();
    await runOut();
    expect(read()).toEqual(['of another', 'poison', 'follows it']);
  });

  test('is told of as not reached so far after minutes, while it is still tried', async () => {
    const delayed: Undelivered[] = [];
    outbox = createOutbox({ ...outboxOptions(), onDelayed: async (_tx, what) => void delayed.push(what) });
    connector.fail({ fault: { type: 'status', status: 500, code: 'ServiceError' } });
    await say('one');
    while (delayed.length === 0) {
      await drain();
      clock.advance(1_000);
    }
    expect(delayed).toMatchObject([{ code: 'teams.unreachable', status: 500, detail: 'ServiceError' }]);
    connector.heal();
    await runOut();
    expect([read(), undelivered]).toEqual([['one'], []]);
  });

  test.each([
    ['404 ConversationNotFound', { status: 404, code: 'ConversationNotFound' }],
    ['403 ServiceError', { status: 403, code: 'ServiceError' }],
    ['403 without a code', { status: 403, code: '' }],
    ['404 without a code', { status: 404, code: '' }],
  ])('is not given up by %s: an outage answers so as well', async (_what, answer) => {
    const own = connector.personalConversationId(bo.aadObjectId);
    await store.transact((tx) => tx.savePlace(placeIn('personal', own, bo.aadObjectId)));
    const copy = await addCopy();
    await drain();
    shown = 'Ended';
    connector.fail({ fault: { type: 'status', ...answer } });
    await refresh();
    await say('one');
    await say('for bo', placeIn('personal', own));
    for (let pass = 0; pass < 10; pass += 1) {
      await drain();
      clock.advance(30_000);
    }
    connector.heal();
    await runOut();
    expect(readThread(connector, thread.conversationId)).toEqual([
      'Live Response (edited): Ended',
      'Live Response: one',
    ]);
    expect(read(own)).toEqual(['for bo']);
    expect([undelivered, (await store.card(copy.cardId))?.conversationId]).toEqual([[], thread.conversationId]);
  });

  test('is believed to be gone after an hour', async () => {
    connector.fail({ fault: { type: 'status', status: 404, code: 'ConversationNotFound' } });
    await say('one');
    const took = await runOut();
    expect(undelivered).toMatchObject([
      { code: 'teams.goneConversation', status: 404, detail: 'ConversationNotFound' },
    ]);
    expect(took).toBeGreaterThanOrEqual(3_600_000);
  });

  test('shows a card that was given up there as the request is, at the next success', async () => {
    await addCopy();
    await drain();
    shown = 'Ended';
    connector.block(channelId);
    await refresh();
    await drain();
    expect(undelivered).toMatchObject([{ code: 'teams.forbidden' }]);
    connector.unblock(channelId);
    await say('one');
    await drain();
    expect(readThread(connector, thread.conversationId)).toEqual([
      'Live Response (edited): Ended',
      'Live Response: one',
    ]);
  });

  test('shows a first card that was given up there, too, after something was said from memory', async () => {
    connector.block(channelId);
    await addCopy();
    await drain();
    connector.unblock(channelId);
    outbox = createOutbox({ ...outboxOptions(), clock: { now: () => clock.now(), sleep: async () => {} } });
    const start = await store.transact((tx) => outbox.sayAfter(tx, thread, plainPost('an answer')));
    start?.();
    await outbox.idle();
    await runOut();
    expect(read()).toEqual(['an answer', 'Waiting for approval']);
  });
});

describe('what Teams refuses for what it is', () => {
  const standIn = (what: Undelivered) => plainPost(`in its place: ${what.status}`);

  test.each([
    [400, 'BadSyntax'],
    [400, 'BadArgument'],
    [413, 'MessageSizeTooBig'],
  ])('is replaced where it stood: %s %s', async (status, code) => {
    outbox = createOutbox({ ...outboxOptions(), standIn });
    connector.fail({
      fault: { type: 'status', status, code },
      matches: ({ body }) => JSON.stringify(body).includes('poison'),
    });
    await say('poison');
    await say('fine');
    await runOut();
    expect([read(), undelivered]).toEqual([[`in its place: ${status}`, 'fine'], []]);
  });

  test('is replaced when it was said from memory', async () => {
    outbox = createOutbox({ ...outboxOptions(), standIn, clock: { now: () => clock.now(), sleep: async () => {} } });
    connector.fail({
      fault: { type: 'status', status: 413 },
      matches: ({ body }) => JSON.stringify(body).includes('poison'),
    });
    const start = await store.transact((tx) => outbox.sayAfter(tx, thread, plainPost('poison')));
    start?.();
    await outbox.idle();
    await runOut();
    expect(read()).toEqual(['in its place: 413']);
  });

  test('is kept for an hour when plain words are refused there as well, and given up then', async () => {
    outbox = createOutbox({ ...outboxOptions(), standIn });
    connector.fail({ fault: { type: 'status', status: 400, code: 'BadArgument' } });
    await say('poison');
    const from = clock.now();
    for (let tries = 0; undelivered.length === 0 && tries < 100; tries++) {
      await drain();
      clock.advance(Math.max(1, ((await store.nextDueAt()) ?? 0) - clock.now()));
    }
    expect(undelivered).toMatchObject([{ code: 'teams.refused', work: { work: { insteadOf: { type: 'sendPost' } } } }]);
    expect(clock.now() - from).toBeGreaterThan(3_600_000);
    expect(connector.calls.length).toBeLessThan(60);
  });
});

describe('a tenant that has moved to another region', () => {
  test('is written to at the other address that it is known by, and from then on', async () => {
    const own = connector.personalConversationId(bo.aadObjectId);
    connector.moveRegion();
    await store.transact((tx) => tx.savePlace(placeIn('personal', own, bo.aadObjectId)));
    await say('one');
    await drain();
    expect(read()).toEqual(['one']);
    connector.forgetCalls();
    await say('two');
    await drain();
    expect([read(), connector.calls.length]).toEqual([['one', 'two'], 1]);
  });

  test('hears what was said meanwhile, as it was, once somebody has written from the new address', async () => {
    outbox = createOutbox({ ...outboxOptions(), standIn: () => plainPost('in its place') });
    connector.moveRegion();
    await addCopy();
    await say('one');
    for (const until = clock.now() + 600_000; clock.now() < until; ) {
      await drain();
      clock.advance(Math.max(1, ((await store.nextDueAt()) ?? 0) - clock.now()));
    }
    const own = connector.personalConversationId(bo.aadObjectId);
    await store.transact((tx) => tx.savePlace(placeIn('personal', own, bo.aadObjectId)));
    await runOut();
    expect([read(), undelivered]).toEqual([['Waiting for approval', 'one'], []]);
  });

  test('hears it as it was, too, when the address becomes known between that and the plain words', async () => {
    const own = connector.personalConversationId(bo.aadObjectId);
    let learned: Promise<void> | null = null;
    const standIn = (): Post => {
      learned = store.transact((tx) => tx.savePlace(placeIn('personal', own, bo.aadObjectId)));
      return plainPost('in its place');
    };
    outbox = createOutbox({ ...outboxOptions(), standIn });
    connector.moveRegion();
    await say('one');
    await runOut();
    await learned;
    expect(read()).toEqual(['one']);
  });

  test('opens the chat of somebody new once an address is known at which that is taken', async () => {
    connector.moveRegion();
    await addCopy({ audience: 'approver', personId: bo.aadObjectId, conversationId: null });
    for (const until = clock.now() + 600_000; clock.now() < until; ) {
      await drain();
      clock.advance(Math.max(1, ((await store.nextDueAt()) ?? 0) - clock.now()));
    }
    const own = connector.personalConversationId(cy.aadObjectId);
    await store.transact((tx) => tx.savePlace(placeIn('personal', own, cy.aadObjectId)));
    await runOut();
    expect([read(connector.personalConversationId(bo.aadObjectId)), undelivered]).toEqual([
      ['Waiting for approval'],
      [],
    ]);
  });

  test('opens the chat of somebody new at that address', async () => {
    connector.moveRegion();
    const own = connector.personalConversationId(cy.aadObjectId);
    await store.transact((tx) => tx.savePlace(placeIn('personal', own, cy.aadObjectId)));
    await addCopy({ audience: 'approver', personId: bo.aadObjectId, conversationId: null });
    await drain();
    expect(read(connector.personalConversationId(bo.aadObjectId))).toEqual(['Waiting for approval']);
  });
});

describe('trouble', () => {
  test('Teams away for an hour loses nothing and is asked ever more seldom', async () => {
    await addCopy();
    await say('one');
    await say('two');
    connector.fail({ fault: { type: 'drop', accepted: false } });
    const from = clock.now();
    while (clock.now() - from < 3_600_000) {
      await drain();
      clock.advance(Math.max(1, ((await store.nextDueAt()) ?? 0) - clock.now()));
    }
    const attempts = connector.calls.map((call) => call.at - from);
    expect(attempts.slice(0, 9)).toEqual([0, 2_000, 6_000, 14_000, 30_000, 62_000, 126_000, 254_000, 510_000]);
    expect(attempts.length).toBeLessThan(25);
    connector.heal();
    await runOut();
    expect(read()).toEqual(['Waiting for approval', 'one', 'two']);
    expect(undelivered).toEqual([]);
  });

  test('a restart in the middle goes on where the store says', async () => {
    await say('one');
    connector.fail({ fault: { type: 'status', status: 503 }, times: 1 });
    await drain();
    outbox = newOutbox();
    await runOut();
    expect(read()).toEqual(['one']);
  });

  test('a sender that died with rows in hand is followed by another once the lease is over', async () => {
    await say('one');
    const dead = { types: ['sendPost'] as const, now: clock.now(), leaseMs: 60_000, limit: 10, leaseToken: 'dead' };
    await store.transact((tx) => tx.claimWork(dead));
    await drain();
    expect(read()).toEqual([]);
    await runOut();
    expect(read()).toEqual(['one']);
  });

  test('a post whose answer was lost is repeated: at least once, never none', async () => {
    await say('one');
    connector.fail({ fault: { type: 'drop', accepted: true }, times: 1 });
    await runOut();
    expect(read()).toEqual(['one', 'one']);
  });

  test('a card whose update was lost is repeated without anybody seeing it', async () => {
    await addCopy();
    await drain();
    shown = 'Running';
    connector.fail({ fault: { type: 'drop', accepted: true }, times: 1 });
    await refresh();
    await runOut();
    expect(readThread(connector, thread.conversationId)).toEqual(['Live Response (edited): Running']);
  });

  test('what Teams will never take is given up, and the conversation goes on', async () => {
    connector.fail({ fault: { type: 'status', status: 400, code: 'BadSyntax' }, times: 1 });
    await say('broken');
    await say('fine');
    await drain();
    expect(undelivered).toMatchObject([{ code: 'teams.refused', copy: null }]);
    expect(read()).toEqual(['fine']);
  });

  test('credentials that are refused wait for the operator, and nothing is lost', async () => {
    connector.fail({ fault: { type: 'status', status: 401 }, times: 3 });
    await say('one');
    await runOut();
    expect([read(), undelivered]).toEqual([['one'], []]);
  });

  test('a card that cannot be drawn is given up after ten tries, so that it does not block its conversation', async () => {
    await addCopy();
    await say('after');
    outbox = createOutbox({
      ...outboxOptions(),
      render: {
        card: async () => {
          renders += 1;
          throw new TypeError('bug');
        },
        news: async () => null,
      },
      onUndeliverable: async (_tx, what) => void undelivered.push(what),
    });
    await runOut();
    expect(renders).toBe(10);
    expect(undelivered).toMatchObject([{ code: 'teams.bug' }]);
    expect(read()).toEqual(['after']);
  });
});
