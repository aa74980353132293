import { SteppedClock } from './stepped-clock';

test('sleepers wake when their time has come, in order, and not before', async () => {
  const clock = new SteppedClock(0);
  const woken: string[] = [];
  void clock.sleep(20).then(() => woken.push('b'));
  void clock.sleep(10).then(() => woken.push('a'));
  void clock.sleep(30).then(() => woken.push('c'));
  clock.advance(9);
  await Promise.resolve();
  expect([woken, clock.sleeping]).toEqual([[], 3]);
  clock.advance(11);
  await new Promise((resolve) => setImmediate(resolve));
  expect([woken, clock.sleeping, clock.now()]).toEqual([['a', 'b'], 1, 20]);
});

test('an aborted sleep ends at once and is forgotten', async () => {
  const clock = new SteppedClock();
  const stop = new AbortController();
  const sleep = clock.sleep(1_000, stop.signal);
  stop.abort();
  await sleep;
  expect(clock.sleeping).toBe(0);
  await clock.sleep(1_000, stop.signal);
});
