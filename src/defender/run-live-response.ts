import { type Command, commandToParams } from '../request/ask/command';
import { type CallContext, type CallOutcome, segment, send, timeLimit, waitOf } from './call';
import { connect } from './connection';
import { classifyRefusal, DefenderError, type DefenderErrorCode, readEnvelope } from './errors';
import { ExchangeFailure, type HttpAnswer } from './exchange';
import { type MachineAction, parseJson, readAction } from './schema';

/** What became of a submission. Only `unclear` may have reached Defender without our knowing. */
export type SubmitOutcome =
  | { readonly type: 'accepted'; readonly action: MachineAction }
  /** 400 ActiveRequestAlreadyExists: the device has a live response already, ours or somebody's. */
  | { readonly type: 'busy' }
  /** 429: too many calls, or too many sessions, which passes more slowly. */
  | { readonly type: 'throttled'; readonly retryAfterMs: number | null; readonly scope: 'rate' | 'sessions' }
  /** A definite refusal that will not change by itself. `message` is Defender's own: untrusted text. */
  | { readonly type: 'rejected'; readonly code: string; readonly message: string }
  /** Surely not with Defender, for a reason that may pass: no token, a refused token, a connection that never stood, or `withheld` since it might not be sent any more. */
  | { readonly type: 'notSent'; readonly code: string }
  /** It may have arrived: time-out, reset, 5xx, or a success that cannot be read. To be looked up, never repeated. */
  | { readonly type: 'unclear'; readonly code: string };

/** What a submission may be given along. */
export interface SubmitOptions {
  /** Asked when token and connection are there, right before `mayStillSend`; false, or no answer: not a byte is written. */
  readonly isStillWanted?: () => Promise<boolean>;
  /** Asked in the same turn in which the first byte would be written; false: not a byte is, and the outcome is `notSent`. */
  readonly mayStillSend?: () => boolean;
}

/** Sends the one POST of a submission. There is no loop here and no second token: whatever happens, it is sent at most once (T-27). */
export async function runLiveResponse(
  context: CallContext,
  machineId: string,
  commands: readonly Command[],
  comment: string,
  options: SubmitOptions,
): Promise<SubmitOutcome> {
  const startedAt = context.clock.now();
  const url = new URL(`machines/${segment(machineId)}/runliveresponse`, context.base);
  const body = JSON.stringify(toBody(commands, comment));
  const outcome = await post(context, url, body, options);
  const now = context.clock.now();
  const result = typeof outcome === 'string' ? notSent(outcome) : toSubmitOutcome(outcome, machineId, now);
  context.onCall({
    name: 'runLiveResponse',
    code: result.type === 'accepted' ? 'ok' : result.type,
    tookMs: Math.max(0, now - startedAt),
  });
  return result;
}

/** What came of the POST; a code when there was no token to send it with. */
async function post(
  context: CallContext,
  url: URL,
  body: string,
  { isStillWanted = async () => true, mayStillSend = () => true }: SubmitOptions,
): Promise<CallOutcome | DefenderErrorCode> {
  const token = await context.token().catch((error: unknown) => {
    if (error instanceof DefenderError) return error;
    throw error;
  });
  if (token instanceof DefenderError) return token.code;
  const signal = timeLimit(context);
  const socket = await connect(context.base, signal, context.proxy).catch((error: unknown) => {
    if (error instanceof ExchangeFailure) return error;
    throw error;
  });
  if (socket instanceof ExchangeFailure) return { type: 'failure', failure: socket };
  const isWanted = await isStillWanted().catch(() => false);
  const way = { type: 'standing', socket, mayStillSend: () => isWanted && mayStillSend() } as const;
  const outcome = await send(context, { url }, { method: 'POST', body }, { token, way, signal });
  if (outcome.type === 'answer' && outcome.answer.status === 401) await forget(context, token);
  return outcome;
}

const notSent = (code: string): SubmitOutcome => ({ type: 'notSent', code });

/** The body as documented: upper case at the top, lower case inside, and case matters (run-live-response, common-errors). */
export const toBody = (commands: readonly Command[], comment: string) => ({
  Commands: commands.map((command) => ({ type: command.type, params: commandToParams(command) })),
  Comment: comment,
});

/** Reads what became of the POST; anything that is not plainly an answer to it is doubt. */
export function toSubmitOutcome(outcome: CallOutcome, machineId: string, now: number): SubmitOutcome {
  if (outcome.type === 'failure') {
    return outcome.failure.sent ? { type: 'unclear', code: outcome.failure.code } : notSent(outcome.failure.code);
  }
  const { answer } = outcome;
  if (answer.status === 200 || answer.status === 201) return toAccepted(answer, machineId, now);
  if (answer.status < 400 || answer.status >= 500 || doubtfulStatuses.includes(answer.status))
    return { type: 'unclear', code: `http.${answer.status}` };
  return toRefusal(answer, now);
}

/** 408 and 499: someone gave up waiting; 421 and 425: not for this server or not yet, perhaps said by something in between. */
const doubtfulStatuses: readonly number[] = [408, 421, 425, 499];

function toAccepted(answer: HttpAnswer, machineId: string, now: number): SubmitOutcome {
  const action = readAction(parseJson(answer.body), now);
  if (action === null) return { type: 'unclear', code: 'unreadable' };
  const isOther = action.machineId !== null && action.machineId.toLowerCase() !== machineId.toLowerCase();
  return isOther || (action.type !== null && action.type !== 'LiveResponse')
    ? { type: 'unclear', code: 'otherAction' }
    : { type: 'accepted', action };
}

function toRefusal(answer: HttpAnswer, now: number): SubmitOutcome {
  const { code, message } = readEnvelope(answer.body);
  const meaning = classifyRefusal(answer.status, code);
  if (meaning === 'defender.machineBusy') return { type: 'busy' };
  if (meaning === 'defender.throttled' || answer.status === 429) {
    const retryAfterMs = waitOf(answer, now);
    return { type: 'throttled', retryAfterMs, scope: scopeOf(code, retryAfterMs) };
  }
  if (meaning === 'defender.unauthorized') return notSent(meaning);
  // Without Defender's envelope it may be somebody on the way who answers, before or after the call went on.
  if (code === null) return { type: 'unclear', code: `http.${answer.status}` }; // guard: only-defender-refuses
  if (meaning === 'defender.serverFault') return { type: 'unclear', code: code ?? `http.${answer.status}` };
  return { type: 'rejected', code, message: message ?? '' };
}

/**
 * The 429 of full sessions is documented nowhere. Whatever names a wait is the call quota, and so are the quota's code on the wire (`"429"`,
 * err-429-real.json) and an answer without a code, as a gateway gives it; the rest is taken for sessions, which only makes us wait longer.
 */
const scopeOf = (code: string | null, retryAfterMs: number | null): 'rate' | 'sessions' =>
  code === null || code === '429' || retryAfterMs !== null ? 'rate' : 'sessions';

/** So that the next call starts with a fresh token; if none can be got, that call will say so. */
async function forget(context: CallContext, token: Awaited<ReturnType<CallContext['token']>>): Promise<void> {
  await context.token(token).catch(() => {});
}
