import { hours, minutes, seconds } from '../lib/clock';
import type { SubmissionAnswer } from '../request/doubt/submission';

/** Per Defender tenant and app (defender-api.md §5); the defaults are the documented values. */
export interface Limits {
  readonly runsPerMinute: number;
  /** Pending ones count (§5: one admin had 26 pending and could submit no more). */
  readonly sessions: number;
}

/** What a 429 has taught of one limit. */
export interface LearnedLimit {
  /** What Defender is known to allow. */
  readonly limit: number;
  readonly refusedAt: number;
  /** Nothing goes for this long after the refusal. */
  readonly holdMs: number;
  /** When the limit was last lowered, or raised by a probe. */
  readonly changedAt: number;
  /** One more than the limit is tried this long after that. */
  readonly probeAfterMs: number;
}

/** What Defender has taught of its limits; shared by replicas and kept over restarts. Null: nothing but what is configured. */
export interface LearnedLimits {
  readonly rate: LearnedLimit | null;
  readonly sessions: LearnedLimit | null;
}

export const nothingLearned: LearnedLimits = { rate: null, sessions: null };

/** The name of the fact that holds a `LearnedLimits`; whoever locks it has its turn at admission. */
export const admissionFact = 'admission';

/** One limit as it is now. */
export interface EffectiveLimit {
  readonly limit: number;
  /** Nothing goes before, whatever is free. */
  readonly heldUntil: number;
  /** When it rises although nothing else happens; null when it does not. */
  readonly risesAt: number | null;
}

/** A refused probe costs one call every ten minutes at most, out of a hundred. */
const firstProbeMs = minutes(10);
/** After each probe that Defender takes the next comes in half the time: whoever took our room has left. */
const soonestProbeMs = minutes(1);
/** After this long without a refusal the configured limit is tried again. Calls are counted by the minute; sessions are a tenant's setting. */
const forgetMs = { rate: hours(1), sessions: hours(24) } as const;
/** Where a 429 does not say how long: sessions free up when runs end, which takes minutes (defender-api.md §3). */
const unsaidHoldMs = { rate: seconds(30), sessions: seconds(60) } as const;

/** The limit that counts now: what is configured, lowered to what was learned. */
export function effectiveLimit(
  configured: number,
  learned: LearnedLimit | null,
  kind: keyof LearnedLimits,
  now: number,
): EffectiveLimit {
  // A refusal in the future is one of a clock that has been set back.
  if (learned === null || now < learned.refusedAt || now >= learned.refusedAt + forgetMs[kind])
    return { limit: configured, heldUntil: 0, risesAt: null };
  const heldUntil = learned.refusedAt + learned.holdMs;
  if (learned.limit >= configured) return { limit: configured, heldUntil, risesAt: null };
  const probesAt = learned.changedAt + learned.probeAfterMs;
  return now >= probesAt
    ? { limit: learned.limit + 1, heldUntil, risesAt: learned.refusedAt + forgetMs[kind] }
    : { limit: learned.limit, heldUntil, risesAt: probesAt };
}

/** Both limits as they count now. */
export const limitsInForce = (configured: Limits, learned: LearnedLimits | null, now: number): Limits => ({
  runsPerMinute: effectiveLimit(configured.runsPerMinute, learned?.rate ?? null, 'rate', now).limit,
  sessions: effectiveLimit(configured.sessions, learned?.sessions ?? null, 'sessions', now).limit,
});

/** What an answer teaches. Of what we had with Defender when it was recorded, this answer included. */
export interface AnswerSeen {
  readonly answer: SubmissionAnswer;
  /** As Defender said it. */
  readonly retryAfterMs: number | null;
  /** Requests that Defender has taken and that have not ended. */
  readonly sessionsTaken: number;
  /** Calls of the last minute that the quota let pass. */
  readonly runsPassed: number;
}

/**
 * A refusal lowers a limit to what Defender had taken of ours; what it takes above a lowered limit raises it. Both work in any order of
 * answers, since calls go out side by side. The same object when nothing was learned.
 */
export function learn(learned: LearnedLimits, configured: Limits, seen: AnswerSeen, now: number): LearnedLimits {
  switch (seen.answer) {
    case 'sessions':
      return { ...learned, sessions: lowerSessions(configured.sessions, seen, now) };
    case 'rate':
      return { ...learned, rate: lowerRate(learned.rate, configured.runsPerMinute, seen, now) };
    case 'accepted':
      return raise(learned, seen.sessionsTaken, seen.runsPassed, now);
    case 'busy':
    case 'rejected':
      return raise(learned, 0, seen.runsPassed, now);
    case 'notSent':
    case 'unclear':
      return learned;
  }
}

/** While some of ours are in, one of them will end and make room; nothing says when others' do. */
const lowerSessions = (configured: number, { sessionsTaken }: AnswerSeen, now: number): LearnedLimit => ({
  limit: Math.min(Math.max(sessionsTaken, 1), configured),
  refusedAt: now,
  holdMs: sessionsTaken === 0 ? unsaidHoldMs.sessions : 0,
  changedAt: now,
  probeAfterMs: firstProbeMs,
});

/**
 * By half at most, and once for all refusals of one minute: the calls of somebody else with the same app may have come in a burst. What
 * they leave us, when that is more, is known.
 */
function lowerRate(
  learned: LearnedLimit | null,
  configured: number,
  { retryAfterMs, runsPassed }: AnswerSeen,
  now: number,
): LearnedLimit {
  const { limit, heldUntil } = effectiveLimit(configured, learned, 'rate', now);
  const isSameMinute = learned !== null && now >= learned.refusedAt && now < learned.refusedAt + minutes(1);
  const holdMs = Math.max(retryAfterMs ?? unsaidHoldMs.rate, heldUntil - now);
  if (isSameMinute)
    return { ...learned, limit: Math.min(Math.max(learned.limit, runsPassed), configured), refusedAt: now, holdMs };
  const lowered = Math.max(runsPassed, Math.floor(limit / 2), 1);
  return { limit: Math.min(lowered, configured), refusedAt: now, holdMs, changedAt: now, probeAfterMs: firstProbeMs };
}

function raise(learned: LearnedLimits, sessionsTaken: number, runsPassed: number, now: number): LearnedLimits {
  const rate = raiseOne(learned.rate, runsPassed, now);
  const sessions = raiseOne(learned.sessions, sessionsTaken, now);
  return rate === learned.rate && sessions === learned.sessions ? learned : { rate, sessions };
}

/** Only what a probe has got may bring the next one sooner: the rest went out before the refusal. */
function raiseOne(learned: LearnedLimit | null, taken: number, now: number): LearnedLimit | null {
  if (learned === null || taken <= learned.limit) return learned;
  if (now < learned.changedAt + learned.probeAfterMs) return { ...learned, limit: taken };
  return {
    ...learned,
    limit: taken,
    changedAt: now,
    probeAfterMs: Math.max(learned.probeAfterMs / 2, soonestProbeMs),
  };
}
