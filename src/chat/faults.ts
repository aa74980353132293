import { formatNumber } from '../lib/number';
import { hasHiddenInProse, visible, visibleCode } from '../lib/visible';
import {
  type Command,
  type CommandFault,
  type CommandPart,
  forbiddenArgCharacters,
  maxCommands,
  maxTotalLength,
} from '../request/ask/command';
import type { RequestId } from '../request/request';
import { isIncidentId, maxIncidentLength } from './break-glass';
import { missingNames, pathFaults } from './command-fault-words';
import { consoleOptionIn } from './console-words';
import type { DeviceListFault } from './device-list';
import { type Draft, writeDraft } from './draft';
import { describeListFault } from './list-fault-words';
import { exampleRequest, type Verb, verbOf, verbTable, type Word, words, wordTable } from './words';

/** Why a message is not understood or may not become a request; nothing is stored or sent for any of them. Texts are as typed: untrusted. */
export type ChatFault =
  | { readonly type: 'empty' }
  /** A quoted or forwarded message, with no words of the sender's own. */
  | { readonly type: 'onlyQuoted' }
  | {
      readonly type: 'tooLong';
      readonly part: 'message' | 'device' | 'reason' | 'query';
      readonly length: number;
      readonly limit: number;
    }
  | { readonly type: 'hiddenCharacters'; readonly part: 'message' | 'device' | 'reason'; readonly text: string }
  | { readonly type: 'holdsMark'; readonly part: 'device' | 'reason' }
  | { readonly type: 'unknownWord'; readonly typed: string; readonly suggestion: Word | Verb | null }
  | { readonly type: 'missingText'; readonly word: Word }
  | { readonly type: 'unexpectedText'; readonly word: Word; readonly typed: string }
  /** `draft` is what was understood, or null when a command was not. */
  | { readonly type: 'missingDevice'; readonly draft: Draft | null }
  | { readonly type: 'missingCommands'; readonly draft: Draft | null }
  | { readonly type: 'missingReason'; readonly draft: Draft | null }
  /** `afterDevice`: it stands right behind the device and may be a part of its name. */
  | {
      readonly type: 'unknownCommand';
      readonly typed: string;
      readonly suggestion: Verb | null;
      readonly afterDevice: boolean;
      /** A `;` stands between it and a script, and may have been meant as a part of the arguments. */
      readonly afterSemicolon: boolean;
    }
  /** A command of Defender's own console; `device` is the one it was for, where that was understood. */
  | {
      readonly type: 'consoleCommand';
      readonly typed: string;
      readonly instead: string;
      readonly device: string | null;
    }
  | { readonly type: 'extraWords'; readonly verb: Verb; readonly typed: string }
  | { readonly type: 'unclosedQuote'; readonly typed: string }
  | { readonly type: 'badCommand'; readonly fault: CommandFault; readonly draft: Draft }
  | { readonly type: 'badList'; readonly fault: DeviceListFault }
  | { readonly type: 'badRequestId'; readonly word: Word; readonly typed: string }
  | { readonly type: 'badDigest'; readonly id: RequestId; readonly typed: string }
  | { readonly type: 'badResultNumber'; readonly id: RequestId; readonly typed: string }
  /** `before` is what was understood, such as `cancel LR-7F3K`. */
  | { readonly type: 'missingBecause'; readonly before: string; readonly typed: string }
  | { readonly type: 'missingDenyReason'; readonly id: RequestId; readonly typed: string }
  | { readonly type: 'missingPauseReason'; readonly typed: string }
  /** What is there is kept, empty for what is not; a `reason` without `because` lacks. */
  | {
      readonly type: 'incompleteBreakGlass';
      readonly id: RequestId;
      readonly lacksReason: boolean;
      readonly reason: string;
      readonly incident: string;
    }
  | { readonly type: 'badIncident'; readonly id: RequestId; readonly typed: string }
  | { readonly type: 'missingVerdict'; readonly id: RequestId; readonly typed: string }
  | { readonly type: 'missingObjection'; readonly id: RequestId; readonly typed: string }
  /** The request after `policy explain`; what is copied from the answer must not ask for it. */
  | { readonly type: 'notExplainable'; readonly faults: readonly ChatFault[] };

/** All faults of one message: each once, then the corrected request when all of them can be corrected. */
export function describeFaults(faults: readonly ChatFault[]): string {
  const [only, ...others] = faults;
  return only?.type === 'notExplainable' && others.length === 0
    ? describeAs('policy explain ', only.faults)
    : describeAs('', faults);
}

/** What is wrong, why, and what to type instead, with one correct example. Lines end in `\n`; the text is plain, never markdown. */
export const describeFault = (fault: ChatFault): string => describeFaults([fault]);

/** `start` goes before every example of a request. */
function describeAs(start: string, faults: readonly ChatFault[]): string {
  const sentences = faults.map((fault) => `${faults.length === 1 ? '' : '- '}${sentenceOf(fault)}`);
  return [...sentences, ...exampleFor(start, faults)].join('\n');
}

/** The request with all `faults` corrected; or a whole example, when a part is missing and the rest was not understood either. */
function exampleFor(start: string, faults: readonly ChatFault[]): readonly string[] {
  const drafts = faults.map(correctableDraft);
  const [draft] = drafts;
  if (draft && !drafts.includes(null)) {
    const commands = faults.map(correctedCommands).find((corrected) => corrected !== null) ?? draft.commands;
    return ['Send it like this:', `${start}${written({ ...draft, commands })}`];
  }
  return faults.some(isMissingPart) ? ['A whole request looks like this:', `${start}${exampleRequest}`] : [];
}

/** The draft of a fault that can be corrected without asking the person what they meant. */
function correctableDraft(fault: ChatFault): Draft | null {
  if (isMissingPart(fault)) return fault.draft;
  return fault.type === 'badCommand' && fault.fault.type === 'wrongOrder' ? fault.draft : null;
}

function correctedCommands(fault: ChatFault): readonly Command[] | null {
  if (fault.type === 'missingCommands') return exampleCommands;
  return fault.type === 'badCommand' && fault.fault.type === 'wrongOrder' ? fault.fault.corrected : null;
}

type MissingPart = Extract<ChatFault, { type: 'missingDevice' | 'missingCommands' | 'missingReason' }>;
const isMissingPart = (fault: ChatFault): fault is MissingPart =>
  fault.type === 'missingDevice' || fault.type === 'missingCommands' || fault.type === 'missingReason';

function sentenceOf(fault: ChatFault): string {
  switch (fault.type) {
    case 'empty':
      return `The message has no text that I can read. Type help to see what I understand, or ask for something, for example:\n${exampleRequest}`;
    case 'onlyQuoted':
      return "This holds somebody else's message and no words of yours, so nothing was asked. I never take quoted or forwarded words for a request. If you want the same, copy its text into a message of your own.";
    case 'tooLong':
      return `${tooLongParts[fault.part]} is ${formatNumber(fault.length)} characters long and ${formatNumber(fault.limit)} is the most I accept. Shorten it and send it again.`;
    case 'hiddenCharacters':
      return `${hiddenParts[fault.part]} holds characters that nobody can see: ${fault.part === 'device' ? shownCode(fault.text) : shown(fault.text)}. Approvers could not read it as it is, so delete them (type it instead of pasting it) and send it again.`;
    case 'holdsMark':
      return `${hiddenParts[fault.part]} ${standsForNothing}`;
    case 'unknownWord':
      return describeUnknownWord(fault);
    case 'missingText':
      return `${fault.word} needs more: ${wordTable[fault.word].syntax}. For example: ${wordTable[fault.word].example}`;
    case 'unexpectedText':
      return `I do not understand "${shown(fault.typed)}" after ${fault.word}, which goes: ${wordTable[fault.word].syntax}. For example: ${wordTable[fault.word].example}`;
    case 'missingDevice':
      return 'The device is missing, and I never guess one. Start with the word on and the device.';
    case 'missingCommands':
      return 'There is no command for the device. Write putfile, run or getfile, one on a line, between the device and because.';
    case 'missingReason':
      return 'The reason is missing, and approvers decide by it. End with the word because and the reason.';
    case 'unknownCommand':
      return describeUnknownCommand(fault);
    case 'consoleCommand':
      return `"${shown(fault.typed)}" works only in Defender's own console. ${fault.instead}`;
    case 'extraWords':
      return (
        describeConsoleOption(fault) ??
        `${fault.verb} takes exactly one name, and "${shown(fault.typed)}" is more than one word. If the name has blanks, put it in double quotes: ${fault.verb} "${shown(fault.typed.replaceAll('"', ''))}"`
      );
    case 'unclosedQuote':
      return `A double quote is not closed, or has no blank after it, in: ${shown(fault.typed)}. A name with blanks stands between two double quotes, for example: getfile "C:\\Program Files\\x.log"`;
    case 'badCommand':
      return describeBadCommand(fault);
    case 'badList':
      return describeListFault(fault.fault);
    case 'badRequestId':
      return `"${shown(fault.typed)}" is not a request id. An id is LR- and four or more characters, never 0, O, 1, I, L or U, and stands on the request's card. For example: ${wordTable[fault.word].example}`;
    case 'badDigest':
      return `"${shown(fault.typed)}" is not the digest of ${fault.id}. It is the six or more characters 0-9 and a-f that the card shows, and proves which version you read. For example: approve ${fault.id} 3f9a21c0`;
    case 'badResultNumber':
      return `"${shown(fault.typed)}" is not the number of a command. Commands of a request are counted from 1. For example: result ${fault.id} 1`;
    case 'missingBecause':
      return `I do not understand "${shown(fault.typed)}" after ${fault.before}. If it is the reason, write the word because before it: ${fault.before} because ${shown(fault.typed)}`;
    case 'missingDenyReason':
      return `A denial needs a reason, so that the requester knows what to change. Write it after the word because: deny ${fault.id} because ${shown(fault.typed) || 'the ticket names another device'}`;
    case 'missingPauseReason':
      return `A pause needs a reason, because it stops everybody and stands on every card. This changed nothing. Write it after the word because: pause because ${shown(fault.typed) || 'INC-1042 a library script may be tampered with'}`;
    case 'incompleteBreakGlass':
      return describeIncompleteBreakGlass(fault);
    case 'badIncident':
      return `"${shown(fault.typed)}" is not an incident id. It is one word of letters, digits and -, with a digit in it and at most ${maxIncidentLength} characters, so that the review can look it up. For example: breakglass ${fault.id} because ransomware is spreading incident INC-1042`;
    case 'missingVerdict':
      return `${fault.typed === '' ? 'A review needs a verdict.' : `"${shown(fault.typed)}" is not a verdict.`} Say whether the break-glass of ${fault.id} was right: review ${fault.id} accept, or if it was not: review ${fault.id} object because <reason>`;
    case 'missingObjection':
      return `An objection needs a reason, so that the owners know what to look into. Write it after the word because: review ${fault.id} object because ${shown(fault.typed) || 'a second approver was at hand'}`;
    case 'notExplainable':
      return describeFaults([fault]);
  }
}

/** What is wrong with one command, why and what to do; without an example, so that it fits under a form's field as well. */
export function describeCommandFault(fault: CommandFault): string {
  switch (fault.type) {
    case 'noCommands':
      return 'There is no command. Give at least one: putfile, run or getfile.';
    case 'tooManyCommands':
      return `These are ${fault.count} commands and ${maxCommands} is the most that approvers can read on one card. Split them into several requests.`;
    case 'tooLongTogether':
      return `The commands are ${formatNumber(fault.length)} characters long together and ${formatNumber(maxTotalLength)} is the most that fits on the approval card. Shorten them or split them into several requests.`;
    case 'wrongOrder':
      return 'The commands are in an order that Defender refuses: it takes all putfile first, then all run, then all getfile.';
    case 'emptyName':
      return `${verbOf(fault.command)} names nothing. ${missingNames[fault.command]}`;
    case 'badName':
      return `"${shown(fault.name)}" cannot be the name of a library file. Give the name only, without a folder, not starting with a dot, and without any of \\ / : * ? " < > |; library lists the names.`;
    case 'forbiddenArgs':
      return `The arguments hold ${fault.characters.join(' ')}, and Defender does not allow any of ${forbiddenArgCharacters.join(' ')} in arguments. Leave them out, or pass the value in another form, such as Base64, if the script can read it.`;
    case 'holdsMark':
      return `${partNames[fault.part]} ${standsForNothing}`;
    case 'typographicArgs':
      return `The arguments hold ${fault.characters.join(' ')}, which PowerShell reads as plain quotes and dashes although they look different. Replace them with ", ' or -${fault.characters.some((c) => /[\u2013-\u2015]/.test(c)) ? ' (or -- where you typed two hyphens, of which apps make one long dash)' : ''}.`;
    case 'hiddenCharacters':
      return `${partNames[fault.part]} holds characters that nobody can see: ${shownCode(fault.text)}. Approvers could not read it as it is, so delete them (type it instead of pasting it).`;
    case 'tooLong':
      return `${partNames[fault.part]} is ${formatNumber(fault.length)} characters long and ${formatNumber(fault.limit)} is the most I accept. Shorten it.`;
    case 'badPath':
      return `"${shown(fault.path)}" cannot be collected: ${pathFaults[fault.why]}`;
  }
}

const standsForNothing = 'holds a mark that I put in the place of a secret. Write the value itself, or leave it out.';

function describeConsoleOption({ verb, typed }: Extract<ChatFault, { type: 'extraWords' }>): string | null {
  const found = consoleOptionIn(typed);
  if (found === null) return null;
  return `${visible(found.option)} works only in Defender's own console. Leave it out: ${verb} ${shown(found.rest)}`;
}

function describeUnknownWord({ typed, suggestion }: Extract<ChatFault, { type: 'unknownWord' }>): string {
  const start = `I do not know the word "${shown(typed)}".`;
  if (suggestion === null) {
    return `${start} A message starts with one of: ${words.join(', ')}. Type help to see what they do, or ask for something, for example:\n${exampleRequest}`;
  }
  const isVerb = suggestion in verbTable;
  const example = isVerb ? exampleRequest : wordTable[suggestion as Word].example;
  const hint = isVerb ? `${suggestion}, which stands after on and the device` : suggestion;
  return `${start} You may have meant ${hint}. For example:${example.includes('\n') ? '\n' : ' '}${example}`;
}

function describeIncompleteBreakGlass({
  id,
  lacksReason,
  reason,
  incident,
}: Extract<ChatFault, { type: 'incompleteBreakGlass' }>): string {
  const lacking = [
    ...(lacksReason ? ['a reason after the word because'] : []),
    ...(incident === '' ? ['an incident id after the word incident'] : []),
  ].join(' and ');
  return `Break-glass lets one person whom the policy names approve ${id} alone, the owners are told at once, and a review follows, so it needs ${lacking}. Nothing is changed yet. Write it like this: breakglass ${id} because ${shown(reason) || '<reason>'} incident ${isIncidentId(incident) ? incident : '<incident id>'}`;
}

function describeUnknownCommand({
  typed,
  suggestion,
  afterDevice,
  afterSemicolon,
}: Extract<ChatFault, { type: 'unknownCommand' }>): string {
  const start = `"${shown(typed)}" is not a command. Each line or part after ; starts with putfile, run or getfile.`;
  if (suggestion !== null) return `${start} You may have meant ${suggestion}: ${verbTable[suggestion].example}`;
  const semicolon = afterSemicolon
    ? ' The ; before it ends a command: Defender allows none in arguments, so that it cannot be a part of them.'
    : '';
  const device = afterDevice ? ' If it belongs to the device, put the whole device in double quotes.' : '';
  return `${start}${semicolon}${device} For example: ${verbTable.run.example}`;
}

function describeBadCommand({ fault, draft }: Extract<ChatFault, { type: 'badCommand' }>): string {
  const sentence = describeCommandFault(fault);
  if (fault.type === 'wrongOrder' || !('index' in fault)) return sentence;
  const command = draft.commands[fault.index];
  if (command === undefined) return sentence;
  const place = draft.commands.length > 1 ? `Command ${fault.index + 1} of ${draft.commands.length}: ` : '';
  return `${place}${sentence} For example: ${verbTable[verbOf(command.type)].example}`;
}

const exampleCommands: readonly Command[] = [
  { type: 'RunScript', scriptName: 'minidump.ps1', args: 'OfficeClickToRun' },
];

const tooLongParts = { message: 'The message', device: 'The device', reason: 'The reason', query: 'What to look for' };
const hiddenParts = { message: 'The message', device: 'The device', reason: 'The reason' };
const partNames: Readonly<Record<CommandPart, string>> = {
  name: 'The name',
  args: 'The argument string',
  path: 'The path',
};

/** A request to be copied, so a line is changed only where it could not be read or would be expanded. */
const written = (draft: Draft): string =>
  writeDraft(draft)
    .split('\n')
    .map((line) => (hasHiddenInProse(line) || line.includes('{{') ? visible(line) : line))
    .join('\n');

/** Text of a person inside a sentence: hidden characters visible, and cut, since it is there to be recognised. */
const shown = (text: string): string => cut(visible(text));
const shownCode = (text: string): string => cut(visibleCode(text));

const cut = (line: string): string => {
  return line.length <= 120 ? line : `${line.slice(0, 119)}…`;
};
