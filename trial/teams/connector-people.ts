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

export interface TeamsClientOptions {
  readonly connector: Connector;
  /** `http://…/api/messages` */
  readonly endpoint: string;
  readonly tenantId: string;
  /** The bot as Teams names it: id `28:<app id>`. */
  readonly bot: { readonly id: string; readonly name: string };
  /** The Authorization header for an activity; null sends none, as the Playground does. */
  readonly authorize?: (activity: InboundActivity) => string | null;
}

/** An activity as Teams sends it to a bot. */
export type InboundActivity = {
  readonly type: string;
  readonly id: string;
  readonly serviceUrl: string;
  readonly conversation: { readonly id: string; readonly [key: string]: unknown };
} & Readonly<Record<string, unknown>>;

export interface BotAnswer {
  readonly status: number;
  /** Parsed JSON; null when there is none. */
  readonly body: unknown;
}

/** What people do in Teams, as activities over real HTTP: the other half of the emulated Connector. */
export interface TeamsClient {
  /** Writes to the bot; in a channel or group chat with the mention in front, as Teams marks it up. */
  say(from: TeamsPerson, where: Where, text: string): Promise<BotAnswer & { readonly conversationId: string }>;
  /** Presses an Action.Execute of the message. */
  click(
    from: TeamsPerson,
    messageId: string,
    action: { readonly verb: string; readonly data?: unknown },
  ): Promise<BotAnswer>;
  /** Presses an Action.Submit, as clients do that fall back to it. */
  submit(from: TeamsPerson, messageId: string, data: Readonly<Record<string, unknown>>): Promise<BotAnswer>;
  /** Types into a list of a form that asks the bot. */
  search(
    from: TeamsPerson,
    where: Where,
    query: { readonly dataset: string; readonly text: string },
  ): Promise<BotAnswer>;
  /** Presses a button of the message that opens a dialog. */
  openDialog(from: TeamsPerson, messageId: string, data: Readonly<Record<string, unknown>>): Promise<BotAnswer>;
  /** Presses a button in a dialog that was opened on the message. */
  submitDialog(from: TeamsPerson, messageId: string, data: Readonly<Record<string, unknown>>): Promise<BotAnswer>;
  /** Calls the message extension on a message, or from the composer when `message` is null; `data` given: presses a button in its dialog. */
  callExtension(
    from: TeamsPerson,
    where: Where,
    message: Readonly<Record<string, unknown>> | null,
    data?: Readonly<Record<string, unknown>>,
  ): Promise<BotAnswer>;
  /** Answers the consent card of the message; `change` is what a client may make of the invoke. */
  consent(
    from: TeamsPerson,
    messageId: string,
    action: 'accept' | 'decline',
    change?: Readonly<Record<string, unknown>>,
  ): Promise<BotAnswer>;
  install(from: TeamsPerson, where: Where): Promise<BotAnswer>;
  uninstall(from: TeamsPerson, where: Where): Promise<BotAnswer>;
  /** Sends any activity, whole or broken. */
  deliver(activity: unknown, authorization?: string | null): Promise<BotAnswer>;
  /** The activities above without sending them. */
  readonly build: {
    message(from: TeamsPerson, where: Where, text: string): InboundActivity;
    execute(
      from: TeamsPerson,
      messageId: string,
      action: { readonly verb: string; readonly data?: unknown },
    ): InboundActivity;
    submit(from: TeamsPerson, messageId: string, data: Readonly<Record<string, unknown>>): InboundActivity;
    base(from: TeamsPerson, conversationId: string): InboundActivity;
  };
}

export function createTeamsClient(options: TeamsClientOptions): TeamsClient {
  const { connector } = options;
  const base = (from: TeamsPerson, conversationId: string): InboundActivity => toBase(options, from, conversationId);

  const build: TeamsClient['build'] = {
    base,
    message: (from, where, text) => ({
      ...base(from, conversationOf(where, from, connector)),
      type: 'message',
      ...toWords(options.bot, where, text),
    }),
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

  const deliver: TeamsClient['deliver'] = async (activity, authorization) => {
    const header =
      authorization === undefined ? (options.authorize?.(activity as InboundActivity) ?? null) : authorization;
    const answer = await fetch(options.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        ...(header === null ? {} : { authorization: header }),
      },
      body: typeof activity === 'string' ? activity : JSON.stringify(activity),
    });
    const text = await answer.text();
    return { status: answer.status, body: toJson(text) };
  };

  const invoke = (from: TeamsPerson, conversationId: string, what: Readonly<Record<string, unknown>>) =>
    deliver({ ...base(from, conversationId), type: 'invoke', ...what });

  const install = (from: TeamsPerson, where: Where, action: 'add' | 'remove') =>
    deliver({ ...base(from, conversationOf(where, from, connector)), type: 'installationUpdate', action });

  return {
    build,
    deliver,
    async say(from, where, text) {
      const startsThread = where.scope === 'channel' && where.threadId === null;
      const placed = startsThread ? { ...where, threadId: connector.addThread(where.channelId, from, text) } : where;
      const activity = build.message(from, placed, text);
      const conversationId = activity.conversation.id;
      if (!startsThread) connector.addPersonMessage(conversationId, from, text);
      return { ...(await deliver(activity)), conversationId };
    },
    click: (from, messageId, action) => deliver(build.execute(from, messageId, action)),
    submit: (from, messageId, data) => deliver(build.submit(from, messageId, data)),
    search: (from, where, { dataset, text }) =>
      invoke(from, conversationOf(where, from, connector), {
        name: 'application/search',
        value: { queryText: text, queryOptions: { skip: 0, top: 15 }, dataset },
      }),
    openDialog: (from, messageId, data) =>
      invoke(from, conversationHolding(connector, messageId), {
        name: 'task/fetch',
        replyToId: messageId,
        value: { data, context: { theme: 'default' } },
      }),
    submitDialog: (from, messageId, data) =>
      invoke(from, conversationHolding(connector, messageId), {
        name: 'task/submit',
        replyToId: messageId,
        value: { data, context: { theme: 'default' } },
      }),
    callExtension: (from, where, message, data) =>
      invoke(from, conversationOf(where, from, connector), {
        name: data === undefined ? 'composeExtension/fetchTask' : 'composeExtension/submitAction',
        value: {
          commandId: 'liveResponse',
          commandContext: message === null ? 'compose' : 'message',
          context: { theme: 'default' },
          ...(message === null ? {} : { messagePayload: message }),
          ...(data === undefined ? {} : { data }),
        },
      }),
    consent: (from, messageId, action, change = {}) => {
      const card = connector
        .message(messageId)
        ?.activity.attachments?.find(({ contentType }) => /consent$/.test(contentType));
      const { name, content } = (card ?? {}) as { readonly name?: string; readonly content?: Record<string, unknown> };
      return invoke(from, connector.personalConversationId(from.aadObjectId), {
        name: 'fileConsent/invoke',
        replyToId: messageId,
        value: {
          type: 'fileUpload',
          action,
          context: content?.[`${action}Context`],
          ...(action === 'accept' ? { uploadInfo: connector.offerUpload(name ?? '') } : {}),
          ...change,
        },
      });
    },
    install: (from, where) => install(from, where, 'add'),
    uninstall: (from, where) => install(from, where, 'remove'),
  };
}

function toBase(
  { connector, bot, tenantId }: TeamsClientOptions,
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

function conversationOf(where: Where, from: TeamsPerson, connector: Connector): string {
  switch (where.scope) {
    case 'personal':
      return connector.personalConversationId(from.aadObjectId);
    case 'groupChat':
      return where.chatId;
    case 'channel':
      return where.threadId === null ? where.channelId : `${where.channelId};messageid=${where.threadId}`;
  }
}

function conversationHolding(connector: Connector, messageId: string): string {
  const message = connector.message(messageId);
  if (message === null) throw new Error(`No message ${messageId} is known here.`);
  return message.conversationId;
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
