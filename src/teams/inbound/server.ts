import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import * as restify from 'restify';
import { type Clock, minutes, seconds } from '../../lib/clock';
import { keptFor } from '../../lib/kept-for';
import type { Log } from '../../lib/log';
import { type BodyLimits, type BodyReader, createBodyReader } from './read-body';
import type { Bot } from './routes';
import type { HttpAnswer } from './turn-context';

export interface ServerOptions {
  readonly bot: Bot;
  /** What is not well right now, one sentence each; empty when the bot can do its work. */
  readonly ready: () => Promise<readonly string[]>;
  readonly metrics: Pick<Registry, 'metrics' | 'contentType'>;
  readonly clock: Clock;
  readonly log: Log;
  /** False only in a trial, where nobody is signed in. */
  readonly needsToken: boolean;
  /** Where `/readyz` and `/metrics` are, and nowhere else; null: beside all else. */
  readonly opsPort: number | null;
  readonly bodies?: BodyLimits;
  readonly maxConnections?: number;
  /** How long a stop waits for turns that are under way. */
  readonly stopWithinMs?: number;
}

export interface Server {
  /** Method and path of all that is served; for the test that no door opens past `Bot.receive`. */
  readonly doors: readonly string[];
  readonly opsDoors: readonly string[];
  /** What is held of bodies that have not ended. */
  bufferedBytes(): number;
  /** Resolves with the port once it listens, after `opsPort`; port 0 takes any. */
  listen(port: number, host: string): Promise<number>;
  /** From now on `/readyz` says that the service is stopping, and who sends something is asked to send it again. */
  drain(): void;
  /** Drains, lets turns under way finish, cuts what is left after `stopWithinMs`, and listens no more. */
  stop(): Promise<void>;
}

/**
 * Longer than the proxies in front keep a connection that they use again: 4 minutes in Container Apps ("Use premium ingress", request-idle-timeout)
 * and in Application Gateway, 1 minute in nginx. The side that closes first must be theirs: else a click travels on a connection that we have just closed.
 */
export const keepAliveMs = minutes(5);

/** Teams sends from a handful of addresses through one proxy; a connection costs some kilobytes. */
const defaultMaxConnections = 1_000;

/** Whoever watches asks every few seconds; more often, they get the same answer. */
const opsEveryMs = seconds(1);

const probes: readonly string[] = ['/healthz', '/readyz', '/metrics'];

export function createServer(options: ServerOptions): Server {
  const { clock, opsPort } = options;
  let isStopping = false;
  const turns = new Set<Promise<unknown>>();
  const bodies = createBodyReader(options.bodies);
  const main = createListener(options, () => isStopping);
  const ops = opsPort === null ? main : createListener(options, () => isStopping);

  main.post('/api/messages', async (req, res) => {
    const turn = isStopping ? Promise.resolve(stopping) : receive(req, options, bodies);
    turns.add(turn);
    const { status, body } = await turn.finally(() => turns.delete(turn));
    // Kept alive, a connection would hold up the stop, or carry the rest of a body that we do not read.
    if (isStopping || !req.complete) res.setHeader('Connection', 'close');
    if (body === null) res.send(status);
    else res.json(status, body);
  });
  for (const listener of new Set([main, ops]))
    listener.get('/healthz', async (_req, res) => {
      res.json(200, { ok: true });
    });
  const ready = keptFor(clock, opsEveryMs, () => options.ready().catch(() => ['The check itself failed.']));
  const metrics = keptFor(clock, opsEveryMs, () => options.metrics.metrics());
  ops.get('/readyz', async (_req, res) => {
    const problems = isStopping ? ['The service is stopping.'] : await ready();
    res.json(problems.length === 0 ? 200 : 503, { ready: problems.length === 0, problems });
  });
  ops.get('/metrics', async (_req, res) => {
    res.sendRaw(200, await metrics(), { 'content-type': options.metrics.contentType });
  });

  return {
    doors: doorsOf(main),
    opsDoors: doorsOf(ops),
    bufferedBytes: bodies.bufferedBytes,
    async listen(port, host) {
      if (opsPort !== null) await listen(ops, opsPort, host);
      return listen(main, port, host);
    },
    drain() {
      isStopping = true;
    },
    async stop() {
      isStopping = true;
      const inTime = new AbortController();
      const late = clock.sleep(options.stopWithinMs ?? 10_000, inTime.signal);
      await Promise.race([Promise.allSettled(turns).then(() => options.bot.idle()), late]);
      const listeners = [...new Set([main, ops])];
      const closed = Promise.all(listeners.map(close));
      const cut = late.then(() => {
        if (!inTime.signal.aborted) for (const { server } of listeners) server.closeAllConnections();
      });
      await closed;
      inTime.abort();
      await cut;
    },
  };
}

/** One port with its bounds, and one log line a request. */
function createListener(
  { clock, log, maxConnections = defaultMaxConnections }: ServerOptions,
  isStopping: () => boolean,
): restify.Server {
  const listener = restify.createServer({ name: 'live-response' });
  const { server } = listener;
  server.keepAliveTimeout = keepAliveMs;
  // Only while headers are under way, never between two requests of a connection: measured on Node 20, where it was once otherwise (nodejs/node#27363).
  server.headersTimeout = seconds(15);
  server.requestTimeout = seconds(30);
  server.maxConnections = maxConnections; // guard: connections-are-bounded

  listener.pre((req, res, next) => {
    const requestId = req.id();
    const startedAt = clock.now();
    res.setHeader('X-Request-Id', requestId);
    if (isStopping()) res.setHeader('Connection', 'close');
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
  listener.on('restifyError', (req, _res, error: unknown, done: () => void) => {
    log.warn({ requestId: req.id(), error: error instanceof Error ? error.name : 'unknown' }, 'request refused');
    return done();
  });
  return listener;
}

const doorsOf = ({ router }: restify.Server): readonly string[] =>
  Object.values(router.getRoutes()).map(({ method, path }) => `${method} ${path}`);

const listen = (listener: restify.Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, host, () => {
      listener.removeListener('error', reject);
      resolve((listener.address() as AddressInfo).port);
    });
  });

const close = (listener: restify.Server): Promise<void> =>
  new Promise((resolve) => {
    listener.close(() => resolve());
    listener.server.closeIdleConnections();
  });

const stopping: HttpAnswer = {
  status: 503,
  body: { error: { code: 'stopping', message: 'The service is stopping. Please send it again.' } },
};

async function receive(
  req: restify.Request,
  { bot, needsToken }: ServerOptions,
  bodies: BodyReader,
): Promise<HttpAnswer> {
  const { authorization = '' } = req.headers;
  // Refused and audited as any other stranger, without a byte of what they send.
  if (needsToken && !/^Bearer \S/i.test(authorization)) return bot.receive('', null, req.id()); // guard: no-body-without-a-token
  const body = await bodies.read(req);
  if (!body.ok) return body.error;
  return bot.receive(authorization, body.value, req.id());
}
