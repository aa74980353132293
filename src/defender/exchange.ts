import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gunzip, inflate, inflateRaw } from 'node:zlib';

export interface Outgoing {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

/**
 * No answer. `sent` false: the connection never stood, so the other side surely got nothing. Of node's own error only its code goes along
 * (`ECONNREFUSED`, `CERT_HAS_EXPIRED`): a parser error holds the bytes that it stumbled over, which may be a link or a file.
 */
export class ExchangeFailure extends Error {
  override readonly name = 'ExchangeFailure';
  readonly code: 'noConnection' | 'reset' | 'timedOut' | 'tooLarge' | 'undecodable';
  readonly sent: boolean;
  readonly reason: string | null;

  constructor(code: ExchangeFailure['code'], sent: boolean, cause?: unknown) {
    const reason = systemCodeOf(cause);
    super(`No answer: ${code}${reason === null ? '' : ` (${reason})`}`);
    this.code = code;
    this.sent = sent;
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
 * Each exchange has its own connection, so a stale one can make no submission doubtful.
 */
export async function exchange(
  outgoing: Outgoing,
  limits: { readonly timeoutMs: number; readonly maxBytes: number },
): Promise<Answer> {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  const { response } = await open(outgoing, signal);
  const bytes = await readWhole(response, signal, limits.maxBytes);
  return {
    status: response.statusCode ?? 0,
    retryAfter: response.headers['retry-after'] ?? null,
    body: (await decode(bytes, response.headers['content-encoding'], limits.maxBytes)).toString('utf8'),
  };
}

/** Sends and waits for the head of the answer; the caller reads the body. Redirects are answers like others: nothing is followed. */
export function open(outgoing: Outgoing, signal: AbortSignal): Promise<{ readonly response: IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const secure = outgoing.url.protocol === 'https:';
    let connected = false;
    const request = (secure ? httpsRequest : httpRequest)(outgoing.url, {
      method: outgoing.method,
      agent: false,
      signal,
      headers: {
        ...outgoing.headers,
        ...(outgoing.body === undefined ? {} : { 'content-length': String(Buffer.byteLength(outgoing.body)) }),
      },
    });
    request.on('socket', (socket) => {
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        connected = true;
      });
    });
    request.on('error', (cause) => reject(new ExchangeFailure(nameFailure(signal, connected), connected, cause)));
    request.on('response', (response) => resolve({ response }));
    request.end(outgoing.body);
  });
}

function nameFailure(signal: AbortSignal, connected: boolean): 'timedOut' | 'reset' | 'noConnection' {
  if (signal.aborted) return 'timedOut';
  return connected ? 'reset' : 'noConnection';
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
