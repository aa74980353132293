import type { Clock } from '../../src/lib/clock';

interface Sleeper {
  readonly dueAt: number;
  readonly wake: () => void;
}

/** A clock that stands still until the test moves it; sleepers wake in the order in which they are due. */
export class SteppedClock implements Clock {
  #now: number;
  #sleepers: Sleeper[] = [];

  constructor(startMs: number = Date.parse('2026-03-02T09:00:00Z')) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  /** How many are asleep: lets a test wait until something waits. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** When the first of them wakes; null when none is asleep. */
  get wakesAt(): number | null {
    return this.#sleepers.length === 0 ? null : Math.min(...this.#sleepers.map(({ dueAt }) => dueAt));
  }

  /** Moves time and wakes whoever is due; what they do runs after this returns. */
  advance(ms: number): void {
    this.#now += ms;
    const due = this.#sleepers.filter((sleeper) => sleeper.dueAt <= this.#now).sort((a, b) => a.dueAt - b.dueAt);
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.dueAt > this.#now);
    for (const sleeper of due) sleeper.wake();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#sleepers = this.#sleepers.filter((sleeper) => sleeper.wake !== wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#sleepers.push({ dueAt: this.#now + ms, wake });
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}
