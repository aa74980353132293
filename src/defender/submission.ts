import { type Command, commandToParams } from '../request/command';
import { type CallContext, type Outcome, segment, send, waitOf } from './call';
import { classifyRefusal, DefenderError, readEnvelope } from './errors';
import type { Answer } from './exchange';
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
  /** Surely not with Defender, for a reason that may pass: no token, a refused token, or a connection that never stood. */
  | { readonly type: 'notSent'; readonly code: string }
  /** It may have arrived: time-out, reset, 5xx, or a success that cannot be read. To be looked up, never repeated. */
  | { readonly type: 'unclear'; readonly code: string };

/** Sends the one POST of a submission. There is no loop here and no second token: whatever happens, it is sent at most once (T-27). */
export async function submitOnce(
  context: CallContext,
  machineId: string,
  commands: readonly Command[],
  comment: string,
): Promise<SubmitOutcome> {
  const call = {
    name: 'runLiveResponse',
    url: new URL(`machines/${segment(machineId)}/runliveresponse`, context.base),
  };
  const body = JSON.stringify(toBody(commands, comment));
  const token = await context.token().catch((error: unknown) => {
    if (error instanceof DefenderError) return error;
    throw error;
  });
  if (token instanceof DefenderError) return { type: 'notSent', code: token.code };
  const outcome = await send(context, call, { method: 'POST', body }, token);
  if (outcome.type === 'answer' && outcome.answer.status === 401) await forget(context, token);
  return toSubmitOutcome(outcome, machineId, context.clock.now());
}

/** The body as documented: upper case at the top, lower case inside, and case matters (run-live-response, common-errors). */
export const toBody = (commands: readonly Command[], comment: string) => ({
  Commands: commands.map((command) => ({ type: command.type, params: commandToParams(command) })),
  Comment: comment,
});

/** Reads what became of the POST; anything that is not plainly an answer to it is doubt. */
export function toSubmitOutcome(outcome: Outcome, machineId: string, now: number): SubmitOutcome {
  if (outcome.type === 'failure') {
    return outcome.failure.sent
      ? { type: 'unclear', code: outcome.failure.code }
      : { type: 'notSent', code: outcome.failure.code };
  }
  const { answer } = outcome;
  if (answer.status === 200 || answer.status === 201) return toAccepted(answer, machineId, now);
  if (answer.status < 400 || answer.status >= 500 || doubtfulStatuses.includes(answer.status))
    return { type: 'unclear', code: `http.${answer.status}` };
  return toRefusal(answer, now);
}

/** 408 and 499: someone gave up waiting; 421 and 425: not for this server or not yet, perhaps said by something in between. */
const doubtfulStatuses: readonly number[] = [408, 421, 425, 499];

function toAccepted(answer: Answer, machineId: string, now: number): SubmitOutcome {
  const action = readAction(parseJson(answer.body), now);
  if (action === null) return { type: 'unclear', code: 'unreadable' };
  const isOther = action.machineId !== null && action.machineId.toLowerCase() !== machineId.toLowerCase();
  return isOther || (action.type !== null && action.type !== 'LiveResponse')
    ? { type: 'unclear', code: 'otherAction' }
    : { type: 'accepted', action };
}

function toRefusal(answer: Answer, now: number): SubmitOutcome {
  const { code, message } = readEnvelope(answer.body);
  const meaning = classifyRefusal(answer.status, code);
  if (meaning === 'defender.machineBusy') return { type: 'busy' };
  if (meaning === 'defender.throttled' || answer.status === 429) {
    const retryAfterMs = waitOf(answer, now);
    return { type: 'throttled', retryAfterMs, scope: scopeOf(code, retryAfterMs) };
  }
  if (meaning === 'defender.unauthorized') return { type: 'notSent', code: meaning };
  if (meaning === 'defender.serverFault') return { type: 'unclear', code: code ?? `http.${answer.status}` };
  return { type: 'rejected', code: code ?? `http.${answer.status}`, message: message ?? '' };
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
