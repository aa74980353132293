import { Registry } from 'prom-client';
import type { RawMessage } from '../../src/chat/clean';
import type { RefusedAtDoor } from '../../src/flow/refused-at-door';
import { systemClock } from '../../src/lib/clock';
import type { Log } from '../../src/lib/log';
import type { Place } from '../../src/request/place';
import { type AdapterOptions, createAdapter, type VerifiedAdapter } from '../../src/teams/inbound/adapter';
import { createLateWork } from '../../src/teams/inbound/in-time';
import { createRoster, type RosterOptions } from '../../src/teams/inbound/roster';
import { createBot } from '../../src/teams/inbound/routes';
import { createServer, type Server, type ServerOptions } from '../../src/teams/inbound/server';
import { createTeams } from '../../src/teams/outbox/outbound';
import type { Teams } from '../../src/teams/teams';
import type { Post } from '../../src/thread/kit/post';
import type { ActionAnswer, Flow, Presence, Turn } from '../../src/thread/kit/turn';
import {
  ana,
  bo,
  bot,
  channelId,
  createTeamsClient,
  cy,
  type FakeConnector,
  startFakeConnector,
  type TeamsClient,
  teamId,
  tenantId,
} from '../fakes/fake-connector';

export type Reached =
  | { readonly kind: 'message'; readonly turn: Turn; readonly message: RawMessage }
  | { readonly kind: 'action'; readonly turn: Turn; readonly verb: string; readonly data: unknown }
  | { readonly kind: 'dialog'; readonly turn: Turn; readonly verb: string; readonly data: unknown }
  | { readonly kind: 'messageAction'; readonly turn: Turn; readonly message: unknown }
  | { readonly kind: 'fileConsent'; readonly turn: Turn; readonly consent: unknown }
  | { readonly kind: 'search'; readonly turn: Turn; readonly query: unknown }
  | { readonly kind: 'late'; readonly turn: Turn; readonly message: RawMessage | null }
  | { readonly kind: 'presence'; readonly turn: Turn; readonly what: Presence };

/** A flow that remembers what reached it, echoes messages, and answers actions as the test says. */
export class RecordingFlow implements Flow {
  readonly reached: Reached[] = [];
  answer: ActionAnswer | (() => Promise<ActionAnswer>) = { type: 'message', text: 'Done.' };
  echo: ((turn: Turn, message: RawMessage) => Promise<void>) | null = null;

  async onMessage(turn: Turn, message: RawMessage): Promise<void> {
    this.reached.push({ kind: 'message', turn, message });
    await this.echo?.(turn, message);
  }
  async onLate(turn: Turn, message: RawMessage | null): Promise<void> {
    this.reached.push({ kind: 'late', turn, message });
  }
  async onAction(turn: Turn, verb: string, data: unknown): Promise<ActionAnswer> {
    this.reached.push({ kind: 'action', turn, verb, data });
    return typeof this.answer === 'function' ? this.answer() : this.answer;
  }
  async onDialog(turn: Turn, verb: string, data: unknown): Promise<ActionAnswer> {
    this.reached.push({ kind: 'dialog', turn, verb, data });
    return typeof this.answer === 'function' ? this.answer() : this.answer;
  }
  async onMessageAction(turn: Turn, message: Parameters<Flow['onMessageAction']>[1]): Promise<ActionAnswer> {
    this.reached.push({ kind: 'messageAction', turn, message });
    return typeof this.answer === 'function' ? this.answer() : this.answer;
  }
  async onFileConsent(turn: Turn, consent: Parameters<Flow['onFileConsent']>[1]): Promise<void> {
    this.reached.push({ kind: 'fileConsent', turn, consent });
  }
  async onSearch(turn: Turn, query: Parameters<Flow['onSearch']>[1]): ReturnType<Flow['onSearch']> {
    this.reached.push({ kind: 'search', turn, query });
    return [{ title: 'one', value: '1' }];
  }
  async onPresence(turn: Turn, what: Presence): Promise<void> {
    this.reached.push({ kind: 'presence', turn, what });
  }
}

export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly [field: string]: unknown;
}

export function recordingLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: LogLine['level']) => (fields: Record<string, unknown>, message: string) =>
    void lines.push({ ...fields, level, message });
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}

export interface Kit {
  readonly flow: RecordingFlow;
  readonly log: ReturnType<typeof recordingLog>;
  readonly connector: FakeConnector;
  readonly client: TeamsClient;
  readonly app: object;
  readonly adapter: VerifiedAdapter;
  readonly teams: Teams;
  readonly server: Server;
  readonly refused: RefusedAtDoor[];
  readonly replies: { readonly place: Place; readonly post: Post }[];
  readonly url: string;
  stop(): Promise<void>;
}

/** The whole inbound side over real HTTP, with the emulated Connector behind it; a trial unless an identity is given. */
export async function startKit(
  options: {
    readonly adapter?: AdapterOptions;
    readonly authorize?: Parameters<typeof createTeamsClient>[0]['authorize'];
    readonly server?: Partial<ServerOptions>;
    readonly allowSharedChannels?: boolean;
    /** Who somebody is, is asked of the roster; left out: it is not, as in a trial. */
    readonly roster?: Partial<RosterOptions>;
  } = {},
): Promise<Kit> {
  const connector = await startFakeConnector();
  connector.addMembers(teamId, [ana, bo, cy]);
  connector.addChannel(teamId, channelId);
  const flow = new RecordingFlow();
  const log = recordingLog();
  const refused: Kit['refused'] = [];
  const replies: Kit['replies'] = [];
  const adapter = createAdapter(options.adapter ?? { identity: { type: 'trial' } });
  const teams = createTeams({ adapter, clock: systemClock });
  const theBot = createBot({
    adapter,
    flow,
    tenantIds: [tenantId],
    allowSharedChannels: options.allowSharedChannels ?? false,
    roster: options.roster === undefined ? null : createRoster({ adapter, clock: systemClock, log, ...options.roster }),
    knownName: async () => null,
    lateWork: createLateWork(),
    reply: async (place, post) => void replies.push({ place, post }),
    refused: async (what) => void refused.push(what),
    clock: systemClock,
    log,
  });
  const server = createServer({
    bot: theBot,
    ready: async () => [],
    metrics: new Registry(),
    needsToken: options.adapter !== undefined,
    opsPort: null,
    clock: systemClock,
    log,
    ...options.server,
  });
  const port = await server.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${port}`;
  const client = createTeamsClient({
    connector,
    endpoint: `${url}/api/messages`,
    tenantId,
    bot,
    ...(options.authorize ? { authorize: options.authorize } : {}),
  });
  return {
    flow,
    log,
    connector,
    client,
    app: theBot.application,
    adapter,
    teams,
    server,
    refused,
    replies,
    url,
    async stop() {
      await server.stop();
      await connector.stop();
    },
  };
}

export const inChannel = { scope: 'channel', teamId, channelId, threadId: null } as const;
export const inPersonal = { scope: 'personal' } as const;
export const plainPost = (text: string): Post => ({ text, mention: null, card: null, summary: text });
