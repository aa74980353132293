import type { Clock } from '../../src/lib/clock';

export interface QuotaWindow {
  readonly allowed: number;
  readonly windowMs: number;
}

/** A call over quota: which window refused it, and when a slot will be free if nobody calls in between. */
export interface QuotaRefusal extends QuotaWindow {
  readonly retryAfterMs: number;
}

/**
 * Calls per key over sliding windows. Refused calls count too: "Ignoring the 429 response or trying to resubmit … gives a return of the
 * 429" (common-errors, Throttling).
 */
export class Quota {
  readonly #clock: Clock;
  readonly #calls = new Map<string, number[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  count(key: string, windows: readonly QuotaWindow[]): QuotaRefusal | null {
    const now = this.#clock.now();
    const longestMs = Math.max(...windows.map((w) => w.windowMs));
    const calls = (this.#calls.get(key) ?? []).filter((at) => at > now - longestMs);
    const refusals = windows.flatMap((window) => {
      const recent = calls.filter((at) => at > now - window.windowMs);
      if (recent.length < window.allowed) return [];
      const frees = [...recent, now][recent.length + 1 - window.allowed] ?? now;
      return [{ ...window, retryAfterMs: frees + window.windowMs - now }];
    });
    this.#calls.set(key, [...calls, now]);
    return refusals.sort((a, b) => b.retryAfterMs - a.retryAfterMs)[0] ?? null;
  }
}

/** `00:01:00`, as the quota message writes a window (err-429-real.json). */
export function formatWindow(windowMs: number): string {
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0');
  return `${two(windowMs / 3_600_000)}:${two((windowMs / 60_000) % 60)}:${two((windowMs / 1_000) % 60)}`;
}
