import type { DoorAudit } from '../../flow/refused-at-door';
import type { Clock } from '../../lib/clock';
import type { Log } from '../../lib/log';
import type { Place } from '../../request/place';
import type { Post } from '../../thread/kit/post';
import type { Flow } from '../../thread/kit/turn';
import type { VerifiedAdapter } from './adapter';
import type { LateWork } from './in-time';
import type { Roster } from './roster';

export interface BotOptions {
  readonly adapter: VerifiedAdapter;
  readonly flow: Flow;
  /** Entra tenants whose people are served; null only in a trial, where any is. */
  readonly tenantIds: readonly string[] | null;
  /** Channels that other teams or organisations are members of; their foreign members are refused in any case (T-5). */
  readonly allowSharedChannels: boolean;
  /** Null only in a trial: the Playground does not know its people by their object ids. */
  readonly roster: Roster | null;
  /** What somebody is called, by the policy or from before, for an activity that does not say. */
  readonly knownName: (personId: string) => Promise<string | null>;
  /** Posts durably, through the outbox; used for the answer to an Action.Submit, which has no answer of its own. */
  readonly reply: (place: Place, post: Post) => Promise<void>;
  /** Audits who was turned away; bounded, since anybody on the network can knock. */
  readonly refused: DoorAudit['refused'];
  readonly lateWork: LateWork;
  readonly clock: Clock;
  readonly log: Log;
}
