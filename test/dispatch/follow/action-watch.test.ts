import { loadOf, nothingSpent, type Spent, waitFor, withCall } from '../../../src/defender/budget';
import { DefenderError } from '../../../src/defender/errors';
import { pollIntervalOf } from '../../../src/dispatch/follow/next-poll';
import { hours, minutes, seconds } from '../../../src/lib/clock';
import { isFinal, type RequestId } from '../../../src/request/request';
import type { EmulatorOptions } from '../../../trial/defender/emulator';
import { now, samples } from '../../request/sample';
import { useStores } from '../../store/sample';
import { type OpenGiven, startWatchStage, type Watch, type WatchStage } from './watch-stage';

const stores = useStores();
let stage: WatchStage;
const start = async (options: Omit<EmulatorOptions, 'clock'> = {}): Promise<WatchStage> => {
  stage = await startWatchStage(await stores.openNew(), options);
  return stage;
};
afterEach(() => stage?.emulator.stop());

/** Lets time pass, and every replica do what is due at the first step after it is. */
async function pass(ms: number, watches: readonly Watch[], stepMs = seconds(1)): Promise<void> {
  for (const endsAt = stage.clock.now() + ms; stage.clock.now() < endsAt; ) {
    const idleMs = (await firstDueAt(watches)) - stage.clock.now();
    const steps = Math.max(Math.ceil(idleMs / stepMs), 1);
    stage.clock.advance(Math.min(steps * stepMs, endsAt - stage.clock.now()));
    for (const watch of watches) await watch.tick();
  }
}

async function firstDueAt(watches: readonly Watch[]): Promise<number> {
  const instants = [stage.clock.wakesAt, ...(await Promise.all(watches.map((watch) => watch.nextDueAt())))];
  return Math.min(...instants.map((at) => at ?? Number.POSITIVE_INFINITY));
}

/** The value that so large a part of them does not exceed. */
const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * part)] ?? Number.NaN;

describe('an hour with 50 open actions', () => {
  /** Keeps 50 open for an hour, two replicas following, and tells how late each change of an action was known and what it cost. */
  async function hour(next: (n: number) => OpenGiven): Promise<{
    readonly lags: readonly number[];
    readonly lists: number;
    readonly gets: number;
    readonly refused: number;
    readonly ended: number;
  }> {
    const { clock, emulator } = await start();
    const watches = [stage.replica(), stage.replica()];
    const stepMs = seconds(1);
    let count = 0;
    const truth = new Map<RequestId, string>();
    const changedAt = new Map<string, number>();
    const lags: number[] = [];
    let ended = 0;
    const openIds = new Set<RequestId>();
    const fill = async () => {
      while (openIds.size < 50) openIds.add(await stage.open(next(count++)));
    };
    await fill();
    let dueAt = 0;
    for (let at = 0; at < hours(1); at += stepMs) {
      clock.advance(stepMs);
      const actions = new Map(emulator.actions.map((a) => [a.id, a.status]));
      for (const id of openIds) {
        const status = actions.get(stage.actionOf(id)) ?? 'Pending';
        if (truth.get(id) !== status && status !== 'Pending') changedAt.set(`${id} ${kindOf(status)}`, clock.now());
        truth.set(id, status);
      }
      if (clock.now() < dueAt) continue;
      let reads = 0;
      for (const watch of watches) reads += await watch.tick();
      dueAt = await firstDueAt(watches);
      if (reads === 0) continue;
      for (const [key, since] of changedAt) {
        const [id, change] = key.split(' ');
        const { state } = await stage.stateOf(id as RequestId);
        if ((isFinal(state) ? 'ended' : state) !== change) continue;
        changedAt.delete(key);
        lags.push(clock.now() - since);
        if (isFinal(state)) {
          openIds.delete(id as RequestId);
          ended++;
        }
      }
      await fill();
    }
    const refused = emulator.journal.filter((entry) => entry.status === 429).length;
    return { lags, lists: stage.calls('listActions'), gets: stage.calls('getAction'), refused, ended };
  }
  const kindOf = (status: string): string => (status === 'InProgress' ? 'running' : 'ended');

  test('costs at most 720 lists, and 95 of 100 changes are known within 10 s, when runs take minutes', async () => {
    const { lags, lists, gets, refused, ended } = await hour((n) => ({
      connectMs: seconds(10 + ((n * 37) % 120)),
      runMs: seconds(120 + ((n * 53) % 400)),
    }));
    expect(lists).toBeLessThanOrEqual(720);
    expect(lists).toBeGreaterThan(590);
    expect(refused).toBe(0);
    expect(gets).toBeLessThanOrEqual(ended + 50);
    expect(lags.length).toBeGreaterThan(500);
    expect(percentile(lags, 0.95)).toBeLessThanOrEqual(seconds(10));
    expect(Math.max(...lags)).toBeLessThanOrEqual(seconds(10));
  }, 120_000);

  test('the same when all of them wait for devices that come back late', async () => {
    const { lags, lists, refused } = await hour((n) => ({
      connectMs: minutes(12) + seconds((n * 67) % 2_000),
      runMs: seconds(400),
    }));
    expect(lists).toBeLessThanOrEqual(720);
    expect(refused).toBe(0);
    expect(lags.length).toBeGreaterThan(80);
    expect(percentile(lags, 0.95)).toBeLessThanOrEqual(seconds(10));
  }, 120_000);
});

describe('the pace', () => {
  const calm = { ...samples.pending, submittedAt: now - minutes(30) };
  const lively = { ...samples.running, submittedAt: now - minutes(30) };
  const easy = { pages: 1, load: 0 };

  test('is 5.1 s while something runs, is cancelled or was just sent, and 10 s while all wait for their devices', () => {
    expect(pollIntervalOf([calm, lively], now, easy)).toBe(seconds(5.1));
    expect(pollIntervalOf([{ ...calm, submittedAt: now - minutes(4) }], now, easy)).toBe(seconds(5.1));
    expect(pollIntervalOf([{ ...calm, cancel: { by: null, reason: null, at: now } }], now, easy)).toBe(seconds(5.1));
    expect(pollIntervalOf([calm], now, easy)).toBe(seconds(10));
  });

  test('leaves a quarter of the hour to others however many pages a list has', () => {
    for (const pages of [1, 2, 3, 10, 50])
      expect((hours(1) / pollIntervalOf([lively], now, { pages, load: 0 })) * pages).toBeLessThanOrEqual(1_125);
  });

  test('slows down as the quota fills, and never stops', () => {
    const paces = [0, 0.6, 0.7, 0.8, 0.9, 1, 1.2].map((load) => pollIntervalOf([lively], now, { pages: 1, load }));
    expect(paces).toEqual([...paces].sort((a, b) => a - b));
    expect([paces[0], paces[1], paces.at(-1)]).toEqual([seconds(5.1), seconds(5.1), seconds(20.4)]);
  });
});

test('look-ups without end leave the watch its reads: every 20 s at the least, for hours', () => {
  let spent: Spent = nothingSpent;
  let dueAt = now;
  let last = now;
  let longest = 0;
  let refused = 0;
  for (let at = now; at < now + hours(4); at += seconds(1)) {
    for (let i = 0; i < 5; i++) if (waitFor(spent, 'lookUp', at) === 0) spent = withCall(spent, at);
    if (at < dueAt) continue;
    if (waitFor(spent, 'follow', at) > 0) refused++;
    else {
      spent = withCall(spent, at);
      longest = Math.max(longest, at - last);
      last = at;
    }
    dueAt = at + pollIntervalOf([{ ...samples.running, submittedAt: at }], at, { pages: 1, load: loadOf(spent, at) });
  }
  expect(refused).toBe(0);
  expect(longest).toBeLessThanOrEqual(seconds(20));
});

describe('a read by id', () => {
  const old = minutes(40);

  test('confirms a failure, and tells of an old action that is no longer among the open ones', async () => {
    await start();
    const failed = await stage.open({ connectMs: 0, runMs: seconds(1) });
    const ended = await stage.open({ agoMs: old, connectMs: 0, runMs: seconds(1) });
    stage.clock.advance(seconds(30));
    await stage.replica().tick();
    expect([(await stage.stateOf(failed)).state, (await stage.stateOf(ended)).state]).toEqual(['failed', 'failed']);
    expect(stage.calls('getAction')).toBe(2);
  });

  test('that fails keeps no other from being followed', async () => {
    await start();
    const ids: RequestId[] = [];
    for (let i = 0; i < 4; i++) ids.push(await stage.open({ agoMs: old, connectMs: 0, runMs: seconds(1) }));
    const running = await stage.open();
    const watch = stage.replica({
      defender: (real) => ({
        getAction: async (actionId) => {
          if (actionId === stage.actionOf(ids[0] as RequestId))
            throw new DefenderError('getAction', 'defender.timedOut');
          return real.getAction(actionId);
        },
      }),
    });
    stage.clock.advance(seconds(5));
    await watch.tick();
    const states = [];
    for (const id of [...ids, running]) states.push((await stage.stateOf(id)).state);
    expect(states).toEqual(['pending', 'failed', 'failed', 'failed', 'running']);
  });

  test('is made for 25 actions a tick at most, in turn, and all are known soon', async () => {
    await start();
    const ids: RequestId[] = [];
    for (let i = 0; i < 60; i++) ids.push(await stage.open({ agoMs: old, connectMs: 0, runMs: seconds(1) }));
    const deaf = new Set(ids.slice(0, 20).map((id) => stage.actionOf(id)));
    const watch = stage.replica({
      defender: (real) => ({
        getAction: async (actionId) => {
          if (deaf.has(actionId)) throw new DefenderError('getAction', 'defender.badAnswer');
          return real.getAction(actionId);
        },
      }),
    });
    stage.clock.advance(seconds(5));
    await watch.tick();
    expect(stage.calls('getAction')).toBeLessThanOrEqual(25);
    await pass(seconds(20), [watch]);
    const states = await Promise.all(ids.map(async (id) => (await stage.stateOf(id)).state));
    expect(states.filter((state) => state === 'failed')).toHaveLength(40);
    expect(states.slice(0, 20).every((state) => state === 'pending')).toBe(true);
  });

  test('stays within the quota of its API when hundreds must be asked for', async () => {
    await start();
    for (let i = 0; i < 200; i++) await stage.open({ agoMs: old, connectMs: 0, runMs: seconds(1) });
    await pass(minutes(3), [stage.replica()]);
    expect(stage.emulator.journal.filter((entry) => entry.status === 429)).toEqual([]);
    expect((await stage.store.requestsIn(['failed'])).length).toBe(200);
  });

  test('that never confirms a failure that the list keeps telling does not hold it back for ever', async () => {
    await start();
    const id = await stage.open({ connectMs: 0, runMs: seconds(1) });
    const watch = stage.replica({
      defender: () => ({
        getAction: () => Promise.reject(new DefenderError('getAction', 'defender.badAnswer')),
      }),
    });
    await pass(minutes(1), [watch]);
    expect((await stage.stateOf(id)).state).not.toBe('failed');
    await pass(minutes(2), [watch]);
    expect((await stage.stateOf(id)).state).toBe('failed');
  });

  test('does not take a new action for vanished while Defender may hide it', async () => {
    await start();
    const id = await stage.open({ connectMs: minutes(30) });
    stage.emulator.vanish(stage.actionOf(id));
    stage.emulator.fault({ route: 'listActions', fault: { type: 'malformed' }, times: Number.POSITIVE_INFINITY });
    const watch = stage.replica();
    await pass(seconds(140), [watch]);
    expect((await stage.stateOf(id)).state).toBe('pending');
    await pass(seconds(30), [watch]);
    expect((await stage.stateOf(id)).state).toBe('unknown');
  });
});

describe('the list', () => {
  test('stays small when 600 runs have ended since the oldest open one began', async () => {
    await start();
    const oldest = await stage.open({ offline: true, agoMs: minutes(110) });
    const machineId = stage.emulator.devices[0]?.machine.id ?? '';
    for (let i = 0; i < 600; i++)
      stage.emulator.addForeignAction({
        requestor: 'live-response-bot',
        machineId,
        status: 'Succeeded',
        createdAt: stage.clock.now() - seconds(10 * i) - minutes(5),
      });
    const running = await stage.open();
    let sizes: number[] = [];
    const watch = stage.replica({
      defender: (real) => ({
        listActions: async (...args) => {
          const list = await real.listActions(...args);
          sizes = [...sizes, list.actions.length];
          return list;
        },
      }),
    });
    await pass(seconds(7), [watch]);
    expect(sizes).toEqual([152, 152]);
    expect([(await stage.stateOf(oldest)).state, (await stage.stateOf(running)).state]).toEqual(['pending', 'running']);
    expect(stage.calls('getAction')).toBe(0);
  });

  test('is asked for in a plainer way where Defender does not take the filter', async () => {
    await start();
    const id = await stage.open({ agoMs: minutes(40), connectMs: minutes(40) + seconds(3), runMs: minutes(5) });
    stage.emulator.fault({
      route: 'listActions',
      fault: { type: 'refuse', status: 400, code: 'ODataError', message: 'The node count limit has been exceeded.' },
    });
    await pass(seconds(15), [stage.replica()]);
    expect((await stage.stateOf(id)).state).toBe('running');
    expect(stage.emulator.journal.slice(0, 2).map((entry) => decodeURIComponent(entry.query).includes(' or '))).toEqual(
      [true, false],
    );
  });

  test('whose page cannot be read does not keep the truth away: each action is asked for', async () => {
    await start();
    const ids = [await stage.open(), await stage.open(), await stage.open()];
    stage.emulator.fault({ route: 'listActions', fault: { type: 'malformed' }, times: Number.POSITIVE_INFINITY });
    await pass(seconds(10), [stage.replica()]);
    for (const id of ids) expect((await stage.stateOf(id)).state).toBe('running');
  });

  test('of many pages is read whole, at a pace that Defender allows, and never given up', async () => {
    await start({ pageSize: 3 });
    const ids: RequestId[] = [];
    for (let i = 0; i < 50; i++)
      ids.push(await stage.open({ connectMs: minutes(5) + seconds(7 * i), runMs: hours(1) }));
    const watch = stage.replica();
    await pass(minutes(20), [watch]);
    expect(stage.emulator.journal.filter((entry) => entry.status === 429)).toEqual([]);
    for (const id of ids) expect((await stage.stateOf(id)).state).toBe('running');
    expect(stage.calls('listActions')).toBeGreaterThan(17 * 15);
  }, 60_000);

  test('is left alone for as long as Defender asks when somebody else has used up the quota, by all replicas', async () => {
    await start();
    await stage.open();
    stage.emulator.fault({
      route: 'listActions',
      fault: { type: 'tooManyRequests', wait: 'seconds', waitSeconds: 40 },
    });
    const watches = [stage.replica(), stage.replica()];
    await pass(seconds(40), watches);
    expect(stage.calls('listActions')).toBe(1);
    await pass(seconds(10), watches);
    expect(stage.calls('listActions')).toBeGreaterThan(1);
  });
});
