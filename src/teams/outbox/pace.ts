/** At most `calls` in any `periodMs`. */
export interface Limit {
  readonly calls: number;
  readonly periodMs: number;
}

/**
 * Per bot and conversation, which is a chat of two, a group chat or a whole channel with all its threads: sends, updates and opening
 * alike ("Optimize your bot with rate limiting in Teams", teams.md E3).
 */
export const conversationLimits: readonly Limit[] = [
  { calls: 7, periodMs: 1_000 },
  { calls: 8, periodMs: 2_000 },
  { calls: 60, periodMs: 30_000 },
  { calls: 1_800, periodMs: 3_600_000 },
];

/** Of the 50 a second that an app has in a tenant, for all its calls. The other 14 are for reading a roster while a person waits: as many as one conversation allows. */
export const tenantLimits: readonly Limit[] = [{ calls: 36, periodMs: 1_000 }];

/**
 * What the limits need to know of past calls. A call counts from its end, since it reached Teams before that: whoever starts a
 * period after the end of the seventh last call is within seven a period at Teams, however long the ways there are.
 */
export interface Pace {
  /** When the last calls ended, oldest first: as many as the largest limit of up to a minute has. */
  readonly ended: readonly number[];
  /** How many ended in each minute (of the epoch), oldest first, for longer limits; empty where there are none. */
  readonly minutes: ReadonlyArray<readonly [minute: number, calls: number]>;
  /** By who makes it: until when a call that has begun, or will, may still reach Teams. */
  readonly underWay: Readonly<Record<string, number>>;
  /** Teams said to wait until then. */
  readonly heldUntil: number;
}

export const unhurried: Pace = { ended: [], minutes: [], underWay: {}, heldUntil: 0 };

/** How far apart the clocks of two replicas may be. */
const clockSkewMs = 100;
const minuteMs = 60_000;
const hourMs = 3_600_000;

/**
 * The earliest instant, `now` or later, at which one more call may begin; to be asked again then. Infinite when only calls under way are
 * in the way: these mostly end soon, and nobody knows when.
 */
export function mayBeginAt(pace: Pace, now: number, limits: readonly Limit[]): number {
  const known = countLate(pace, now, limits);
  return Math.max(now, known.heldUntil, ...limits.map((limit) => freeAt(known, limit, now)));
}

/** Calls in an hour after which edits of cards make room. */
const unhurriedCallsPerHour = 600;

/**
 * The same for the edit of a card, which can wait for the next change: it goes when nothing else is under way, so that it takes no room from
 * words. Once a conversation has used a third of its hour, edits keep a distance that grows with every call: else a busy room has
 * spent its 1,800 after fifteen minutes, and is silent for the other 45.
 */
export function mayEditAt(pace: Pace, now: number, limits: readonly Limit[]): number {
  const at = mayBeginAt(pace, now, limits);
  const known = countLate(pace, now, limits);
  if (Object.keys(known.underWay).length > 0) return Number.POSITIVE_INFINITY;
  const perHour = limits.find(({ periodMs }) => periodMs === hourMs)?.calls;
  const used = known.minutes
    .filter(([minute]) => (minute + 1) * minuteMs > now - hourMs)
    .reduce((sum, [, calls]) => sum + calls, 0);
  if (perHour === undefined || used < unhurriedCallsPerHour) return at;
  return Math.max(at, (known.ended.at(-1) ?? 0) + Math.ceil(hourMs / Math.max(perHour - used, 1)));
}

/** One call more that may reach Teams until `until`. Whoever made one under the same name before is dead. */
export const begun = (pace: Pace, by: string, until: number, now: number, limits: readonly Limit[]): Pace => {
  const known = countLate(pace, now, limits);
  const { [by]: left, ...underWay } = known.underWay;
  const settled = left === undefined ? known : counted({ ...known, underWay }, now, limits);
  return { ...settled, underWay: { ...settled.underWay, [by]: until } };
};

/** The call has ended, whatever came of it; `at` null: none was made. */
export function ended(pace: Pace, by: string, at: number | null, limits: readonly Limit[]): Pace {
  const { [by]: left, ...underWay } = pace.underWay;
  if (left === undefined && at === null) return pace;
  return at === null ? { ...pace, underWay } : counted({ ...pace, underWay }, at, limits);
}

export const held = (pace: Pace, until: number): Pace => ({ ...pace, heldUntil: Math.max(pace.heldUntil, until) });

/** From then on the pace says no more than `unhurried` does. */
export const saysNothingAfter = (pace: Pace, limits: readonly Limit[]): number =>
  Math.max(
    pace.heldUntil,
    Math.max(pace.ended.at(-1) ?? 0, ...Object.values(pace.underWay)) +
      Math.max(...limits.map((limit) => limit.periodMs)) +
      minuteMs +
      clockSkewMs,
  );

/** Calls of which nobody told the end: it was no later than they were allowed to go on. */
function countLate(pace: Pace, now: number, limits: readonly Limit[]): Pace {
  const late = Object.entries(pace.underWay).filter(([, until]) => until <= now);
  if (late.length === 0) return pace;
  const underWay = Object.fromEntries(Object.entries(pace.underWay).filter(([, until]) => until > now));
  return late.reduce((known, [, until]) => counted(known, until, limits), { ...pace, underWay });
}

/** Replicas tell of ends in any order. */
function counted(pace: Pace, at: number, limits: readonly Limit[]): Pace {
  const short = limits.filter((limit) => limit.periodMs <= minuteMs);
  const long = limits.filter((limit) => limit.periodMs > minuteMs);
  const most = Math.max(...short.map((limit) => limit.calls));
  return {
    ...pace,
    ended: [...pace.ended, at].sort((a, b) => a - b).slice(-most),
    minutes: long.length === 0 ? [] : countMinute(pace.minutes, at, Math.max(...long.map((limit) => limit.periodMs))),
  };
}

function countMinute(minutes: Pace['minutes'], at: number, longestMs: number): Pace['minutes'] {
  const minute = Math.floor(at / minuteMs);
  const calls = minutes.find(([of]) => of === minute)?.[1] ?? 0;
  const others = minutes.filter(([of]) => of !== minute && (of + 1) * minuteMs > at - longestMs - minuteMs);
  return [...others, [minute, calls + 1] as const].sort(([a], [b]) => a - b);
}

function freeAt(pace: Pace, { calls, periodMs }: Limit, now: number): number {
  const spare = calls - Object.keys(pace.underWay).length;
  if (spare <= 0) return Number.POSITIVE_INFINITY;
  const lastInWay = periodMs <= minuteMs ? pace.ended[pace.ended.length - spare] : endOfMinuteInWay(pace, spare);
  return lastInWay === undefined ? now : lastInWay + periodMs + clockSkewMs;
}

/** The end of the newest minute that, with those after it, has as many calls as are to spare. */
function endOfMinuteInWay({ minutes }: Pace, spare: number): number | undefined {
  let sum = 0;
  for (const [minute, calls] of [...minutes].reverse()) {
    sum += calls;
    if (sum >= spare) return (minute + 1) * minuteMs;
  }
  return undefined;
}
