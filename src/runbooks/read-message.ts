import type { Runbook, Runbooks } from './runbook';

/** A message that is about runbooks. `device` and `reason` are as typed; empty where they are missing. */
export type RunbookMessage =
  | { readonly type: 'list' }
  | { readonly type: 'unknown'; readonly name: string; readonly known: readonly string[] }
  | { readonly type: 'show'; readonly runbook: Runbook }
  | { readonly type: 'ask'; readonly runbook: Runbook; readonly asked: AskedRunbook };

export interface AskedRunbook {
  readonly device: string;
  readonly reason: string;
  readonly given: ReadonlyMap<string, string>;
  /** What is neither `name=value` nor a part of the sentence. */
  readonly strays: readonly string[];
  /** Named more than once. */
  readonly twice: readonly string[];
}

/** What a message asks of the runbooks; null where it is about none, and then it is read like any other. */
export function readRunbookMessage(text: string, runbooks: Runbooks): RunbookMessage | null {
  const [, first = '', rest = ''] = /^\s*(\S+)([\s\S]*)$/.exec(text) ?? [];
  const word = first.toLowerCase();
  if (word === 'runbooks') return { type: 'list' };
  if (word !== 'runbook') {
    const runbook = runbooks.get(word);
    return runbook === undefined ? null : about(runbook, rest);
  }
  const [, name = '', more = ''] = /^\s*(\S+)([\s\S]*)$/.exec(rest) ?? [];
  if (name === '') return { type: 'list' };
  const runbook = runbooks.get(name.toLowerCase());
  return runbook === undefined ? { type: 'unknown', name, known: [...runbooks.keys()] } : about(runbook, more);
}

function about(runbook: Runbook, rest: string): RunbookMessage {
  return rest.trim() === '' ? { type: 'show', runbook } : { type: 'ask', runbook, asked: readAsked(rest) };
}

const token = /([A-Za-z_]\w*)=(?:"([^"]*)"|(\S*))|"([^"]*)"|(\S+)/g;

function readAsked(rest: string): AskedRunbook {
  const because = /(?:^|\s)because:?(?:\s|$)/i.exec(rest);
  const head = because === null ? rest : rest.slice(0, because.index);
  const reason = because === null ? '' : rest.slice(because.index + because[0].length).trim();
  const given = new Map<string, string>();
  const strays: string[] = [];
  const twice: string[] = [];
  let device = '';
  let expectsDevice = false;
  for (const [whole, name, quoted, plain, quotedWord, word] of head.matchAll(token)) {
    if (expectsDevice) {
      device = quotedWord ?? whole;
      expectsDevice = false;
    } else if (name !== undefined) {
      if (given.has(name)) twice.push(name);
      given.set(name, quoted ?? plain ?? '');
    } else if (device === '' && word?.toLowerCase() === 'on') expectsDevice = true;
    else strays.push(quotedWord ?? whole);
  }
  return { device, reason, given, strays, twice };
}

/** The line that asks for it; what is missing, or was wrong, shows as an example. */
export function writeAsk(
  { name, parameters }: Runbook,
  { device, reason, given }: Pick<AskedRunbook, 'device' | 'reason' | 'given'>,
  wrong: readonly string[] = [],
): string {
  const values = parameters.flatMap((parameter) => {
    const typed = given.get(parameter.name);
    const isGood = typed !== undefined && typed.trim() !== '' && !wrong.includes(parameter.name);
    if (!isGood && !parameter.isRequired && !wrong.includes(parameter.name)) return [];
    const value = isGood ? typed : parameter.example;
    return [`${parameter.name}=${/[\s"]/.test(value) ? `"${value.replaceAll('"', '')}"` : value}`];
  });
  return [name, `on ${device || '<device>'}`, ...values, `because ${reason || '<reason>'}`].join(' ');
}
