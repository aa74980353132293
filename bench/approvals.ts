import { systemClock } from '../src/lib/clock';
import { ana, bo, bot, cy, teamId, tenantId } from '../test/fakes/fake-connector';
import { cardOf } from '../test/stories/stage';
import { createConnector } from '../trial/teams/connector';
import { createTeamsClient, type TeamsClient } from '../trial/teams/connector-people';
import type { Connector, ConnectorCall, TeamsMessage } from '../trial/teams/connector-port';
import { findActions } from '../trial/teams/connector-reading';
import { type Program, portOf, startProgram } from './child';
import { openLine } from './line';
import type { Section } from './report';
import { median } from './statistics';
import { hangUp, send } from './wire';
import { deviceName, fineClock, type World } from './world';

export interface ApprovalOptions {
  readonly rounds: number;
  /** Requests asked and approved one after the other, each round. */
  readonly requests: number;
}

/** A service with people who ask it and approve, and a Connector that says when what arrived. */
export interface Bench {
  readonly program: Program;
  readonly connector: Connector;
  readonly teams: TeamsClient;
  readonly url: string;
  close(): Promise<void>;
}

export async function openBench(
  world: World,
  options: { readonly dir: string; readonly connector?: Connector; readonly env?: Readonly<Record<string, string>> },
): Promise<Bench> {
  const { dir, env = {} } = options;
  const connector = options.connector ?? (await openConnector());
  const program = await startProgram('service', { env: { ...world.trialEnv(dir), ...env }, dir });
  const url = `http://127.0.0.1:${portOf(program.first)}/api/messages`;
  const teams = createTeamsClient({ connector, endpoint: url, tenantId, bot });
  return {
    program,
    connector,
    teams,
    url,
    async close() {
      await program.stop();
      if (options.connector === undefined) await connector.stop();
    },
  };
}

export async function openConnector(): Promise<Connector> {
  const connector = await createConnector({ clock: fineClock, tenantId }).start();
  connector.addMembers(teamId, [ana, bo, cy]);
  return connector;
}

/** Milliseconds of one request's way. */
export interface Way {
  /** From the command to the card with the buttons, in the thread. */
  readonly toCard: number;
  /** From the click on Approve to the POST at Defender. */
  readonly toPost: number;
}

/** A request whose card is out, ready to be approved in its thread. */
export interface Asked {
  /** The instant at which its first card was at the Connector. */
  readonly cardAt: number;
  readonly askedAt: number;
  /** The click on Approve, as Teams sends it. */
  readonly click: string;
}

/** Asks for a device of its own in a channel of its own, since how often Teams may be called in one is not what is measured. */
export async function ask({ connector, teams, url }: Bench, device: number): Promise<Asked> {
  const channelId = `19:${deviceName(device)}@thread.tacv2`;
  connector.addChannel(teamId, channelId);
  const text = `on ${deviceName(device)} run minidump.ps1 OfficeClickToRun because INC-1042 credential theft triage`;
  const threadId = connector.addThread(channelId, ana, text);
  const command = teams.build.message(ana, { scope: 'channel', teamId, channelId, threadId }, text);
  const askedAt = fineClock.now();
  await checked(send(url, JSON.stringify(command), null));
  const card = await until('an approval card', () => findCard(connector, command.conversation.id));
  const { verb, data } = approveOf(card) ?? {};
  const click = JSON.stringify(teams.build.execute(bo, card.id, { verb: String(verb), data }));
  return { askedAt, cardAt: arrivalOf(connector, command.conversation.id), click };
}

/** Asks, approves on the card, and waits until it is at Defender. */
export async function askAndApprove(bench: Bench, world: World, device: number): Promise<Way> {
  const { askedAt, cardAt, click } = await ask(bench, device);
  await systemClock.sleep(restMs);
  const before = countRuns(world);
  const clickedAt = fineClock.now();
  await checked(send(bench.url, click, null));
  const post = await until('a POST at Defender', () => runsAt(world)[before]);
  return { toCard: cardAt - askedAt, toPost: post - clickedAt };
}

/** The instants at which submissions arrived at Defender, in order. */
export const runsAt = ({ emulator }: World): readonly number[] =>
  emulator.journal.filter((entry) => entry.route === 'runLiveResponse').map((entry) => entry.at);

const countRuns = (world: World): number => runsAt(world).length;

const isCall = (call: ConnectorCall, conversationId: string): boolean =>
  call.method === 'POST' && call.path.includes(`/${conversationId}/activities`);

const arrivalOf = (connector: Connector, conversationId: string): number =>
  connector.calls.find((call) => isCall(call, conversationId))?.at ?? Number.NaN;

const findCard = (connector: Connector, conversationId: string): TeamsMessage | undefined =>
  connector.messages(conversationId).find((message) => approveOf(message) !== undefined);

const approveOf = (message: TeamsMessage): Readonly<Record<string, unknown>> | undefined =>
  findActions(cardOf(message.activity)).find((action) => action.title === 'Approve');

export async function checked(reply: ReturnType<typeof send>): Promise<void> {
  const { status, body } = await reply;
  if (status !== 200) throw new Error(`It was answered ${status}: ${body}`);
}

/** The instants are in the journals, so looking seldom costs no precision. */
export async function until<T>(what: string, find: () => T | undefined): Promise<T> {
  for (const deadline = fineClock.now() + 20_000; fineClock.now() < deadline; ) {
    const found = find();
    if (found !== undefined) return found;
    await systemClock.sleep(2);
  }
  throw new Error(`Not within 20 s: ${what}.`);
}

/** Until what came before has ended everywhere: nobody clicks on a card in the millisecond in which it arrives. */
const restMs = 40;
/** A request is some six calls to Teams, and of more than 36 a second in one tenant this bot makes the rest wait, which is not what is measured. */
const betweenMs = 250;

/** Medians of the rounds, in ms: our ways, and the parts of what they cannot do without. */
interface Measured {
  readonly toCard: readonly number[];
  readonly toPost: readonly number[];
  readonly commit: readonly number[];
  readonly call: readonly number[];
  readonly reads: readonly number[];
}

/** Command to card, and Approve to POST beside what it cannot do without: one commit on disk and one call. */
export async function measureApprovals(world: World, options: ApprovalOptions): Promise<Section> {
  const near = await measureWays(world, options, world.emulator.url);
  const line = await openLine(world.emulator.url, oneWayMs);
  const far = await measureWays(world, options, line.url);
  await line.close();
  hangUp();
  const away = `${2 * oneWayMs} ms away`;
  return {
    title: 'Command to card, Approve to POST',
    how: `A fresh service each round, ${options.requests} requests one after the other for devices that are never reached, after ${warmUps} to warm up. The card has arrived when all of it is at the Connector, the POST when all of it is at the emulator; the click comes ${restMs} ms after its card. The floor is measured in the same round, in a process of its own with the same libraries: one commit of a request's row with SQLite's full sync, and one POST to the emulator with its answer. What must be waited for is more: the vote is on disk before it counts, library and device are read again before anything goes, the intent is on disk before the POST, and the POST has a connection of its own: two commits and two round trips. The target is in round trips, and on loopback there are none to speak of, only the processor time of both ends; so it is judged with the emulator ${away}: every byte is ${oneWayMs} ms on its way, as between data centres of one region of the world, for the service and for the floor. The same without a distance is shown first.`,
    rows: [
      { what: 'command to approval card', unit: 'ms', ours: near.toCard, against: null, target: null },
      {
        what: 'Approve to POST, no distance',
        unit: 'ms',
        ours: near.toPost,
        against: { what: 'commit + call', values: floorOf(near) },
        target: null,
      },
      {
        what: 'Approve to POST, no distance, beside all it must wait for',
        unit: 'ms',
        ours: near.toPost,
        against: { what: '2 commits + reads + call', values: awaitedOf(near) },
        target: null,
      },
      { what: 'reads of library and device', unit: 'ms', ours: near.reads, against: null, target: null },
      { what: 'one durable commit', unit: 'ms', ours: near.commit, against: null, target: null },
      { what: 'one POST to the emulator', unit: 'ms', ours: near.call, against: null, target: null },
      {
        what: `Approve to POST, Defender ${away}`,
        unit: 'ms',
        ours: far.toPost,
        against: { what: 'commit + call', values: floorOf(far) },
        target: { type: 'atMost', value: 3, of: 'ratio' },
      },
    ],
  };
}

const floorOf = ({ commit, call }: Measured): readonly number[] => commit.map((ms, i) => ms + at(call, i));

const awaitedOf = ({ commit, call, reads }: Measured): readonly number[] =>
  commit.map((ms, i) => 2 * ms + at(reads, i) + at(call, i));

const at = (values: readonly number[], i: number): number => values[i] ?? Number.NaN;

async function measureWays(world: World, options: ApprovalOptions, defenderUrl: string): Promise<Measured> {
  const measured = {
    toCard: [] as number[],
    toPost: [] as number[],
    commit: [] as number[],
    call: [] as number[],
    reads: [] as number[],
  };
  for (let round = 0; round < options.rounds; round++) {
    const dir = await world.newDir();
    const bench = await openBench(world, { dir, env: { DEFENDER_API_URL: defenderUrl } });
    const ways: Way[] = [];
    const first = world.takeDevices(options.requests + warmUps);
    for (let i = 0; i < options.requests + warmUps; i++) {
      const way = await askAndApprove(bench, world, first + i);
      if (i >= warmUps) ways.push(way);
      await systemClock.sleep(betweenMs);
    }
    await bench.close();
    measured.toCard.push(median(ways.map((way) => way.toCard)));
    measured.toPost.push(median(ways.map((way) => way.toPost)));

    const least = await startProgram('floor', {
      env: {
        BENCH_DEFENDER_URL: defenderUrl,
        BENCH_FROM: String(world.takeDevices(floorCalls)),
        BENCH_COUNT: String(floorCalls),
      },
      dir,
    });
    if (least.first.type !== 'done') throw new Error('The floor was not measured.');
    const { commit = [], call = [], reads = [] } = least.first.values;
    await least.stop();
    measured.commit.push(median(commit));
    measured.call.push(median(call));
    measured.reads.push(median(reads));
  }
  return measured;
}

/** Half of a round trip to the emulator where it is measured at a distance. */
const oneWayMs = 10;
/** Together with what is measured twelve: more in a minute would spend so much of the quota of reads that each must be asked for in the store. Defender takes ten. */
const warmUps = 6;
const floorCalls = 25;
