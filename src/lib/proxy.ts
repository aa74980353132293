import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { isLoopback } from './loopback';

/** The proxy that a call to `target` goes through, by the usual variables; null: straight there, as always on this machine. */
export function findProxy(
  target: URL,
  settings: { readonly proxy: string | null; readonly except: string },
): URL | null {
  if (settings.proxy === null || isLoopback(target.hostname)) return null;
  const host = target.hostname.toLowerCase();
  const isExcepted = settings.except
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((name) => name !== '')
    .map((name) => name.replace(/:\d+$/, '').replace(/^\*?\./, ''))
    .some((name) => name === '*' || host === name || host.endsWith(`.${name}`));
  return isExcepted ? null : new URL(settings.proxy);
}

/** What a proxy said in place of opening a way: `status` 407 wants a sign-in. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  readonly code = 'PROXY_REFUSED';
  readonly status: number;
  constructor(status: number) {
    super(`The proxy refused: ${status}`);
    this.status = status;
  }
}

/**
 * A way to the other side through a proxy, on which nothing was written: what answers on it is the other side or nobody, since its certificate
 * is checked on it as without a proxy. Of a refusal the proxy's own words are dropped, so that they are taken for nobody's answer.
 */
export function openTunnel(
  proxy: URL,
  target: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const host = target.host.includes(':') ? `[${target.host}]` : target.host;
    const to = `${host}:${target.port}`;
    const { username, password } = proxy;
    const signIn = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
    const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)({
      host: proxy.hostname.replace(/^\[|\]$/g, ''),
      port: Number(proxy.port || (proxy.protocol === 'https:' ? 443 : 80)),
      method: 'CONNECT',
      path: to,
      headers: { host: to, ...(username !== '' && { 'proxy-authorization': `Basic ${signIn}` }) },
      agent: false,
      signal,
    });
    request.on('connect', ({ statusCode = 0 }, socket, head) => {
      // Bytes that came before anybody asked are not the other side's.
      if (statusCode === 200 && head.length === 0) return resolve(socket);
      socket.destroy();
      reject(new ProxyRefusal(statusCode));
    });
    request.on('response', ({ statusCode = 0 }) => {
      request.destroy();
      reject(new ProxyRefusal(statusCode));
    });
    request.on('error', reject);
    request.end();
  });
}
