import type { Place } from '../request/place';
import type { Post } from '../thread/kit/post';

/** What the outbox needs of Teams. Each call is one attempt: nothing below it tries again (teams.md E2). Throws `TeamsError` only. */
export interface Teams {
  post(place: Place, post: Post): Promise<{ readonly activityId: string }>;
  update(place: Place, activityId: string, post: Post): Promise<void>;
  /** Opens, or finds, the person's own chat with the bot; `via` gives the service address and the tenant. */
  openPersonal(personId: string, via: Place): Promise<Place>;
}

export type TeamsErrorCode =
  /** 429 or 412: not delivered, to be sent again after `retryAfterMs`. */
  | 'teams.throttled'
  /** The message to update is not there any more. */
  | 'teams.goneMessage'
  /** 404 ConversationNotFound; an outage answers so as well. */
  | 'teams.goneConversation'
  /** 403 or 404 without a code by which it is final: nobody knows whether the next try works. */
  | 'teams.doubtful'
  /** 403 with a code by which nobody may write there until somebody changes that. */
  | 'teams.forbidden'
  | 'teams.tooLarge'
  /** 5xx, reset, time-out, or no token of ours was accepted: a post may have been delivered all the same. */
  | 'teams.unreachable'
  /** Anything else that Teams will answer the same way the next time, and an address that we do not send to. */
  | 'teams.refused';

export class TeamsError extends Error {
  override readonly name = 'TeamsError';
  readonly code: TeamsErrorCode;
  readonly retryAfterMs: number | null;
  /** HTTP status; null when there was no answer. */
  readonly status: number | null;
  /** Where it was sent; null when it was not. */
  readonly serviceUrl: string | null;
  /** Teams' own error code, such as `MessageWritesBlocked`; a word for logs, never shown. */
  readonly detail: string | null;
  constructor(
    code: TeamsErrorCode,
    options: {
      readonly status?: number | null;
      readonly retryAfterMs?: number | null;
      readonly detail?: string | null;
      readonly serviceUrl?: string | null;
      readonly cause?: unknown;
    } = {},
  ) {
    super(`Teams: ${code}`, { cause: options.cause });
    this.code = code;
    this.status = options.status ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.detail = options.detail ?? null;
    this.serviceUrl = options.serviceUrl ?? null;
  }
}
