import type { Config } from './config';
import type { Clock } from './lib/clock';
import type { Log } from './lib/log';
import type { RandomBytes } from './lib/random';
import type { Groups, Policy } from './policy/policy';
import type { Runbooks } from './runbooks/runbook';
import type { Store } from './store/store';
import type { AdapterOptions } from './teams/inbound/adapter';

/** What the service is started with. */
export interface ServiceOptions {
  readonly config: Config;
  readonly clock: Clock;
  /** True: where replicas share a database, its clock counts in place of `clock`. False for those who hold the clock. */
  readonly followDatabase?: boolean;
  readonly random: RandomBytes;
  readonly log: Log;
  /** False: nothing happens by itself, and `settle` does what is due. For those who hold the clock. */
  readonly byItself?: boolean;
  /** Tests only: who signs instead of the Bot Framework. */
  readonly issuer?: AdapterOptions['issuer'];
}

/** What each side of the service is built on. */
export interface ServiceBase extends ServiceOptions {
  readonly byItself: boolean;
  /** Tells after each commit who may have something to do. */
  readonly store: Store;
  /** The policy that this replica decides by. */
  readonly policy: () => Policy;
  /** Who is in the policy's groups now. */
  readonly groups: () => Promise<Groups>;
  /** The recipes in force. */
  readonly runbooks: () => Runbooks;
  /** Everybody who may approve anything now, as object ids of Entra. */
  readonly approvers: () => Promise<readonly string[]>;
}
