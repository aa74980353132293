import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createDefender, type Defender, type DefenderOptions } from '../../src/defender/client';
import { localToken } from '../../src/defender/token';
import type { Clock } from '../../src/lib/clock';
import type { Log } from '../../src/lib/log';

/** What the fake does with one request: answer, or misbehave on the wire. */
export type Play =
  | {
      readonly status: number;
      readonly json?: unknown;
      readonly body?: string | Buffer;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | 'reset'
  | 'hang'
  | 'halfBody'
  /** Answers with bytes that are no HTTP. */
  | { readonly garbage: string }
  /** Begins to answer and then falls silent. */
  | 'stall';

export interface Seen {
  readonly method: string;
  /** Path and query, decoded. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server that plays what it is told, in order, and remembers what it was asked; a request that nobody expected fails the test's end. */
export class FakeDefender {
  readonly seen: Seen[] = [];
  readonly #plays: Play[] = [];
  readonly #unexpected: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer(
    { keepAliveTimeout: 300_000 },
    (request, response) => void this.#serve(request, response),
  );

  async start(): Promise<this> {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  play(...plays: readonly Play[]): void {
    this.#plays.push(...plays);
  }

  /** Resolves once no client is connected. */
  async disconnected(): Promise<void> {
    while (this.#sockets.size > 0) await new Promise((resolve) => [...this.#sockets][0]?.once('close', resolve));
  }

  /** Stops, and complains about plays that nobody asked for and requests that nobody expected. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    expect({ unused: this.#plays, unexpected: this.#unexpected }).toEqual({ unused: [], unexpected: [] });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const path = decodeURIComponent(request.url ?? '');
    this.seen.push({
      method: request.method ?? '',
      path,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    });
    const play = this.#plays.shift();
    if (play === undefined) {
      this.#unexpected.push(`${request.method} ${path}`);
      response.writeHead(599);
      response.end();
    } else if (play === 'reset') request.socket.destroy();
    else if (play === 'halfBody') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"value":[', () => request.socket.destroy());
    } else if (typeof play === 'object' && 'garbage' in play) {
      request.socket.end(play.garbage);
    } else if (play === 'stall') {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"value":[');
    } else if (play !== 'hang') {
      response.writeHead(play.status, { 'content-type': 'application/json', ...play.headers });
      response.end(play.body ?? JSON.stringify(play.json ?? {}));
    }
  }
}

/** A clock on which every sleep is over at once and noted. */
export class NotingClock implements Clock {
  readonly waits: number[] = [];
  #now = Date.parse('2026-03-02T10:00:00Z');
  now(): number {
    return this.#now;
  }
  async sleep(ms: number): Promise<void> {
    this.waits.push(ms);
    this.#now += ms;
  }
}

/** A log that keeps every line as the text it would be. */
export class KeepingLog implements Log {
  readonly lines: string[] = [];
  info = (fields: Record<string, unknown>, message: string): void => this.#keep(fields, message);
  warn = (fields: Record<string, unknown>, message: string): void => this.#keep(fields, message);
  error = (fields: Record<string, unknown>, message: string): void => this.#keep(fields, message);
  #keep(fields: Record<string, unknown>, message: string): void {
    this.lines.push(JSON.stringify({ ...fields, message }));
  }
}

export interface Stage {
  readonly server: FakeDefender;
  readonly defender: Defender;
  readonly clock: NotingClock;
  readonly log: KeepingLog;
  readonly stop: () => Promise<void>;
}

/** A client before a fake that plays what the test says. */
export async function setStage(options: Partial<DefenderOptions> = {}): Promise<Stage> {
  const server = await new FakeDefender().start();
  const clock = new NotingClock();
  const log = new KeepingLog();
  const defender = createDefender({
    baseUrl: server.url,
    token: localToken(),
    clock,
    log,
    ...options,
    // A busy machine answers late; who waits for silence says how long.
    timeouts: { callMs: 20_000, ...options.timeouts },
  });
  return { server, defender, clock, log, stop: () => server.stop() };
}
