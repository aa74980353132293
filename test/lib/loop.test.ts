import { setImmediate } from 'node:timers/promises';
import { hours, seconds } from '../../src/lib/clock';
import { createLoop, type DueWork, type Loop } from '../../src/lib/loop';
import { SteppedClock } from '../fakes/stepped-clock';

let clock: SteppedClock;
let loop: Loop;
let failures: unknown[];
beforeEach(() => {
  clock = new SteppedClock();
  failures = [];
});
afterEach(() => loop.stop());

/** Work that counts its passes; `startDue` and `nextDueAt` as given. */
const counted = (work: Partial<DueWork> = {}) => {
  const passes: number[] = [];
  loop = createLoop(
    {
      startDue: async () => {
        passes.push(clock.now());
        return (await work.startDue?.()) ?? 0;
      },
      nextDueAt: work.nextDueAt ?? (async () => null),
    },
    { clock, onFailure: (error) => failures.push(error) },
  );
  return passes;
};

/** Lets what is ready run; far more turns than any single pass needs. */
const runReady = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
};

const pass = async (ms: number): Promise<void> => {
  clock.advance(ms);
  await runReady();
};

test('nothing runs before the start, and the first pass runs at once', async () => {
  const passes = counted();
  await runReady();
  expect(passes).toHaveLength(0);
  loop.start();
  await runReady();
  expect(passes).toHaveLength(1);
});

test('a second start changes nothing', async () => {
  const passes = counted();
  loop.start();
  loop.start();
  await runReady();
  expect(passes).toHaveLength(1);
});

test('the next pass comes when the work says, and not before', async () => {
  const dueAt = clock.now() + seconds(5);
  const passes = counted({ nextDueAt: async () => dueAt });
  loop.start();
  await runReady();
  await pass(seconds(5) - 1);
  expect(passes).toHaveLength(1);
  await pass(1);
  expect(passes).toHaveLength(2);
});

test('after a pass that did something the next one follows at once', async () => {
  let left = 3;
  const passes = counted({ startDue: async () => (left-- > 0 ? 1 : 0) });
  loop.start();
  await runReady();
  expect(passes).toHaveLength(4);
});

test('work that is always due does not keep others from running', async () => {
  const passes = counted({ startDue: async () => 1 });
  loop.start();
  let others = 0;
  for (let turn = 0; turn < 50; turn++) {
    await setImmediate();
    others++;
  }
  expect(others).toBe(50);
  expect(passes.length).toBeLessThan(200);
});

test('what is overdue but held by somebody else is not asked for in a spin', async () => {
  const passes = counted({ nextDueAt: async () => clock.now() - seconds(10) });
  loop.start();
  await runReady();
  expect(passes).toHaveLength(1);
  await pass(49);
  expect(passes).toHaveLength(1);
  await pass(1);
  expect(passes).toHaveLength(2);
});

test.each([
  ['nothing is due', null],
  ['it is due in a year', hours(24 * 365)],
])('it looks again after 30 s though %s', async (_why, inMs) => {
  const dueAt = inMs === null ? null : clock.now() + inMs;
  const passes = counted({ nextDueAt: async () => dueAt });
  loop.start();
  await runReady();
  await pass(seconds(30) - 1);
  expect(passes).toHaveLength(1);
  await pass(1);
  expect(passes).toHaveLength(2);
});

test('a nudge while it waits leads to a pass at once', async () => {
  const passes = counted();
  loop.start();
  await runReady();
  loop.nudge();
  await runReady();
  expect(passes).toHaveLength(2);
});

test('a nudge during a pass leads to another pass, and many nudges to no more than one', async () => {
  const held = hold();
  const passes = counted({ startDue: () => held.promise });
  loop.start();
  await runReady();
  loop.nudge();
  loop.nudge();
  loop.nudge();
  expect(passes).toHaveLength(1);
  held.release();
  await runReady();
  expect(passes).toHaveLength(2);
});

test('a nudge while it asks what comes next is not lost either', async () => {
  const held = hold();
  const passes = counted({ nextDueAt: () => held.promise.then(() => null) });
  loop.start();
  await runReady();
  loop.nudge();
  held.release();
  await runReady();
  expect(passes).toHaveLength(2);
});

test.each(['startDue', 'nextDueAt'] as const)(
  'a failure of %s is reported, pauses the work for a second, and it goes on',
  async (what) => {
    const failure = new Error('disk full');
    let isBroken = true;
    const fail = async () => {
      if (isBroken) throw failure;
      return 0;
    };
    const passes = counted({ [what]: fail });
    loop.start();
    await runReady();
    expect(failures).toEqual([failure]);
    await pass(seconds(1) - 1);
    expect(passes).toHaveLength(1);
    isBroken = false;
    await pass(1);
    expect(passes).toHaveLength(2);
    expect(failures).toHaveLength(1);
  },
);

test('failures in a row are told once, tried more and more slowly, and that it works again is told once as well', async () => {
  let isBroken = true;
  let recovered = 0;
  const passes: number[] = [];
  loop = createLoop(
    {
      startDue: async () => {
        passes.push(clock.now());
        if (isBroken) throw new Error('disk full');
        return 0;
      },
      nextDueAt: async () => null,
    },
    { clock, onFailure: (error) => failures.push(error), onRecovered: () => recovered++ },
  );
  const from = clock.now();
  loop.start();
  await runReady();
  for (let second = 0; second < 150; second++) await pass(seconds(1));
  expect(passes.map((at) => (at - from) / 1_000)).toEqual([0, 1, 3, 7, 15, 31, 61, 91, 121]);
  expect([failures.length, recovered]).toEqual([1, 0]);
  isBroken = false;
  await pass(seconds(30));
  await pass(seconds(30));
  expect([failures.length, recovered]).toEqual([1, 1]);
});

test('a pass that nudges and then fails does not spin', async () => {
  const passes = counted({
    startDue: async () => {
      loop.nudge();
      throw new Error('disk full');
    },
  });
  loop.start();
  await runReady();
  expect(passes).toHaveLength(1);
  await pass(seconds(1));
  expect(passes).toHaveLength(2);
});

test('a stop waits for the pass under way, and no further one begins', async () => {
  const held = hold();
  const passes = counted({ startDue: () => held.promise });
  loop.start();
  await runReady();
  let isStopped = false;
  const stopped = loop.stop().then(() => {
    isStopped = true;
  });
  loop.nudge();
  await runReady();
  expect(isStopped).toBe(false);
  held.release(1);
  await stopped;
  loop.nudge();
  await pass(hours(1));
  expect(passes).toHaveLength(1);
});

test.each([
  ['waits for what is due', async () => 0],
  [
    'pauses after a failure',
    async () => {
      throw new Error('disk full');
    },
  ],
])('a stop while it %s ends at once and leaves no sleeper', async (_what, startDue) => {
  counted({ startDue });
  loop.start();
  await runReady();
  expect(clock.sleeping).toBe(1);
  await loop.stop();
  expect(clock.sleeping).toBe(0);
});

test('a loop that never started can be stopped, and does not start after that', async () => {
  const passes = counted();
  await loop.stop();
  loop.start();
  await runReady();
  expect(passes).toHaveLength(0);
});

function hold() {
  let release: (did?: number) => void = () => {};
  const promise = new Promise<number>((resolve) => {
    release = (did = 0) => resolve(did);
  });
  return { promise, release };
}
