import type { Clock } from '../lib/clock';
import type { Log } from '../lib/log';
import { type Redacted, reveal } from '../lib/redacted';
import { classifyRefusal, DefenderError, readEnvelope } from './errors';
import { type Answer, ExchangeFailure, exchange } from './exchange';
import { type Fault, planRetry, readRetryAfterMs } from './retry';
import type { TokenSource } from './token';

/** What every call needs; built once by `createDefender`. */
export interface CallContext {
  readonly base: URL;
  readonly token: TokenSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly callTimeoutMs: number;
  readonly maxAnswerBytes: number;
  readonly longestWaitMs: number;
}

/** A call by name, for errors and logs: never its address, since a filter or a file name is somebody's text. */
export interface Call {
  readonly name: string;
  readonly url: URL;
}

/** A successful or refused answer: the caller decides which refusals are values. Everything that could be tried again has been. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** GET with the retry table; statuses in `allowed` come back as replies, all others that are not 2xx are thrown. */
export async function get(context: CallContext, call: Call, allowed: readonly number[] = []): Promise<Reply> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryOnce(context, call, { method: 'GET' });
    if (outcome.type === 'answer' && isWanted(outcome.answer.status, allowed)) return outcome.answer;
    const waitMs = planRetry(faultOf(outcome, context.clock.now()), attempt, context.longestWaitMs);
    if (waitMs === null) throw toError(call, outcome, context.clock.now());
    context.log.warn(
      { call: call.name, attempt, waitMs, ...describe(outcome) },
      'A Defender call failed and is tried again',
    );
    await context.clock.sleep(waitMs);
  }
}

/** POST of something that may be said twice without harm, yet is said once: whoever asked for it decides on a second time. */
export async function post(
  context: CallContext,
  call: Call,
  body: unknown,
  allowed: readonly number[] = [],
): Promise<Reply> {
  const outcome = await tryOnce(context, call, { method: 'POST', body: JSON.stringify(body) });
  if (outcome.type === 'answer' && isWanted(outcome.answer.status, allowed)) return outcome.answer;
  throw toError(call, outcome, context.clock.now());
}

/** One attempt's end. */
export type Outcome =
  | { readonly type: 'answer'; readonly answer: Answer }
  | { readonly type: 'failure'; readonly failure: ExchangeFailure };

interface Message {
  readonly method: 'GET' | 'POST';
  readonly body?: string;
}

/** Sends with a given token, exactly once. */
export async function send(
  context: CallContext,
  call: Call,
  message: Message,
  token: Redacted<string>,
): Promise<Outcome> {
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'gzip, deflate',
    authorization: `Bearer ${reveal(token)}`,
    'user-agent': 'live-response-for-teams',
    ...(message.body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  try {
    const limits = { timeoutMs: context.callTimeoutMs, maxBytes: context.maxAnswerBytes };
    return { type: 'answer', answer: await exchange({ ...message, url: call.url, headers }, limits) };
  } catch (failure) {
    if (failure instanceof ExchangeFailure) return { type: 'failure', failure };
    throw failure;
  }
}

/** Sends; a 401 is answered once with a fresh token, since the first may have been revoked early. */
async function tryOnce(context: CallContext, call: Call, message: Message): Promise<Outcome> {
  const token = await context.token();
  const outcome = await send(context, call, message, token);
  if (outcome.type !== 'answer' || outcome.answer.status !== 401) return outcome;
  const fresh = await context.token(token);
  return reveal(fresh) === reveal(token) ? outcome : send(context, call, message, fresh);
}

const isWanted = (status: number, allowed: readonly number[]): boolean =>
  (status >= 200 && status < 300) || allowed.includes(status);

function faultOf(outcome: Outcome, now: number): Fault {
  if (outcome.type === 'answer')
    return { type: 'status', status: outcome.answer.status, retryAfterMs: waitOf(outcome.answer, now) };
  switch (outcome.failure.code) {
    case 'noConnection':
    case 'reset':
    case 'timedOut':
      return { type: outcome.failure.code };
    case 'undecodable':
    case 'tooLarge':
      return { type: 'status', status: 0, retryAfterMs: null };
  }
}

/** The wait that an answer asks for, wherever it says so. */
export const waitOf = (answer: Answer, now: number): number | null =>
  readRetryAfterMs({ retryAfter: answer.retryAfter, message: readEnvelope(answer.body).message, now });

/** The error of an outcome that nobody wanted. */
export function toError(call: Call, outcome: Outcome, now: number): DefenderError {
  if (outcome.type === 'failure')
    return new DefenderError(call.name, codeByFailure[outcome.failure.code], { cause: outcome.failure });
  const { status, body } = outcome.answer;
  const { code, message, target } = readEnvelope(body);
  return new DefenderError(call.name, classifyRefusal(status, code), {
    status,
    defenderCode: code,
    target,
    detail: message,
    retryAfterMs: waitOf(outcome.answer, now),
  });
}

const codeByFailure = {
  noConnection: 'defender.unreachable',
  reset: 'defender.unreachable',
  timedOut: 'defender.timedOut',
  tooLarge: 'defender.answerTooLarge',
  undecodable: 'defender.badAnswer',
} as const;

function describe(outcome: Outcome): Record<string, unknown> {
  if (outcome.type === 'failure') return { failure: outcome.failure.code, reason: outcome.failure.reason };
  const { code, target } = readEnvelope(outcome.answer.body);
  return { status: outcome.answer.status, defenderCode: code, target };
}

/** An id as one path segment; `.` and `..` would name another call, escaped or not, and no id looks like that. */
export function segment(id: string): string {
  if (['', '.', '..'].includes(id)) throw new Error('This is no Defender id.');
  return encodeURIComponent(id);
}
