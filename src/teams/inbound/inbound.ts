import { z } from 'zod';
import type { RawMessage } from '../../chat/clean';
import { err, ok, type Result } from '../../lib/result';
import type { Place } from '../../request/place';
import type { Turn } from '../../thread/kit/turn';
import { answers } from '../../thread/sentences/answers';
import { type Cloud, isTrustedServiceUrl } from '../service-url';

/** The longest a value may be where Teams puts ids, names and addresses. */
const maxWord = 2_000;
/** Ids, addresses and the words of the protocol: nothing hidden in them, or two that look and are stored alike could differ (T-18). */
const Word = z
  .string()
  .min(1)
  .max(maxWord)
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u); // guard: no-control-characters-in-ids
const Mark = Word.or(z.literal('')).nullish();
/** What people call themselves; shown with care, never compared. */
const Label = z.string().max(maxWord).nullish();

const Account = z.object({
  id: Word,
  name: Label,
  aadObjectId: Mark,
  role: Mark,
  userRole: Mark,
  userPrincipalName: Mark,
  tenantId: Mark,
});

const Named = z.object({ id: Mark }).nullish();

/** The activity as far as we read it; everything else is left behind before botbuilder sees it. */
const Envelope = z.object({
  type: Word,
  id: Mark,
  name: Mark,
  channelId: z.literal('msteams'),
  serviceUrl: Word,
  from: Account,
  recipient: z.object({ id: Word, name: Label }),
  conversation: z.object({
    id: Word,
    conversationType: z.enum(['personal', 'groupChat', 'channel']),
    tenantId: Mark,
    isGroup: z.boolean().nullish(),
  }),
  channelData: z
    .object({
      tenant: Named,
      team: Named,
      eventType: Mark,
      channel: z.object({ id: Mark, type: Mark }).nullish(),
      onBehalfOf: z.array(z.unknown()).nullish(),
    })
    .nullish(),
  replyToId: Mark,
  localTimezone: Mark,
  action: Mark,
  text: z.string().nullish(),
  textFormat: Mark,
  entities: z
    .array(
      z.object({
        type: z.unknown(),
        text: z.unknown(),
        mentioned: z.unknown(),
        timezone: z.unknown(),
        quotedReply: z.unknown(),
      }),
    )
    .nullish(),
  attachments: z.array(z.object({ contentType: z.unknown(), content: z.unknown() })).nullish(),
  membersAdded: z.array(z.object({ id: Mark })).nullish(),
  membersRemoved: z.array(z.object({ id: Mark })).nullish(),
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
    | 'guest'
    | 'sharedChannel'
    | 'unknownMember';
  readonly status: 400 | 403 | 500;
  readonly answer: string | null;
}

export interface Admission {
  readonly cloud: Cloud;
  /** Entra tenants whose people are served; null in a trial without a list: there, any tenant of a caller on this machine. */
  readonly tenantIds: readonly string[] | null;
  readonly allowSharedChannels: boolean;
  /** `tid` of the verified token; null where it states none, as those of the Bot Framework do today. */
  readonly tokenTenantId: string | null;
}

/** Names the first field that is not as Teams sends it; checked before botbuilder, which answers `{}` with its inner words (teams.md B2.13). */
export function readEnvelope(body: unknown): Result<Envelope, { readonly field: string }> {
  const read = Envelope.safeParse(body);
  if (!read.success) return err({ field: read.error.issues[0]?.path.join('.') || 'the body' });
  const needsId = ['message', 'messageUpdate', 'invoke'].includes(read.data.type);
  if (needsId && !read.data.id) return err({ field: 'id' });
  return ok(read.data);
}

/**
 * The one authorisation of all activity types (T-7): the sender's service address, tenant and person. Identity is the Entra object id of the
 * verified activity (T-11); what the person may do is policy's to say.
 */
export function admit(envelope: Envelope, admission: Admission, at: number): Result<Turn, AdmitRefusal> {
  const { from, conversation, channelData } = envelope;
  if (!isTrustedServiceUrl(envelope.serviceUrl, admission.cloud)) return refuse('untrustedService'); // guard: service-address-is-teams

  // In channels only channelData states the tenant, in other places both do; what is stated must agree (T-2).
  const stated = [channelData?.tenant?.id, conversation.tenantId, admission.tokenTenantId].flatMap((id) =>
    id ? [id.toLowerCase()] : [],
  );
  const tenantId = stated[0];
  if (tenantId === undefined) return refuse('noTenant');
  if (stated.some((id) => id !== tenantId)) return refuse('tenantsDisagree'); // guard: stated-tenants-agree
  const served = servedTenants(admission, tenantId);
  if (!served.includes(tenantId)) return refuse('foreignTenant'); // guard: tenant-is-served

  if (from.id.startsWith('28:') || (from.role ?? 'user') !== 'user') return refuse('notAPerson'); // guard: bots-are-not-people
  if ((channelData?.onBehalfOf ?? []).length > 0) return refuse('notAPerson'); // guard: nobody-speaks-for-another
  const homeId = from.tenantId?.toLowerCase() || tenantId;
  const isAtHome = homeId === tenantId || (admission.allowSharedChannels && served.includes(homeId));
  if (!isAtHome) return refuse('guest'); // guard: people-of-other-tenants-refused
  if (/^(guest|anonymous)$/i.test(from.userRole ?? '')) return refuse('guest'); // guard: guests-by-role-refused
  if (/#EXT#/i.test(from.userPrincipalName ?? '')) return refuse('guest'); // guard: guests-by-name-refused
  if (isShared(envelope) && !admission.allowSharedChannels) return refuse('sharedChannel'); // guard: shared-channels-refused
  const personId = from.aadObjectId?.toLowerCase() ?? '';
  if (!isGuid(personId)) return refuse('noObjectId'); // guard: people-are-object-ids

  return ok({
    activityId: envelope.id ?? '',
    tenantId,
    person: { id: personId, tenantId: homeId, name: nameOf(from) ?? 'Unnamed person' },
    place: toPlace(envelope, tenantId, personId),
    replyToId: envelope.replyToId ?? null,
    at,
    timezone: envelope.localTimezone ?? timezoneOf(envelope),
  });
}

/** Teams leaves the name out of some activities. */
export const nameOf = ({ name }: { readonly name?: string | null | undefined }): string | null =>
  name?.trim().slice(0, 200) || null;

/**
 * `channel.type` is `shared` in a channel that other teams or organisations may be members of (microsoft/Agents #179; "Apps for shared and
 * private channels"). A kind that we do not know counts as shared.
 */
function isShared({ channelData }: Envelope): boolean {
  const type = channelData?.channel?.type?.toLowerCase() || 'standard';
  return !['standard', 'regular', 'private'].includes(type);
}

/** Without a list nobody is served, but for a trial, where nobody is signed in anyway (T-4). */
function servedTenants({ cloud, tenantIds }: Admission, stated: string): readonly string[] {
  if (tenantIds === null) return cloud === 'trial' ? [stated] : [];
  return tenantIds.map((id) => id.toLowerCase());
}

/** What Teams' SDK calls a `QuotedReplyEntity`: the text holds a placeholder with the same id. */
const QuotedReply = z.object({ messageId: z.string().min(1).max(maxWord) });

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
    quotedIds: (envelope.entities ?? []).flatMap((e) => {
      const id = e.type === 'quotedReply' ? QuotedReply.safeParse(e.quotedReply).data?.messageId : undefined;
      return id === undefined ? [] : [id];
    }),
    isForward: envelope.attachments?.some((a) => a.contentType === 'forwardedMessageReference') ?? false,
  };
}

/** What a place's reference holds; only `teams/` reads it. */
export const Reference = z.object({
  serviceUrl: z.string(),
  bot: z.object({ id: z.string(), name: z.string() }),
  /** Whose roster knows the people here: the team's in a channel, the chat's own elsewhere (teams.md E1). */
  rosterId: z.string(),
  /** In a personal chat: the person as Teams names them towards this bot. */
  userId: z.string().optional(),
  userName: z.string().optional(),
});
export type Reference = z.infer<typeof Reference>;

/** How Teams names the person of a personal chat towards this bot; null where that is not known. */
export const teamsUserIdOf = (place: Place): string | null => referenceOf(place)?.userId ?? null;

/** The name by which the person of a personal chat was last known there. */
export const lastNameOf = (place: Place): string | null => referenceOf(place)?.userName ?? null;

const referenceOf = (place: Place): Reference | null => Reference.safeParse(JSON.parse(place.reference)).data ?? null;

function toPlace(envelope: Envelope, tenantId: string, personId: string): Place {
  const { conversation, recipient, serviceUrl, channelData } = envelope;
  const rosterId =
    (conversation.conversationType === 'channel' ? channelData?.team?.id : null) ??
    conversation.id.split(';')[0] ??
    conversation.id;
  const reference: Reference = {
    serviceUrl,
    bot: { id: recipient.id, name: recipient.name ?? '' },
    rosterId,
    ...(conversation.conversationType === 'personal' ? userOf(envelope) : {}),
  };
  return {
    conversationId: conversation.id,
    tenantId,
    scope: conversation.conversationType,
    reference: JSON.stringify(reference),
    personId: conversation.conversationType === 'personal' ? personId : null,
  };
}

function userOf({ from }: Envelope): Pick<Reference, 'userId' | 'userName'> {
  const name = nameOf(from);
  return { userId: from.id, ...(name === null ? {} : { userName: name }) };
}

const isGuid = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

const isMentionOf = (mentioned: unknown, id: string): boolean =>
  typeof mentioned === 'object' && mentioned !== null && (mentioned as { id?: unknown }).id === id;

function timezoneOf(envelope: Envelope): string | null {
  const client = envelope.entities?.find((e) => e.type === 'clientInfo');
  return typeof client?.timezone === 'string' ? client.timezone : null;
}

/** For a person of whom Teams does not say whether they are a guest (T-5): as long as that is not known, they may not act, and need not be told more. */
export const unknownMember: AdmitRefusal = {
  type: 'unknownMember',
  status: 500,
  answer: answers.unknownMember,
};

function refuse(type: AdmitRefusal['type']): { readonly ok: false; readonly error: AdmitRefusal } {
  const malformed = type === 'noObjectId' || type === 'noTenant';
  const answer = type === 'guest' ? answers.guest : type === 'sharedChannel' ? answers.sharedChannel : null;
  return err({ type, status: malformed ? 400 : 403, answer });
}
