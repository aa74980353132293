import { type Clock, systemClock } from '../src/lib/clock';

/** One time for all processes of a run: since `since` (epoch ms by the machine) it goes `speed` times as fast. */
export interface FastTime {
  readonly since: number;
  readonly speed: number;
}

export const toFast = ({ since, speed }: FastTime, machineNow: number): number =>
  Math.floor(since + (machineNow - since) * speed);

/** From `at` on, an instant of the fast time, a clock shows this much more than it is; less where it is negative. */
export interface ClockStep {
  readonly at: number;
  readonly offMs: number;
}

/** Steps in order; before the first one the clock is right. */
export const wrongBy = (steps: readonly ClockStep[], now: number): number =>
  steps.findLast(({ at }) => at <= now)?.offMs ?? 0;

/** A timer that fires every few microseconds would keep a core busy with nothing: shorter ones wait this long (ms of the machine). */
const shortestTimerMs = 3;

/** How long the machine must wait for so much of the fast time. */
export const toMachineMs = ({ speed }: FastTime, ms: number): number =>
  ms <= shortestTimerMs ? ms : Math.max(ms / speed, shortestTimerMs);

export const createFastClock = (time: FastTime): Clock => ({
  now: () => toFast(time, systemClock.now()),
  sleep: (ms, signal) => systemClock.sleep(toMachineMs(time, ms), signal),
});

const sinceName = 'CHAOS_SINCE';
const speedName = 'CHAOS_SPEED';
const clockName = 'CHAOS_CLOCK';

/** How a process of the run is told. */
export const toEnvironment = (
  { since, speed }: FastTime,
  clock: readonly ClockStep[] = [],
): Readonly<Record<string, string>> => ({
  [sinceName]: String(since),
  [speedName]: String(speed),
  [clockName]: JSON.stringify(clock),
});

export const fromEnvironment = (env: Readonly<Record<string, string | undefined>>): FastTime => ({
  since: Number(env[sinceName]),
  speed: Number(env[speedName]),
});

export const clockFromEnvironment = (env: Readonly<Record<string, string | undefined>>): readonly ClockStep[] =>
  JSON.parse(env[clockName] ?? '[]') as readonly ClockStep[];
