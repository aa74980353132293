import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import {
  type ClockStep,
  createFastClock,
  fromEnvironment,
  toEnvironment,
  toFast,
  toMachineMs,
  wrongBy,
} from '../../chaos/fast-time';

const time = { since: 1_000_000, speed: 30 };

test('all who know the start and the speed have the same time', () => {
  expect(toFast(time, 1_000_000)).toBe(1_000_000);
  expect(toFast(time, 1_002_000)).toBe(1_060_000);
  expect(fromEnvironment(toEnvironment(time))).toEqual(time);
});

test('a wait is so many times shorter by the machine, and never so short that it keeps a core busy', () => {
  expect(toMachineMs(time, 60_000)).toBe(2_000);
  expect(toMachineMs(time, 50)).toBe(3);
  expect(toMachineMs(time, 0)).toBe(0);
});

test('the clock of the run sleeps by the fast time', async () => {
  const now = Date.now();
  const clock = createFastClock({ since: now, speed: 200 });
  await clock.sleep(4_000);
  expect(clock.now() - now).toBeGreaterThanOrEqual(3_800);
  expect(Date.now() - now).toBeLessThan(3_000);
});

test('a clock is wrong from each of its steps on', () => {
  const steps: readonly ClockStep[] = [
    { at: 100, offMs: 60 },
    { at: 200, offMs: -90 },
    { at: 300, offMs: 0 },
  ];
  expect([99, 100, 199, 200, 300].map((now) => wrongBy(steps, now))).toEqual([0, 60, 60, -90, 0]);
});

test('the time of day of a process jumps back, and its monotonic clock and its timers run on', async () => {
  const program = `
    let before = Date.now();
    const from = performance.now();
    const watch = setInterval(() => {
      const now = Date.now();
      const jumped = now - before;
      before = now;
      if (jumped > 0) return;
      clearInterval(watch);
      console.log(JSON.stringify({ jumped, ran: performance.now() - from }));
    }, 1000);`;
  const since = Date.now();
  const clock = [
    { at: since, offMs: 3_600_000 },
    { at: since + 240_000, offMs: -3_600_000 },
  ];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--require', require.resolve('./load-fast-process.cjs'), '-e', program],
    { env: { PATH: process.env.PATH ?? '', ...toEnvironment({ since, speed: 60 }, clock) } },
  );
  const { jumped, ran } = JSON.parse(stdout) as { readonly jumped: number; readonly ran: number };
  expect(jumped).toBeLessThan(-7_000_000);
  expect(ran).toBeGreaterThan(0);
});

test('a process runs fast without knowing of it: dates, the monotonic clock, timers and the time-outs of calls', async () => {
  const program = `
    const { promisify } = require('node:util');
    const began = Date.now();
    const from = performance.now();
    // A call's time-out alone keeps no process alive.
    const alive = setInterval(() => {}, 60_000);
    setTimeout(() => {
      const slept = Date.now() - began;
      AbortSignal.timeout(3000).addEventListener('abort', async () => {
        const aborted = Date.now() - began - slept;
        await promisify(setTimeout)(3000);
        const date = new Date().getTime() - began;
        clearInterval(alive);
        console.log(JSON.stringify({ monotonic: performance.now() - from, slept, aborted, date, year: new Date(0).getUTCFullYear(), is: new Date() instanceof Date }));
      });
    }, 3000);`;
  // Types are held by npm run check; here the preload is compiled as the run compiles it.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--require', require.resolve('./load-fast-process.cjs'), '-e', program],
    {
      env: { PATH: process.env.PATH ?? '', ...toEnvironment({ since: Date.now(), speed: 30 }) },
    },
  );
  const told = JSON.parse(stdout) as {
    monotonic: number;
    slept: number;
    aborted: number;
    date: number;
    year: number;
    is: boolean;
  };
  expect(told).toMatchObject({ year: 1970, is: true });
  for (const ms of [told.slept, told.aborted]) expect(ms).toBeGreaterThanOrEqual(2_800);
  for (const ms of [told.date, told.monotonic]) expect(ms).toBeGreaterThanOrEqual(8_400);
});
