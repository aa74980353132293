import { err, ok, type Result } from '../lib/result';
import { type Command, findCommandFaults } from '../request/ask/command';
import { straighten } from './clean';
import { insteadOfConsole } from './console-words';
import type { Draft } from './draft';
import { checkDevice, checkReason } from './draft-check';
import type { ChatFault } from './faults';
import type { Notice } from './notices';
import { takeDevices } from './take-devices';
import { findVerb, nearestWord, verbs, verbTable } from './words';

export interface ReadDraft {
  readonly draft: Draft;
  /** The text before the reason. */
  readonly head: string;
  readonly notices: readonly Notice[];
}

/**
 * The request in the text after `on`: the device, the commands by line or `;`, the reason after `because`.
 *
 * Where the reason starts: at the first line, or part after `;`, that begins with `because`; only if there is none, at the first `because` that
 * stands as its own word outside double quotes. Everything after it is the reason, `;` and lines included. So a command may hold the word
 * when the real `because` has a line of its own, and a notice shows it.
 */
export function parseDraft(text: string): Result<ReadDraft, readonly ChatFault[]> {
  const because = findBecause(text);
  const head = straighten(because === null ? text : text.slice(0, because.start));
  const reason =
    because === null
      ? ''
      : text
          .slice(because.end)
          .replace(/[\t\u00a0]/g, ' ')
          .trim();
  const taken = takeDevices(head.text);
  if (!taken.ok) return err([{ type: 'badList', fault: taken.error }]);
  const { device, many, rest } = taken.value;
  const sharesLine = device !== '' && !/^[ \t]*(?:[\n;]|$)/.test(rest);
  const parsed = splitParts(rest).map(({ text: part, after }, i, parts) =>
    parseCommand(part, {
      device,
      afterDevice: sharesLine && i === 0,
      afterSemicolon: after === ';' && findVerb(firstWordOf(parts[i - 1]?.text ?? '')) === 'run',
    }),
  );
  const commands = parsed.flatMap((result) => (result.ok ? [result.value] : []));
  const draft: Draft = { device, ...(many === null ? {} : { many }), commands, reason };

  const unread = parsed.flatMap((result) => (result.ok ? [] : [result.error]));
  const faults = [...unread, ...findDraftFaults(draft, unread.length === 0)];
  if (faults.length > 0) return err(faults);
  return ok({ draft, head: head.text, notices: [...head.notices, ...findDoubts(draft)] });
}

/** `isWhole` is false when a command was not understood: then nothing is said of the others, and no corrected request could be shown. */
function findDraftFaults(draft: Draft, isWhole: boolean): readonly ChatFault[] {
  const { device, commands, reason } = draft;
  const understood = isWhole ? draft : null;
  const faults: ChatFault[] = [];
  if (device === '') faults.push({ type: 'missingDevice', draft: understood });
  else faults.push(...(draft.many?.queries ?? [device]).flatMap((one) => checkDevice(one)).slice(0, 5));
  if (isWhole && commands.length === 0) faults.push({ type: 'missingCommands', draft });
  else if (isWhole) {
    faults.push(...findCommandFaults(commands).map((fault): ChatFault => ({ type: 'badCommand', fault, draft })));
  }
  if (reason === '') faults.push({ type: 'missingReason', draft: understood });
  else faults.push(...checkReason(reason));
  return faults;
}

/** Text of the same length in which nothing inside a pair of double quotes on one line can be taken for a separator or a word. */
const maskQuoted = (text: string): string =>
  text.replace(/["\u201c-\u201f][^"\u201c-\u201f\n]*["\u201c-\u201f]/g, (quoted) => 'x'.repeat(quoted.length));

function findBecause(text: string): { readonly start: number; readonly end: number } | null {
  const masked = maskQuoted(text);
  const found =
    /because(?<=(?:^|[\n;])[ \t\u00a0]*because)(?:(?=\s|$)|:)/i.exec(masked) ??
    /(?<=[ \t\u00a0])because(?:(?=\s|$)|:)/i.exec(masked);
  return found === null ? null : { start: found.index, end: found.index + found[0].length };
}

/** The mark of a list's line, as it is pasted. */
export const bullet = /^[ \t]*[-*\u2022\u00b7](?:[ \t\u00a0]+|$)/;

interface Part {
  readonly text: string;
  /** The separator before it; empty for the first. */
  readonly after: string;
}

function splitParts(text: string): readonly Part[] {
  const masked = maskQuoted(text);
  const parts: Part[] = [];
  let start = 0;
  let after = '';
  for (const { 0: separator, index } of masked.matchAll(/[\n;]|$/g)) {
    parts.push({ text: trimBlanks(text.slice(start, index).replace(bullet, '')), after });
    start = index + 1;
    after = separator;
  }
  return parts.filter((part) => part.text !== '');
}

const firstWordOf = (part: string): string => /^[^ \t]+/.exec(part)?.[0] ?? '';

interface Before {
  readonly device: string;
  readonly afterDevice: boolean;
  readonly afterSemicolon: boolean;
}

function parseCommand(part: string, { device, ...found }: Before): Result<Command, ChatFault> {
  const typed = firstWordOf(part);
  const verb = findVerb(typed);
  const instead = verb === null ? insteadOfConsole(typed) : null;
  if (instead !== null) return err({ type: 'consoleCommand', typed, instead, device: device || null });
  if (verb === null) return err({ type: 'unknownCommand', typed, suggestion: nearestWord(typed, verbs), ...found });
  const rest = trimBlanks(part.slice(typed.length));
  const name = takeName(rest);
  if (name === null) return err({ type: 'unclosedQuote', typed: part });
  const more = trimBlanks(rest.slice(name.length));
  const type = verbTable[verb].type;
  if (type === 'RunScript') {
    const args = readArgs(more);
    return args === null
      ? err({ type: 'unclosedQuote', typed: part })
      : ok({ type, scriptName: name.text, args: args === '' ? null : args });
  }
  if (more !== '') return err({ type: 'extraWords', verb, typed: rest });
  return ok(type === 'PutFile' ? { type, fileName: name.text } : { type, path: name.text });
}

/** The first word, which double quotes may hold together; null when a quote is not closed. */
function takeName(text: string): { readonly text: string; readonly length: number } | null {
  if (!text.startsWith('"')) {
    const name = /^[^ \t]*/.exec(text)?.[0] ?? '';
    return { text: name, length: name.length };
  }
  const quoted = /^"([^"]*)"(?=[ \t]|$)/.exec(text);
  return quoted === null ? null : { text: quoted[1] ?? '', length: quoted[0].length };
}

/** The argument string byte for byte; `-parameters "<args>"` as in the portal is the same as `<args>`; null when its quote is not closed. */
function readArgs(text: string): string | null {
  const named = /^--?parameters(?:[ \t]+|$)/i.exec(text);
  if (named === null) return text;
  const value = text.slice(named[0].length);
  if (!value.startsWith('"')) return value;
  return value.length > 1 && value.endsWith('"') ? trimBlanks(value.slice(1, -1)) : null;
}

/** What a reader of the draft might take for something else. */
function findDoubts({ commands, reason }: Draft): readonly Notice[] {
  const doubts: Notice[] = [];
  for (const command of commands) {
    const texts = command.type === 'RunScript' ? [command.scriptName, command.args ?? ''] : [];
    if (command.type === 'GetFile') texts.push(command.path);
    if (command.type === 'PutFile') texts.push(command.fileName);
    if (texts.some((text) => /\p{Extended_Pictographic}|\p{Regional_Indicator}/u.test(text)))
      doubts.push({ type: 'emojiInCommand', command }); // guard: emoji-in-commands-told
    if (command.type === 'RunScript' && /(?:^|\s)(?:stop-?at|canary)\s/i.test(command.args ?? ''))
      doubts.push({ type: 'limitInCommand', command });
    if (texts.some((text) => /(?:^|\s)because(?:\s|$)/i.test(text))) doubts.push({ type: 'becauseInCommand', command });
  }
  for (const part of reason.split(/[\n;]/).slice(1).map(trimBlanks)) {
    const command = parseCommand(part, { device: '', afterDevice: false, afterSemicolon: false });
    if (command.ok && findCommandFaults([command.value]).length === 0)
      doubts.push({ type: 'commandInReason', text: part });
  }
  return doubts;
}

const trimBlanks = (text: string): string => text.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, '');
