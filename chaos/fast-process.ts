import { readSync } from 'node:fs';
import timers from 'node:timers';
import { clockFromEnvironment, fromEnvironment, toFast, toMachineMs, wrongBy } from './fast-time';

/**
 * `node --require` this before the service: its clock and all its timers run fast, time-outs of calls and leases alike, and not a line of the
 * service knows of it. The time of day is also wrong, and jumps, as the run has drawn it; the monotonic clock and the timers never do. What node keeps to itself (keep-alive, sockets) goes on as before.
 */
const time = fromEnvironment(process.env);
const machineNow = Date.now.bind(Date);
const steps = clockFromEnvironment(process.env);
const now = (): number => {
  const right = toFast(time, machineNow());
  return right + wrongBy(steps, right);
};

const monotonic = performance.now.bind(performance);
Object.defineProperty(performance, 'now', { value: () => monotonic() * time.speed });

globalThis.Date = new Proxy(Date, {
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  construct: (target, given, newTarget) => Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
  apply: () => new Date(now()).toString(),
});

/** The same function with its second argument shortened; what `promisify` finds on it stays. */
const faster = <F extends (...given: never[]) => unknown>(timer: F): F =>
  new Proxy(timer, {
    apply: (target, self, [callback, ms, ...rest]: [unknown, number?, ...unknown[]]) =>
      Reflect.apply(target as unknown as (...given: unknown[]) => unknown, self, [
        callback,
        ms === undefined ? ms : toMachineMs(time, ms),
        ...rest,
      ]),
  });

globalThis.setTimeout = faster(globalThis.setTimeout);
globalThis.setInterval = faster(globalThis.setInterval);
Object.assign(timers, { setTimeout: globalThis.setTimeout, setInterval: globalThis.setInterval });
const timeout = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => timeout(Math.ceil(toMachineMs(time, ms)));

/** A spare reads all code before it is wanted, and stands still here until it is told to go on: what follows is a start like any other. */
const spareModule = process.env.CHAOS_SPARE;
if (spareModule !== undefined) {
  require(spareModule);
  if (readSync(0, Buffer.alloc(1)) === 0) process.exit();
}
