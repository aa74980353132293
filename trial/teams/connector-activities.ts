import { randomUUID } from 'node:crypto';
import type { Connector, TeamsPerson } from './connector-port';

/** Where a person writes; `threadId` is the id of a thread's first message, null to start a thread. */
export type Where =
  | { readonly scope: 'personal' }
  | { readonly scope: 'groupChat'; readonly chatId: string }
  | {
      readonly scope: 'channel';
      readonly teamId: string;
      readonly channelId: string;
      readonly threadId: string | null;
    };

/** An activity as Teams sends it to a bot. */
export type InboundActivity = {
  readonly type: string;
  readonly id: string;
  readonly serviceUrl: string;
  readonly conversation: { readonly id: string; readonly [key: string]: unknown };
} & Readonly<Record<string, unknown>>;

export interface ActivityOptions {
  readonly connector: Connector;
  readonly tenantId: string;
  /** The bot as Teams names it: id `28:<app id>`. */
  readonly bot: { readonly id: string; readonly name: string };
}

/** What a person does, as the activity that Teams sends for it. */
export interface Activities {
  message(from: TeamsPerson, where: Where, text: string): InboundActivity;
  /** The message with other words: the id stays (`messageUpdate`, `editMessage`). */
  edit(message: InboundActivity, from: TeamsPerson, where: Where, text: string): InboundActivity;
  execute(
    from: TeamsPerson,
    messageId: string,
    action: { readonly verb: string; readonly data?: unknown },
  ): InboundActivity;
  submit(from: TeamsPerson, messageId: string, data: Readonly<Record<string, unknown>>): InboundActivity;
  base(from: TeamsPerson, conversationId: string): InboundActivity;
}

export function createActivities(options: ActivityOptions): Activities {
  const { connector, bot } = options;
  const base = (from: TeamsPerson, conversationId: string): InboundActivity => toBase(options, from, conversationId);
  let lastMs = 0;
  /** Milliseconds, as Teams' ids of messages are (teams.md E2). */
  const messageId = (): string => {
    lastMs = Math.max(lastMs + 1, connector.now());
    return String(lastMs);
  };
  const message: Activities['message'] = (from, where, text) => ({
    ...base(from, conversationOf(where, from, connector)),
    type: 'message',
    id: messageId(),
    ...toWords(bot, where, text),
  });
  return {
    base,
    message,
    edit: (original, from, where, text) => {
      const { channelData, ...edited } = message(from, where, text);
      return {
        ...edited,
        type: 'messageUpdate',
        id: original.id,
        channelData: { ...(channelData as object), eventType: 'editMessage' },
      };
    },
    execute: (from, messageId, { verb, data }) => ({
      ...base(from, conversationHolding(connector, messageId)),
      type: 'invoke',
      name: 'adaptiveCard/action',
      replyToId: messageId,
      value: { action: { type: 'Action.Execute', verb, data: data ?? {} }, trigger: 'manual' },
    }),
    submit: (from, messageId, data) => ({
      ...base(from, conversationHolding(connector, messageId)),
      type: 'message',
      replyToId: messageId,
      value: data,
    }),
  };
}

function toBase(
  { connector, bot, tenantId }: ActivityOptions,
  from: TeamsPerson,
  conversationId: string,
): InboundActivity {
  const channelId = /@thread\.tacv2/.test(conversationId) ? conversationId.split(';')[0] : undefined;
  const conversationType =
    channelId !== undefined ? 'channel' : conversationId.startsWith('19:') ? 'groupChat' : 'personal';
  const teamId = channelId === undefined ? undefined : connector.teamOf(channelId);
  return {
    type: 'message',
    id: randomUUID(),
    channelId: 'msteams',
    serviceUrl: connector.url,
    timestamp: new Date(connector.now()).toISOString(),
    localTimezone: 'Europe/Amsterdam',
    locale: 'en-GB',
    // Who is a guest is left to the roster, as in most activities of Teams.
    from: { id: from.id, name: from.name, aadObjectId: from.aadObjectId },
    recipient: bot,
    // In channels the tenant is stated in channelData only.
    conversation: {
      id: conversationId,
      conversationType,
      ...(channelId === undefined ? { tenantId } : { isGroup: true }),
      ...(conversationType === 'groupChat' ? { isGroup: true } : {}),
    },
    channelData: {
      tenant: { id: tenantId },
      ...(channelId === undefined
        ? {}
        : {
            teamsChannelId: channelId,
            channel: { id: channelId },
            ...(teamId === undefined ? {} : { teamsTeamId: teamId, team: { id: teamId } }),
          }),
    },
    entities: [clientInfo],
  };
}

const clientInfo = {
  type: 'clientInfo',
  locale: 'en-GB',
  country: 'GB',
  platform: 'Web',
  timezone: 'Europe/Amsterdam',
};

/** The text with the mention in front, and the HTML copy that Teams attaches to what was typed in its composer. */
function toWords(bot: { readonly id: string; readonly name: string }, where: Where, text: string) {
  if (where.scope === 'personal')
    return {
      text,
      textFormat: 'plain',
      attachments: [{ contentType: 'text/html', content: `<p>${toHtml(text)}</p>` }],
    };
  const mention = `<at>${bot.name}</at>`;
  const marked = `<span itemscope="" itemtype="http://schema.skype.com/Mention" itemid="0">${toHtml(bot.name)}</span>`;
  return {
    text: `${mention} ${text}\n`,
    textFormat: 'plain',
    attachments: [{ contentType: 'text/html', content: `<p>${marked}&nbsp;${toHtml(text)}</p>` }],
    entities: [{ type: 'mention', mentioned: { id: bot.id, name: bot.name }, text: mention }, clientInfo],
  };
}

const toHtml = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/\n/g, '<br>');

export function conversationOf(where: Where, from: TeamsPerson, connector: Connector): string {
  switch (where.scope) {
    case 'personal':
      return connector.personalConversationId(from.aadObjectId);
    case 'groupChat':
      return where.chatId;
    case 'channel':
      return where.threadId === null ? where.channelId : `${where.channelId};messageid=${where.threadId}`;
  }
}

export function conversationHolding(connector: Connector, messageId: string): string {
  const message = connector.message(messageId);
  if (message === null) throw new Error(`No message ${messageId} is known here.`);
  return message.conversationId;
}
