import type { Defender } from '../defender/client';
import type { KeptResult } from '../evidence/keep-result';
import type { Clock } from '../lib/clock';
import type { Log } from '../lib/log';
import type { RandomBytes } from '../lib/random';
import type { Groups, Policy } from '../policy/policy';
import type { Command } from '../request/ask/command';
import type { RunbookVersions } from '../request/ask/runbook-change';
import type { RequestId } from '../request/request';
import type { Store } from '../store/store';
import type { Limits } from './limits';

export interface DispatchOptions {
  readonly store: Store;
  readonly defender: Defender;
  /** The policy in force, and who is in its groups now: both are asked again right before the POST (T-16). */
  readonly policy: () => Policy;
  readonly groups: () => Promise<Groups>;
  readonly runbookVersions: () => RunbookVersions;
  /** Streams a result to the evidence store. */
  readonly keepResult: (
    requestId: RequestId,
    index: number,
    command: Command,
    body: AsyncIterable<Uint8Array>,
  ) => Promise<KeptResult>;
  readonly limits: Limits;
  /** How long Defender keeps a live response for a device that it cannot reach. */
  readonly queueMs: number;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  readonly trial: boolean;
}

/** One piece of work that was started. */
export interface Task {
  readonly what: string;
  readonly done: Promise<unknown>;
}
