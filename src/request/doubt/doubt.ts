import type { Vote } from '../base';

/** A submission may have arrived without our knowing its action, which may turn up at any time. */
export interface InDoubt {
  /** When that began, by our clock; looks go on for three days. */
  readonly since: number;
  /** Counts the searches, so that each has one chain of looks. */
  readonly search: number;
}

/** An action with this request's marker beside the one that is followed. */
export interface OtherAction {
  readonly actionId: string;
  /** Defender's own word. */
  readonly status: string;
  /** It was seen to have reached the device. */
  readonly begun: boolean;
  /** Its commands are not those that were approved. */
  readonly altered?: true;
}

/**
 * Why nobody can tell:
 * - `noAnswer`: no clear answer to the submission, or one about another action. Only this may be sent once more, if people decide so.
 * - `unread`: Defender's answer left out what makes its action ours; it is read again by its id.
 * - `vanished`: an action that we know is no longer listed.
 * - `otherCommands`: an action carries our marker over commands that nobody approved. Only a person touches it.
 * - `restored`: a backup of the store was restored, which does not know what became of the request since (T-44).
 */
export type Doubt = 'noAnswer' | 'unread' | 'vanished' | 'otherCommands' | 'restored';

/** Whether to send it once more: the rule's whole bar anew, over the same digest. */
export interface Offer {
  readonly votes: readonly Vote[];
}
