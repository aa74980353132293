import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { type Clock, seconds } from '../lib/clock';
import { openTunnel } from '../lib/proxy';
import { ExchangeFailure } from './exchange';

/** Connections to one host of which each carries one request, and none a byte before it. */
export interface Connections {
  /** Opens one for whoever comes next; unused, it is thrown away after a few seconds. */
  openAhead(): void;
  /** One that stands and that nothing was written on: one opened ahead if it is still good, else a new one. */
  take(signal: AbortSignal): Promise<Socket>;
}

/** The checks before a submission take less, and no server that was seen gives up a silent connection so soon. */
const aheadForMs = seconds(4);
/** As many submissions as go within a minute; more opened ahead are a mistake. */
const mostAhead = 10;

interface Ahead {
  readonly socket: Promise<Socket | null>;
  readonly openedAt: number;
  readonly timer: NodeJS.Timeout;
  readonly ending: AbortController;
}

export function createConnections(base: URL, clock: Clock, proxy: URL | null = null): Connections {
  const waiting: Ahead[] = [];

  return {
    openAhead() {
      if (waiting.length >= mostAhead) return;
      const ending = new AbortController();
      const ahead: Ahead = {
        socket: connect(base, ending.signal, proxy).then(
          (socket) => socket.unref(),
          () => null,
        ),
        openedAt: clock.now(),
        timer: setTimeout(() => {
          waiting.splice(waiting.indexOf(ahead), 1);
          void throwAway(ahead);
        }, aheadForMs).unref(),
        ending,
      };
      waiting.push(ahead);
    },

    async take(signal) {
      for (let ahead = waiting.shift(); ahead !== undefined; ahead = waiting.shift()) {
        clearTimeout(ahead.timer);
        const socket = await before(ahead.socket, signal);
        if (socket !== null && (await isGood(socket, ahead.openedAt, clock))) return socket.ref();
        await throwAway(ahead);
      }
      return connect(base, signal, proxy);
    },
  };
}

async function throwAway({ ending, socket }: Ahead): Promise<void> {
  ending.abort();
  (await socket)?.destroy();
}

/** Null when the time is up first. */
const before = <T>(value: Promise<T>, signal: AbortSignal): Promise<T | null> =>
  new Promise((resolve) => {
    const giveUp = () => resolve(null);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    void value.then((got) => {
      signal.removeEventListener('abort', giveUp);
      resolve(got);
    });
  });

/** A request on a connection that the other side has given up would be a doubt for nothing. */
async function isGood(socket: Socket, openedAt: number, clock: Clock): Promise<boolean> {
  // Two turns, so that a close which has arrived already is seen: the first may be part of the turn that we are in.
  await setImmediate();
  await setImmediate();
  const age = clock.now() - openedAt;
  if (age < 0 || age > aheadForMs) return false; // guard: old-connection-is-thrown-away
  if (socket.readyState !== 'open' || socket.readableLength > 0) return false; // guard: dead-connection-is-not-written-on
  return true;
}

/** Resolves when the connection stands, its certificate checked; nothing was written on it then. */
async function connect(base: URL, signal: AbortSignal, proxy: URL | null): Promise<Socket> {
  if (proxy === null) return connectOver(base, signal, null);
  const target = { host: hostOf(base), port: portOf(base) };
  const tunnel = await openTunnel(proxy, target, signal).catch((cause: unknown) => {
    throw new ExchangeFailure(signal.aborted ? 'timedOut' : 'noConnection', false, cause);
  });
  // Without TLS it stands already; its errors are heard as those of any other.
  return base.protocol === 'https:' ? connectOver(base, signal, tunnel) : tunnel.on('error', () => {});
}

const hostOf = (base: URL): string => base.hostname.replace(/^\[|\]$/g, '');
const portOf = (base: URL): number => Number(base.port || (base.protocol === 'https:' ? 443 : 80));

function connectOver(base: URL, signal: AbortSignal, tunnel: Socket | null): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secure = base.protocol === 'https:';
    const host = hostOf(base);
    const at = { host, port: portOf(base), noDelay: true };
    const socket = secure
      ? tlsConnect({
          ...(tunnel === null ? at : { host, socket: tunnel }),
          ALPNProtocols: ['http/1.1'],
          ...(isIP(host) === 0 && { servername: host }),
        })
      : tcpConnect(at);
    const fail = (cause?: unknown) => {
      socket.destroy();
      reject(new ExchangeFailure(signal.aborted ? 'timedOut' : 'noConnection', false, cause));
    };
    const giveUp = () => fail();
    signal.addEventListener('abort', giveUp, { once: true });
    // Stays, since a connection that is kept ready may break at any time, and an error that nobody hears ends the process.
    socket.on('error', fail);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', giveUp);
      resolve(socket);
    });
    if (signal.aborted) giveUp();
  });
}
