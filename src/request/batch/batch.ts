import type { Change, Device, Person, RequestId } from '../request';

/** As many as one approval card can name within what Teams takes (28 KB). */
export const mostDevices = 100;

/** What one decision over many devices binds beside the commands. */
export interface Batch {
  /** Frozen and sorted by Defender's id; target n is the nth, counted from 1. */
  readonly devices: readonly Device[];
  /** How many go first; nothing else goes before they have ended well. */
  readonly canaries: number;
  /** Target numbers in the order in which they go, and so in which they take a canary's place. */
  readonly order: readonly number[];
  /** At so many failures nothing more is sent. */
  readonly stopAt: number;
  /** Somebody who may approve lets the rest go once the canaries have ended well. */
  readonly goOn: boolean;
}

/** Which target of which batch a request is. */
export interface TargetOf {
  readonly of: RequestId;
  /** From 1. */
  readonly number: number;
}

/** Why nothing more of a batch is sent. */
export type BatchStop = { readonly at: number } & (
  | { readonly type: 'failures'; readonly count: number }
  | { readonly type: 'canary'; readonly number: number }
  /** `all`: what runs as well, else only what Defender has not started. */
  | { readonly type: 'cancelled'; readonly by: Person; readonly reason: string | null; readonly all: boolean }
  /** Something that the digest binds for all of them has changed. */
  | { readonly type: 'changed'; readonly changes: readonly Change[] }
  | { readonly type: 'clock' }
  /** A backup was restored: which targets went since, nobody knows. */
  | { readonly type: 'restored' }
);

/** What people have decided about a batch under way. */
export interface BatchCourse {
  readonly stopped: BatchStop | null;
  /** Canaries whose outcome nobody can tell, and whose place people gave to the next. */
  readonly passedOver: readonly number[];
  readonly goneOn: { readonly by: Person; readonly at: number } | null;
}

export const courseAtFirst: BatchCourse = { stopped: null, passedOver: [], goneOn: null };

/** The device of a target; a number that a batch does not have is a bug. */
export function deviceOf({ devices }: Pick<Batch, 'devices'>, number: number): Device {
  const device = devices[number - 1];
  if (device === undefined) throw new RangeError(`The batch has no target ${number}.`);
  return device;
}
