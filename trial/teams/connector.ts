import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Clock, minutes, systemClock } from '../../src/lib/clock';
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

interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const failed = (
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer => ({ status, body: { error: { code, message } }, headers });

class EmulatedConnector implements Connector {
  readonly calls: ConnectorCall[] = [];
  private readonly places = new Map<string, string>();
  private readonly files = new Map<string, UploadedFile>();
  throttled = 0;
  url = '';
  private region = firstRegion;
  private readonly options: ConnectorOptions;
  private readonly clock: Clock;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private readonly kept: TeamsMessage[] = [];
  private readonly people = new Map<string, TeamsPerson>();
  private readonly rosters = new Map<string, TeamsPerson[]>();
  private readonly teams = new Map<string, string>();
  private readonly blocked = new Set<string>();
  private readonly rates = new ConnectorRates();
  private lastMessageId = 1_700_000_000_000;

  constructor(options: ConnectorOptions) {
    this.options = options;
    this.clock = options.clock ?? systemClock;
    this.server = createServer({ keepAliveTimeout: minutes(5) }, (req, res) => void this.handle(req, res));
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
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
    for (const socket of this.sockets) socket.destroy();
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
    const id = this.nextId();
    this.keep({ conversationId: `${channelId};messageid=${id}`, from, activity: { type: 'message', text }, id });
    return id;
  }

  addPersonMessage(conversationId: string, from: TeamsPerson, text: string): string {
    if (!this.people.has(from.aadObjectId)) this.people.set(from.aadObjectId, from);
    return this.keep({ conversationId, from, activity: { type: 'message', text } });
  }

  deleteMessage(messageId: string): void {
    this.replace(messageId, (m) => ({ ...m, isDeleted: true }));
  }

  messages(conversationId: string): readonly TeamsMessage[] {
    return this.kept.filter((m) => m.conversationId === conversationId && !m.isDeleted);
  }

  message(messageId: string): TeamsMessage | null {
    return this.kept.find((m) => m.id === messageId) ?? null;
  }

  personalConversationId(aadObjectId: string): string {
    return `a:${aadObjectId}`;
  }

  offerUpload(name: string): ReturnType<Connector['offerUpload']> {
    const uniqueId = randomUUID();
    this.places.set(`/upload/${uniqueId}`, name);
    const { origin: host } = new URL(this.url);
    return {
      uploadUrl: `${this.url}/upload/${uniqueId}?tempauth=secret`,
      contentUrl: `${host}/drive/${encodeURIComponent(name)}`,
      name,
      uniqueId,
      fileType: 'zip',
    };
  }

  uploaded(name: string): UploadedFile | null {
    return this.files.get(name) ?? null;
  }

  /** An upload session: chunks in order, each of them once or again, until all bytes are there. */
  private upload(call: ConnectorCall, range: string, bytes: Buffer): Answer {
    const name = this.places.get(call.path);
    const [, first, last, total] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(range) ?? [];
    if (name === undefined || call.method !== 'PUT') return failed(404, 'itemNotFound', 'No such upload session.');
    const [from, to, size] = [Number(first), Number(last), Number(total)];
    const known = this.files.get(name)?.bytes ?? Buffer.alloc(0);
    const isWhole = to + 1 === size;
    const isLegal = from <= known.length && to - from + 1 === bytes.length && (isWhole || bytes.length % 327_680 === 0);
    if (call.authorization !== null || !isLegal)
      return failed(416, 'invalidRange', 'The range is not what is expected.');
    this.files.set(name, { name, bytes: Buffer.concat([known.subarray(0, from), bytes]), isWhole });
    return { status: isWhole ? 201 : 202, body: {} };
  }

  forgetCalls(): void {
    this.calls.length = 0;
  }

  private async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of req) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const raw = Buffer.concat(chunks);
    const [, region, path = ''] = /^\/emulated\/([^/]+)(.*)$/s.exec(pathOf(req)) ?? [];
    const call: ConnectorCall = {
      method: req.method ?? '',
      path: region === undefined ? pathOf(req) : path,
      authorization: req.headers.authorization ?? null,
      body: parse(raw),
      at: this.clock.now(),
    };
    this.calls.push(call);
    if (region !== undefined && region !== this.region)
      return send(res, failed(400, 'BadArgument', 'The tenant is served at another address.'));
    const fault = this.options.fault?.(call) ?? null;
    const range = req.headers['content-range'];
    if (fault === null)
      return send(res, range === undefined ? this.answer(call, raw.length) : this.upload(call, range, raw));
    if (fault.type === 'hang') return;
    if (fault.type === 'drop') {
      if (fault.accepted) this.answer(call, raw.length);
      res.socket?.destroy();
      return;
    }
    if (fault.accepted === true) this.answer(call, raw.length);
    send(
      res,
      failed(
        fault.status,
        fault.code ?? 'Emulated',
        'Emulated fault',
        fault.retryAfterS === undefined ? {} : { 'retry-after': String(fault.retryAfterS) },
      ),
    );
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
    const person = [...this.people.values()].find((p) => this.personalConversationId(p.aadObjectId) === conversationId);
    if (this.blocked.has(person?.aadObjectId ?? rootOf(conversationId)))
      return failed(403, 'MessageWritesBlocked', 'Thread is blocked from message writes.');
    if (!isActivity(call.body) && call.method !== 'DELETE')
      return failed(400, 'BadSyntax', 'Activity resulted into multiple skype activities.');
    if (call.method === 'POST') {
      const activity = call.body as WireActivity;
      if (activity.type === 'typing') return { status: 202, body: {} };
      return { status: 201, body: { id: this.keep({ conversationId, from: 'bot', activity }) } };
    }
    const found = this.kept.find(
      (m) =>
        m.id === messageId && m.from === 'bot' && !m.isDeleted && rootOf(m.conversationId) === rootOf(conversationId),
    );
    if (found === undefined)
      return failed(404, 'ActivityNotFoundInConversation', 'The activity was not found in the conversation.');
    if (call.method === 'PUT')
      this.replace(found.id, (m) => ({
        ...m,
        activity: call.body as WireActivity,
        versions: [...m.versions, m.activity],
      }));
    else if (call.method === 'DELETE') this.deleteMessage(found.id);
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
      const id = this.nextId();
      const conversationId = `${channelId};messageid=${id}`;
      this.keep({ conversationId, from: 'bot', activity: wanted.activity, id });
      return { status: 201, body: { id: conversationId, activityId: id } };
    }
    const asked = wanted.members?.[0]?.id;
    const person = [...this.people.values()].find((p) => p.id === asked || p.aadObjectId === asked);
    if (person === undefined)
      return failed(403, 'BotNotInConversationRoster', 'The bot is not installed for this person.');
    return { status: 201, body: { id: this.personalConversationId(person.aadObjectId) } };
  }

  /** A channel's members are known under its team's id only (teams.md E1); each member is stated in full, whatever activities leave out. */
  private answerRoster(rosterId: string, memberId: string | null, isPaged: boolean): Answer {
    const owner = [...this.people.values()].find((p) => this.personalConversationId(p.aadObjectId) === rosterId);
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

  private keep(message: {
    readonly conversationId: string;
    readonly from: 'bot' | TeamsPerson;
    readonly activity: WireActivity;
    readonly id?: string;
  }): string {
    const id = message.id ?? this.nextId();
    this.kept.push({
      id,
      conversationId: message.conversationId,
      from: message.from,
      activity: message.activity,
      versions: [],
      isDeleted: false,
    });
    return id;
  }

  private replace(messageId: string, change: (message: TeamsMessage) => TeamsMessage): void {
    const index = this.kept.findIndex((m) => m.id === messageId);
    const found = this.kept[index];
    if (found !== undefined) this.kept[index] = change(found);
  }

  private nextId(): string {
    this.lastMessageId += 1;
    return String(this.lastMessageId);
  }
}

const pathOf = (req: IncomingMessage): string => decodeURIComponent((req.url ?? '').split('?')[0] ?? '');

const rootOf = (conversationId: string): string => conversationId.split(';')[0] ?? conversationId;

const isActivity = (value: unknown): value is WireActivity =>
  typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';

function parse(raw: Buffer): unknown {
  if (raw.length === 0) return null;
  try {
    return JSON.parse(raw.toString('utf8'));
  } catch {
    return null;
  }
}

function send(res: ServerResponse, { status, body, headers }: Answer): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(body === undefined ? '' : JSON.stringify(body));
}
