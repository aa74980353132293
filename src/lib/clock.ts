/** Time as an argument: the service uses a steady clock, tests hold a clock that they step. All instants are epoch milliseconds. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** How far `now` is ahead of the machine's own time because that was set back; absent where it never is. */
  aheadMs?(): number;
}

/** The longest delay that a Node timer keeps (a 32-bit integer); longer ones fire at once. */
const longestTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), longestTimerMs));
      signal?.addEventListener('abort', done, { once: true });
    }),
};

/** The machine's two clocks: the time of day, which people and NTP set, and one that only ever runs on. Both in milliseconds. */
export interface MachineTime {
  wall(): number;
  monotonic(): number;
}

/** Milliseconds from any beginning; nobody sets it. */
export const monotonicMs = (): number => performance.now();

const machineTime: MachineTime = { wall: () => Date.now(), monotonic: monotonicMs };

/** Less is the drift that NTP takes out by itself, and nobody's business. */
const jumpMs = 1_000;

/**
 * Time that never goes back within a process. A jump forward of the machine's time is followed, as after a sleep; a jump back is told,
 * and time goes on at its pace, so that no lease, wait or limit of this process lasts longer than it says.
 */
export function createSteadyClock({
  onJump,
  machine = machineTime,
}: {
  /** `byMs` is negative when the machine's time was set back. */
  readonly onJump: (jump: { readonly byMs: number }) => void;
  readonly machine?: MachineTime;
}): Clock {
  let last = { now: machine.wall(), wall: machine.wall(), monotonic: machine.monotonic() };
  return {
    now() {
      const wall = machine.wall();
      const monotonic = machine.monotonic();
      const byMs = wall - last.wall - (monotonic - last.monotonic);
      const steady = last.now + Math.max(monotonic - last.monotonic, 0);
      last = { now: Math.max(steady, wall), wall, monotonic }; // guard: time-never-goes-back
      if (Math.abs(byMs) >= jumpMs) onJump({ byMs: Math.round(byMs) });
      return Math.floor(last.now);
    },
    sleep: systemClock.sleep,
    aheadMs: () => Math.max(Math.round(last.now - machine.wall() + (machine.monotonic() - last.monotonic)), 0),
  };
}

export const seconds = (n: number): number => n * 1_000;
export const minutes = (n: number): number => n * 60_000;
export const hours = (n: number): number => n * 3_600_000;
export const days = (n: number): number => n * 86_400_000;
