import { createSteadyClock, hours, minutes, seconds, systemClock } from '../../src/lib/clock';

test('units are milliseconds', () => {
  expect([seconds(2), minutes(2), hours(2)]).toEqual([2_000, 120_000, 7_200_000]);
});

test('the clock tells epoch milliseconds', () => {
  const before = Date.now();
  expect(systemClock.now()).toBeGreaterThanOrEqual(before);
});

test.each([0, 3, -1])('a sleep of %d ms ends', async (ms) => {
  await expect(systemClock.sleep(ms)).resolves.toBeUndefined();
});

test('a sleep does not end early', async () => {
  const from = performance.now();
  await systemClock.sleep(5);
  expect(performance.now() - from).toBeGreaterThan(4);
});

test('a sleep ends at once when it is aborted, before or while it runs, and never rejects', async () => {
  const running = new AbortController();
  const slept = systemClock.sleep(hours(1), running.signal);
  running.abort();
  await expect(slept).resolves.toBeUndefined();
  await expect(systemClock.sleep(hours(1), AbortSignal.abort())).resolves.toBeUndefined();
});

test('a sleep longer than a timer can count does not fire at once', async () => {
  const abort = new AbortController();
  let ended = false;
  const slept = systemClock.sleep(hours(24 * 365), abort.signal).then(() => {
    ended = true;
  });
  await systemClock.sleep(5);
  expect(ended).toBe(false);
  abort.abort();
  await slept;
});

test('a sleep that ended leaves nothing on its signal', async () => {
  const { signal } = new AbortController();
  let listening = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listening++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listening--;
    remove(...args);
  };
  await systemClock.sleep(1, signal);
  expect(listening).toBe(0);
});

describe('a steady clock', () => {
  const machine = () => {
    let wall = Date.UTC(2026, 10, 23, 12);
    let monotonic = 5_000.25;
    return {
      wall: () => wall,
      monotonic: () => monotonic,
      run: (ms: number) => {
        wall += ms;
        monotonic += ms;
      },
      setBy: (ms: number) => {
        wall += ms;
      },
    };
  };
  const start = () => {
    const time = machine();
    const jumps: number[] = [];
    const clock = createSteadyClock({ machine: time, onJump: ({ byMs }) => jumps.push(byMs) });
    return { time, jumps, clock, from: clock.now() };
  };

  test('tells the time of the machine while nobody touches that', () => {
    const { time, jumps, clock } = start();
    for (const ms of [1, 250, 60_000]) {
      time.run(ms);
      expect(clock.now()).toBe(time.wall());
    }
    expect([jumps, clock.aheadMs?.()]).toEqual([[], 0]);
  });

  test('follows a jump forward, as after a sleep, and tells of it', () => {
    const { time, jumps, clock } = start();
    time.setBy(hours(2));
    expect(clock.now()).toBe(time.wall());
    expect(jumps).toEqual([hours(2)]);
  });

  test('never goes back: after a jump back it goes on at its pace, tells of it once, and knows how far it is ahead', () => {
    const { time, jumps, clock, from } = start();
    time.setBy(-hours(1));
    expect(clock.now()).toBe(from);
    time.run(seconds(10));
    expect(clock.now()).toBe(from + seconds(10));
    expect(clock.aheadMs?.()).toBe(hours(1));
    expect(jumps).toEqual([-hours(1)]);
  });

  test('is the time of the machine again when that has caught up', () => {
    const { time, clock, from } = start();
    time.setBy(-hours(1));
    clock.now();
    time.setBy(hours(1) + 1);
    expect(clock.now()).toBe(from + 1);
    expect(clock.aheadMs?.()).toBe(0);
  });

  test('says nothing of what NTP takes out by itself', () => {
    const { time, jumps, clock, from } = start();
    for (let n = 0; n < 100; n++) {
      time.setBy(-20);
      time.run(100);
      clock.now();
    }
    expect(jumps).toEqual([]);
    expect(clock.now()).toBe(from + 10_000);
  });

  test('runs on the machine by itself', () => {
    const clock = createSteadyClock({ onJump: () => {} });
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1_000);
  });
});
