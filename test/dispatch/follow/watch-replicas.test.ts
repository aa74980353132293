import { hours, minutes, seconds } from '../../../src/lib/clock';
import { useAnyStores } from '../../store/sample';
import { startWatchStage, type Watch, type WatchStage } from './watch-stage';

const stores = useAnyStores();
let stage: WatchStage;
beforeEach(async () => {
  stage = await startWatchStage(await stores.openNew());
});
afterEach(() => stage.emulator.stop());

/** Lets time pass, and every replica do what is due at each step. */
async function pass(ms: number, watches: readonly Watch[], stepMs = seconds(1)): Promise<void> {
  for (let left = ms; left > 0; left -= stepMs) {
    stage.clock.advance(stepMs);
    for (const watch of watches) await watch.tick();
  }
}

describe('of several replicas', () => {
  test('one reads at a time, and what it saw is known to all', async () => {
    const id = await stage.open({ runMs: minutes(5) });
    const watches = [stage.replica(), stage.replica(), stage.replica()];
    stage.clock.advance(seconds(4));
    await Promise.all(watches.map((watch) => watch.tick()));
    expect(stage.calls('listActions')).toBe(1);
    expect((await stage.stateOf(id)).state).toBe('running');
    for (const watch of watches) expect(await watch.nextDueAt()).toBe(stage.clock.now() + seconds(5.1));
    await pass(minutes(1), watches);
    // The clock goes by seconds here: one every six.
    expect(stage.calls('listActions')).toBe(11);
  });

  test('one that died while it read is replaced after a minute', async () => {
    const id = await stage.open({ runMs: minutes(5) });
    const dead = stage.replica({ defender: () => ({ listActions: () => new Promise(() => {}) }) });
    await dead.begin();
    const alive = stage.replica();
    expect(await alive.tick()).toBe(0);
    expect(await alive.nextDueAt()).toBe(stage.clock.now() + minutes(1));
    await pass(seconds(59), [alive]);
    expect(stage.calls('listActions')).toBe(0);
    await pass(seconds(1), [alive]);
    expect((await stage.stateOf(id)).state).toBe('running');
  });

  test('one that stood still while it read changes nothing when it wakes, for the others have seen something later', async () => {
    const id = await stage.open({ runMs: minutes(20) });
    await pass(seconds(5), [stage.replica()]);
    stage.emulator.misreport(stage.actionOf(id), 'Failed', 2);
    let wake = () => {};
    const asleep = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const stalled = stage.replica({
      defender: (real) => ({
        getAction: async (actionId) => {
          const action = await real.getAction(actionId);
          await asleep;
          return action;
        },
      }),
    });
    stage.clock.advance(seconds(5));
    const begun = await stalled.begin();
    while (stage.calls('getAction') === 0) await new Promise((resolve) => setImmediate(resolve));
    await pass(minutes(2), [stage.replica()]);
    const before = await stage.stateOf(id);
    wake();
    await Promise.all(begun);
    expect(before.state).toBe('running');
    expect(await stage.stateOf(id)).toEqual(before);
    // Nor does it take the poll from who has it now.
    expect(await stage.replica().nextDueAt()).toBeGreaterThan(stage.clock.now());
  });

  test('none waits for a clock that ran ahead and was set back', async () => {
    const id = await stage.open({ connectMs: 0 });
    stage.clock.advance(hours(24));
    await stage.replica().tick();
    stage.clock.advance(-hours(24));
    stage.emulator.misreport(stage.actionOf(id), 'InProgress', 1);
    expect(await stage.replica().tick()).toBe(0);
    await stage.open();
    expect(await stage.replica().tick()).toBe(1);
  });
});
