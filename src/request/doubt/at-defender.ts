import type { Person } from '../base';

/** A wish to cancel: what Defender then says decides. `by` is null when the start-by clock asked. */
export interface CancelWish {
  readonly by: Person | null;
  readonly reason: string | null;
  readonly at: number;
  /** Defender answered that it cannot be cancelled (any more); another wish may be asked. */
  readonly refused?: true;
  /** The batch wanted it: it was stopped, or the target made room for others. */
  readonly calledOff?: 'stopped' | 'gaveWay';
}

export interface CommandProgress {
  readonly index: number;
  /** Defender's own word; `Created`, `Completed` and `Failed` are documented, anything else counts as open. */
  readonly status: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly errors: readonly string[];
}

/** Why an approved request is not going yet, as Defender told us; null means that it waits for our own limits only. */
export type Hold =
  | { readonly type: 'deviceBusy' }
  | { readonly type: 'rateLimited' }
  | { readonly type: 'sessionsFull' }
  | { readonly type: 'checkFailed'; readonly code: string };
