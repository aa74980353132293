import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createDefender, type Defender, type SeenCall } from '../../src/defender/client';
import { localToken } from '../../src/defender/token';
import { silentLog } from '../../src/lib/log';
import { SteppedClock } from '../fakes/stepped-clock';

const machineId = '1e5bc9d7e413ddd7902c2932e418702b84d0cc07';
const list = JSON.stringify({ value: [] });
const action = JSON.stringify({ id: 'action-1', type: 'LiveResponse', status: 'Pending', machineId });

/** A server below HTTP: it counts connections, keeps every byte that it got on each, and lets the test end them. */
class Wire {
  readonly got: string[] = [];
  readonly sockets: Socket[] = [];
  /** What becomes of a whole request; without one it is answered. */
  onRequest: ((socket: Socket, nth: number) => void) | null = null;
  #requests = 0;
  readonly #server = createServer((socket) => {
    const at = this.sockets.push(socket) - 1;
    this.got[at] = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      this.got[at] += bytes.toString();
      const request = bytes.toString();
      if (!/\r\n\r\n/.test(request)) return;
      this.#requests++;
      if (this.onRequest !== null) return this.onRequest(socket, this.#requests);
      this.answer(socket, request.startsWith('POST') ? action : list, request.startsWith('POST') ? 201 : 200);
    });
  });

  answer(socket: Socket, body: string, status = 200): void {
    socket.write(
      `HTTP/1.1 ${status} x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

let wire: Wire;
let clock: SteppedClock;
let calls: SeenCall[];
let defender: Defender;
beforeEach(async () => {
  wire = await new Wire().start();
  clock = new SteppedClock();
  calls = [];
  defender = createDefender({
    baseUrl: wire.url,
    token: localToken(),
    clock,
    log: silentLog,
    timeouts: { callMs: 20_000 },
    onCall: (call) => calls.push(call),
  });
});
afterEach(() => wire.stop());

const submit = (mayStillSend?: () => boolean) =>
  defender.runLiveResponse(machineId, [{ type: 'GetFile', path: 'C:\\a' }], 'c', mayStillSend && { mayStillSend });
const posts = () => wire.got.map((bytes) => bytes.match(/POST /g)?.length ?? 0);

describe('reads', () => {
  test('one after another use one connection', async () => {
    for (let i = 0; i < 4; i++) await defender.listLibrary();
    expect(wire.sockets).toHaveLength(1);
    expect(wire.got[0]?.match(/GET /g)).toHaveLength(4);
  });

  test('at once use a bounded number of connections, and all are answered', async () => {
    await Promise.all(Array.from({ length: 60 }, () => defender.listLibrary()));
    expect(wire.sockets.length).toBeLessThanOrEqual(16);
    expect(calls.map((c) => c.code)).toEqual(Array.from({ length: 60 }, () => 'ok'));
  });

  test('on a connection that was given up meanwhile go again at once, and that is no fault', async () => {
    await defender.listLibrary();
    wire.onRequest = (socket, nth) => (nth === 2 ? socket.destroy() : wire.answer(socket, list));
    expect(await defender.listLibrary()).toEqual([]);
    expect(wire.sockets).toHaveLength(2);
    expect(calls.map(({ code }) => code)).toEqual(['ok', 'ok']);
    expect(clock.sleeping).toBe(0);
  });

  test('that fail on a new connection as well are a fault like any other', async () => {
    await defender.listLibrary();
    wire.onRequest = (socket) => socket.destroy();
    const failed = defender.getAction('a').catch((error: unknown) => error);
    for (let turn = 0; turn < 400 && wire.sockets.length < 6; turn++) {
      await pause(5);
      if (clock.sleeping > 0) clock.advance(10_000);
    }
    expect(await failed).toMatchObject({ code: 'defender.unreachable' });
    expect(calls.map(({ code }) => code).slice(1)).toEqual(Array.from({ length: 4 }, () => 'defender.unreachable'));
  });
});

describe('a submission', () => {
  test('never goes on a connection that a read has used', async () => {
    await defender.listLibrary();
    expect(await submit()).toMatchObject({ type: 'accepted' });
    expect(posts()).toEqual([0, 1]);
  });

  test('has a connection of its own, on which not a byte was written before', async () => {
    expect(await submit()).toMatchObject({ type: 'accepted' });
    expect(await submit()).toMatchObject({ type: 'accepted' });
    expect(posts()).toEqual([1, 1]);
  });

  test('whose connection breaks after its first byte is a doubt, and is not sent on another', async () => {
    wire.onRequest = (socket) => socket.destroy();
    expect(await submit()).toEqual({ type: 'unclear', code: 'reset' });
    expect(posts()).toEqual([1]);
  });

  test('that may not be sent any more writes not a byte', async () => {
    const asked: number[] = [];
    const outcome = await submit(() => {
      asked.push(wire.sockets.length);
      return false;
    });
    await pause(20);
    expect(outcome).toEqual({ type: 'notSent', code: 'withheld' });
    expect(asked).toHaveLength(1);
    expect(wire.got.join('')).toBe('');
    expect(calls).toMatchObject([{ name: 'runLiveResponse', code: 'notSent' }]);
  });

  test.each([
    ['is not wanted any more', async () => false],
    ['nobody can say it is wanted', () => Promise.reject(new Error('The store is away.'))],
  ])('writes not a byte when, with token and connection there, it %s', async (_, isStillWanted) => {
    const outcome = await defender.runLiveResponse(machineId, [{ type: 'GetFile', path: 'C:\\a' }], 'c', {
      isStillWanted,
    });
    await pause(20);
    expect(outcome).toEqual({ type: 'notSent', code: 'withheld' });
    expect(wire.sockets).toHaveLength(1);
    expect(wire.got.join('')).toBe('');
  });
});

describe('calls are told to who counts them', () => {
  test('by API and by the word for what came of it', async () => {
    await defender.listLibrary();
    wire.onRequest = (socket) => wire.answer(socket, '{}', 403);
    await defender.getMachine(machineId).catch(() => {});
    await submit();
    expect(calls).toEqual([
      { name: 'listLibrary', code: 'ok', tookMs: 0 },
      { name: 'getMachine', code: 'defender.forbidden', tookMs: 0 },
      { name: 'runLiveResponse', code: 'unclear', tookMs: 0 },
    ]);
  });
});

describe('over TLS', () => {
  const tls = (file: string) => path.resolve('test/fixtures/tls', file);
  const seen: string[] = [];
  const handshakes: number[] = [];
  const server = createHttpsServer({ key: readFileSync(tls('key.pem')), cert: readFileSync(tls('cert.pem')) });
  server.on('secureConnection', () => handshakes.push(seen.length));
  server.on('request', (request, response) => {
    seen.push(`${request.method} ${request.headers.host}`);
    response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
    response.end(request.method === 'POST' ? action : list);
  });
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  beforeEach(() => {
    seen.length = 0;
    handshakes.length = 0;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  /** What a process says that reads twice and submits once. */
  async function play(env: Readonly<Record<string, string>>): Promise<string> {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [path.join(__dirname, 'tls-client.cjs'), `https://localhost:${port}`, machineId],
      { env: { ...process.env, ...env } },
    );
    return stdout.trim();
  }

  test('reads share a connection, and the submission has one of its own', async () => {
    expect(await play({ NODE_EXTRA_CA_CERTS: tls('cert.pem') })).toBe('read read accepted');
    expect(seen).toEqual([`GET localhost:${port}`, `GET localhost:${port}`, `POST localhost:${port}`]);
    expect(handshakes).toEqual([0, 2]);
  });

  test('nothing is sent to a server whose certificate nobody vouches for', async () => {
    expect(await play({})).toBe('defender.unreachable defender.unreachable notSent noConnection');
    expect(seen).toEqual([]);
  });
});
