import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Defender } from '../../../src/defender/client';
import { DefenderError } from '../../../src/defender/errors';
import { createDefenderWork } from '../../../src/dispatch/follow/defender-work';
import { keepResult } from '../../../src/evidence/keep-result';
import { hours, minutes, seconds } from '../../../src/lib/clock';
import type { RequestId } from '../../../src/request/request';
import { useStores } from '../../store/sample';
import { dispatchOptions, startWatchStage, type Watch, type WatchStage } from './watch-stage';

const stores = useStores();
let stage: WatchStage;
let dir: string;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'lr-work-'));
  stage = await startWatchStage(await stores.openNew());
});
afterEach(async () => {
  await stage.emulator.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** A replica's worker: does what is due, and waits for it. */
function worker(over: Partial<Defender> = {}): { tick(): Promise<void> } {
  const { clock, store } = stage;
  const real = stage.defender();
  const options = dispatchOptions(store, clock);
  const defenderFor = (purposed: Defender): Defender => ({
    ...purposed,
    ...over,
    forPurpose: (p) => defenderFor(real.forPurpose(p)),
  });
  const work = createDefenderWork({
    ...options,
    defender: defenderFor(real),
    keepResult: (requestId, index, command, body) => keepResult({ dir, requestId, index, command, body }),
  });
  return {
    async tick() {
      for (let tasks = await work.start(); tasks.length > 0; tasks = await work.start())
        await Promise.all(tasks.map(({ done }) => done));
    },
  };
}

async function pass(ms: number, watches: readonly Watch[], workers: ReadonlyArray<{ tick(): Promise<void> }>) {
  for (let left = ms; left > 0; left -= seconds(1)) {
    stage.clock.advance(seconds(1));
    for (const { tick } of [...watches, ...workers]) await tick();
  }
}

const resultsOf = async (ids: readonly RequestId[]) =>
  (await Promise.all(ids.map((id) => stage.store.results(id)))).flat();

test('of 50 runs that end together every result is fetched within minutes, inside the quota, and the watch goes on', async () => {
  const ids: RequestId[] = [];
  for (let i = 0; i < 50; i++) ids.push(await stage.open({ files: 3, runMs: seconds(4) }));
  const other = await stage.open({ runMs: minutes(20) });
  await pass(minutes(4), [stage.replica(), stage.replica()], [worker(), worker()]);
  const kept = await resultsOf(ids);
  expect(kept).toHaveLength(150);
  expect(kept.filter(({ outcome }) => outcome === 'kept')).toHaveLength(150);
  expect(stage.emulator.journal.filter((entry) => entry.status === 429)).toEqual([]);
  expect(stage.calls('getResultLink')).toBeGreaterThanOrEqual(150);
  // The first is due at once, and then one every 5.1 s, which are six by a clock that goes by seconds.
  expect(stage.calls('listActions')).toBeGreaterThanOrEqual(40);
  expect((await stage.stateOf(other)).state).toBe('running');
}, 60_000);

test('a cancel does not wait behind results that are slow to come', async () => {
  for (let i = 0; i < 4; i++) await stage.open({ files: 3, runMs: seconds(1) });
  const running = await stage.open({ runMs: minutes(20) });
  const slow = worker({ openResult: () => new Promise(() => {}) });
  const watch = stage.replica();
  stage.clock.advance(seconds(10));
  await watch.tick();
  void slow.tick();
  await stage.store.transact((tx) =>
    tx.addWork([
      {
        requestId: running,
        work: { type: 'cancelAction', actionId: stage.actionOf(running) },
        orderingKey: null,
        dueAt: stage.clock.now(),
      },
    ]),
  );
  void slow.tick();
  while ((await stage.store.waitingWork()).cancelAction !== undefined) await pause(5);
  expect([stage.calls('cancelAction'), (await stage.store.waitingWork()).fetchResult]).toEqual([1, 12]);
});

test('a quota that is used up for an hour costs no result, though it was asked for more often than a missing one is', async () => {
  const id = await stage.open({ files: 1, runMs: seconds(1) });
  let spent = true;
  const real = stage.defender();
  const work = worker({
    openResult: (actionId, index) =>
      spent
        ? Promise.reject(new DefenderError('getResultLink', 'defender.budgetSpent', { retryAfterMs: seconds(20) }))
        : real.openResult(actionId, index),
  });
  await pass(seconds(10), [stage.replica()], [work]);
  await pass(hours(1), [], [work]);
  expect(await stage.store.results(id)).toEqual([]);
  spent = false;
  await pass(seconds(30), [], [work]);
  expect(await stage.store.results(id)).toMatchObject([{ outcome: 'kept' }]);
});

test('a result that never becomes ready is told as such, after 25 minutes and not before', async () => {
  const id = await stage.open({ files: 1, runMs: seconds(1) });
  const work = worker({ openResult: async () => ({ type: 'notReady', code: null }) });
  await pass(minutes(20), [stage.replica()], [work]);
  expect(await stage.store.results(id)).toEqual([]);
  await pass(minutes(15), [], [work]);
  expect(await stage.store.results(id)).toMatchObject([{ outcome: 'notAvailable' }]);
}, 60_000);
