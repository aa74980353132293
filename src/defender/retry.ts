/** What went wrong with one attempt, as far as trying again depends on it. */
export type Fault =
  | { readonly type: 'status'; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly type: 'noConnection' }
  | { readonly type: 'reset' }
  | { readonly type: 'timedOut' };

/**
 * How long to wait before the next attempt of a GET, or null to give up. `attempt` counts the attempts already made, from 1.
 * What Defender asks for wins over the table; a longer wait than `longestWaitMs` is the caller's to schedule, not ours to sleep.
 */
export function planRetry(fault: Fault, attempt: number, longestWaitMs: number = defaultLongestWaitMs): number | null {
  const asked = fault.type === 'status' ? fault.retryAfterMs : null;
  const waitMs = waitsFor(fault)[attempt - 1];
  if (waitMs === undefined) return null;
  const wait = asked ?? waitMs;
  return wait <= longestWaitMs ? wait : null;
}

/**
 * The wait that a 429 or 503 asks for: `Retry-After` as seconds or as a date, else the number inside the message, since some real 429s
 * carry it nowhere else (err-429-real.json: "You can send requests again in 8 seconds."). Never more than 300 s.
 */
export function readRetryAfterMs(answer: {
  readonly retryAfter: string | null;
  readonly message: string | null;
  readonly now: number;
}): number | null {
  const ms = fromHeader(answer.retryAfter, answer.now) ?? fromMessage(answer.message);
  return ms === null ? null : Math.min(Math.max(ms, 0), longestRetryAfterMs);
}

/** The longest wait that a call sleeps through by itself. */
export const defaultLongestWaitMs = 30_000;

/** One client caps Retry-After here (defender-api.md §3); a longer one is a mistake or an attack on our patience. */
export const longestRetryAfterMs = 300_000;

/** The table. Quota counters are per minute, so a second and a third try of a 429 without a wait are spaced by whole quota seconds. */
function waitsFor(fault: Fault): readonly number[] {
  switch (fault.type) {
    case 'status':
      return waitsByStatus[fault.status] ?? [];
    case 'noConnection':
    case 'reset':
      return [500, 2_000, 8_000];
    case 'timedOut':
      return [1_000, 5_000];
  }
}

const waitsByStatus: Readonly<Record<number, readonly number[]>> = {
  429: [5_000, 15_000, 30_000],
  500: [1_000, 4_000, 10_000],
  502: [1_000, 4_000, 10_000],
  503: [2_000, 8_000, 20_000],
  504: [2_000, 8_000],
};

function fromHeader(value: string | null, now: number): number | null {
  const text = value?.trim() ?? '';
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1_000);
  if (!/[A-Za-z]/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at - now;
}

function fromMessage(message: string | null): number | null {
  const found = /\bin (\d{1,6}) seconds?\b/i.exec(message ?? '');
  return found?.[1] === undefined ? null : Number(found[1]) * 1_000;
}
