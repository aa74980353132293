import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { createDefender } from '../../src/defender/client';
import { localToken } from '../../src/defender/token';
import { systemClock } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { findProxy } from '../../src/lib/proxy';

const machineId = '1e5bc9d7e413ddd7902c2932e418702b84d0cc07';

/** Keeps what it was asked for; `says` is what it answers in place of opening a way. */
class FakeProxy {
  readonly asked: string[] = [];
  readonly signIns: (string | undefined)[] = [];
  /** Requests that were no CONNECT: what Defender would have been asked. */
  readonly others: string[] = [];
  says: string | null = null;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((request, response) => {
    this.others.push(`${request.method} ${request.url}`);
    response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"action-of-the-proxy"}');
  }).on('connect', (request: IncomingMessage, socket: Socket) => {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    this.asked.push(`${request.method} ${request.url}`);
    this.signIns.push(request.headers['proxy-authorization']);
    if (this.says !== null) {
      socket.end(this.says);
      return;
    }
    const [host = '', port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    this.#sockets.add(upstream.on('error', () => socket.destroy()));
  });

  async start(): Promise<this> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return this;
  }
  get url(): URL {
    return new URL(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`);
  }
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }
}

let proxy: FakeProxy;
let server: Server;
let got: string[];
beforeEach(async () => {
  proxy = await new FakeProxy().start();
  got = [];
  server = createServer((request, response) => {
    got.push(`${request.method} ${request.url?.split('?')[0]}`);
    const body =
      request.method === 'POST' ? { id: 'a', type: 'LiveResponse', status: 'Pending', machineId } : { value: [] };
    response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  await once(server.close(), 'close');
  await proxy.stop();
});

const at = (): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;
const defenderBy = (way: URL, baseUrl = `http://${at()}`) =>
  createDefender({
    baseUrl,
    token: localToken(),
    clock: systemClock,
    log: silentLog,
    proxy: way,
    timeouts: { longestWaitMs: 0 },
  });
const submit = (way: URL, baseUrl?: string) =>
  defenderBy(way, baseUrl).runLiveResponse(machineId, [{ type: 'GetFile', path: 'C:\\a' }], 'c');

test('a submission goes through the proxy by a way of its own, and reads share one', async () => {
  const defender = defenderBy(proxy.url);
  await defender.listLibrary();
  await defender.listLibrary();
  expect(proxy.asked).toEqual([`CONNECT ${at()}`]);
  expect(await defender.runLiveResponse(machineId, [{ type: 'GetFile', path: 'C:\\a' }], 'c')).toMatchObject({
    type: 'accepted',
  });
  expect(proxy.asked).toEqual([`CONNECT ${at()}`, `CONNECT ${at()}`]);
  expect(got.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  expect(proxy.others).toEqual([]);
});

test('name and password of the address sign in to the proxy', async () => {
  const way = new URL(proxy.url);
  [way.username, way.password] = ['svc', 'p@ss'];
  await submit(way);
  expect(proxy.signIns).toEqual([`Basic ${Buffer.from('svc:p@ss').toString('base64')}`]);
});

test.each([
  ['407', 'HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n'],
  ['a close in the middle', ''],
  [
    'an answer in place of Defender',
    'HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 26\r\n\r\n{"id":"action-of-a-proxy"}',
  ],
  ['bytes before they were asked for', 'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}'],
])('%s is no answer of Defender: nothing was sent, and that is known', async (_what, says) => {
  proxy.says = says;
  const outcome = await submit(proxy.url).catch((error: unknown) => error);
  expect(outcome).not.toMatchObject({ type: 'accepted' });
  expect(JSON.stringify(outcome)).toMatch(/notSent|noConnection|unreachable/);
  expect([got, proxy.others]).toEqual([[], []]);
});

test('a certificate of the proxy in place of that of Defender is refused before anything is written', async () => {
  // Whoever answers TLS with something else than TLS, or with a certificate that nobody vouches for, gets no request.
  const seen: Buffer[] = [];
  const forger = createTcpServer((socket) =>
    socket.on('error', () => {}).on('data', (bytes) => seen.push(bytes) && socket.end('no')),
  );
  await once(forger.listen(0, '127.0.0.1'), 'listening');
  const outcome = await submit(proxy.url, `https://127.0.0.1:${(forger.address() as AddressInfo).port}`).catch(
    (error: unknown) => error,
  );
  expect(outcome).not.toMatchObject({ type: 'accepted' });
  expect(Buffer.concat(seen).toString('latin1')).not.toContain('POST');
  await once(forger.close(), 'close');
});

test.each([
  ['https://api.security.microsoft.com', '', true],
  ['https://api.security.microsoft.com', 'microsoft.com', false],
  ['https://api.security.microsoft.com', 'localhost, .microsoft.com:443', false],
  ['https://api.security.microsoft.com', '*', false],
  ['https://api.security.microsoft.com', 'osoft.com,security', true],
  ['http://127.0.0.1:4000', '', false],
])('%s with NO_PROXY "%s" goes through the proxy: %s', (target, except, is) => {
  expect(findProxy(new URL(target), { proxy: 'http://proxy:8080', except }) !== null).toBe(is);
});
