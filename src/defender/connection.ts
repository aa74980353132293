import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { openTunnel } from '../lib/proxy';
import { ExchangeFailure } from './exchange';

/**
 * A connection for one submission alone: it stands, its certificate is checked, and not a byte was written on it, so no end of an older
 * exchange can make the submission doubtful. Throws an ExchangeFailure.
 */
export async function connect(base: URL, signal: AbortSignal, proxy: URL | null): Promise<Socket> {
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
    // Stays, since it may break before the request is written on it, and an error that nobody hears ends the process.
    socket.on('error', fail);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', giveUp);
      resolve(socket);
    });
    if (signal.aborted) giveUp();
  });
}
