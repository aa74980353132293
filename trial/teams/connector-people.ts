import {
  type Activities,
  type ActivityOptions,
  conversationHolding,
  conversationOf,
  createActivities,
  type InboundActivity,
  type Where,
} from './connector-activities';
import { parseJson } from './connector-http';
import type { Connector, TeamsPerson } from './connector-port';

export type { InboundActivity, Where } from './connector-activities';

export interface TeamsClientOptions extends ActivityOptions {
  /** `http://…/api/messages` */
  readonly endpoint: string;
  /** The Authorization header for an activity; null sends none, as the Playground does. */
  readonly authorize?: (activity: InboundActivity) => string | null;
}

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
  readonly build: Activities;
}

export function createTeamsClient(options: TeamsClientOptions): TeamsClient {
  const { connector } = options;
  const build = createActivities(options);

  const deliver: TeamsClient['deliver'] = (activity, authorization) => post(options, activity, authorization);

  const invoke = (from: TeamsPerson, conversationId: string, what: Readonly<Record<string, unknown>>) =>
    deliver({ ...build.base(from, conversationId), type: 'invoke', ...what });

  const install = (from: TeamsPerson, where: Where, action: 'add' | 'remove') =>
    deliver({ ...build.base(from, conversationOf(where, from, connector)), type: 'installationUpdate', action });

  const dialog =
    (name: 'task/fetch' | 'task/submit'): TeamsClient['openDialog'] =>
    (from, messageId, data) =>
      invoke(from, conversationHolding(connector, messageId), {
        name,
        replyToId: messageId,
        value: { data, context: { theme: 'default' } },
      });

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
    openDialog: dialog('task/fetch'),
    submitDialog: dialog('task/submit'),
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
    consent: (from, messageId, action, change) =>
      invoke(from, connector.personalConversationId(from.aadObjectId), {
        name: 'fileConsent/invoke',
        replyToId: messageId,
        value: { ...toConsent(connector, messageId, action), ...change },
      }),
    install: (from, where) => install(from, where, 'add'),
    uninstall: (from, where) => install(from, where, 'remove'),
  };
}

async function post(
  { endpoint, authorize }: TeamsClientOptions,
  activity: unknown,
  authorization: string | null = authorize?.(activity as InboundActivity) ?? null,
): Promise<BotAnswer> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(authorization === null ? {} : { authorization }),
    },
    body: typeof activity === 'string' ? activity : JSON.stringify(activity),
  });
  return { status: answer.status, body: parseJson(await answer.text()) };
}

function toConsent(connector: Connector, messageId: string, action: 'accept' | 'decline') {
  const card = connector
    .message(messageId)
    ?.activity.attachments?.find(({ contentType }) => /consent$/.test(contentType));
  const { name, content } = (card ?? {}) as { readonly name?: string; readonly content?: Record<string, unknown> };
  return {
    type: 'fileUpload',
    action,
    context: content?.[`${action}Context`],
    ...(action === 'accept' ? { uploadInfo: connector.offerUpload(name ?? '') } : {}),
  };
}
