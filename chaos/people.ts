import { minutes, seconds } from '../src/lib/clock';
import type { InboundActivity } from '../trial/teams/connector-people';
import type { TeamsMessage, TeamsPerson } from '../trial/teams/connector-port';
import { approvers, channelId, decideByMs, evidencePath, installed, requesters, startByMs, teamId } from './cast';
import { readCardPhase } from './phases';
import type { Ask, Click } from './plan';
import type { Stage } from './stage';
import { findButton, type TeamsSide, threadOf } from './teams';

export interface Decision {
  readonly personId: string;
  readonly at: number;
}

/** What people did for one ask and what they could see of it. */
export interface Asked {
  readonly number: number;
  readonly conversationId: string;
  /** Messages and forms that the bot took with 200. */
  acknowledged: number;
  /** The id in the card that the thread then showed. */
  requestId: string | null;
  /** Clicks on Approve, from the moment of the click on. */
  readonly approvals: Decision[];
  /** Presses of *Send it once more*, from the moment of the press on. */
  readonly sentAgain: Decision[];
  /** Who read that a single click on Approve or Deny was not counted. */
  readonly toldUncounted: string[];
  /** The bot refused every time, as it may while Defender cannot be read. */
  refusals: number;
  /** Each of its messages was answered at once: none was delivered again. */
  isDeliveredOnce: boolean;
  /** Said yes to the bot's question; once, since whoever is told that the same is asked already says no. */
  wentOn: boolean;
}

const lookEveryMs = seconds(4);
/** A person who was told no for the moment tries again so often. */
const mostTries = 10;
/** Far longer than the outbox backs off. Whoever has no answer by then asks no more. */
const patienceMs = minutes(15);

/** Adds the bot where the story begins with it. */
export const addBot = (teams: TeamsSide): Promise<unknown> =>
  Promise.all(
    installed.map((person, index) => {
      const base = teams.build.base(person, `a:${person.aadObjectId}`);
      return teams.deliver({ ...base, type: 'installationUpdate', action: 'add' }, { via: index });
    }),
  );

/** One ask from the first word to the last click; in `later` what people may still press when the troubles are over. */
export async function playAsk(stage: Stage, teams: TeamsSide, ask: Ask, later: Promise<void>[]): Promise<Asked> {
  const { clock, connector, startedAt } = stage;
  await clock.sleep(startedAt + ask.at - clock.now());
  const requester = requesters[ask.requester] ?? requesters[0];
  const threadId = connector.addThread(channelId, requester, ask.way === 'form' ? 'new' : wordsOf(ask));
  const asked: Asked = {
    number: ask.number,
    conversationId: threadOf(threadId),
    acknowledged: 0,
    requestId: null,
    approvals: [],
    sentAgain: [],
    toldUncounted: [],
    refusals: 0,
    wentOn: false,
    isDeliveredOnce: ask.delivered === 'once',
  };
  const say = async (text: string, via = ask.via): Promise<void> => {
    const { attempts } = await teams.deliver(message(teams, requester, threadId, text), { via, times: ask.delivered });
    if (attempts > 1) asked.isDeliveredOnce = false;
  };
  if (ask.way === 'text') await askInWords(stage, teams, ask, asked, { requester, say });
  else await askByForm(stage, teams, ask, asked, { requester, say });
  if (asked.requestId === null) return asked;
  const { requestId } = asked;
  for (const approver of ask.course.doubt?.approvers ?? []) later.push(playDoubt(stage, teams, ask, asked, approver));
  await Promise.all([
    ...ask.course.clicks.map((click) => playClick(stage, teams, click, asked, requestId)),
    playCancel(stage, teams, ask, { requester, asked, requestId, say }),
  ]);
  return asked;
}

type Say = (text: string, via?: number) => Promise<void>;

async function askInWords(
  stage: Stage,
  teams: TeamsSide,
  ask: Ask,
  asked: Asked,
  { requester, say }: { readonly requester: TeamsPerson; readonly say: Say },
): Promise<void> {
  for (let tries = 1; tries <= mostTries && asked.requestId === null; tries++) {
    await say(wordsOf(ask));
    asked.acknowledged++;
    const isStored = (): boolean => {
      asked.requestId = findRequestId(teams, asked.conversationId);
      return asked.requestId !== null;
    };
    // Each message is answered in any case; what holds no id is a refusal, or an older one that came twice.
    if (!(await until(stage, () => isStored() || teams.shown(asked.conversationId).length >= tries))) return;
    if (asked.requestId === null) await goOn(stage, teams, asked, { person: requester, via: ask.via + tries });
    if (!(await until(stage, isStored, minutes(2)))) asked.refusals++;
  }
}

async function askByForm(
  stage: Stage,
  teams: TeamsSide,
  ask: Ask,
  asked: Asked,
  { requester, say }: { readonly requester: TeamsPerson; readonly say: Say },
): Promise<void> {
  await say('new');
  const form = (): TeamsMessage | null =>
    teams.shown(asked.conversationId).find(({ message }) => findButton(message.activity, { title: send }) !== null)
      ?.message ?? null;
  if (!(await until(stage, () => form() !== null))) return;
  for (let tries = 1; tries <= mostTries && asked.requestId === null; tries++) {
    await teams.press({
      person: requester,
      find: form,
      button: { title: send },
      inputs: inputsOf(ask),
      via: ask.via + tries,
      twice: ask.delivered === 'twice',
    });
    asked.acknowledged++;
    // The card of one form makes one request, so that a person may press again in good faith.
    await until(
      stage,
      () => {
        asked.requestId = findRequestId(teams, asked.conversationId);
        return asked.requestId !== null;
      },
      tries === mostTries ? patienceMs : minutes(2),
    );
    if (asked.requestId !== null) return;
    asked.refusals++;
    await goOn(stage, teams, asked, { person: requester, via: ask.via + tries });
  }
}

const send = 'Ask for approval';

async function playClick(stage: Stage, teams: TeamsSide, click: Click, asked: Asked, requestId: string): Promise<void> {
  const { clock, connector } = stage;
  const person = approvers[click.approver] ?? approvers[0];
  const chat = connector.personalConversationId(person.aadObjectId);
  const title = click.decision === 'approve' ? 'Approve' : 'Deny';
  // Of twins the newest: the bot says so to whoever presses another one.
  const withButton = (wanted: string) => (): TeamsMessage | null =>
    teams
      .shown(chat)
      .findLast(
        ({ message, text }) => text.includes(requestId) && findButton(message.activity, { title: wanted }) !== null,
      )?.message ?? null;
  const card = withButton(title);
  const first = click.decision === 'deny' ? withButton('Deny…') : card;
  if (!(await until(stage, () => first() !== null, decideByMs + minutes(5)))) return;
  await clock.sleep(click.afterMs);
  if (click.decision === 'deny') {
    await teams.press({ person, find: first, button: { title: 'Deny…' }, inputs: {}, via: click.via });
    if (!(await until(stage, () => card() !== null, minutes(2)))) return;
  }
  if (click.decision === 'approve') asked.approvals.push({ personId: person.aadObjectId, at: clock.now() });
  const inputs = click.decision === 'deny' ? { reason: 'The ticket names another device.' } : {};
  const answer = await teams.press({
    person,
    find: card,
    button: { title },
    inputs,
    via: click.via,
    twice: click.twice,
  });
  // A click without an answer may have counted, and the next one then does not.
  if (!click.twice && answer?.attempts === 1 && saysNothingDone(JSON.stringify(answer.body ?? '')))
    asked.toldUncounted.push(person.aadObjectId);
}

export const saysNothingDone = (text: string): boolean => /\bnothing was (done|counted|requested)\b/i.test(text);

/** Where a card offers it to an approver, in their own chat or in the thread, because nobody can tell whether the request has arrived. */
async function playDoubt(
  stage: Stage,
  teams: TeamsSide,
  { course: { doubt } }: Ask,
  asked: Asked,
  approver: number,
): Promise<void> {
  const person = approvers[approver];
  if (doubt === null || person === undefined) return;
  const { clock, connector } = stage;
  const button = { verb: doubt.verb };
  const places = [connector.personalConversationId(person.aadObjectId), asked.conversationId];
  const card = (): TeamsMessage | null =>
    places
      .flatMap((place) => teams.withButton(place, button))
      .findLast(({ text }) => text.includes(asked.requestId ?? ''))?.message ?? null;
  const hasEnded = (): boolean => asked.requestId === null || teams.hasEnded(asked.conversationId, asked.requestId);
  await until(stage, () => card() !== null || hasEnded(), decideByMs + startByMs + minutes(5), seconds(15));
  if (card() === null) return;
  await clock.sleep(doubt.afterMs);
  if (doubt.verb === 'vote.sendOnceMore') asked.sentAgain.push({ personId: person.aadObjectId, at: clock.now() });
  const inputs = { reason: 'The device was looked at, and nothing of it has run there.' };
  await teams.press({ person, find: card, button, inputs, via: doubt.via });
}

async function playCancel(
  stage: Stage,
  teams: TeamsSide,
  ask: Ask,
  about: {
    readonly requester: TeamsPerson;
    readonly asked: Asked;
    readonly requestId: string;
    readonly say: Say;
  },
): Promise<void> {
  const { cancel } = ask.course;
  if (cancel === null) return;
  await stage.clock.sleep(cancel.afterMs);
  if (cancel.way === 'text') {
    await about.say(`cancel ${about.requestId} because I have changed my mind`, cancel.via);
    return;
  }
  for (const title of ['Withdraw this request', 'Cancel this request']) {
    const card = (): TeamsMessage | null =>
      teams
        .shown(about.asked.conversationId)
        .findLast(({ message, text }) => text.includes(about.requestId) && findButton(message.activity, { title }))
        ?.message ?? null;
    await teams.press({ person: about.requester, find: card, button: { title }, inputs: {}, via: cancel.via });
  }
}

/** By the card of the request: other answers may name other requests. */
const findRequestId = (teams: TeamsSide, conversationId: string): string | null => {
  for (const { text } of teams.shown(conversationId)) {
    const id = readCardPhase(text)?.requestId;
    if (id !== undefined) return id;
  }
  return null;
};

/** Says yes where the bot asks whether to go on: a person who is told of what may not work asks all the same. */
async function goOn(
  stage: Stage,
  teams: TeamsSide,
  asked: Asked,
  { person, via }: { readonly person: TeamsPerson; readonly via: number },
): Promise<void> {
  const title = 'Ask for approval anyway';
  const question = (): TeamsMessage | null =>
    teams.shown(asked.conversationId).find(({ message }) => findButton(message.activity, { title }) !== null)
      ?.message ?? null;
  if (asked.wentOn || question() === null) return;
  asked.wentOn = true;
  await teams.press({ person, find: question, button: { title }, via });
  await until(stage, () => {
    asked.requestId = findRequestId(teams, asked.conversationId);
    return asked.requestId !== null;
  });
}

const reasonOf = (ask: Ask): string => `CHAOS-${ask.number} something looks odd`;

/** Which ask a stored request comes from. */
export const askNumberOf = (reason: string): number | null => {
  const number = /^CHAOS-(\d+) /.exec(reason)?.[1];
  return number === undefined ? null : Number(number);
};

const wordsOf = (ask: Ask): string => [`on ${ask.device}`, ...ask.commands, `because ${reasonOf(ask)}`].join('\n');

/** The form has one row for each kind of command, in the order in which they may stand. */
function inputsOf(ask: Ask): Readonly<Record<string, string>> {
  const named = (verb: string): string =>
    ask.commands.find((command) => command.startsWith(`${verb} `))?.slice(verb.length + 1) ?? '';
  return {
    device: ask.device,
    name1: named('putfile'),
    name2: named('run'),
    args2: '',
    name3: ask.commands.some((command) => command.startsWith('getfile')) ? evidencePath : '',
    reason: reasonOf(ask),
  };
}

const message = (teams: TeamsSide, from: TeamsPerson, threadId: string, text: string): InboundActivity =>
  teams.build.message(from, { scope: 'channel', teamId, channelId, threadId }, text);

/** Looks every few seconds; false when patience ran out. */
async function until(
  { clock }: Stage,
  holds: () => boolean,
  withinMs = patienceMs,
  everyMs = lookEveryMs,
): Promise<boolean> {
  const deadline = clock.now() + withinMs;
  while (!holds()) {
    if (clock.now() > deadline) return false;
    await clock.sleep(everyMs);
  }
  return true;
}
