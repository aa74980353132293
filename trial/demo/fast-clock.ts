import type { Clock } from '../../src/lib/clock';

/** Runs `times` as fast as `clock`, from the same instant: minutes of devices and Defender pass in seconds, in the same order. */
export function createFastClock(clock: Clock, times: number): Clock {
  const startedAt = clock.now();
  return {
    now: () => startedAt + Math.round((clock.now() - startedAt) * times),
    sleep: (ms, signal) => clock.sleep(ms / times, signal),
  };
}
