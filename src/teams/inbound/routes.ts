import type { TurnState } from '@microsoft/teams-ai';
import { Application } from '@microsoft/teams-ai/lib/Application';
import type { Activity, TurnContext } from 'botbuilder';
import { isRecord } from '../../lib/record';
import { err, type Result } from '../../lib/result';
import type { ActionAnswer, Presence, Turn } from '../../thread/kit/turn';
import { answers } from '../../thread/sentences/answers';
import { KeysUnreachable, NotAuthenticated } from './adapter';
import type { BotOptions } from './bot-options';
import { answerBug, errorNameOf, failure, tell } from './failures';
import { answerInTime, inTime, toPost } from './in-time';
import { type AdmitRefusal, admit, type Envelope, nameOf, readEnvelope, toRawMessage, unknownMember } from './inbound';
import { errorAnswer, refusalAnswer } from './invoke-answer';
import {
  runCardAction,
  runDialog,
  runFileConsent,
  runMessageAction,
  runMessageActionSubmit,
  runSearch,
} from './invokes';
import { carry, envelopeOf, give, type HttpAnswer, requestIdOf } from './turn-context';

/** One inbound activity, from the bytes that HTTP brought to what HTTP takes back; never throws. */
export interface Bot {
  /** For the test that no handler is registered past `routes`. */
  readonly application: object;
  receive(authorization: string, body: unknown, requestId: string): Promise<HttpAnswer>;
  /** Resolves when nothing goes on any more whose HTTP answer has gone. */
  idle(): Promise<void>;
}

/** One kind of activity. All kinds are in `routes`, and all pass `admit` first (T-7). */
export interface Route {
  readonly name: string;
  /** Somebody asks or decides something by it, so that it must be known whether they are a guest (T-5). */
  readonly acts: boolean;
  matches(envelope: Envelope): boolean;
  /** Null: nothing to answer. */
  run(turn: Turn, envelope: Envelope, options: BotOptions): Promise<HttpAnswer | null>;
}

export function createBot(options: BotOptions): Bot {
  const app = createApplication(options);
  return {
    application: app,
    receive: (authorization, body, requestId) => receive(options, app, { authorization, body, requestId }),
    idle: () => options.lateWork.idle(),
  };
}

/** In order: the first that matches runs. What is ignored is ignored by name. */
export const routes: readonly Route[] = [
  invoke('cardAction', 'adaptiveCard/action', runCardAction),
  invoke('search', 'application/search', runSearch),
  invoke('openDialog', 'task/fetch', runDialog),
  invoke('submitDialog', 'task/submit', runDialog),
  invoke('messageAction', 'composeExtension/fetchTask', runMessageAction),
  invoke('messageActionSubmit', 'composeExtension/submitAction', runMessageActionSubmit),
  invoke('fileConsent', 'fileConsent/invoke', runFileConsent),
  { name: 'otherInvoke', acts: false, matches: (e) => e.type === 'invoke', run: async () => unknownInvoke },
  {
    name: 'cardSubmit',
    acts: true,
    matches: (e) => e.type === 'message' && isRecord(e.value) && !e.text,
    run: runCardSubmit,
  },
  { name: 'message', acts: true, matches: (e) => e.type === 'message', run: runMessage },
  {
    name: 'edit',
    acts: true,
    matches: isEdit,
    run: (turn, envelope, options) => runMessage({ ...turn, isEdit: true }, envelope, options),
  },
  { name: 'installation', acts: false, matches: (e) => e.type === 'installationUpdate', run: runInstallation },
  { name: 'membership', acts: false, matches: (e) => e.type === 'conversationUpdate', run: runMembership },
  /** Deletions, reactions, typing, read receipts, end of conversation: what was asked stays what was asked. */
  { name: 'ignored', acts: false, matches: () => true, run: async () => null },
];

function isEdit({ type, channelData }: Envelope): boolean {
  return type === 'messageUpdate' && channelData?.eventType === 'editMessage';
}

/** Whoever invokes something asks or decides by it. */
function invoke(name: string, invokeName: string, run: Route['run']): Route {
  return { name, acts: true, matches: (e) => e.type === 'invoke' && e.name === invokeName, run };
}

const accepted: HttpAnswer = { status: 200, body: null };
/** teams-ai as a router and no more: no state, no typing timer (teams.md B2.3), no rewriting of text, our own invoke answers (B2.1, B2.2). */
function createApplication(options: BotOptions): Application<TurnState> {
  const app = new Application<TurnState>({
    adapter: options.adapter,
    startTypingTimer: false,
    removeRecipientMention: false,
  });
  app.startTypingTimer = () => {};
  for (const route of routes)
    app.addRoute(
      async (context) => route.matches(envelopeOf(context)),
      (context) => enter(route, context, options),
    );
  options.adapter.onTurnError = (context, error) => answerBug(context, error, options.log);
  return app;
}

async function receive(
  { adapter, log, refused }: BotOptions,
  app: Application<TurnState>,
  {
    authorization,
    body,
    requestId,
  }: { readonly authorization: string; readonly body: unknown; readonly requestId: string },
): Promise<HttpAnswer> {
  const envelope = readEnvelope(body);
  let answer: HttpAnswer = accepted;
  try {
    if (!envelope.ok) {
      await adapter.authenticate(authorization, body); // guard: strangers-learn-no-field
      log.warn({ requestId, field: envelope.error.field }, 'malformed activity refused');
      await refused({ refusal: 'malformedActivity', ...unknownSender }); // guard: malformed-activity-audited
      return malformed(envelope.error.field);
    }
    await adapter.receive(authorization, toActivity(envelope.value), async (context) => {
      carry(context, {
        envelope: envelope.value,
        requestId,
        give: (given) => {
          answer = given;
        },
      });
      await app.run(context);
    });
    return answer;
  } catch (error) {
    if (error instanceof NotAuthenticated) {
      log.warn({ requestId, code: error.code, why: error.message }, 'unauthenticated activity refused');
      await refused({ refusal: 'notAuthenticated', ...unknownSender }); // guard: unauthenticated-activity-audited
      return failure(401, 'notAuthenticated', 'A token of the Bot Framework for this bot is needed.');
    }
    if (error instanceof KeysUnreachable) {
      log.error({ requestId, code: error.code }, 'nobody can be let in: the signing keys could not be fetched');
      return failure(503, 'keysUnreachable', 'The sender cannot be verified at the moment. Please send it again.');
    }
    log.error({ requestId, error: errorNameOf(error) }, 'turn failed outside a route');
    return failure(500, 'internal', `This failed inside the bot; reference ${requestId}.`);
  }
}

const malformed = (field: string): HttpAnswer =>
  failure(400, 'malformedActivity', `This is not an activity as Teams sends it: look at ${field}.`);

/** The one way into a handler. */
async function enter(route: Route, context: TurnContext, options: BotOptions): Promise<void> {
  const envelope = envelopeOf(context);
  const requestId = requestIdOf(context);
  const turn = await admitFully(route, context, options);
  if (!turn.ok) return turnAway(context, turn.error, options);
  options.log.info(
    {
      requestId,
      route: route.name,
      activity: turn.value.activityId,
      person: turn.value.person.id,
      conversation: turn.value.place.conversationId,
    },
    'activity',
  );
  const answer = await route.run(turn.value, envelope, options);
  if (answer !== null) give(context, answer);
}

/** By what the activity says, and then by what the roster says: Teams leaves a guest's role out of most activities (T-5), and a name out of some. */
async function admitFully(
  route: Route,
  context: TurnContext,
  { adapter, tenantIds, allowSharedChannels, roster, knownName, clock }: BotOptions,
): Promise<Result<Turn, AdmitRefusal>> {
  const envelope = envelopeOf(context);
  const tokenTenantId = adapter.tokenTenantOf(context);
  const admission = { cloud: adapter.cloud, tenantIds, allowSharedChannels, tokenTenantId };
  const at = clock.now();
  const turn = admit(envelope, admission, at);
  if (!turn.ok) return turn;
  let { from } = envelope;
  if (route.acts && roster !== null) {
    const member = await roster.find(turn.value, from.id);
    if (member === null) return err(unknownMember); // guard: unread-roster-lets-nobody-in
    from = { ...from, ...member, name: nameOf(from) ?? member.name };
    const listed = admit({ ...envelope, from }, admission, at);
    if (!listed.ok) return listed; // guard: roster-says-guest
  }
  if (nameOf(from) === null) from = { ...from, name: await knownName(turn.value.person.id) };
  return admit({ ...envelope, from }, admission, at);
}

/** Says why where the tenant is ours; elsewhere nothing but a status, and a line for the operator (T-2). */
async function turnAway(context: TurnContext, refusal: AdmitRefusal, { log, refused }: BotOptions): Promise<void> {
  const envelope = envelopeOf(context);
  const fields = {
    requestId: requestIdOf(context),
    refusal: refusal.type,
    activityType: envelope.type,
    person: envelope.from.aadObjectId ?? null,
    tenants: [
      envelope.channelData?.tenant?.id ?? null,
      envelope.conversation.tenantId ?? null,
      envelope.from.tenantId ?? null,
    ],
    serviceHost: hostOf(envelope.serviceUrl),
  };
  log.warn(fields, 'activity refused');
  const [stated, ...others] = fields.tenants;
  const tenantId = stated ?? others.find((id) => id !== null) ?? null;
  await refused({ refusal: refusal.type, personId: fields.person, tenantId, isAuthenticated: true }); // guard: turned-away-audited
  if (refusal.answer === null)
    return give(context, failure(refusal.status, refusal.type, 'This sender is not served here.'));
  if (envelope.type === 'invoke') {
    const isOutsider = refusal.type === 'unknownMember' && envelope.name === 'composeExtension/fetchTask';
    const text = isOutsider ? answers.notHere : refusal.answer;
    return give(context, refusalAnswer(envelope.name, { status: refusal.status, code: refusal.type, text }));
  }
  if (envelope.type === 'message' || isEdit(envelope)) await tell(context, refusal.answer, log);
}

const unknownSender = { personId: null, tenantId: null, isAuthenticated: false } as const;

async function runMessage(turn: Turn, envelope: Envelope, options: BotOptions): Promise<null> {
  const message = toRawMessage(envelope);
  await inTime(options, turn, {
    kind: 'message',
    work: options.flow.onMessage(turn, message),
    late: () => options.flow.onLate(turn, message),
    follow: () => null,
  });
  return null;
}

/** Clients that cannot do Action.Execute fall back to Action.Submit: the same action, but the answer has to be a message of its own (teams.md E4). */
async function runCardSubmit(turn: Turn, envelope: Envelope, options: BotOptions): Promise<null> {
  const { verb, ...data } = isRecord(envelope.value) ? envelope.value : {};
  const answer: ActionAnswer =
    typeof verb === 'string' && verb !== ''
      ? await answerInTime(options, turn, { kind: 'click', verb, work: options.flow.onAction(turn, verb, data) })
      : {
          type: 'error',
          code: 'malformedAction',
          text: answers.malformedAction,
        };
  await options.reply(turn.place, toPost(answer));
  return null;
}

async function runInstallation(turn: Turn, envelope: Envelope, options: BotOptions): Promise<null> {
  const what: Presence | null = envelope.action?.startsWith('add')
    ? 'installed'
    : envelope.action?.startsWith('remove')
      ? 'removed'
      : null;
  if (what !== null) await tellPresence(options, turn, what);
  return null;
}

async function runMembership(turn: Turn, envelope: Envelope, options: BotOptions): Promise<null> {
  if (envelope.membersRemoved?.some((m) => m.id === envelope.recipient.id))
    await tellPresence(options, turn, 'removed');
  else if ((envelope.membersAdded?.length ?? 0) > 0) await tellPresence(options, turn, 'membersAdded');
  return null;
}

const tellPresence = (options: BotOptions, turn: Turn, what: Presence): Promise<void> =>
  inTime(options, turn, {
    kind: 'message',
    work: options.flow.onPresence(turn, what),
    late: () => {},
    follow: () => null,
  });

const unknownInvoke = errorAnswer(
  501,
  'notSupported',
  'This bot does not do that. Please send `help` to see what it does.',
);

/** Only what we read reaches botbuilder; a delivery mode, for one, would make it keep replies back. */
const toActivity = (envelope: Envelope): Activity =>
  ({ ...envelope, textFormat: undefined, attachments: undefined, entities: undefined }) as unknown as Activity;
const hostOf = (url: string): string | null => (URL.canParse(url) ? new URL(url).hostname : null);
