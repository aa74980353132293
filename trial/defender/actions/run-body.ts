import { err, ok, type Result } from '../../../src/lib/result';
import { type Answer, refuse } from '../answer';
import type { CommandRequest, CommandType } from './action';

export interface RunBody {
  readonly commands: readonly CommandRequest[];
  readonly comment: string;
}

/** Commands "must be in this order with no limit on repetitions" (run-live-response). */
const order: readonly CommandType[] = ['PutFile', 'RunScript', 'GetFile'];

const params: Readonly<Record<CommandType, { readonly required: string; readonly optional: readonly string[] }>> = {
  PutFile: { required: 'FileName', optional: [] },
  RunScript: { required: 'ScriptName', optional: ['Args'] },
  GetFile: { required: 'Path', optional: [] },
};

type Fields = Readonly<Record<string, unknown>>;

/** A JSON object body, or the refusal: 415 without `application/json`, which both POST pages require. */
export function readJsonBody(contentType: string | undefined, body: Buffer): Result<Fields, Answer> {
  if (!/^application\/json\s*(?:;|$)/i.test(contentType ?? '')) {
    return err(refuse(415, 'UnsupportedMediaType', 'The Content-Type header must be application/json.'));
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return err(incorrect());
  }
  return isFields(value) ? ok(value) : err(incorrect());
}

/** The body of runliveresponse. Names are case-sensitive; a wrong one is InvalidRequestBody, a lacking one MissingRequiredParameter. */
export function parseRunBody(body: Fields): Result<RunBody, Answer> {
  if (hasOthers(body, ['Commands', 'Comment'])) return err(incorrect());
  const { Commands, Comment } = body;
  if (Commands === undefined || Commands === null) return err(missing('Commands'));
  if (!Array.isArray(Commands)) return err(incorrect());
  if (Commands.length === 0) return err(missing('Commands'));
  if (Comment === undefined || Comment === null || Comment === '') return err(missing('Comment'));
  if (typeof Comment !== 'string') return err(incorrect());

  const commands: CommandRequest[] = [];
  for (const each of Commands) {
    const command = parseCommand(each);
    if (!command.ok) return command;
    commands.push(command.value);
  }
  const ranks = commands.map((command) => order.indexOf(command.type));
  if (ranks.some((rank, i) => i > 0 && rank < (ranks[i - 1] ?? 0))) return err(incorrect());
  return ok({ commands, comment: Comment });
}

/** The body of cancel; no page calls its Comment required. */
export function parseCancelBody(body: Fields): Result<{ readonly comment: string | null }, Answer> {
  if (hasOthers(body, ['Comment'])) return err(incorrect());
  const { Comment = null } = body;
  return Comment === null || typeof Comment === 'string' ? ok({ comment: Comment }) : err(incorrect());
}

export const incorrect = (): Answer => refuse(400, 'InvalidRequestBody', 'Request body is incorrect');

export const missing = (name: string): Answer =>
  refuse(400, 'MissingRequiredParameter', `Parameter ${name} is missing.`);

function parseCommand(value: unknown): Result<CommandRequest, Answer> {
  if (!isFields(value) || hasOthers(value, ['type', 'params'])) return err(incorrect());
  const { type, params: given } = value;
  if (type === undefined) return err(missing('type'));
  if (!isCommandType(type)) return err(incorrect());
  if (given === undefined || given === null) return err(missing('params'));
  if (!Array.isArray(given)) return err(incorrect());

  const pairs: Array<{ readonly key: string; readonly value: string }> = [];
  for (const pair of given) {
    if (!isFields(pair) || hasOthers(pair, ['key', 'value'])) return err(incorrect());
    if (typeof pair.key !== 'string' || typeof pair.value !== 'string') return err(incorrect());
    pairs.push({ key: pair.key, value: pair.value });
  }
  const { required, optional } = params[type];
  const keys = pairs.map((pair) => pair.key);
  if (!pairs.some((pair) => pair.key === required && pair.value !== '')) return err(missing(required));
  if (new Set(keys).size !== keys.length || keys.some((key) => key !== required && !optional.includes(key)))
    return err(incorrect());
  return ok({ type, params: pairs });
}

const isCommandType = (value: unknown): value is CommandType => order.some((type) => type === value);

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const hasOthers = (fields: Fields, known: readonly string[]): boolean =>
  Object.keys(fields).some((key) => !known.includes(key));
