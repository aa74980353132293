import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import * as restify from 'restify';
import type { Clock } from '../lib/clock';
import type { Log } from '../lib/log';
import { err, ok, type Result } from '../lib/result';
import type { Bot } from './routes';
import type { HttpAnswer } from './turn-context';

export interface ServerOptions {
  readonly bot: Bot;
  /** What is not well right now, one sentence each; empty when the bot can do its work. */
  readonly ready: () => Promise<readonly string[]>;
  readonly metrics: Pick<Registry, 'metrics' | 'contentType'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly maxBodyBytes?: number;
  /** How long a stop waits for turns that are under way. */
  readonly stopWithinMs?: number;
}

export interface Server {
  /** Method and path of all that is served; for the test that no door opens past `Bot.receive`. */
  readonly doors: readonly string[];
  /** Resolves with the port once it listens; port 0 takes any. */
  listen(port: number, host: string): Promise<number>;
  /** From now on `/readyz` says that the service is stopping, and who sends something is asked to send it again. */
  drain(): void;
  /** Drains, lets turns under way finish, cuts what is left after `stopWithinMs`, and listens no more. */
  stop(): Promise<void>;
}

/** Well above the 100 KB that Teams allows a message. */
const defaultMaxBodyBytes = 256_000;

const probes: readonly string[] = ['/healthz', '/readyz', '/metrics'];

export function createServer(options: ServerOptions): Server {
  const { clock, log } = options;
  const server = restify.createServer({ name: 'live-response' });
  server.server.requestTimeout = 30_000;
  let isStopping = false;
  const turns = new Set<Promise<unknown>>();

  server.pre((req, res, next) => {
    const requestId = req.id();
    const startedAt = clock.now();
    res.setHeader('X-Request-Id', requestId);
    // Path without its query, and never a body or a header.
    res.once('close', () => {
      // Whoever watches asks every few seconds; what changes is told by whom it changes for.
      if (probes.includes(req.path()) && res.statusCode === 200) return;
      log.info(
        {
          requestId,
          method: req.method,
          path: req.path(),
          status: res.statusCode,
          finished: res.writableFinished,
          tookMs: clock.now() - startedAt,
        },
        'request',
      );
    });
    return next();
  });

  server.post('/api/messages', async (req, res) => {
    const turn = isStopping ? Promise.resolve(stopping) : receive(req, options);
    turns.add(turn);
    const { status, body } = await turn.finally(() => turns.delete(turn));
    // Kept alive, a connection would hold up the stop, or carry the rest of a body that we do not read.
    if (isStopping || status === 413 || status === 415) res.setHeader('Connection', 'close');
    if (body === null) res.send(status);
    else res.json(status, body);
  });
  server.get('/healthz', async (_req, res) => {
    res.json(200, { ok: true });
  });
  server.get('/readyz', async (_req, res) => {
    const problems = isStopping
      ? ['The service is stopping.']
      : await options.ready().catch(() => ['The check itself failed.']);
    res.json(problems.length === 0 ? 200 : 503, { ready: problems.length === 0, problems });
  });
  server.get('/metrics', async (_req, res) => {
    res.sendRaw(200, await options.metrics.metrics(), { 'content-type': options.metrics.contentType });
  });
  server.on('restifyError', (req, _res, error: unknown, done: () => void) => {
    log.warn({ requestId: req.id(), error: error instanceof Error ? error.name : 'unknown' }, 'request refused');
    return done();
  });

  return {
    doors: Object.values(server.router.getRoutes()).map(({ method, path }) => `${method} ${path}`),
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.removeListener('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    drain() {
      isStopping = true;
    },
    async stop() {
      isStopping = true;
      const inTime = new AbortController();
      const late = clock.sleep(options.stopWithinMs ?? 10_000, inTime.signal);
      await Promise.race([Promise.allSettled(turns), late]);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.server.closeIdleConnections();
      const cut = late.then(() => {
        if (!inTime.signal.aborted) server.server.closeAllConnections();
      });
      await closed;
      inTime.abort();
      await cut;
    },
  };
}

const stopping: HttpAnswer = {
  status: 503,
  body: { error: { code: 'stopping', message: 'The service is stopping. Please send it again.' } },
};

async function receive(
  req: restify.Request,
  { bot, maxBodyBytes = defaultMaxBodyBytes }: ServerOptions,
): Promise<HttpAnswer> {
  const body = await readJson(req, maxBodyBytes);
  if (!body.ok) return body.error;
  return bot.receive(req.headers.authorization ?? '', body.value, req.id());
}

/** restify's own reader unpacks gzip without a bound, before anybody is asked who they are; Teams sends plain JSON, so nothing else is read. */
async function readJson(req: IncomingMessage, maxBytes: number): Promise<Result<unknown, HttpAnswer>> {
  if ((req.headers['content-encoding'] ?? 'identity') !== 'identity')
    return refuse(415, 'unsupportedEncoding', 'Send the body as plain JSON.');
  try {
    const bytes = await readAll(req, maxBytes);
    if (bytes === null) return refuse(413, 'tooLarge', `The body is larger than ${maxBytes} bytes.`);
    return ok(JSON.parse(bytes.toString('utf8')));
  } catch {
    return refuse(400, 'malformedJson', 'The body is not JSON.');
  }
}

/** By its events, which take a fraction of what its iterator does. Null, and nothing more is read, when it is too large; rejects when it breaks off. */
function readAll(req: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    req.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= maxBytes) return;
      req.pause();
      resolve(null);
    });
    req.once('end', () => resolve(Buffer.concat(chunks)));
    req.once('close', () => reject(new Error('The body broke off.')));
    req.once('error', reject);
  });
}

const refuse = (status: number, code: string, message: string) =>
  err<HttpAnswer>({ status, body: { error: { code, message } } });
