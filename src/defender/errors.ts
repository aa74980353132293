/** Everything that can go wrong with a Defender call, one word each; every word has its sentence below. */
export const defenderErrorCodes = [
  'defender.noToken',
  'defender.unauthorized',
  'defender.forbidden',
  'defender.featureDisabled',
  'defender.operationDisallowed',
  'defender.machineBusy',
  'defender.deviceUnsupported',
  'defender.badRequest',
  'defender.notFound',
  'defender.throttled',
  'defender.budgetSpent',
  'defender.shareSpent',
  'defender.serverFault',
  'defender.unreachable',
  'defender.timedOut',
  'defender.badAnswer',
  'defender.contradiction',
  'defender.answerTooLarge',
  'defender.linkRefused',
  'defender.resultRefused',
] as const;

export type DefenderErrorCode = (typeof defenderErrorCodes)[number];

/** A Defender call that did not do what it was asked. Its message is made of our own words only: no link, query, token or body. */
export class DefenderError extends Error {
  override readonly name = 'DefenderError';
  readonly code: DefenderErrorCode;
  /** The API's own `error.code`, when it gave one. */
  readonly defenderCode: string | null;
  /** HTTP status, or null when there was no answer. */
  readonly status: number | null;
  /** The API's correlation id (`error.target`), to quote to Microsoft support. */
  readonly target: string | null;
  /** How long Defender asked us to stay away. */
  readonly retryAfterMs: number | null;
  /** Defender's free text, bounded and without links: for an operator's eyes, never to branch on. */
  readonly detail: string | null;

  constructor(call: string, code: DefenderErrorCode, facts: DefenderErrorFacts = {}) {
    const seen = [facts.status ?? null, facts.defenderCode ?? null].filter((f) => f !== null).join(' ');
    super(
      `${call}: ${code}${seen === '' ? '' : ` (${seen})`}`,
      facts.cause === undefined ? {} : { cause: facts.cause },
    );
    this.code = code;
    this.defenderCode = facts.defenderCode ?? null;
    this.status = facts.status ?? null;
    this.target = facts.target ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
    this.detail = facts.detail ?? null;
  }
}

export interface DefenderErrorFacts {
  readonly defenderCode?: string | null;
  readonly status?: number | null;
  readonly target?: string | null;
  readonly retryAfterMs?: number | null;
  readonly detail?: string | null;
  readonly cause?: unknown;
}

/** What Defender said in its error envelope; all null when the body was something else (a proxy's page, nothing, half a document). */
export interface ErrorEnvelope {
  readonly code: string | null;
  readonly message: string | null;
  readonly target: string | null;
}

/** The word for a refusal: by Defender's code when we know it, else by HTTP status, never by its text (common-errors). */
export function classifyRefusal(status: number, defenderCode: string | null): DefenderErrorCode {
  const known = defenderCode === null ? undefined : codeByDefenderCode.get(defenderCode.toLowerCase());
  if (known !== undefined) return known;
  if (status === 401) return 'defender.unauthorized';
  if (status === 403) return 'defender.forbidden';
  if (status === 404) return 'defender.notFound';
  if (status === 429) return 'defender.throttled';
  if (status >= 500) return 'defender.serverFault';
  if (status >= 400) return 'defender.badRequest';
  return 'defender.badAnswer';
}

/** Reads `{"error":{code,message,target}}` and survives everything else. */
export function readEnvelope(body: string): ErrorEnvelope {
  const error = fieldOf(parseJson(body), 'error');
  return {
    code: textOf(error, 'code', 100),
    message: textOf(error, 'message', 500),
    target: textOf(error, 'target', 100),
  };
}

/** What a person is told: what happened, why, what next. */
export const defenderSentences: Readonly<Record<DefenderErrorCode, string>> = {
  'defender.noToken':
    'No sign-in token could be got for Defender, so nothing was sent. Check the DEFENDER_ credentials of the service, then ask again.',
  'defender.unauthorized':
    'Defender refused the sign-in of this bot, even with a fresh token. An administrator must check the app registration and its tenant.',
  'defender.forbidden':
    'The app registration of this bot lacks a permission for this in Defender. An administrator must grant it and give admin consent.',
  'defender.featureDisabled':
    'Live response is switched off in this Defender tenant. An administrator can switch it on under Settings, Endpoints, Advanced features.',
  'defender.operationDisallowed':
    'Defender does not allow live response on this device, because its device group has no remediation level. An administrator can set one for the group.',
  'defender.machineBusy':
    'Defender says that another live response session is open on this device. Wait until it has ended, then ask again.',
  'defender.deviceUnsupported':
    'Live response does not work on this device: its operating system or its Defender client is not supported. Update the device or use another way.',
  'defender.badRequest':
    'Defender did not accept what it was asked. Check the device, the file names and the arguments, then ask again.',
  'defender.notFound':
    'Defender does not know this device, action or file. Check the name; a new action may take two minutes to appear.',
  'defender.throttled':
    'Defender asked this bot to slow down. What is approved goes on by itself after the wait that Defender named; what you just asked for, ask again in a minute.',
  'defender.budgetSpent':
    'Defender lets this bot ask only so often, and what is left for now is kept for requests that are under way. Ask again in a few minutes.',
  'defender.shareSpent':
    'You have used your own share of what this bot may ask Defender, so that the others keep theirs. Ask again in a minute.',
  'defender.serverFault': 'Defender answered that it had a fault of its own. Ask again in a few minutes.',
  'defender.unreachable':
    'The network brought no answer from Defender. Check the connection of the service to Defender, then ask again.',
  'defender.timedOut': 'Defender did not answer in time. Ask again in a few minutes.',
  'defender.badAnswer':
    'Defender answered with something this bot cannot read, so it is not relied on. Ask again; if it stays, tell an administrator.',
  'defender.contradiction':
    'Defender lists this device but does not return it by its id, so it is not relied on. Ask again in a few minutes.',
  'defender.answerTooLarge':
    'Defender answered with more than this bot is willing to read. Ask for less, or tell an administrator.',
  'defender.linkRefused':
    'Defender gave a result link to a place that this bot does not trust, so nothing was fetched. An administrator can compare it with the allowed result hosts.',
  'defender.resultRefused':
    'The store that keeps Defender results refused to hand this one out. Ask for the result again; a fresh link is fetched each time.',
};

/** Defender's codes as documented in common-errors and run-live-response, in lower case; `"429"` is what the wire carries for TooManyRequests. */
const codeByDefenderCode: ReadonlyMap<string, DefenderErrorCode> = new Map([
  ['unauthorized', 'defender.unauthorized'],
  ['forbidden', 'defender.forbidden'],
  ['disabledfeature', 'defender.featureDisabled'],
  ['disallowedoperation', 'defender.operationDisallowed'],
  ['activerequestalreadyexists', 'defender.machineBusy'],
  ['osplatformnotsupported', 'defender.deviceUnsupported'],
  ['clientversionnotsupported', 'defender.deviceUnsupported'],
  ['notfound', 'defender.notFound'],
  ['resourcenotfound', 'defender.notFound'],
  ['toomanyrequests', 'defender.throttled'],
  ['429', 'defender.throttled'],
  ['internalservererror', 'defender.serverFault'],
  ['badrequest', 'defender.badRequest'],
  ['odataerror', 'defender.badRequest'],
  ['invalidinput', 'defender.badRequest'],
  ['invalidrequestbody', 'defender.badRequest'],
  ['invalidipaddress', 'defender.badRequest'],
  ['missingrequiredparameter', 'defender.badRequest'],
]);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

const fieldOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;

function textOf(value: unknown, key: string, limit: number): string | null {
  const field = fieldOf(value, key);
  const text = typeof field === 'number' ? String(field) : field;
  return typeof text === 'string' && text !== '' ? withoutLinks(text).slice(0, limit) : null;
}

/** A link in an error text could be one that hands out a file (T-32). */
const withoutLinks = (text: string): string => text.replace(/\b[a-z][a-z0-9+.-]*:\/\/\S+/gi, '<link>');
