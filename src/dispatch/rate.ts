import { minutes, seconds } from '../lib/clock';
import type { Submission } from '../request/doubt/submission';

/** 10 calls a minute are documented (defender-api.md §5); how the minute is counted is not, so any 60 s are taken for one. */
export const rateWindowMs = minutes(1);

/**
 * Two clocks that NTP slews apart, each at its limit of 500 ppm, differ by 60 ms after a minute; the rest is for rounding to whole
 * milliseconds on both sides.
 */
const driftMs = 75;

/** From the claim until a POST has surely been answered or given up: 30 s until it is begun, for a token, and for the call, each. */
export const longestPostMs = seconds(90);

/**
 * When a submission has surely left Defender's minute. It arrived before it was answered, so from the answer on the minute is over; one
 * without an answer may arrive as late as a POST can.
 */
export const leavesRateAt = ({ at, answeredAt }: Submission): number =>
  (answeredAt ?? at + longestPostMs) + rateWindowMs + driftMs;

/** Submissions before this instant count no more, answered or not. */
export const rateCountsSince = (now: number): number => now - longestPostMs - rateWindowMs - driftMs;

/** How many more calls the minute has room for, and, when it has none, when it will. */
export function roomInRate(
  submissions: readonly Submission[],
  runsPerMinute: number,
  now: number,
): { readonly free: number; readonly freeAt: number } {
  const leaving = submissions.map(leavesRateAt).filter((at) => at > now);
  const free = Math.max(runsPerMinute - leaving.length, 0);
  if (free > 0) return { free, freeAt: now };
  leaving.sort((a, b) => a - b);
  return { free, freeAt: leaving[leaving.length - runsPerMinute] ?? now };
}

/** How many calls of the last minute Defender has let past its quota, whatever it then said to them. */
export const passedRate = (submissions: readonly Submission[], now: number): number =>
  submissions.filter((s) => s.answer !== null && s.answer !== 'rate' && s.answer !== 'notSent' && leavesRateAt(s) > now)
    .length;
