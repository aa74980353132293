import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';

export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  /** The other side's own clock (`Date`), epoch milliseconds; null where it names none. */
  readonly date: number | null;
  readonly body: string;
}

/** On which connection: one of its own, one that other reads used before and will use again, or one that stands already. */
export type Way =
  | { readonly type: 'own' }
  | { readonly type: 'shared'; readonly agent: Agent }
  | {
      readonly type: 'standing';
      readonly socket: Socket;
      /** Asked in the same turn in which the first byte would be written. */
      readonly mayStillSend: () => boolean;
    };

/**
 * No answer. `sent` false: not a byte of the request was written, so the other side surely got nothing. `stale`: the connection had been
 * used before and may have been given up by the other side before the request came. Of node's own error only its code goes along
 * (`ECONNREFUSED`, `CERT_HAS_EXPIRED`): a parser error holds the bytes that it stumbled over, which may be a link or a file.
 */
export class ExchangeFailure extends Error {
  override readonly name = 'ExchangeFailure';
  readonly code: 'noConnection' | 'withheld' | 'reset' | 'timedOut' | 'tooLarge' | 'undecodable';
  readonly sent: boolean;
  readonly stale: boolean;
  readonly reason: string | null;

  constructor(code: ExchangeFailure['code'], sent: boolean, cause?: unknown, stale = false) {
    const reason = systemCodeOf(cause);
    super(`No answer: ${code}${reason === null ? '' : ` (${reason})`}`);
    this.code = code;
    this.sent = sent;
    this.stale = stale;
    this.reason = reason;
  }
}

/** Node's name for what went wrong, when it is one. */
export function systemCodeOf(cause: unknown): string | null {
  const code = (cause as NodeJS.ErrnoException | null | undefined)?.code;
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : null;
}

/**
 * One request, one answer, read whole. It is node's own http client and not `fetch`, because fetch sends a request a second time on its own
 * account (after a 421), follows redirects and cannot tell "never connected" from "sent and lost": a submission must be sent once (T-27).
 * Reads share connections. A submission has one of its own that nothing was written on before, so a stale one can make none doubtful.
 */
export async function exchange(
  outgoing: Outgoing,
  limits: { readonly signal: AbortSignal; readonly maxBytes: number },
  way: Way = { type: 'own' },
): Promise<HttpAnswer> {
  const { signal, maxBytes } = limits;
  const { response } = await open(outgoing, signal, way);
  const bytes = await readWhole(response, signal, maxBytes);
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'] ?? null,
    date: readDate(response.headers.date),
    body: (await decode(bytes, response.headers['content-encoding'], maxBytes)).toString('utf8'),
  };
}

function readDate(header: string | undefined): number | null {
  const date = Date.parse(header ?? '');
  return Number.isNaN(date) ? null : date;
}

/**
 * Sends, once the connection stands, and waits for the head of the answer; the caller reads the body. Redirects are answers like others:
 * nothing is followed.
 */
export function open(
  outgoing: Outgoing,
  signal: AbortSignal,
  way: Way = { type: 'own' },
): Promise<{ readonly response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const secure = outgoing.url.protocol === 'https:';
    let sent = false;
    let wasUsed = false;
    const request = (secure ? httpsRequest : httpRequest)(outgoing.url, {
      method: outgoing.method,
      ...connectionOf(way),
      signal,
      headers: {
        ...outgoing.headers,
        ...(outgoing.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(outgoing.body)) }),
      },
    });
    // Node writes nothing before `end`, and `end` writes at once on a connection that stands: the question and the first byte are one turn.
    const send = () => {
      if (way.type === 'standing' && !way.mayStillSend()) return withhold(); // guard: nothing-is-sent-after-its-time
      sent = true;
      request.end(outgoing.body);
    };
    const withhold = () => {
      reject(new ExchangeFailure('withheld', false));
      request.destroy();
    };
    request.on('socket', (socket) => {
      wasUsed = way.type === 'shared' && !socket.connecting;
      if (socket.connecting) socket.once(secure ? 'secureConnect' : 'connect', send);
      else send();
    });
    request.on('error', (cause) => reject(new ExchangeFailure(nameFailure(signal, sent), sent, cause, wasUsed)));
    request.on('response', (response) => resolve({ response }));
  });
}

const connectionOf = (way: Way) => {
  switch (way.type) {
    case 'own':
      return { agent: false } as const;
    case 'shared':
      return { agent: way.agent };
    case 'standing':
      return { createConnection: () => way.socket };
  }
};

function nameFailure(signal: AbortSignal, sent: boolean): 'timedOut' | 'reset' | 'noConnection' {
  if (signal.aborted) return 'timedOut';
  return sent ? 'reset' : 'noConnection';
}

async function readWhole(response: IncomingMessage, signal: AbortSignal, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) throw new ExchangeFailure('tooLarge', true);
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof ExchangeFailure) throw cause;
    throw new ExchangeFailure(nameFailure(signal, true), true, cause);
  }
  return Buffer.concat(chunks);
}

/** Real answers come with `Content-Encoding: deflate` (resp-headers-real-200.txt), which servers send with and without a zlib head. */
async function decode(bytes: Buffer, encoding: string | undefined, maxBytes: number): Promise<Buffer> {
  const decoder = decoderOf(bytes, encoding);
  if (decoder === null) return bytes;
  try {
    return await decoder(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    const tooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new ExchangeFailure(tooLarge ? 'tooLarge' : 'undecodable', true, cause);
  }
}

function decoderOf(bytes: Buffer, encoding: string | undefined) {
  if (bytes.length === 0) return null;
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return promisify<Buffer, { maxOutputLength: number }, Buffer>(gunzip);
    case 'deflate':
      return promisify<Buffer, { maxOutputLength: number }, Buffer>(hasZlibHead(bytes) ? inflate : inflateRaw);
    default:
      return null;
  }
}

const hasZlibHead = (bytes: Buffer): boolean =>
  bytes.length > 1 && ((bytes[0] ?? 0) & 0x0f) === 8 && (((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0)) % 31 === 0;
