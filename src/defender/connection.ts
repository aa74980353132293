import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { ExchangeFailure } from './exchange';

/**
 * A connection for one submission alone: it stands, its certificate is checked, and not a byte was written on it, so no end of an older
 * exchange can make the submission doubtful. Throws an ExchangeFailure.
 */
export function connect(base: URL, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secure = base.protocol === 'https:';
    const host = base.hostname.replace(/^\[|\]$/g, '');
    const at = { host, port: Number(base.port || (secure ? 443 : 80)), noDelay: true };
    const socket = secure
      ? tlsConnect({ ...at, ALPNProtocols: ['http/1.1'], ...(isIP(host) === 0 && { servername: host }) })
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
