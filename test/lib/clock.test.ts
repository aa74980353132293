import { hours, minutes, seconds, systemClock } from '../../src/lib/clock';

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
