import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import type { Clock } from '../lib/clock';
import type { Log } from '../lib/log';
import { type Redacted, reveal } from '../lib/redacted';
import type { Api, Purpose, ReadBudget } from './budget';
import { connect } from './connection';
import { classifyRefusal, DefenderError, readEnvelope } from './errors';
import { ExchangeFailure, exchange, type HttpAnswer, type Way } from './exchange';
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
  readonly budget: ReadBudget;
  readonly purpose: Purpose;
  /** The connections that reads share. */
  readonly agent: HttpAgent;
  /** What every call goes through, by CONNECT; null: nothing. */
  readonly proxy: URL | null;
  readonly onCall: (call: SeenCall) => void;
  /** Told Defender's own `Date` of each answer. */
  readonly onDate: (date: number) => void;
}

/** One exchange as it is counted: the API by name, `ok` or the word for what went wrong, and how long it took by the clock. */
export interface SeenCall {
  readonly name: string;
  readonly code: string;
  readonly tookMs: number;
}

/** A call by name, for errors and logs: never its address, since a filter or a file name is somebody's text. */
export interface Call {
  readonly name: string;
  /** Whose quota it counts against. */
  readonly api: Api;
  readonly url: URL;
}

/** A successful or refused answer: the caller decides which refusals are values. Everything that could be tried again has been. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  /** Defender's own clock; null where it names none. */
  readonly date: number | null;
}

/** As many as go at once without a queue of ours: the tick's confirming reads, the results and the checks of a minute's submissions. */
const mostConnections = 16;
/** Shorter than the times after which servers and balancers on the way to Azure give up a silent connection (2 to 4 minutes); a server that names its own is believed. */
const idleConnectionMs = 30_000;

/** As long as a read may take. */
const tunnelMs = 30_000;

/** Connections of reads; through a proxy each has a way of its own, and is used again like any other. */
export function createAgent(base: URL, proxy: URL | null): HttpAgent {
  const options = { keepAlive: true, maxSockets: mostConnections, maxFreeSockets: 4, timeout: idleConnectionMs };
  const agent = base.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  if (proxy === null) return agent;
  return Object.assign(agent, {
    createConnection: (_: unknown, done: (error: Error | null, socket?: Duplex) => void): undefined => {
      connect(base, AbortSignal.timeout(tunnelMs), proxy).then(
        (socket) => done(null, socket),
        (error: Error) => done(error),
      );
    },
  });
}

/** GET with the retry table; statuses in `allowed` come back as replies, all others that are not 2xx are thrown. */
export async function get(context: CallContext, call: Call, allowed: readonly number[] = []): Promise<Reply> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await tryOnce(context, call, { method: 'GET' }, allowed);
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
  const outcome = await tryOnce(context, call, { method: 'POST', body: JSON.stringify(body) }, allowed);
  if (outcome.type === 'answer' && isWanted(outcome.answer.status, allowed)) return outcome.answer;
  throw toError(call, outcome, context.clock.now());
}

/** One attempt's end. */
export type CallOutcome =
  | { readonly type: 'answer'; readonly answer: HttpAnswer }
  | { readonly type: 'failure'; readonly failure: ExchangeFailure };

export interface Message {
  readonly method: 'GET' | 'POST';
  readonly body?: string;
}

/** Sends with a given token, exactly once; `signal` ends it. */
export async function send(
  context: CallContext,
  call: { readonly url: URL },
  message: Message,
  given: { readonly token: Redacted<string>; readonly way: Way; readonly signal: AbortSignal },
): Promise<CallOutcome> {
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'gzip, deflate',
    authorization: `Bearer ${reveal(given.token)}`,
    'user-agent': 'live-response-for-teams',
    ...(message.body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  try {
    const limits = { signal: given.signal, maxBytes: context.maxAnswerBytes };
    return { type: 'answer', answer: await exchange({ ...message, url: call.url, headers }, limits, given.way) };
  } catch (failure) {
    if (failure instanceof ExchangeFailure) return { type: 'failure', failure };
    throw failure;
  }
}

/** Sends; a 401 is answered once with a fresh token, since the first may have been revoked early. */
async function tryOnce(
  context: CallContext,
  call: Call,
  message: Message,
  allowed: readonly number[],
): Promise<CallOutcome> {
  const token = await context.token();
  const outcome = await sendCounted(context, call, message, { token, allowed });
  if (outcome.type !== 'answer' || outcome.answer.status !== 401) return outcome;
  const fresh = await context.token(token);
  return reveal(fresh) === reveal(token) ? outcome : sendCounted(context, call, message, { token: fresh, allowed });
}

/** Sends when the budget has room, and tells the budget of a 429 that came all the same. */
async function sendCounted(
  context: CallContext,
  call: Call,
  message: Message,
  given: { readonly token: Redacted<string>; readonly allowed: readonly number[] },
): Promise<CallOutcome> {
  await waitForRoom(context, call);
  const { clock } = context;
  const startedAt = clock.now();
  const seen = (code: string): void =>
    context.onCall({ name: call.api, code, tookMs: Math.max(0, clock.now() - startedAt) });
  const outcome =
    message.method === 'GET'
      ? await read(context, call, given.token)
      : await send(context, call, message, { token: given.token, way: { type: 'own' }, signal: timeLimit(context) });
  if (outcome.type === 'answer' && isWanted(outcome.answer.status, given.allowed)) {
    if (outcome.answer.date !== null) context.onDate(outcome.answer.date);
    seen('ok');
    return outcome;
  }
  const error = toError(call, outcome, clock.now());
  seen(error.code);
  if (error.code === 'defender.throttled')
    await context.budget.refused(call.api, error.retryAfterMs ?? unsaidRefusalMs); // guard: refusal-holds-all-replicas
  return outcome;
}

/** For a 429 that names no wait: quotas are counted by the minute, and who goes on calling stays refused (common-errors). */
const unsaidRefusalMs = 10_000;

/** Waits once if that is short; throws when there is no room then either. */
async function waitForRoom(context: CallContext, call: Call): Promise<void> {
  for (let waited = false; ; waited = true) {
    const waitMs = await context.budget.take(call.api, context.purpose);
    if (waitMs === null) return;
    if (waited || waitMs > context.longestWaitMs) {
      context.onCall({ name: call.api, code: 'defender.budgetSpent', tookMs: 0 });
      throw new DefenderError(call.name, 'defender.budgetSpent', { retryAfterMs: waitMs }); // guard: reads-stay-in-the-budget
    }
    await context.clock.sleep(waitMs);
  }
}

/** A read on a shared connection; one that the other side had given up meanwhile is no fault, and the read goes again on a new one. */
async function read(context: CallContext, call: Call, token: Redacted<string>): Promise<CallOutcome> {
  const signal = timeLimit(context);
  const message: Message = { method: 'GET' };
  const outcome = await send(context, call, message, { token, way: { type: 'shared', agent: context.agent }, signal });
  if (outcome.type !== 'failure' || !outcome.failure.stale || outcome.failure.code !== 'reset') return outcome;
  return send(context, call, message, { token, way: { type: 'own' }, signal });
}

export const timeLimit = (context: CallContext): AbortSignal => AbortSignal.timeout(context.callTimeoutMs);

const isWanted = (status: number, allowed: readonly number[]): boolean =>
  (status >= 200 && status < 300) || allowed.includes(status);

function faultOf(outcome: CallOutcome, now: number): Fault {
  if (outcome.type === 'answer')
    return { type: 'status', status: outcome.answer.status, retryAfterMs: waitOf(outcome.answer, now) };
  switch (outcome.failure.code) {
    case 'noConnection':
    case 'reset':
    case 'timedOut':
      return { type: outcome.failure.code };
    case 'withheld':
    case 'undecodable':
    case 'tooLarge':
      return { type: 'status', status: 0, retryAfterMs: null };
  }
}

/** The wait that an answer asks for, wherever it says so. */
export const waitOf = (answer: HttpAnswer, now: number): number | null =>
  readRetryAfterMs({ retryAfter: answer.retryAfter, message: readEnvelope(answer.body).message, now });

/** The error of an outcome that nobody wanted. */
export function toError(call: { readonly name: string }, outcome: CallOutcome, now: number): DefenderError {
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
  withheld: 'defender.timedOut',
  tooLarge: 'defender.answerTooLarge',
  undecodable: 'defender.badAnswer',
} as const;

function describe(outcome: CallOutcome): Record<string, unknown> {
  if (outcome.type === 'failure') return { failure: outcome.failure.code, reason: outcome.failure.reason };
  const { code, target } = readEnvelope(outcome.answer.body);
  return { status: outcome.answer.status, defenderCode: code, target };
}

/** An id as one path segment; `.` and `..` would name another call, escaped or not, and no id looks like that. */
export function segment(id: string): string {
  if (['', '.', '..'].includes(id)) throw new Error('This is no Defender id.');
  return encodeURIComponent(id);
}
