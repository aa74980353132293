import { setImmediate } from 'node:timers/promises';
import { silentLog } from '../../src/lib/log';
import { overlay } from '../../src/lib/overlay';
import type { Place } from '../../src/request/place';
import type { Card } from '../../src/store/rows/cards';
import type { Store } from '../../src/store/store';
import type { NewWork } from '../../src/store/work/work';
import { createAdapter } from '../../src/teams/inbound/adapter';
import { createTeams } from '../../src/teams/outbox/outbound';
import { createOutbox, type Outbox } from '../../src/teams/outbox/outbox';
import type { Teams } from '../../src/teams/teams';
import type { Post } from '../../src/thread/kit/post';
import {
  bot,
  channelId,
  type FakeConnector,
  isOpen,
  isPost,
  isUpdate,
  readThread,
  startFakeConnector,
  type TeamsPerson,
  teamId,
  tenantId,
} from '../fakes/fake-connector';
import { SteppedClock } from '../fakes/stepped-clock';
import { samples } from '../request/sample';
import { useAnyStores } from '../store/sample';
import { plainPost } from './kit';

const adapter = createAdapter({ identity: { type: 'trial' } });
const requestId = samples.succeeded.id;
const leaseMs = 60_000;
const callMs = 15_000;

const stores = useAnyStores();
let clock: SteppedClock;
let store: Store;
let connector: FakeConnector;
let shown: string;
let transactions: number;
let thread: Place;

beforeEach(async () => {
  clock = new SteppedClock();
  const bare = await stores.openNew();
  transactions = 0;
  store = overlay(bare, {
    transact: (work) => {
      transactions += 1;
      return bare.transact(work);
    },
  });
  connector = await startFakeConnector({ clock, enforceRates: true });
  connector.addMembers(teamId, people);
  shown = 'Waiting for approval';
  thread = placeIn('channel', `${channelId};messageid=1`);
  await store.transact(async (tx) => {
    await tx.savePlace(thread);
    await tx.insertRequest({ ...samples.succeeded, conversationId: thread.conversationId });
  });
});
afterEach(async () => {
  await connector.stop();
});

const people = Array.from({ length: 70 }, (_, i): TeamsPerson => {
  const n = String(i).padStart(2, '0');
  return { id: `29:p${n}`, name: `Person ${n}`, aadObjectId: `b0000000-0000-4000-8000-0000000000${n}` };
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

interface ReplicaOptions {
  readonly teams?: Teams;
  readonly card?: () => Promise<string>;
}

/** One replica of the service, as far as Teams is concerned. */
const replica = ({ teams = createTeams({ adapter, clock }), card = async () => shown }: ReplicaOptions = {}): Outbox =>
  createOutbox({
    store,
    teams,
    clock,
    log: silentLog,
    random: (size) => crypto.getRandomValues(new Uint8Array(size)),
    leaseMs,
    callMs,
    render: {
      card: async () => ({ post: cardPost(await card()), shown: null }),
      news: async (id, what) => ({ place: thread, post: plainPost(`${id} ${what.type}.`) }),
    },
    onUndeliverable: async () => {},
  });

const cardPost = (text: string): Post => ({
  text: null,
  mention: null,
  card: { type: 'AdaptiveCard', version: '1.5', body: [{ type: 'TextBlock', text }] },
  summary: text,
});

/** The way to Teams and back takes its time, by the clock. */
function throughNetwork(teams: Teams, delayMs: () => number): Teams {
  const slow = async <T>(call: () => Promise<T>): Promise<T> => {
    await clock.sleep(delayMs());
    try {
      return await call();
    } finally {
      await clock.sleep(delayMs());
    }
  };
  return {
    post: (...args) => slow(() => teams.post(...args)),
    update: (...args) => slow(() => teams.update(...args)),
    openPersonal: (...args) => slow(() => teams.openPersonal(...args)),
  };
}

const say = (place: Place, ...texts: readonly string[]) =>
  store.transact(async (tx) => {
    const { conversationId } = place;
    await tx.savePlace(place);
    await tx.addWork(
      texts.map((text): NewWork => {
        const work = { type: 'sendPost', conversationId, post: plainPost(text) } as const;
        return { requestId: null, work, orderingKey: conversationId, dueAt: clock.now() };
      }),
    );
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
    await tx.refreshCards(requestId, clock.now());
    return added;
  });
const refresh = () => store.transact((tx) => tx.refreshCards(requestId, clock.now()));
const read = ({ conversationId }: Place) =>
  readThread(connector, conversationId).map((line) => line.replace(/^Live Response( \(edited\))?: /, ''));
const waiting = async () => Object.values(await store.waitingWork()).reduce((sum, n) => sum + (n ?? 0), 0);
const lines = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}`);

/** Lets all replicas work side by side until nothing is left, and skips the time in which nothing is due; gives how long that took. */
async function runOut(replicas: readonly Outbox[], { stepMs = 20, longestMs = 600_000 } = {}): Promise<number> {
  const from = clock.now();
  while ((await waiting()) > 0) {
    if (clock.now() - from > longestMs) throw new Error('work is still waiting');
    const started = await Promise.all(replicas.map((outbox) => outbox.startDue()));
    if (started.some((count) => count > 0)) for (let turn = 0; turn < 10; turn++) await setImmediate();
    else await untilIdleOrAsleep(replicas);
    const idleMs = Math.min((await store.nextDueAt()) ?? Infinity, clock.wakesAt ?? Infinity) - clock.now();
    const steps = started.every((count) => count === 0) && idleMs < Infinity ? Math.ceil(idleMs / stepMs) : 1;
    clock.advance(Math.max(steps, 1) * stepMs);
  }
  return clock.now() - from;
}
/** Until no call is on its way: each has ended or waits for time to pass. */
async function untilIdleOrAsleep(replicas: readonly Outbox[]): Promise<void> {
  let isIdle = false;
  void Promise.all(replicas.map((outbox) => outbox.idle())).then(() => {
    isIdle = true;
  });
  do await setImmediate();
  while (!isIdle && clock.sleeping === 0);
}
const drain = async (outbox: Outbox) => {
  while ((await outbox.startDue()) > 0) await outbox.idle();
};
const chats = (count: number): readonly Place[] =>
  people
    .slice(0, count)
    .map((p) => placeIn('personal', connector.personalConversationId(p.aadObjectId), p.aadObjectId));

describe('two replicas over one store', () => {
  test('keep the rates of one channel and of the tenant, over slow ways, and every conversation in order', async () => {
    const threads = [1, 2, 3].map((n) => placeIn('channel', `${channelId};messageid=${n}`));
    const personal = chats(60);
    for (const place of [...threads, ...personal]) await say(place, ...lines(place.scope === 'channel' ? 12 : 3));
    let n = 0;
    const slow = () => throughNetwork(createTeams({ adapter, clock }), () => [0, 150, 30, 400, 5][n++ % 5] ?? 0);
    const tookMs = await runOut([replica({ teams: slow() }), replica({ teams: slow() })]);
    expect(connector.throttled).toBe(0);
    expect(connector.calls).toHaveLength(36 + 180);
    for (const place of threads) expect(read(place)).toEqual(lines(12));
    for (const place of personal) expect(read(place)).toEqual(lines(3));
    expect(tookMs).toBeLessThan(30_000);
  });

  test('do not lose count of what a dead one had sent', async () => {
    await say(thread, ...lines(20));
    const deaf: Teams = {
      ...createTeams({ adapter, clock }),
      post: async (...args) => {
        await createTeams({ adapter, clock }).post(...args);
        return new Promise(() => {});
      },
    };
    await replica({ teams: deaf }).startDue();
    while (connector.calls.length === 0) await setImmediate();
    await runOut([replica(), replica()], { stepMs: 50 });
    expect(connector.throttled).toBe(0);
    expect(read(thread)).toEqual(['line 0', ...lines(20)]);
    const gaps = connector.calls.map((call, i) => call.at - (connector.calls[i - 1]?.at ?? call.at));
    expect(gaps[1]).toBeGreaterThanOrEqual(leaseMs);
  });

  test('open the chats of twenty new approvers within the rates, once each', async () => {
    const newcomers = people.slice(0, 20);
    for (const person of newcomers)
      await addCopy({ audience: 'approver', personId: person.aadObjectId, conversationId: null });
    await runOut([replica(), replica()]);
    expect(connector.throttled).toBe(0);
    expect(connector.calls.filter(isOpen)).toHaveLength(20);
    expect(connector.calls.filter(isPost).filter((call) => !isOpen(call))).toHaveLength(20);
    for (const place of chats(20)) expect(read(place)).toEqual(['Waiting for approval']);
  });
});

test('a call that has ended makes room for another one a period later', async () => {
  const outbox = replica();
  await say(thread, ...lines(8));
  await drain(outbox);
  expect(read(thread)).toEqual(lines(7));
  clock.advance(2_100);
  await drain(outbox);
  expect(read(thread)).toEqual(lines(8));
});

describe('a restart', () => {
  test('after every message keeps the rates of before', async () => {
    await say(thread, ...lines(30));
    while ((await waiting()) > 0) {
      const outbox = replica();
      await outbox.startDue();
      await outbox.idle();
      clock.advance(10);
    }
    expect(connector.throttled).toBe(0);
    expect(read(thread)).toEqual(lines(30));
  });

  test('with calls under way counts them as made', async () => {
    await say(thread, ...lines(8));
    const outbox = replica();
    for (let i = 0; i < 6; i++) {
      await outbox.startDue();
      await outbox.idle();
    }
    // Dies with the seventh in hand, which Teams got.
    const claim = { types: ['sendPost'] as const, now: clock.now(), limit: 1 };
    const [row] = await store.transact((tx) => tx.dueWork(claim));
    const dying: Teams = {
      ...createTeams({ adapter, clock }),
      post: async (...args) => {
        await createTeams({ adapter, clock }).post(...args);
        return new Promise(() => {});
      },
    };
    await replica({ teams: dying }).startDue();
    while (connector.calls.length < 7) await setImmediate();
    // What the start of a sole service does.
    await store.transact((tx) => tx.leaseWork([row?.workId ?? 0], { now: 0, leaseMs: 0, leaseToken: 'freed' }));
    await runOut([replica()], { stepMs: 50 });
    expect(connector.throttled).toBe(0);
  });
});

describe('a stalled replica', () => {
  /** A card that was drawn before the stall and is late; another replica has meanwhile drawn a newer one. */
  async function stall(where: 'before its call' | 'in its call'): Promise<void> {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isStalled = false;
    const pause = async () => {
      isStalled = true;
      await released;
    };
    const teams = createTeams({ adapter, clock });
    const stuck: Teams = {
      ...teams,
      post: async (...args) => pause().then(() => teams.post(...args)),
      update: async (...args) => pause().then(() => teams.update(...args)),
    };
    const late = replica(
      where === 'in its call'
        ? { teams: stuck }
        : {
            card: async () => {
              const drawn = shown;
              await pause();
              return drawn;
            },
          },
    );
    await late.startDue();
    while (!isStalled) await setImmediate();
    clock.advance(leaseMs);
    shown = 'Finished';
    await refresh();
    const other = replica();
    await drain(other);
    connector.forgetCalls();
    clock.advance(5_000);
    release();
    await late.idle();
  }

  test('that wakes before its call makes none', async () => {
    await addCopy();
    await drain(replica());
    shown = 'Running';
    await refresh();
    await stall('before its call');
    expect(connector.calls).toEqual([]);
    expect(read(thread)).toEqual(['Finished']);
  });

  test('makes no call either when its lease may end during it', async () => {
    await addCopy();
    const late = replica({
      card: async () => {
        clock.advance(leaseMs - callMs + 1);
        return shown;
      },
    });
    await late.startDue();
    await late.idle();
    expect(connector.calls).toEqual([]);
    expect(await waiting()).toBe(1);
  });

  test('whose old card arrives over a newer one has it drawn again', async () => {
    await addCopy();
    await drain(replica());
    shown = 'Running';
    await refresh();
    await stall('in its call');
    expect(read(thread)).toEqual(['Running']);
    await drain(replica());
    expect(read(thread)).toEqual(['Finished']);
  });

  test('whose card arrives beside that of the one who took over leaves none that tells the past', async () => {
    await addCopy();
    await stall('in its call');
    expect(read(thread)).toEqual(['Finished', 'Waiting for approval']);
    await drain(replica());
    expect(read(thread)).toEqual(['Finished', 'Finished']);
    shown = 'Archived';
    await refresh();
    await drain(replica());
    expect(read(thread)).toEqual(['Archived', 'Archived']);
  });
});

describe('a conversation that is backed up', () => {
  test('gets one edit for all changes of a card meanwhile, after the words, and the last one is the truth', async () => {
    await addCopy();
    const outbox = replica();
    await drain(outbox);
    clock.advance(60_000);
    connector.forgetCalls();
    await say(thread, ...lines(40));
    for (let change = 0; change < 80; change++) {
      shown = `state ${change}`;
      await refresh();
      await outbox.startDue();
      await outbox.idle();
      clock.advance(100);
    }
    await runOut([outbox]);
    expect(connector.throttled).toBe(0);
    expect(read(thread)).toEqual(['state 79', ...lines(40)]);
    expect(connector.calls.filter(isUpdate).length).toBeLessThanOrEqual(2);
  });

  test('posts a card that was deleted in Teams anew within the rates', async () => {
    await addCopy();
    const outbox = replica();
    await drain(outbox);
    clock.advance(60_000);
    connector.deleteMessage(connector.messages(thread.conversationId)[0]?.id ?? '');
    await say(thread, ...lines(6));
    await refresh();
    await runOut([outbox]);
    expect(connector.throttled).toBe(0);
    expect(read(thread)).toEqual([...lines(6), 'Waiting for approval']);
  });
});

describe('the store', () => {
  test('is not written to when nothing is due', async () => {
    const outbox = replica();
    await drain(outbox);
    transactions = 0;
    expect(await outbox.startDue()).toBe(0);
    expect(transactions).toBe(0);
  });

  test('takes one transaction to claim all that is due, and records together what ends together', async () => {
    const real = createTeams({ adapter, clock });
    let answers = 0;
    let held: Promise<void> | null = null;
    const post: Teams['post'] = async (...args) => {
      const sent = await real.post(...args);
      answers += 1;
      await held;
      return sent;
    };
    const outbox = replica({ teams: { ...real, post } });
    await say(thread, 'the first pass also forgets what is old');
    await drain(outbox);
    for (const place of chats(20)) await say(place, 'hello');
    let endAll = () => {};
    held = new Promise((resolve) => {
      endAll = resolve;
    });
    transactions = 0;
    expect(await outbox.startDue()).toBe(20);
    while (answers < 1 + 20) await setImmediate();
    endAll();
    await outbox.idle();
    expect(transactions).toBeLessThanOrEqual(1 + 2);
    expect(await store.waitingWork()).toEqual({});
  });

  test('forgets the paces of conversations that are long quiet', async () => {
    const keys = async () =>
      store.transact(async (tx) => {
        const found = await tx.lockRates([`tenant:${tenantId}`, `conversation:${channelId}`], 'forgotten');
        return [...found.values()].filter((pace) => pace !== 'forgotten').length;
      });
    const outbox = replica();
    await say(thread, 'one');
    await drain(outbox);
    expect(await keys()).toBe(2);
    clock.advance(2 * 3_600_000);
    await say(placeIn('groupChat', '19:other@thread.v2'), 'two');
    await drain(outbox);
    expect(await keys()).toBe(1);
  });
});
