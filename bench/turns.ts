import { randomUUID } from 'node:crypto';
import autocannon from 'autocannon';
import { ana, appId, tenantId } from '../test/fakes/fake-connector';
import { LocalIssuer } from '../test/fakes/local-issuer';
import { cpuMsOf, type Program, portOf, startProgram } from './child';
import type { Row, RowTarget, Section } from './report';
import { median } from './statistics';
import { hangUp, messageOf, nowMs, type Seat, send, WireConnector } from './wire';
import type { World } from './world';

export interface TurnOptions {
  readonly rounds: number;
  /** One after the other, each round and side. */
  readonly turns: number;
  /** Before the first round, of each kind and side: a bot runs for weeks, and its first hundreds of turns compile. */
  readonly warmUps: number;
  /** From `connections` at once, each round and side. */
  readonly load: number;
  readonly connections: number;
}

/**
 * Teams allows an app 50 calls a second in one tenant and 7 in one conversation, and this bot keeps to that: so the turns come from as many
 * tenants and conversations as their number needs, and the echo bot gets the same.
 */
const tenants = 30;
const seatsByTenant = 24;

const seats: readonly Seat[] = Array.from({ length: seatsByTenant }, (_, seat) =>
  Array.from({ length: tenants }, (_, tenant) => {
    const at = String(tenant + 1).padStart(3, '0');
    return {
      conversationId: `a:${at}-${seat}`,
      tenantId: tenant === 0 ? tenantId : `8f1c2d3e-0000-4000-8000-000000000${at}`,
      personId: ana.aadObjectId,
    };
  }),
).flat();

const echoed = 'the echo bot';

/** One bot that is measured: how to reach it, and whose turn it is next. */
export interface LoadSide {
  readonly urls: readonly string[];
  readonly connector: WireConnector;
  readonly authorization: string | null;
  next: number;
}

interface Side extends LoadSide {
  readonly program: Program;
  readonly url: string;
}

/** What became of one turn, in ms from the first byte of the message. */
interface Turn {
  readonly toStatus: number;
  readonly toAnswer: number;
}

/** Turn latency and turns per second beside the echo bot, without sign-in and with it. */
export async function measureTurns(world: World, options: TurnOptions): Promise<Section> {
  const local = await compare(world, null, options);
  const issuer = await new LocalIssuer().start();
  const signed = await compare(world, issuer, options);
  await issuer.stop();
  hangUp();
  return {
    title: 'Turns',
    how: `Service and echo bot as processes of their own on loopback, the same adapter, the same Connector. Teams signs what it sends, so the targets are for signed tokens, which both verify; the local trial, where neither does, is shown beside them. Latency: ${options.turns} turns one after the other a round (a closed loop of one person), median of the round; a turn is over when HTTP has its 200 and the answer is at the Connector. Turns per second: ${options.load} turns from ${options.connections} connections (autocannon; a closed loop, since Teams waits for each 200), over the time from the first message to the last answer at the Connector, so that what is queued counts only once it is sent. Processor time is that of the bot's process under this load, which others on the machine disturb least. ${options.rounds} rounds, after ${options.warmUps} turns of each kind and ${seats.length} under load.`,
    rows: [...local, ...signed],
  };
}

async function compare(world: World, issuer: LocalIssuer | null, options: TurnOptions): Promise<readonly Row[]> {
  const service = await startSide('service', world, issuer);
  const echo = await startSide('echo', world, issuer);
  const sides = [echo, service];
  for (const side of sides) await runLoad(side, options.connections, seats.length);
  const ids = await askOneEach(service);
  const status = (seat: Seat) => `status ${ids.get(seat.tenantId)}`;
  const help = () => 'help';

  const single = { echo: [] as Turn[], help: [] as Turn[], status: [] as Turn[] };
  const perSecond = { echo: [] as number[], service: [] as number[] };
  const cpu = { echo: [] as number[], service: [] as number[] };
  for (const side of sides) await runTurns(side, help, options.warmUps);
  await runTurns(service, status, options.warmUps);
  for (let round = 0; round < options.rounds; round++) {
    single.echo.push(await runTurns(echo, help, options.turns));
    single.help.push(await runTurns(service, help, options.turns));
    single.status.push(await runTurns(service, status, options.turns));
    for (const [name, side] of [
      ['echo', echo],
      ['service', service],
    ] as const) {
      const before = await cpuMsOf(side.program);
      perSecond[name].push(await runLoad(side, options.connections, options.load));
      cpu[name].push(((await cpuMsOf(side.program)) - before) / options.load);
    }
  }
  for (const side of sides) {
    await side.program.stop();
    await side.connector.stop();
  }

  const mode = issuer === null ? 'local trial' : 'signed tokens';
  // What Teams sends is signed, and a bot that takes anything else is a trial on somebody's own machine: that one is shown, and not judged.
  const judged = (target: RowTarget): RowTarget | null => (issuer === null ? null : target);
  const whole = (turns: readonly Turn[]) => turns.map((turn) => Math.max(turn.toStatus, turn.toAnswer));
  const against = { what: echoed, values: whole(single.echo) };
  const atMost = { type: 'atMost', value: 1.5, of: 'ratio' } as const;
  return [
    { what: `help, ${mode}`, unit: 'ms', ours: whole(single.help), against, target: judged(atMost) },
    { what: `status, ${mode}`, unit: 'ms', ours: whole(single.status), against, target: judged(atMost) },
    {
      what: `help to its 200, ${mode}`,
      unit: 'ms',
      ours: single.help.map((turn) => turn.toStatus),
      against: { what: echoed, values: single.echo.map((turn) => turn.toStatus) },
      target: null,
    },
    {
      what: `help to its answer, ${mode}`,
      unit: 'ms',
      ours: single.help.map((turn) => turn.toAnswer),
      against: { what: echoed, values: single.echo.map((turn) => turn.toAnswer) },
      target: null,
    },
    {
      what: `turns per second, ${mode}`,
      unit: 'turns/s',
      ours: perSecond.service,
      against: { what: echoed, values: perSecond.echo },
      target: judged({ type: 'atLeast', value: 0.6, of: 'ratio' }),
    },
    {
      what: `processor time a turn, ${mode}`,
      unit: 'ms',
      ours: cpu.service,
      against: { what: echoed, values: cpu.echo },
      target: null,
    },
  ];
}

async function startSide(name: 'service' | 'echo', world: World, issuer: LocalIssuer | null): Promise<Side> {
  const connector = await new WireConnector().start();
  const dir = await world.newDir();
  const signIn: Record<string, string> =
    issuer === null
      ? {}
      : {
          BENCH_ISSUER_URL: issuer.url,
          BENCH_DEFENDER_URL: world.emulator.url,
          IDENTITY_ENDPOINT: issuer.managedIdentityUrl,
          IDENTITY_HEADER: 'header',
          BOT_ID: appId,
          BOT_TYPE: 'UserAssignedMsi',
          BOT_TENANT_ID: tenantId,
          TEAMS_TENANT_IDS: [...new Set(seats.map((seat) => seat.tenantId))].join(','),
        };
  const env = { ...(issuer === null ? world.trialEnv(dir) : world.filesEnv(dir)), ...signIn };
  const program = await startProgram(name, { env, dir });
  const url = `http://127.0.0.1:${portOf(program.first)}/api/messages`;
  return {
    program,
    url,
    urls: [url],
    connector,
    authorization: issuer === null ? null : issuer.bearer({ aud: appId, serviceurl: connector.url }),
    next: 0,
  };
}

/** A request of its own for each tenant, so that `status` has something to show everywhere. */
async function askOneEach(side: Side): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const seat of seats.slice(0, tenants)) {
    const conversationId = `${seat.conversationId}-ask-${randomUUID().slice(0, 8)}`;
    const text = 'on ws-042 run minidump.ps1 OfficeClickToRun because INC-1042 credential theft triage';
    const card = side.connector.arrival(conversationId);
    await checked(send(side.url, messageOf({ ...seat, conversationId }, side.connector.url, text), side.authorization));
    const id = /LR-[A-Z0-9]{4,}/.exec((await card).body)?.[0];
    if (id === undefined) throw new Error('The request that status is to show was not made.');
    ids.set(seat.tenantId, id);
  }
  return ids;
}

async function checked(reply: ReturnType<typeof send>): Promise<Awaited<ReturnType<typeof send>>> {
  const answer = await reply;
  if (answer.status !== 200) throw new Error(`A turn was answered ${answer.status}: ${answer.body}`);
  return answer;
}

const nextSeat = (side: LoadSide): Seat => seats[side.next++ % seats.length] as Seat;

/** Turn after turn; the medians of both halves. */
async function runTurns(side: Side, textFor: (seat: Seat) => string, count: number): Promise<Turn> {
  const turns: Turn[] = [];
  for (let i = 0; i < count; i++) {
    const seat = nextSeat(side);
    const body = messageOf(seat, side.connector.url, textFor(seat));
    const arrival = side.connector.arrival(seat.conversationId);
    const startedAt = nowMs();
    const { at } = await checked(send(side.url, body, side.authorization));
    turns.push({ toStatus: at - startedAt, toAnswer: (await arrival).at - startedAt });
  }
  return { toStatus: median(turns.map((t) => t.toStatus)), toAnswer: median(turns.map((t) => t.toAnswer)) };
}

/** Turns per second, up to the last answer; over several replicas when there are several addresses. */
export async function runLoad(side: LoadSide, connections: number, amount: number): Promise<number> {
  const { connector, urls, authorization } = side;
  connector.reset();
  const startedAt = nowMs();
  const results = await Promise.all(
    urls.map((url) =>
      autocannon({
        url,
        method: 'POST',
        connections: connections / urls.length,
        amount: amount / urls.length,
        timeout: 30,
        headers: { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }) },
        requests: [
          { setupRequest: (request) => ({ ...request, body: messageOf(nextSeat(side), connector.url, 'help') }) },
        ],
      }),
    ),
  );
  const answered = results.reduce((sum, result) => sum + result['2xx'], 0);
  if (answered !== amount) throw new Error(`Of ${amount} turns ${answered} were answered 200.`);
  await connector.all(amount);
  return (amount / (connector.lastPostedAt - startedAt)) * 1_000;
}
