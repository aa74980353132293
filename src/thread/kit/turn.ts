import type { RawMessage } from '../../chat/clean';
import type { Upload } from '../../request/file-offer';
import type { Place } from '../../request/place';
import type { Person } from '../../request/request';
import type { Dataset } from '../sentences/choices';
import type { Choice } from './button';
import type { CardJson } from './post';

/** Who did something, where and when, as far as the verified activity says so; made by `teams/` only, after admission (T-2, T-5, T-11). */
export interface Turn {
  /** Teams' id of the activity, empty where it gives none; with who sent it and where, the key by which a second delivery is known. */
  readonly activityId: string;
  readonly tenantId: string;
  readonly person: Person;
  readonly place: Place;
  /** For a card action: the message that carries the card (T-10). */
  readonly replyToId: string | null;
  /** Our clock on arrival, not the sender's time stamp. */
  readonly at: number;
  readonly timezone: string | null;
  /** The answer goes to this person alone, as in a dialog, wherever the dialog was opened. */
  readonly seenAlone?: true;
  /** A message that was edited: it has the id of the message as it was first sent. */
  readonly isEdit?: true;
}

/** What the person who clicked sees: a card in place of theirs, a short notice, or an error under the card. */
export type ActionAnswer =
  | { readonly type: 'card'; readonly card: CardJson }
  | { readonly type: 'message'; readonly text: string }
  | { readonly type: 'error'; readonly code: string; readonly text: string };

/** `upload` is null for a no, and `untrusted` where the address is none of Teams' (T-3): it is not kept then. */
export interface FileConsent {
  readonly offerId: string;
  readonly upload: Upload | 'untrusted' | null;
}

export type Presence = 'installed' | 'removed' | 'membersAdded';

/** The message that the extension was called on. */
export interface CalledOn {
  readonly text: string;
  readonly isHtml: boolean;
  /** The contents of its cards and other attachments: untrusted, of any form. */
  readonly attached?: readonly unknown[];
  /** False where it was called on none. */
  readonly isMessage?: boolean;
}

/** What Teams' side hands to the flow. Each may be called again with the same turn: Teams delivers again what took too long (teams.md E2). */
export interface Flow {
  /** A typed message. Answers go through the outbox. */
  onMessage(turn: Turn, message: RawMessage): Promise<void>;
  /** A message (null: a click) takes longer than Teams waits; what it comes to follows, or that it was interrupted. */
  onLate(turn: Turn, message: RawMessage | null): Promise<void>;
  /** A click on a card. `data` is the client's and proves nothing (T-8). A click by Action.Submit comes here too; its answer is posted as a message. */
  onAction(turn: Turn, verb: string, data: unknown): Promise<ActionAnswer>;
  /** A button in a dialog, or one that opens a dialog: what would be posted for a click on a card comes back instead. */
  onDialog(turn: Turn, verb: string, data: unknown): Promise<ActionAnswer>;
  /** Live response on a message, which is untrusted text, or on none: a form that offers what the message names. */
  onMessageAction(turn: Turn, message: CalledOn): Promise<ActionAnswer>;
  /** A person's answer to an offered file. What it comes to goes through the outbox. */
  onFileConsent(turn: Turn, consent: FileConsent): Promise<void>;
  /** What a list of a form is filled with while a person types; reads, and stores nothing. */
  onSearch(turn: Turn, query: { readonly dataset: Dataset; readonly text: string }): Promise<readonly Choice[]>;
  /** The bot or a person was added or removed: the place is worth remembering. */
  onPresence(turn: Turn, what: Presence): Promise<void>;
}
