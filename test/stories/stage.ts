import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '../../src/config';
import { seconds } from '../../src/lib/clock';
import type { Log } from '../../src/lib/log';
import { silentLog } from '../../src/lib/log';
import { systemRandom } from '../../src/lib/random';
import { type Service, startService } from '../../src/service';
import { answerWithin } from '../../src/teams/inbound/in-time';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../trial/defender/emulator';
import { addTrialWorld } from '../../trial/defender/trial-world';
import {
  ana,
  type BotAnswer,
  bo,
  bot,
  channelId,
  createTeamsClient,
  cy,
  type FakeConnector,
  findActions,
  readThread,
  startFakeConnector,
  type TeamsClient,
  type TeamsMessage,
  type TeamsPerson,
  teamId,
  tenantId,
  type WireActivity,
} from '../fakes/fake-connector';
import { SteppedClock } from '../fakes/stepped-clock';
import { createTestDatabase, testStore } from '../postgres/test-store';

export const dee = { id: '29:dee', name: 'Dee Stranger', aadObjectId: 'a0000000-0000-4000-8000-000000000004' };
export { ana, bo, channelId, cy, type TeamsPerson, teamId, tenantId };

/** The seed page's own example, as an analyst types it. */
export const seedExample = `on ws-042
putfile procdump.zip
run minidump.ps1 OfficeClickToRun
getfile C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip
because INC-1042 credential theft triage`;

export interface StageOptions {
  readonly policy?: string;
  readonly runbooks?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly emulator?: Partial<EmulatorOptions>;
  /** How far Defender's clock is behind ours; negative: ahead. */
  readonly defenderBehindMs?: number;
  /** Whose chats with the bot are known from the start; Bo's and Cy's unless given. */
  readonly installed?: readonly TeamsPerson[];
  readonly log?: Log;
}

export interface PolicyOptions {
  readonly requesters?: readonly TeamsPerson[];
  readonly approvers?: readonly TeamsPerson[];
  readonly approvals?: number;
  readonly decideBy?: string;
  readonly startBy?: string;
  /** Further lines of the one rule, such as `extra:` or `breakGlass:`. */
  readonly rule?: readonly string[];
  /** Further top-level lines: people, more groups' content, rules before the one. */
  readonly groups?: Readonly<Record<string, readonly TeamsPerson[]>>;
  readonly people?: readonly string[];
  readonly rulesBefore?: readonly string[];
}

const list = (people: readonly TeamsPerson[]): string =>
  `[${people.map((p) => `{ id: ${p.aadObjectId}, name: ${p.name} }`).join(', ')}]`;

/** A policy by the people of the stage: one rule for everything unless more is given. */
export function policyOf(options: PolicyOptions = {}): string {
  const { requesters = [ana, bo], approvers = [bo, cy], approvals = 1, decideBy = '30m', startBy = '2h' } = options;
  return [
    ...(options.people ?? []),
    'groups:',
    `  analysts: ${list(requesters)}`,
    `  approvers: ${list(approvers)}`,
    ...Object.entries(options.groups ?? {}).map(([name, people]) => `  ${name}: ${list(people)}`),
    'requesters: [analysts]',
    'rules:',
    ...(options.rulesBefore ?? []),
    '  - name: everything',
    `    approvals: ${approvals}`,
    '    from: [approvers]',
    `    decideBy: ${decideBy}`,
    `    startBy: ${startBy}`,
    ...(options.rule ?? []).map((line) => `    ${line}`),
    '',
  ].join('\n');
}

/** The whole product over real HTTP: the service, Defender's emulator and Teams' Connector, all on one clock that the story moves. */
export class Stage {
  readonly clock: SteppedClock;
  readonly emulator: Emulator;
  readonly connector: FakeConnector;
  readonly dir: string;
  #service: Service;
  readonly #replicas: Service[] = [];
  #teams: TeamsClient;
  readonly #options: StageOptions;
  readonly databaseUrl: string;

  private constructor(parts: {
    clock: SteppedClock;
    emulator: Emulator;
    connector: FakeConnector;
    dir: string;
    service: Service;
    options: StageOptions;
    databaseUrl: string;
  }) {
    this.databaseUrl = parts.databaseUrl;
    this.clock = parts.clock;
    this.emulator = parts.emulator;
    this.connector = parts.connector;
    this.dir = parts.dir;
    this.#service = parts.service;
    this.#options = parts.options;
    this.#teams = this.#client();
  }

  static async open(options: StageOptions = {}): Promise<Stage> {
    const clock = new SteppedClock();
    const behindMs = options.defenderBehindMs ?? 0;
    const defenderClock = { now: () => clock.now() - behindMs, sleep: clock.sleep.bind(clock) };
    const emulator = await startEmulator({ clock: defenderClock, ...options.emulator });
    addTrialWorld(emulator);
    const connector = await startFakeConnector({ clock, enforceRates: true });
    connector.addChannel(teamId, channelId);
    connector.addMembers(teamId, [ana, bo, cy, dee]);
    const dir = await mkdtemp(join(tmpdir(), 'lr-story-'));
    await writeFile(join(dir, 'policy.yaml'), options.policy ?? policyOf());
    if (options.runbooks !== undefined) await writeFile(join(dir, 'runbooks.yaml'), options.runbooks);
    const databaseUrl =
      testStore === 'postgres' ? await createTestDatabase() : `sqlite:${join(dir, 'live-response.db')}`;
    const service = await Stage.#start({ clock, emulator, dir, options, databaseUrl });
    const stage = new Stage({ clock, emulator, connector, dir, service, options, databaseUrl });
    for (const person of options.installed ?? [bo, cy]) await stage.teams.install(person, { scope: 'personal' });
    await stage.settle();
    return stage;
  }

  static async #start(parts: {
    clock: SteppedClock;
    emulator: Emulator;
    dir: string;
    options: StageOptions;
    databaseUrl: string;
  }): Promise<Service> {
    const config = parseConfig({
      LOCAL_TRIAL: '1',
      PORT: '0',
      DEFENDER_API_URL: parts.emulator.url,
      DATABASE_URL: parts.databaseUrl,
      POLICY_FILE: join(parts.dir, 'policy.yaml'),
      RUNBOOKS_FILE: join(parts.dir, 'runbooks.yaml'),
      EVIDENCE_DIR: join(parts.dir, 'evidence'),
      TEAMS_TENANT_IDS: tenantId,
      ...parts.options.env,
    });
    if (!config.ok) throw new Error(config.error.join('\n'));
    return startService({
      config: config.value,
      clock: parts.clock,
      random: systemRandom,
      log: parts.options.log ?? silentLog,
      byItself: false,
    });
  }

  #client(service = this.#service): TeamsClient {
    return createTeamsClient({
      connector: this.connector,
      endpoint: `http://127.0.0.1:${service.port}/api/messages`,
      tenantId,
      bot,
    });
  }

  get service(): Service {
    return this.#service;
  }

  /** Another service over the same database, evidence and policy, with its own people's endpoint; settled together with the first. */
  async addReplica(
    env: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly service: Service; readonly teams: TeamsClient; stop(): Promise<void> }> {
    const { clock, emulator, dir, databaseUrl } = this;
    const options = { ...this.#options, env: { ...this.#options.env, ...env } };
    const service = await Stage.#start({ clock, emulator, dir, options, databaseUrl });
    this.#replicas.push(service);
    const stop = async () => {
      this.#replicas.splice(this.#replicas.indexOf(service), 1);
      await service.stop();
    };
    return { service, teams: this.#client(service), stop };
  }

  get teams(): TeamsClient {
    return this.#teams;
  }

  /** Stops the service as an upgrade would, and starts it again on the same files. */
  async restart(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await this.#service.stop();
    await meanwhile();
    this.#service = await Stage.#start({
      clock: this.clock,
      emulator: this.emulator,
      dir: this.dir,
      options: this.#options,
      databaseUrl: this.databaseUrl,
    });
    this.#teams = this.#client();
    await this.settle();
  }

  async close(): Promise<void> {
    for (const service of [this.#service, ...this.#replicas]) await service.stop();
    await this.emulator.stop();
    await this.connector.stop();
    await rm(this.dir, { recursive: true, force: true });
  }

  /** Of several services each does what it finds, side by side, until none finds anything. */
  async settle(): Promise<void> {
    const services = [this.#service, ...this.#replicas];
    for (const _ of services) await this.#whileReadsWait(Promise.all(services.map((service) => service.settle())));
  }

  /** A read of Defender that is tried again sleeps on the clock that the story holds: it is moved on for it, a little at a time and never past `mostMs`. */
  async #whileReadsWait<T>(work: Promise<T>, mostMs = Number.POSITIVE_INFINITY): Promise<T> {
    let ended = false;
    const tracked = work.finally(() => {
      ended = true;
    });
    const until = this.clock.now() + mostMs;
    for (let turn = 0; !ended; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (turn % 50 === 49 && this.clock.sleeping > 0 && this.clock.now() + 250 <= until) this.clock.advance(250);
    }
    return tracked;
  }

  /**
   * Lets time pass and does what becomes due, at most `stepMs` late: time moves in steps of that, and those in which nothing is due are
   * taken at once.
   */
  async pass(ms: number, stepMs = seconds(1)): Promise<void> {
    const endsAt = this.clock.now() + ms;
    // Whatever the story did before: a file that it wrote or a time that it set is seen at the first step.
    for (let isFirst = true; this.clock.now() < endsAt; isFirst = false) {
      const idleMs = isFirst ? 0 : (await this.#nextDueAt()) - this.clock.now();
      const steps = Math.max(Math.ceil(idleMs / stepMs), 1);
      this.clock.advance(Math.min(steps * stepMs, endsAt - this.clock.now()));
      await this.settle();
    }
  }

  async #nextDueAt(): Promise<number> {
    const services = [this.#service, ...this.#replicas];
    const instants = [this.clock.wakesAt, ...(await Promise.all(services.map((service) => service.nextDueAt())))];
    return Math.min(...instants.map((at) => at ?? Number.POSITIVE_INFINITY));
  }

  /** Writes in a new thread of the channel; gives the thread's conversation id. */
  async ask(from: TeamsPerson, text: string): Promise<string> {
    const { conversationId, status } = await this.teams.say(
      from,
      { scope: 'channel', teamId, channelId, threadId: null },
      text,
    );
    if (status !== 200) throw new Error(`The bot answered ${status}`);
    await this.settle();
    return conversationId;
  }

  /** Writes in the person's own chat with the bot. */
  async tell(from: TeamsPerson, text: string): Promise<void> {
    await this.teams.say(from, { scope: 'personal' }, text);
    await this.settle();
  }

  /** Writes in a thread that exists. */
  async reply(from: TeamsPerson, conversationId: string, text: string): Promise<void> {
    const threadId = conversationId.split('messageid=')[1] ?? null;
    await this.teams.say(from, { scope: 'channel', teamId, channelId, threadId }, text);
    await this.settle();
  }

  thread(conversationId: string): string {
    return readThread(this.connector, conversationId).join('\n\n');
  }

  chat(person: TeamsPerson): string {
    return this.thread(this.connector.personalConversationId(person.aadObjectId));
  }

  /** The newest message of the person's own chat that has a button of that title. */
  cardFor(person: TeamsPerson, title = 'Approve'): TeamsMessage {
    return this.cardIn(this.connector.personalConversationId(person.aadObjectId), title);
  }

  cardIn(conversationId: string, title = 'Approve'): TeamsMessage {
    const found = [...this.connector.messages(conversationId)].reverse().find((m) => this.action(m, title) !== null);
    if (found === undefined) throw new Error(`No card with ${title} in:\n${this.thread(conversationId)}`);
    return found;
  }

  action(message: TeamsMessage, title: string): Readonly<Record<string, unknown>> | null {
    return findActions(cardOf(message.activity)).find((a) => a.title === title && a.type === 'Action.Execute') ?? null;
  }

  /** What a client sends for a button; reads that are tried again meanwhile get the time they sleep for. */
  click(person: TeamsPerson, message: TeamsMessage, verb: string, data: unknown): Promise<BotAnswer> {
    // The answer's own limit sleeps as well: a slow database must not look like it, so less than the shortest passes here.
    return this.#whileReadsWait(this.teams.click(person, message.id, { verb, data }), answerWithin.dialog - 250);
  }

  /** Presses a button by its title, with what was typed into the card. */
  async press(
    person: TeamsPerson,
    message: TeamsMessage,
    title: string,
    inputs: Readonly<Record<string, string>> = {},
  ): Promise<BotAnswer> {
    const action = this.action(message, title);
    if (action === null) throw new Error(`No button ${title}`);
    const data = { ...(action.data as object), ...inputs };
    const answer = await this.click(person, message, String(action.verb), data);
    await this.settle();
    return answer;
  }

  async approve(person: TeamsPerson): Promise<BotAnswer> {
    return this.press(person, this.cardFor(person), 'Approve');
  }

  /** Opens the card for a denial from a card, and denies on it. */
  async deny(person: TeamsPerson, card: TeamsMessage, reason: string): Promise<BotAnswer> {
    await this.press(person, card, 'Deny…');
    const isThere = () =>
      this.connector.messages(card.conversationId).some((message) => this.action(message, 'Deny') !== null);
    for (let tries = 0; tries < 120 && !isThere(); tries++) await this.pass(seconds(1));
    return this.press(person, this.cardIn(card.conversationId, 'Deny'), 'Deny', { reason });
  }

  /** The bodies of the submissions that reached Defender, in order. */
  get submissions(): readonly string[] {
    return this.emulator.journal.filter((e) => e.route === 'runLiveResponse').map((e) => e.body);
  }

  /** The id in the newest card of the conversation. */
  requestId(conversationId: string): string {
    // LR-7F3K stands in the examples of help.
    const id = this.thread(conversationId)
      .match(/LR-[A-Z0-9]{4,}/g)
      ?.find((found) => found !== 'LR-7F3K');
    if (id === undefined) throw new Error(`No request id in:\n${this.thread(conversationId)}`);
    return id;
  }
}

export const cardOf = (activity: WireActivity): unknown =>
  activity.attachments?.find((a) => a.contentType === 'application/vnd.microsoft.card.adaptive')?.content;

/** The words of a click's answer, whatever its kind. */
export const wordsOf = (answer: BotAnswer): string => JSON.stringify(answer.body);
