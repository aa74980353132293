import { hours, minutes, seconds } from '../lib/clock';

/** Defender's APIs that this bot calls beside the submission, each with a quota of its own; named as the emulator names its routes. */
export const apis = [
  'listMachines',
  'findMachinesByIp',
  'findMachinesByTag',
  'getMachine',
  'listLibrary',
  'listActions',
  'getAction',
  'getResultLink',
  'cancelAction',
] as const;
export type Api = (typeof apis)[number];

/** What a read is for, the most important first (`people`: they ask for something; `browse`: they look something up): that order decides who goes on when Defender's quota gets scarce. */
export const purposes = ['follow', 'lookUp', 'check', 'result', 'people', 'browse'] as const;
export type Purpose = (typeof purposes)[number];

/** Asked before every call and told of every 429; kept where all replicas share it, since Defender counts them as one app. */
export interface ReadBudget {
  /** Null: it may go, and is counted. Else how long there is surely no room for it. */
  take(api: Api, purpose: Purpose): Promise<number | null>;
  /** Defender refused although we had room, so somebody else uses the same app: nobody calls this API for so long. */
  refused(api: Api, waitMs: number): Promise<void>;
}

/** For those who call too little to count. */
export const boundless: ReadBudget = { take: async () => null, refused: async () => {} };

/** Calls of one API, oldest first, and until when Defender told us to stay away. Plain data, to be kept as JSON. */
export interface Spent {
  /** Instant of the last call of a group, and how many there were in it. */
  readonly calls: ReadonlyArray<readonly [at: number, count: number]>;
  readonly heldUntil: number;
}

export const nothingSpent: Spent = { calls: [], heldUntil: 0 };

/** 100 a minute and 1,500 an hour for each API, unless its page says otherwise (defender-api.md §1). */
export const windows = [
  { allowed: 100, windowMs: minutes(1) },
  { allowed: 1_500, windowMs: hours(1) },
] as const;

/**
 * Up to which part of a window each purpose may fill it. What is above is left to those before it, so that nothing that people ask keeps
 * an open action from being followed. The last twentieth is nobody's: Defender counts a call when it arrives, we when it leaves.
 */
const shareOf: Readonly<Record<Purpose, number>> = {
  follow: 0.95,
  lookUp: 0.8,
  check: 0.95,
  result: 0.8,
  people: 0.6,
  browse: 0.4,
};
/** So much of what a purpose may fill is for one person: two of them still leave each other something. */
const onePersonsPart = 0.5;

/** Longer than any wait that is asked for (retry.ts), so that a clock that was set back holds nothing for ever. */
const longestHoldMs = minutes(5);

/** How long there is no room for one more call of this purpose; 0 when it may go now. */
export function waitFor(spent: Spent, purpose: Purpose, now: number): number {
  const held = Math.min(spent.heldUntil - now, longestHoldMs);
  return Math.max(0, held, ...windows.map((window) => waitForWindow(spent, window, shareOf[purpose], now)));
}

/** The same for one person, by the calls that they alone have caused. */
export const waitForOne = (ownSpent: Spent, purpose: 'people' | 'browse', now: number): number =>
  Math.max(0, ...windows.map((window) => waitForWindow(ownSpent, window, shareOf[purpose] * onePersonsPart, now)));

/** One more call, whether there was room for it or not. */
export const withCall = (spent: Spent, now: number): Spent => ({
  ...spent,
  calls: tidy([...spent.calls, [now, 1]], now),
});

export const withHold = (spent: Spent, waitMs: number, now: number): Spent => ({
  ...spent,
  heldUntil: Math.max(now + Math.min(waitMs, longestHoldMs), Math.min(spent.heldUntil, now + longestHoldMs)),
});

/** How full the fuller of the windows is: 0 unused, 1 used up. */
export const loadOf = (spent: Spent, now: number): number =>
  Math.max(...windows.map((window) => countIn(spent, window.windowMs, now) / window.allowed));

/** How many calls are left in each window, whoever makes them. */
export const leftOf = (spent: Spent, now: number): { readonly minute: number; readonly hour: number } => ({
  minute: Math.max(0, windows[0].allowed - countIn(spent, windows[0].windowMs, now)),
  hour: Math.max(0, windows[1].allowed - countIn(spent, windows[1].windowMs, now)),
});

const countIn = (spent: Spent, windowMs: number, now: number): number =>
  spent.calls.reduce((sum, [at, count]) => (at > now - windowMs ? sum + count : sum), 0);

/** When enough of the oldest calls will have left the window. */
function waitForWindow(spent: Spent, window: (typeof windows)[number], share: number, now: number): number {
  let over = countIn(spent, window.windowMs, now) + 1 - Math.floor(window.allowed * share);
  if (over <= 0) return 0;
  for (const [at, count] of spent.calls) {
    if (at <= now - window.windowMs) continue;
    over -= count;
    if (over <= 0) return Math.min(at, now) + window.windowMs - now;
  }
  return window.windowMs;
}

const fineMs = seconds(1);
const coarseMs = minutes(1);

/**
 * Drops what no window holds any more and counts together what lies close: by the second within the last minute, by the minute before. A
 * group counts as its last call, so it leaves a window too late rather than too early. A call of the future, from a clock that ran ahead, is
 * taken for one of now.
 */
function tidy(calls: Spent['calls'], now: number): Spent['calls'] {
  const longestMs = Math.max(...windows.map((w) => w.windowMs));
  const kept: Array<readonly [number, number]> = [];
  let lastGroup = '';
  const inOrder = calls.map(([at, count]) => [Math.min(at, now), count] as const).sort(([a], [b]) => a - b);
  for (const [at, count] of inOrder) {
    if (at <= now - longestMs) continue;
    const grainMs = at > now - coarseMs ? fineMs : coarseMs;
    const group = `${grainMs} ${Math.floor(at / grainMs)}`;
    const before = kept.at(-1);
    if (group === lastGroup && before !== undefined) kept[kept.length - 1] = [at, before[1] + count];
    else kept.push([at, count]);
    lastGroup = group;
  }
  return kept;
}
