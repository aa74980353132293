/** A conversation that the bot can write to, as Teams named it in a verified activity. */
export interface Place {
  /** Teams' conversation id; in a channel it carries `;messageid=…` and thereby the thread. */
  readonly conversationId: string;
  readonly tenantId: string;
  readonly scope: 'personal' | 'groupChat' | 'channel';
  /** The conversation reference, opaque JSON to all but `teams/`. */
  readonly reference: string;
  /** Entra object id of the one person in a personal chat; null elsewhere. */
  readonly personId: string | null;
}
