import type { Clock } from '../../lib/clock';
import type { Place } from '../../request/place';
import type { Post } from '../../thread/kit/post';
import type { ConnectorClient, VerifiedAdapter } from '../inbound/adapter';
import { Reference } from '../inbound/inbound';
import { type Cloud, isTrustedServiceUrl } from '../service-url';
import { type Teams, TeamsError, type TeamsErrorCode } from '../teams';
import { maxActivityBytes, sizeOf, toActivity } from './to-activity';

/** Longer than Teams takes on a bad day, shorter than any lease. */
export const callTimeoutMs = 15_000;

export interface TeamsOptions {
  readonly adapter: VerifiedAdapter;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}

export function createTeams({ adapter, clock, timeoutMs = callTimeoutMs }: TeamsOptions): Teams {
  /** Not the client's own `timeout`: when a call fails that one leaves its timer running. */
  const withinTime = () => ({ abortSignal: AbortSignal.timeout(timeoutMs) });

  /** One attempt. A stored reference may be old, and the list of hosts newer: it is asked again before our token goes anywhere (T-3). */
  async function call<T>(
    serviceUrl: string,
    kind: CallKind,
    perform: (connector: ConnectorClient) => Promise<T>,
  ): Promise<T> {
    mustBeTeams(serviceUrl, adapter.cloud); // guard: our-token-goes-to-teams-only
    try {
      return await perform(await adapter.connector(serviceUrl));
    } catch (cause) {
      throw toTeamsError(cause, { kind, serviceUrl }, clock.now());
    }
  }

  return {
    async post(place, post) {
      const reference = readReference(place);
      const alert = place.scope === 'personal' && post.card !== null;
      const activity = fitting(place, post, reference, alert);
      const { id } = await call(reference.serviceUrl, 'post', (c) =>
        c.conversations.sendToConversation(place.conversationId, activity, {
          abortSignal: AbortSignal.timeout(timeoutMs),
        }),
      );
      return { activityId: id };
    },
    async update(place, activityId, post) {
      const reference = readReference(place);
      const activity = { ...fitting(place, post, reference, false), id: activityId };
      await call(reference.serviceUrl, 'update', (c) =>
        c.conversations.updateActivity(place.conversationId, activityId, activity, {
          abortSignal: AbortSignal.timeout(timeoutMs),
        }),
      );
    },
    async openPersonal(personId, via) {
      const reference = readReference(via);
      const parameters = {
        isGroup: false,
        bot: reference.bot,
        // Teams takes an Entra object id here as it takes a `29:` id (msteams-docs #14079).
        members: [{ id: personId, name: '' }],
        tenantId: via.tenantId,
        channelData: { tenant: { id: via.tenantId } },
      };
      const { id } = await call(reference.serviceUrl, 'open', (c) =>
        c.conversations.createConversation(
          parameters as Parameters<ConnectorClient['conversations']['createConversation']>[0],
          withinTime(),
        ),
      );
      return {
        conversationId: id,
        tenantId: via.tenantId,
        scope: 'personal',
        reference: JSON.stringify({ ...reference, rosterId: id } satisfies Reference),
        personId,
      };
    },
  };
}

function mustBeTeams(serviceUrl: string, cloud: Cloud): void {
  if (!isTrustedServiceUrl(serviceUrl, cloud)) throw new TeamsError('teams.refused', { detail: 'untrustedServiceUrl' });
}

type CallKind = 'post' | 'update' | 'open';

function readReference(place: Place): Reference {
  try {
    return Reference.parse(JSON.parse(place.reference));
  } catch (cause) {
    throw new TeamsError('teams.refused', { detail: 'unreadableReference', cause });
  }
}

function fitting(place: Place, post: Post, { bot }: Reference, alert: boolean) {
  const activity = toActivity(post, { place, bot, alert });
  if (sizeOf(activity) > maxActivityBytes) throw new TeamsError('teams.tooLarge', { status: 413 });
  return activity;
}

/** By status and Teams' own code, never by words. What carries no status got no answer. */
function toTeamsError(
  cause: unknown,
  { kind, serviceUrl }: { readonly kind: CallKind; readonly serviceUrl: string },
  now: number,
): TeamsError {
  const { statusCode, code } = (typeof cause === 'object' && cause !== null ? cause : {}) as {
    statusCode?: unknown;
    code?: unknown;
  };
  const status = typeof statusCode === 'number' ? statusCode : null;
  const detail = typeof code === 'string' ? code : null;
  return new TeamsError(codeFor(status, detail, kind), {
    status,
    detail,
    retryAfterMs: readRetryAfterMs(cause, now),
    serviceUrl,
    cause,
  });
}

function codeFor(status: number | null, detail: string | null, kind: CallKind): TeamsErrorCode {
  switch (status) {
    case null:
    case 401: // Our own credentials: it waits until they are put right, and nothing is lost.
    case 408:
      return 'teams.unreachable';
    case 403:
      if (!finalCodes.includes(detail ?? '')) return 'teams.doubtful'; // guard: given-up-by-named-codes-only
      return 'teams.forbidden';
    case 404:
      if (kind === 'update' && detail === 'ActivityNotFoundInConversation') return 'teams.goneMessage';
      return detail === 'ConversationNotFound' ? 'teams.goneConversation' : 'teams.doubtful';
    case 412: // "Rate limiting" lists it among the codes to send again.
    case 429:
      return 'teams.throttled';
    case 413:
      return 'teams.tooLarge';
    default:
      return status >= 500 ? 'teams.unreachable' : 'teams.refused';
  }
}

/**
 * With these Teams says that the bot may not write there until somebody changes that ("Status code responses" of "Messages in bot conversations";
 * MessageWritesBlocked: "Send proactive messages"). Any other 403, and 404, is also what an outage answers.
 */
const finalCodes: readonly string[] = [
  'BotDisabledByAdmin',
  'BotNotInConversationRoster',
  'ConversationBlockedByUser',
  'ForbiddenOperationException',
  'MessageWritesBlocked',
  'NotEnoughPermissions',
];

/** Teams' own windows are an hour at most, and its answers ask for seconds: more is a fault, and must not silence a conversation. */
const longestRetryAfterMs = 600_000;

/** `Retry-After` in seconds or as a date; null when it is absent or says nothing that lies ahead. */
function readRetryAfterMs(cause: unknown, now: number): number | null {
  const response = (cause as { response?: { headers?: { get?: (name: string) => string | undefined } } } | null)
    ?.response;
  const value = response?.headers?.get?.('retry-after')?.trim();
  if (!value) return null;
  const waitMs = /^[+-]?[\d.]+$/.test(value) ? Math.ceil(Number(value) * 1_000) : Date.parse(value) - now;
  return waitMs > 0 ? Math.min(waitMs, longestRetryAfterMs) : null; // guard: retry-after-is-bounded
}
