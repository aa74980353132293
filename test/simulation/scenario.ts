import type { Limits } from '../../src/dispatch/limits';

/** From one instant to another; all instants of a scenario are milliseconds from its start. */
export type Span = readonly [from: number, to: number];

export interface Wish {
  readonly who: number;
  readonly device: number;
  readonly approvedAt: number;
  /** When the requester asks to cancel it; null: never. */
  readonly cancelAt: number | null;
}

export interface DeviceSpec {
  readonly offline: readonly Span[];
  /** A live response of somebody else, as from the portal: no call shows it. */
  readonly busy: readonly Span[];
}

/**
 * What becomes of one POST; `lost…` and `error…` leave no clear answer, whether Defender took it or not. `foreign…` is a 201 with somebody
 * else's action, and ours was made (`After`) or not; `bare` a 201 that leaves out the comment; `altered` runs other commands under our marker.
 */
export type Fate =
  | 'answered'
  | 'lostBefore'
  | 'lostAfter'
  | 'errorBefore'
  | 'errorAfter'
  | 'late'
  | 'foreignBefore'
  | 'foreignAfter'
  | 'bare'
  | 'altered'
  | 'alteredLost'
  | 'notSent'
  | 'throttled'
  | 'rejected';

/** What people do after an offer: the whole bar, or only a part of it, decides to send it once more; or one of them leaves it. */
export interface Answer {
  readonly what: 'sendOnceMore' | 'half' | 'leave';
  readonly afterMs: number;
}

/** While it lasts each POST gets a gateway's error, and arrives or not. */
export interface Outage {
  readonly span: Span;
  readonly arrives: boolean;
}

/** All that is decided from outside: playing it twice gives the same history. */
export interface Scenario {
  /** As we are configured, and as Defender really is. */
  readonly limits: Limits;
  readonly truth: Limits;
  readonly replicas: 1 | 2;
  readonly wishes: readonly Wish[];
  /** By index; a device that is not here is always there and never busy. */
  readonly devices: readonly DeviceSpec[];
  /** Of the actions in the order in which Defender takes them, from connecting to the end; the last repeats. */
  readonly runMs: readonly number[];
  /** Of the POSTs in their order; the rest are answered. */
  readonly fates: readonly Fate[];
  readonly readMs: number;
  readonly outMs: number;
  readonly backMs: number;
  /** How long Defender hides a new action: those in the order in which it takes them, and then each. */
  readonly hides: readonly number[];
  readonly hideMs: number;
  /** How far our clock is ahead of Defender's at the start, and how it jumps. */
  readonly aheadMs: number;
  readonly jumps: ReadonlyArray<{ readonly at: number; readonly ms: number }>;
  readonly outages: readonly Outage[];
  /** To the offers in their order; the rest nobody answers. */
  readonly answers: readonly Answer[];
  readonly crashes: ReadonlyArray<{ readonly at: number; readonly replica: number; readonly downMs: number }>;
  readonly stalls: ReadonlyArray<{ readonly at: number; readonly replica: number; readonly forMs: number }>;
  /** While these last no read of Defender gets an answer. */
  readonly unreadable: readonly Span[];
  /** Calls of somebody else with the same app. */
  readonly foreignCalls: readonly number[];
  readonly foreignSessions: readonly Span[];
  readonly startWithinMs: number;
}

export const calm: Scenario = {
  limits: { runsPerMinute: 10, sessions: 50 },
  truth: { runsPerMinute: 10, sessions: 50 },
  replicas: 1,
  wishes: [],
  devices: [],
  runMs: [160_000],
  fates: [],
  readMs: 150,
  outMs: 80,
  backMs: 80,
  hides: [],
  hideMs: 20_000,
  aheadMs: 0,
  jumps: [],
  outages: [],
  answers: [],
  crashes: [],
  stalls: [],
  unreadable: [],
  foreignCalls: [],
  foreignSessions: [],
  startWithinMs: 7_200_000,
};

export const isWithin = (spans: readonly Span[], at: number): boolean =>
  spans.some(([from, to]) => at >= from && at < to);

/** The end of the last of the spans that follow each other from `at` on; `at` itself outside of them. */
export function endOf(spans: readonly Span[], at: number): number {
  let end = at;
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) if (from <= end && end < to) end = to;
  return end;
}
