import { z } from 'zod';
import type { RawMessage } from '../chat/clean';
import { err, ok, type Result } from '../lib/result';
import type { Place } from '../request/place';
import type { Turn } from '../thread/turn';
import { type Cloud, isTrustedServiceUrl } from './service-url';

/** The longest a value may be where Teams puts ids, names and addresses. */
const maxWord = 2_000;
const Word = z.string().min(1).max(maxWord);
const Label = z.string().max(maxWord).nullish();

const Account = z.object({
  id: Word,
  name: Label,
  aadObjectId: Label,
  role: Label,
  userRole: Label,
  userPrincipalName: Label,
  tenantId: Label,
});

const Named = z.object({ id: Label }).nullish();

/** The activity as far as we read it; everything else is left behind before botbuilder sees it. */
const Envelope = z.object({
  type: Word,
  id: Label,
  name: Label,
  channelId: z.literal('msteams'),
  serviceUrl: Word,
  from: Account,
  recipient: z.object({ id: Word, name: Label }),
  conversation: z.object({
    id: Word,
    conversationType: z.enum(['personal', 'groupChat', 'channel']),
    tenantId: Label,
    isGroup: z.boolean().nullish(),
  }),
  channelData: z.object({ tenant: Named, team: Named, channel: Named, eventType: Label }).nullish(),
  replyToId: Label,
  locale: Label,
  localTimezone: Label,
  action: Label,
  text: z.string().nullish(),
  textFormat: Label,
  entities: z
    .array(z.object({ type: z.unknown(), text: z.unknown(), mentioned: z.unknown(), timezone: z.unknown() }))
    .nullish(),
  attachments: z.array(z.object({ contentType: z.unknown(), content: z.unknown() })).nullish(),
  membersAdded: z.array(z.object({ id: Label })).nullish(),
  membersRemoved: z.array(z.object({ id: Label })).nullish(),
  value: z.unknown(),
});

export type Envelope = z.infer<typeof Envelope>;

/** Why an activity is not let through; `answer` is what the person is told, and only where the activity is from a tenant that we serve. */
export interface AdmitRefusal {
  readonly type:
    | 'noObjectId'
    | 'noTenant'
    | 'tenantsDisagree'
    | 'foreignTenant'
    | 'untrustedService'
    | 'notAPerson'
    | 'guest';
  readonly status: 400 | 403;
  readonly answer: string | null;
}

export interface Admission {
  readonly cloud: Cloud;
  /** Entra tenants whose people are served; null in a trial without a list: there, any tenant of a caller on this machine. */
  readonly tenantIds: readonly string[] | null;
}

/** Names the first field that is not as Teams sends it; checked before botbuilder, which answers `{}` with its inner words (teams.md B2.13). */
export function readEnvelope(body: unknown): Result<Envelope, { readonly field: string }> {
  const read = Envelope.safeParse(body);
  if (!read.success) return err({ field: read.error.issues[0]?.path.join('.') || 'the body' });
  const needsId = read.data.type === 'message' || read.data.type === 'invoke';
  if (needsId && !read.data.id) return err({ field: 'id' });
  return ok(read.data);
}

/**
 * The one authorisation of all activity types (T-7): the sender's service address, tenant and person. Identity is the Entra object id of the
 * verified activity (T-11); what the person may do is policy's to say.
 */
export function admit(envelope: Envelope, admission: Admission, at: number): Result<Turn, AdmitRefusal> {
  const { from, conversation, channelData } = envelope;
  if (!isTrustedServiceUrl(envelope.serviceUrl, admission.cloud)) return refuse('untrustedService');

  // In channels only channelData states the tenant, in other places both do; what is stated must agree (T-2).
  const stated = [channelData?.tenant?.id, conversation.tenantId].flatMap((id) => (id ? [id.toLowerCase()] : []));
  const tenantId = stated[0];
  if (tenantId === undefined) return refuse('noTenant');
  if (stated.some((id) => id !== tenantId)) return refuse('tenantsDisagree');
  const served = servedTenants(admission, tenantId);
  if (!served.includes(tenantId)) return refuse('foreignTenant');

  if (from.id.startsWith('28:') || (from.role ?? 'user') !== 'user') return refuse('notAPerson');
  const isForeign = Boolean(from.tenantId) && !served.includes(from.tenantId?.toLowerCase() ?? '');
  if (isForeign || /^(guest|anonymous)$/i.test(from.userRole ?? '') || /#EXT#/i.test(from.userPrincipalName ?? ''))
    return refuse('guest');
  const personId = from.aadObjectId?.toLowerCase() ?? '';
  if (!isGuid(personId)) return refuse('noObjectId');

  return ok({
    activityId: envelope.id ?? '',
    tenantId,
    person: { id: personId, tenantId, name: from.name?.trim().slice(0, 200) || 'Unnamed person' },
    place: toPlace(envelope, tenantId, personId),
    replyToId: envelope.replyToId ?? null,
    at,
    locale: envelope.locale ?? null,
    timezone: envelope.localTimezone ?? timezoneOf(envelope),
  });
}

/** Without a list nobody is served, but for a trial, where nobody is signed in anyway (T-4). */
function servedTenants({ cloud, tenantIds }: Admission, stated: string): readonly string[] {
  if (tenantIds === null) return cloud === 'trial' ? [stated] : [];
  return tenantIds.map((id) => id.toLowerCase());
}

/** The typed text with what `chat/` needs to undo Teams' mangling. */
export function toRawMessage(envelope: Envelope): RawMessage {
  const html = envelope.attachments?.find(
    (a) => a.contentType === 'text/html' && typeof a.content === 'string',
  )?.content;
  return {
    text: envelope.text ?? '',
    textFormat: envelope.textFormat ?? null,
    html: typeof html === 'string' ? html : null,
    botMentions: (envelope.entities ?? []).flatMap((e) =>
      e.type === 'mention' && isMentionOf(e.mentioned, envelope.recipient.id) && typeof e.text === 'string'
        ? [e.text]
        : [],
    ),
  };
}

/** What a place's reference holds; only `teams/` reads it. */
export const Reference = z.object({
  serviceUrl: z.string(),
  bot: z.object({ id: z.string(), name: z.string() }),
  /** Whose roster knows the people here: the team's in a channel, the chat's own elsewhere (teams.md E1). */
  rosterId: z.string(),
});
export type Reference = z.infer<typeof Reference>;

function toPlace(envelope: Envelope, tenantId: string, personId: string): Place {
  const { conversation, recipient, serviceUrl, channelData } = envelope;
  const rosterId =
    (conversation.conversationType === 'channel' ? channelData?.team?.id : null) ??
    conversation.id.split(';')[0] ??
    conversation.id;
  const reference: Reference = { serviceUrl, bot: { id: recipient.id, name: recipient.name ?? '' }, rosterId };
  return {
    conversationId: conversation.id,
    tenantId,
    scope: conversation.conversationType,
    reference: JSON.stringify(reference),
    personId: conversation.conversationType === 'personal' ? personId : null,
  };
}

const isGuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

const isMentionOf = (mentioned: unknown, id: string): boolean =>
  typeof mentioned === 'object' && mentioned !== null && (mentioned as { id?: unknown }).id === id;

function timezoneOf(envelope: Envelope): string | null {
  const client = envelope.entities?.find((e) => e.type === 'clientInfo');
  return typeof client?.timezone === 'string' ? client.timezone : null;
}

const guestAnswer =
  'You are a guest or an external participant here, and this bot serves members of its own organisation only. Nothing was done. Please ask a member of the organisation to make the request.';

function refuse(type: AdmitRefusal['type']): { readonly ok: false; readonly error: AdmitRefusal } {
  const malformed = type === 'noObjectId' || type === 'noTenant';
  return err({ type, status: malformed ? 400 : 403, answer: type === 'guest' ? guestAnswer : null });
}
