import type { Clock } from '../../src/lib/clock';
import type { BotAnswer } from '../teams/connector-people';
import type { TeamsMessage, TeamsPerson } from '../teams/connector-port';
import { findActions, readActivity } from '../teams/connector-reading';
import type { Page } from './page';
import { createReader } from './reader';
import { ana, bo, channelId, type Stage, teamId } from './stage';
import type { Steps } from './steps';

/** What people do in a story, printed as they do it, and what can be seen from outside. */
export interface Scene {
  readonly stage: Stage;
  readonly page: Page;
  check: Steps['check'];
  /** The approver adds the bot to his own chat. */
  install(): Promise<void>;
  /** The analyst starts a thread in the channel; the bot's first answer in it. */
  ask(text: string): Promise<{ readonly threadId: string; readonly answer: TeamsMessage }>;
  /** The card about that request with such a button, once it is in the approver's own chat. */
  cardForApprover(requestId: string, title?: string): Promise<TeamsMessage>;
  press(
    person: TeamsPerson,
    message: TeamsMessage,
    title: string,
    inputs?: Readonly<Record<string, string>>,
  ): Promise<string>;
  /** Prints the thread as it grows until the condition holds. */
  watch(threadId: string, promise: string, condition: () => boolean): Promise<void>;
  glanceAtApprover(): void;
  /** The bodies of the submissions that reached Defender, in order. */
  submissions(): readonly string[];
  words(conversationId: string): string;
}

/** A step did not come to pass, so that what builds on it cannot be played. */
export class StoryStopped extends Error {
  override readonly name = 'StoryStopped';
  readonly code = 'demo.storyStopped';
  readonly promise: string;
  readonly why: string;
  constructor(promise: string, why: string) {
    super(`${promise}: ${why}`);
    this.promise = promise;
    this.why = why;
  }
}

/** Of the stage's clock. */
const tickMs = 100;
const boChatTitle = `${bo.name}'s own chat with Live Response`;

interface SceneOptions {
  readonly stage: Stage;
  readonly page: Page;
  readonly check: Steps['check'];
  /** The wall's, by which patience is measured. */
  readonly clock: Clock;
  readonly patienceMs: number;
  readonly signal: AbortSignal | null;
}

export function createScene(options: SceneOptions): Scene {
  const { stage, page } = options;
  const { connector, teams, emulator } = stage;
  const boChat = connector.personalConversationId(bo.aadObjectId);
  const reader = createReader({
    connector,
    page,
    titleOf: (id) => (id === boChat ? boChatTitle : 'Team SOC, channel Triage, a thread'),
  });

  const until = <T>(promise: string, find: () => T | null) => untilFound(options, promise, find);
  const fromBot = (conversationId: string): readonly TeamsMessage[] =>
    connector.messages(conversationId).filter((m) => m.from === 'bot');

  return {
    stage,
    page,
    check: options.check,
    async install() {
      await teams.install(bo, { scope: 'personal' });
      await until('The bot greets whoever adds it', () => fromBot(boChat)[0] ?? null);
      reader.skip(boChat);
    },
    async ask(text) {
      const where = { scope: 'channel', teamId, channelId, threadId: null } as const;
      const { conversationId: threadId, status } = await teams.say(ana, where, text);
      if (status !== 200) throw new StoryStopped('The bot takes the message', `it answered HTTP ${status}`);
      const answer = await until('The bot answers in the thread', () => {
        reader.follow(threadId);
        return fromBot(threadId)[0] ?? null;
      });
      return { threadId, answer };
    },
    async cardForApprover(requestId, title = 'Approve') {
      const card = await until(`${bo.name} gets the card of ${requestId} in his own chat`, () => {
        const isMeant = (m: TeamsMessage) =>
          readActivity(m.activity).includes(requestId) && findActions(cardOf(m)).some((a) => a.title === title);
        return fromBot(boChat).findLast(isMeant) ?? null;
      });
      reader.glance(boChat);
      return card;
    },
    async press(person, message, title, inputs = {}) {
      const action = findActions(cardOf(message)).find((a) => a.title === title && a.type === 'Action.Execute');
      const typed = Object.values(inputs).map((text) => `, after typing “${text}”`);
      page.line(`\n  ${page.style('bold', person.name)} presses [${title}]${typed.join('')}`);
      if (action === undefined) throw new StoryStopped(`The card has a button ${title}`, 'it has none');
      const data = { ...(action.data as object), ...inputs };
      const told = readAnswer(await teams.click(person, message.id, { verb: String(action.verb), data }));
      page.framed([`only ${person.name} sees: ${told}`]);
      return told;
    },
    async watch(threadId, promise, condition) {
      await until(promise, () => {
        reader.follow(threadId);
        return condition() ? true : null;
      });
      options.check(promise, true);
    },
    glanceAtApprover: () => reader.glance(boChat),
    submissions: () => emulator.journal.filter((e) => e.route === 'runLiveResponse').map((e) => e.body),
    words: (conversationId) =>
      connector
        .messages(conversationId)
        .map((m) => readActivity(m.activity))
        .join('\n\n'),
  };
}

/** What `find` gives once it gives something; throws when that takes longer than the story's patience. */
async function untilFound<T>(
  { stage, clock, patienceMs, signal }: SceneOptions,
  promise: string,
  find: () => T | null,
): Promise<T> {
  const deadline = clock.now() + patienceMs;
  for (;;) {
    const found = find();
    if (found !== null) return found;
    signal?.throwIfAborted();
    if (clock.now() > deadline) throw new StoryStopped(promise, `not within ${patienceMs / 1_000} s`);
    await stage.clock.sleep(tickMs, signal ?? undefined);
  }
}

const cardOf = (message: TeamsMessage): unknown =>
  message.activity.attachments?.find((a) => a.contentType === 'application/vnd.microsoft.card.adaptive')?.content;

/** What a click shows: a refusal or a word as a sentence, a fresh card by its first lines. */
function readAnswer({ status, body }: BotAnswer): string {
  const { value, type } = (body ?? {}) as { readonly value?: unknown; readonly type?: string };
  if (status !== 200) return `HTTP ${status}`;
  if (typeof value === 'string') return value;
  if (type === 'application/vnd.microsoft.error') return String((value as { readonly message?: unknown }).message);
  return 'the card, as it is now';
}
