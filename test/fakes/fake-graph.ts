import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An object of the directory as Graph shows it; what the app may not read is null or left out. */
export interface GraphObject {
  readonly '@odata.type'?: string;
  readonly id: string;
  readonly userType?: string | null;
  readonly accountEnabled?: boolean | null;
  readonly userPrincipalName?: string | null;
}

export type GraphFault =
  | { readonly type: 'status'; readonly status: number; readonly code?: string; readonly retryAfter?: string }
  | { readonly type: 'reset' }
  | { readonly type: 'hang' }
  | { readonly type: 'body'; readonly body: string }
  /** The page says that it goes on there. */
  | { readonly type: 'nextLink'; readonly link: unknown };

export const member = (id: string, more: Partial<GraphObject> = {}): GraphObject => ({
  '@odata.type': '#microsoft.graph.user',
  id,
  userType: 'Member',
  accountEnabled: true,
  userPrincipalName: `${id.slice(-4)}@contoso.example`,
  ...more,
});

/** Microsoft Graph as far as group membership needs it: nested groups, casts, $select, pages with opaque links, and faults on order. */
export class FakeGraph {
  readonly calls: { readonly path: string; readonly authorization: string | null }[] = [];
  /** Tokens that are taken; null takes any. */
  tokens: readonly string[] | null = null;
  pageSize = 999;
  url = '';
  /** Runs before each answer; a test holds answers back with it. */
  beforeAnswer: () => Promise<void> = async () => {};
  private readonly groups = new Map<string, { members: GraphObject[]; nested: string[] }>();
  private readonly links = new Map<string, { readonly objects: readonly GraphObject[]; readonly from: number }>();
  private readonly faults: GraphFault[] = [];
  private readonly server = createServer({ keepAliveTimeout: 300_000 }, (req, res) => void this.answer(req, res));

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  put(groupId: string, members: readonly GraphObject[], nested: readonly string[] = []): void {
    this.groups.set(groupId, { members: [...members], nested: [...nested] });
  }

  remove(groupId: string, memberId: string): void {
    const group = this.groups.get(groupId);
    if (group !== undefined) group.members = group.members.filter((m) => m.id !== memberId);
  }

  delete(groupId: string): void {
    this.groups.delete(groupId);
  }

  /** The next answers, in order; each meets one request. */
  fail(...faults: readonly GraphFault[]): void {
    this.faults.push(...faults);
  }

  private async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '', this.url);
    const authorization = req.headers.authorization ?? null;
    this.calls.push({ path: url.pathname + url.search, authorization });
    const fault = this.faults.shift();
    await this.beforeAnswer();
    if (fault?.type === 'reset') return void req.socket.destroy();
    if (fault?.type === 'hang') return;
    if (fault?.type === 'status')
      return send(res, fault.status, failed(fault.code ?? 'error'), { 'retry-after': fault.retryAfter });
    if (fault?.type === 'body') return sendText(res, 200, fault.body);
    const token = authorization?.replace(/^Bearer /, '') ?? '';
    if (token === '' || (this.tokens !== null && !this.tokens.includes(token)))
      return send(res, 401, failed('InvalidAuthenticationToken'));
    const page = this.page(url);
    if (page === null) return send(res, 404, failed('Request_ResourceNotFound'));
    send(res, 200, fault?.type === 'nextLink' ? { ...page, '@odata.nextLink': fault.link } : page);
  }

  private page(url: URL): Readonly<Record<string, unknown>> | null {
    const link = this.links.get(url.searchParams.get('$skiptoken') ?? '');
    const objects = link?.objects ?? this.query(url);
    if (objects === null) return null;
    const from = link?.from ?? 0;
    const size = Math.min(this.pageSize, Number(url.searchParams.get('$top') ?? 100));
    const token = `RFNwdAIAAQ${this.links.size}`;
    const isLast = from + size >= objects.length;
    if (!isLast) this.links.set(token, { objects, from: from + size });
    return {
      '@odata.context': `${this.url}/v1.0/$metadata#users`,
      ...(isLast ? {} : { '@odata.nextLink': `${this.url}${url.pathname}?$skiptoken=${token}` }),
      value: objects.slice(from, from + size),
    };
  }

  private query(url: URL): readonly GraphObject[] | null {
    const path = /^\/v1\.0\/groups\/([^/]+)\/transitiveMembers(?:\/microsoft\.graph\.(\w+))?$/.exec(url.pathname);
    const root = path?.[1] ?? '';
    if (!this.groups.has(root)) return null;
    const fields = ['@odata.type', ...(url.searchParams.get('$select') ?? 'id').split(',')];
    return [...this.flatten(root, new Set()).values()]
      .filter((o) => path?.[2] === undefined || o['@odata.type'] === `#microsoft.graph.${path[2]}`)
      .map(
        (o) =>
          Object.fromEntries(Object.entries(o).filter(([name]) => fields.includes(name))) as unknown as GraphObject,
      );
  }

  private flatten(groupId: string, visited: Set<string>): Map<string, GraphObject> {
    if (visited.has(groupId)) return new Map();
    visited.add(groupId);
    const { members = [], nested = [] } = this.groups.get(groupId) ?? {};
    const inner = nested.flatMap((id) => [...this.flatten(id, visited).values()]);
    return new Map([...members, ...inner].map((o) => [o.id, o]));
  }
}

const failed = (code: string) => ({ error: { code, message: 'words that nobody should branch on', innerError: {} } });

function send(res: ServerResponse, status: number, body: unknown, headers: Record<string, string | undefined> = {}) {
  const given = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  sendText(res, status, JSON.stringify(body), Object.fromEntries(given));
}

/** Not chained: restify, where it is loaded too, makes `writeHead` of every server return nothing. */
function sendText(res: ServerResponse, status: number, body: string, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(body);
}
