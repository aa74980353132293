import { isLoopback } from '../lib/loopback';
import { type CallContext, get, segment } from './call';
import { DefenderError, readEnvelope } from './errors';
import { ExchangeFailure, open, systemCodeOf } from './exchange';
import { readLink } from './schema';

/** What became of asking for one command's result. */
export type ResultOutcome =
  /** The raw bytes as stored, to be read once; reading throws a DefenderError when the connection breaks or dawdles. */
  | { readonly type: 'opened'; readonly body: AsyncIterable<Uint8Array>; readonly size: number | null }
  /** 400: not ready yet, as far as clients have seen. */
  | { readonly type: 'notReady'; readonly code: string | null }
  /** 404: Defender knows no such action or result. */
  | { readonly type: 'unknownResult' };

export interface DownloadLimits {
  /** Host suffixes that a link may lead to; with a loopback API only loopback is. */
  readonly hosts: readonly string[];
  /** No byte for this long ends it. */
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  readonly maxBytes: number;
}

/** Fetches a fresh link and opens it at once: a link lives 30 minutes, and every call makes a new one (get-live-response-result). */
export async function openResult(
  context: CallContext,
  limits: DownloadLimits,
  actionId: string,
  index: number,
): Promise<ResultOutcome> {
  const path = `machineactions/${segment(actionId)}/GetLiveResponseResultDownloadLink(index=${index})`;
  const call = { name: 'getResultLink', api: 'getResultLink', url: new URL(path, context.base) } as const;
  const reply = await get(context, call, [400, 404]);
  if (reply.status === 400) return { type: 'notReady', code: readEnvelope(reply.body).code };
  if (reply.status === 404) return { type: 'unknownResult' };
  const link = readLink(reply.body);
  if (link === null) throw new DefenderError('getResultLink', 'defender.badAnswer', { status: reply.status });
  const url = checkLink(link, context.base, limits.hosts);
  const startedAt = context.clock.now();
  const seen = (code: string): void =>
    context.onCall({ name: 'downloadResult', code, tookMs: Math.max(0, context.clock.now() - startedAt) });
  try {
    const outcome = await download(url, limits);
    seen('ok');
    return outcome;
  } catch (error) {
    if (error instanceof DefenderError) seen(error.code);
    throw error;
  }
}

/**
 * The link as an address that we are willing to open (T-32): https to a known result host on its usual port, without credentials in it;
 * with a loopback API, loopback only. The error names the host alone, since whoever holds the link can read the file.
 */
export function checkLink(link: string, base: URL, hosts: readonly string[]): URL {
  const url = parseUrl(link);
  if (url === null) throw new DefenderError('openResult', 'defender.linkRefused', { detail: 'not an address' });
  const trusted = isLoopback(base.hostname)
    ? isLoopback(url.hostname) && ['http:', 'https:'].includes(url.protocol)
    : url.protocol === 'https:' && url.port === '' && hosts.some((suffix) => url.hostname.endsWith(suffix));
  if (!trusted || url.username !== '' || url.password !== '') {
    throw new DefenderError('openResult', 'defender.linkRefused', { detail: url.hostname.slice(0, 100) });
  }
  return url;
}

async function download(url: URL, limits: DownloadLimits): Promise<ResultOutcome> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), limits.totalTimeoutMs);
  timer.unref();
  try {
    const opening = setTimeout(() => controller.abort(), limits.idleTimeoutMs);
    // Authorization stays away: the link itself is the permission, and its host is not Defender.
    const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'live-response-for-teams' };
    const { response } = await open({ method: 'GET', url, headers }, controller.signal).finally(() =>
      clearTimeout(opening),
    );
    const status = response.statusCode ?? 0;
    if (status !== 200) {
      response.destroy();
      throw new DefenderError('openResult', status >= 500 ? 'defender.serverFault' : 'defender.resultRefused', {
        status,
      });
    }
    const size = Number(response.headers['content-length'] ?? Number.NaN);
    const body = readBody(response, controller, limits, () => clearTimeout(timer));
    return { type: 'opened', body, size: Number.isSafeInteger(size) ? size : null };
  } catch (cause) {
    clearTimeout(timer);
    throw toDownloadError(cause, controller.signal);
  }
}

async function* readBody(
  response: AsyncIterable<Buffer>,
  controller: AbortController,
  limits: DownloadLimits,
  done: () => void,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  const idle = setTimeout(() => controller.abort(), limits.idleTimeoutMs);
  try {
    for await (const chunk of response) {
      size += chunk.length;
      if (size > limits.maxBytes) throw new DefenderError('openResult', 'defender.answerTooLarge');
      yield chunk;
      idle.refresh();
    }
  } catch (cause) {
    throw toDownloadError(cause, controller.signal);
  } finally {
    clearTimeout(idle);
    done();
  }
}

/** Node's own error stays behind, since it can hold bytes of the result; its code says enough. */
function toDownloadError(cause: unknown, signal: AbortSignal): DefenderError {
  if (cause instanceof DefenderError) return cause;
  if (signal.aborted) return new DefenderError('openResult', 'defender.timedOut');
  const detail = cause instanceof ExchangeFailure ? cause.reason : systemCodeOf(cause);
  return new DefenderError('openResult', 'defender.unreachable', { detail });
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
