import { randomUUID } from 'node:crypto';
import { Agent, createServer, type IncomingMessage, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bot } from '../test/fakes/fake-connector';

/** Instants are milliseconds with fractions by one clock of this process. */
export const nowMs = (): number => performance.now();

/** An activity that the bot has sent, once all of it was here. */
export interface Arrived {
  readonly at: number;
  readonly body: string;
}

/**
 * The least Connector that both bots can answer to: takes what is sent, says when it arrived, keeps nothing. The emulated one searches all its
 * messages at each call, and would be what is measured.
 */
export class WireConnector {
  url = '';
  /** Activities that were posted since the last `reset`. */
  posted = 0;
  lastPostedAt = 0;
  readonly #server: Server;
  readonly #waiting = new Map<string, (arrived: Arrived) => void>();
  #counting: { readonly amount: number; readonly reached: () => void } | null = null;
  #ids = 1_700_000_000_000;

  constructor() {
    this.#server = createServer((req, res) => {
      const chunks: Buffer[] = [];
      req.on('data', (chunk: Buffer) => chunks.push(chunk));
      req.on('end', () => {
        const { status, body } = this.#answer(req, chunks);
        res.writeHead(status, { 'content-type': 'application/json' });
        res.end(JSON.stringify(body));
      });
    });
    this.#server.keepAliveTimeout = 60_000;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  reset(): void {
    this.posted = 0;
  }

  /** The next activity for this conversation. */
  arrival(conversationId: string): Promise<Arrived> {
    return new Promise((resolve) => this.#waiting.set(conversationId, resolve));
  }

  /** Resolves when so many activities have arrived since the last `reset`. */
  all(amount: number): Promise<void> {
    if (this.posted >= amount) return Promise.resolve();
    return new Promise((reached) => {
      this.#counting = { amount, reached };
    });
  }

  #answer(req: IncomingMessage, chunks: readonly Buffer[]): { readonly status: number; readonly body: unknown } {
    const [, , , conversation = '', what, id] = (req.url ?? '').split('/');
    if (req.method === 'GET' && what === 'members') return { status: 200, body: memberOf(id ?? '') };
    if (req.method !== 'POST' || what !== 'activities') return { status: 404, body: { error: { code: 'NotFound' } } };
    const conversationId = decodeURIComponent(conversation);
    this.posted += 1;
    this.lastPostedAt = nowMs();
    const waiting = this.#waiting.get(conversationId);
    this.#waiting.delete(conversationId);
    waiting?.({ at: this.lastPostedAt, body: Buffer.concat(chunks).toString('utf8') });
    if (this.#counting !== null && this.posted >= this.#counting.amount) {
      this.#counting.reached();
      this.#counting = null;
    }
    return { status: 201, body: { id: String(++this.#ids) } };
  }
}

/** A place in which one person writes to the bot. */
export interface Seat {
  readonly conversationId: string;
  readonly tenantId: string;
  readonly personId: string;
}

const teamsIdOf = (personId: string): string => `29:${personId}`;

function memberOf(teamsUserId: string): unknown {
  const personId = decodeURIComponent(teamsUserId).replace(/^29:/, '');
  return { id: teamsIdOf(personId), objectId: personId, userRole: 'user', userPrincipalName: 'member@contoso.example' };
}

/** What a person types, as Teams sends it; each has an id of its own, since one that was seen is not handled again. */
export const messageOf = (seat: Seat, serviceUrl: string, text: string): string =>
  JSON.stringify({
    type: 'message',
    id: randomUUID(),
    channelId: 'msteams',
    serviceUrl,
    timestamp: '2026-03-02T09:00:00.000Z',
    localTimezone: 'Europe/Amsterdam',
    locale: 'en-GB',
    from: { id: teamsIdOf(seat.personId), name: 'Ana Analyst', aadObjectId: seat.personId },
    recipient: bot,
    conversation: { id: seat.conversationId, conversationType: 'personal', tenantId: seat.tenantId },
    channelData: { tenant: { id: seat.tenantId } },
    text,
    textFormat: 'plain',
    attachments: [{ contentType: 'text/html', content: `<p>${text}</p>` }],
    entities: [{ type: 'clientInfo', locale: 'en-GB', country: 'GB', platform: 'Web', timezone: 'Europe/Amsterdam' }],
  });

const agent = new Agent({ keepAlive: true });

export interface Reply {
  readonly status: number;
  readonly body: string;
  /** When the whole answer was here. */
  readonly at: number;
}

/** One POST over a connection that is kept, as Teams keeps its own. */
export function send(url: string, body: string, authorization: string | null): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method: 'POST',
        agent,
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'content-length': Buffer.byteLength(body),
          ...(authorization === null ? {} : { authorization }),
        },
      },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8'), at: nowMs() }),
        );
        answer.on('error', reject);
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Closes the connections that `send` has kept. */
export const hangUp = (): void => agent.destroy();
