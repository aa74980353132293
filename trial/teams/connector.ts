import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, minutes, systemClock } from '../../src/lib/clock';
import { type Answer, failed, parseJson, pathOf, readBody, send } from './connector-http';
import { ConnectorMessages } from './connector-messages';
import type {
  Connector,
  ConnectorCall,
  ConnectorOptions,
  TeamsMessage,
  TeamsPerson,
  UploadedFile,
  WireActivity,
} from './connector-port';
import { ConnectorRates } from './connector-rates';
import { ConnectorUploads } from './connector-uploads';

export type {
  Connector,
  ConnectorCall,
  ConnectorFault,
  ConnectorOptions,
  TeamsMessage,
  TeamsPerson,
  WireActivity,
} from './connector-port';

const regionPrefix = '/emulated/';
const firstRegion = 'tenant';
const defaultMaxBytes = 100_000;

export const createConnector = (options: ConnectorOptions = {}): Connector => new EmulatedConnector(options);

class EmulatedConnector implements Connector {
  readonly calls: ConnectorCall[] = [];
  throttled = 0;
  url = '';
  private region = firstRegion;
  private readonly options: ConnectorOptions;
  private readonly clock: Clock;
  private readonly server: Server;
  private readonly kept = new ConnectorMessages();
  private readonly uploads = new ConnectorUploads();
  private readonly people = new Map<string, TeamsPerson>();
  private readonly rosters = new Map<string, TeamsPerson[]>();
  private readonly teams = new Map<string, string>();
  private readonly blocked = new Set<string>();
  private readonly rates = new ConnectorRates();

  constructor(options: ConnectorOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.server = createServer({ keepAliveTimeout: minutes(5) }, (req, res) => void this.handle(req, res));
  }

  async start(port = 0): Promise<Connector> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    this.url = this.urlIn(this.region);
    return this;
  }

  moveRegion(): void {
    const [, moves] = /-(\d+)$/.exec(this.region) ?? [];
    this.region = `${firstRegion}-${Number(moves ?? 0) + 1}`;
    this.url = this.urlIn(this.region);
  }

  private urlIn(region: string): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}${regionPrefix}${region}`;
  }

  now(): number {
    return this.clock.now();
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  addMembers(rosterId: string, people: readonly TeamsPerson[]): void {
    for (const person of people) this.people.set(person.aadObjectId, person);
    const others = (this.rosters.get(rosterId) ?? []).filter((p) => !people.some(({ id }) => id === p.id));
    this.rosters.set(rosterId, [...others, ...people]);
  }

  removeMember(rosterId: string, aadObjectId: string): void {
    this.rosters.set(
      rosterId,
      (this.rosters.get(rosterId) ?? []).filter((p) => p.aadObjectId !== aadObjectId),
    );
  }

  block(aadObjectId: string): void {
    this.blocked.add(aadObjectId);
  }

  unblock(aadObjectId: string): void {
    this.blocked.delete(aadObjectId);
  }

  addChannel(teamId: string, channelId: string): void {
    this.teams.set(channelId, teamId);
  }

  teamOf(channelId: string): string | undefined {
    return this.teams.get(channelId);
  }

  addThread(channelId: string, from: TeamsPerson, text: string): string {
    return this.kept.addThread(channelId, from, { type: 'message', text }).id;
  }

  addPersonMessage(conversationId: string, from: TeamsPerson, text: string): string {
    if (!this.people.has(from.aadObjectId)) this.people.set(from.aadObjectId, from);
    return this.kept.add(conversationId, from, { type: 'message', text });
  }

  deleteMessage(messageId: string): void {
    this.kept.delete(messageId);
  }

  messages(conversationId: string): readonly TeamsMessage[] {
    return this.kept.in(conversationId);
  }

  message(messageId: string): TeamsMessage | null {
    return this.kept.find(messageId);
  }

  offerUpload(name: string): ReturnType<Connector['offerUpload']> {
    return this.uploads.offer(this.url, name);
  }

  uploaded(name: string): UploadedFile | null {
    return this.uploads.file(name);
  }

  personalConversationId(aadObjectId: string): string {
    return `a:${aadObjectId}`;
  }

  forgetCalls(): void {
    this.calls.length = 0;
  }

  private async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const raw = await readBody(req);
    if (raw === null) return;
    const [, region, path = ''] = /^\/emulated\/([^/]+)(.*)$/s.exec(pathOf(req)) ?? [];
    const call: ConnectorCall = {
      method: req.method ?? '',
      path: region === undefined ? pathOf(req) : path,
      authorization: req.headers.authorization ?? null,
      body: parseJson(raw.toString('utf8')),
      at: this.clock.now(),
    };
    this.calls.push(call);
    if (region !== undefined && region !== this.region)
      return send(res, failed(400, 'BadArgument', 'The tenant is served at another address.'));
    const range = req.headers['content-range'];
    const answer = () => (range === undefined ? this.answer(call, raw.length) : this.uploads.take(call, range, raw));
    const fault = this.options.fault?.(call) ?? null;
    if (fault === null) return send(res, answer());
    if (fault.type === 'hang') return;
    if (fault.accepted === true) this.answer(call, raw.length);
    if (fault.type === 'drop') return void res.socket?.destroy();
    const headers = fault.retryAfterS === undefined ? {} : { 'retry-after': String(fault.retryAfterS) };
    send(res, failed(fault.status, fault.code ?? 'Emulated', 'Emulated fault', headers));
  }

  private answer(call: ConnectorCall, bytes: number): Answer {
    const [, version, root, conversationId, what, id] = call.path.split('/');
    if (version !== 'v3' || root !== 'conversations') return failed(404, 'NotFound', 'No such resource.');
    const isRead = call.method === 'GET';
    if (!isRead && bytes > (this.options.maxBytes ?? defaultMaxBytes))
      return failed(413, 'MessageSizeTooBig', 'Message size too large.');
    const waitS =
      this.options.enforceRates === true
        ? this.rates.overBy(isRead ? 'read' : 'write', conversationId, this.clock.now())
        : 0;
    if (waitS > 0) {
      this.throttled += 1;
      return failed(429, 'Throttled', 'Too many requests.', { 'retry-after': String(waitS) });
    }
    if (conversationId === undefined)
      return call.method === 'POST' ? this.open(call.body) : failed(405, 'MethodNotAllowed', 'Not supported.');
    if (what === 'activities') return this.answerActivity(call, conversationId, id ?? null);
    if (what === 'members' || what === 'pagedmembers')
      return this.answerRoster(conversationId, id ?? null, what === 'pagedmembers');
    return failed(404, 'NotFound', 'No such resource.');
  }

  private answerActivity(call: ConnectorCall, conversationId: string, messageId: string | null): Answer {
    if (this.blocked.has(this.ownerOf(conversationId)?.aadObjectId ?? rootOf(conversationId)))
      return failed(403, 'MessageWritesBlocked', 'Thread is blocked from message writes.');
    if (!isActivity(call.body) && call.method !== 'DELETE')
      return failed(400, 'BadSyntax', 'Activity resulted into multiple skype activities.');
    if (call.method === 'POST') {
      const activity = call.body as WireActivity;
      if (activity.type === 'typing') return { status: 202, body: {} };
      return { status: 201, body: { id: this.kept.add(conversationId, 'bot', activity) } };
    }
    const found = this.kept.find(messageId);
    const isBots = found?.from === 'bot' && !found.isDeleted && rootOf(found.conversationId) === rootOf(conversationId);
    if (found === null || !isBots)
      return failed(404, 'ActivityNotFoundInConversation', 'The activity was not found in the conversation.');
    if (call.method === 'PUT') this.kept.edit(found.id, call.body as WireActivity);
    else if (call.method === 'DELETE') this.kept.delete(found.id);
    else return failed(405, 'MethodNotAllowed', 'Not supported.');
    return { status: 200, body: { id: found.id } };
  }

  private open(body: unknown): Answer {
    const wanted = (body ?? {}) as {
      isGroup?: boolean;
      members?: { id?: string }[];
      activity?: WireActivity;
      channelData?: { channel?: { id?: string } };
    };
    const channelId = wanted.channelData?.channel?.id;
    if (channelId !== undefined) {
      if (!isActivity(wanted.activity)) return failed(400, 'BadSyntax', 'A thread needs its first message.');
      const { id, conversationId } = this.kept.addThread(channelId, 'bot', wanted.activity);
      return { status: 201, body: { id: conversationId, activityId: id } };
    }
    const asked = wanted.members?.[0]?.id;
    const person = [...this.people.values()].find((p) => p.id === asked || p.aadObjectId === asked);
    if (person === undefined)
      return failed(403, 'BotNotInConversationRoster', 'The bot is not installed for this person.');
    return { status: 201, body: { id: this.personalConversationId(person.aadObjectId) } };
  }

  private ownerOf(conversationId: string): TeamsPerson | undefined {
    return [...this.people.values()].find((p) => this.personalConversationId(p.aadObjectId) === conversationId);
  }

  /** A channel's members are known under its team's id only (teams.md E1); each member is stated in full, whatever activities leave out. */
  private answerRoster(rosterId: string, memberId: string | null, isPaged: boolean): Answer {
    const owner = this.ownerOf(rosterId);
    const people = owner === undefined ? this.rosters.get(rosterId) : [owner];
    if (people === undefined) return failed(404, 'ConversationNotFound', 'Conversation not found.');
    const roster = people.map((person) => ({
      userRole: 'user',
      userPrincipalName: `${person.aadObjectId}@contoso.example`,
      ...(this.options.tenantId === undefined ? {} : { tenantId: this.options.tenantId }),
      ...person,
      objectId: person.aadObjectId,
    }));
    if (memberId === null) return { status: 200, body: isPaged ? { members: roster } : roster };
    const member = roster.find((p) => p.id === memberId || p.aadObjectId === memberId);
    return member === undefined
      ? failed(404, 'MemberNotFoundInConversation', 'Member not found in conversation.')
      : { status: 200, body: member };
  }
}

const rootOf = (conversationId: string): string => conversationId.split(';')[0] ?? conversationId;

const isActivity = (value: unknown): value is WireActivity =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
