import { err, ok, type Result } from '../lib/result';
import { type Command, type CommandFault, findCommandFaults, maxCommands, maxPathLength } from '../request/ask/command';
import type { Draft } from './draft';
import { checkDevice, checkReason, maxDeviceLength } from './draft-check';
import { type ChatFault, describeCommandFault, describeFaults } from './faults';
import { findVerb, type Verb, verbOf, verbs, verbTable } from './words';

/** One command as it stands in the form; `args` counts for `run` only. */
export interface FormRow {
  readonly verb: Verb;
  readonly name: string;
  readonly args: string;
}

/** What a person has filled in, to be shown again as it is. Input ids: `device`, `type1`, `name1`, `args1`, …, `reason`; rows count from 1. */
export interface FormInput {
  readonly device: string;
  readonly rows: readonly FormRow[];
  readonly reason: string;
  /** They would rather type than choose. */
  readonly typed?: true;
  /** What a message named, when the form was opened on one. */
  readonly found?: Found;
}

/** Devices and paths that a message names, offered and never taken for granted. */
export interface Found {
  readonly devices: readonly string[];
  readonly paths: readonly string[];
}

/** More than that is a list, and a form offers what one message is about. */
export const mostFound = 10;

type FormFaultType =
  | 'missingDevice'
  | 'missingReason'
  | 'badCommand'
  | 'extraWords'
  | 'tooLong'
  | 'hiddenCharacters'
  | 'holdsMark';

/** A fault and the input that it belongs under. `refused`: the draft was legal, and what it names is not to be had. */
export interface FormFault {
  readonly inputId: string;
  readonly fault: Extract<ChatFault, { type: FormFaultType }> | { readonly type: 'refused'; readonly sentence: string };
}

/** The form was opened from a message that names nothing to ask for. */
export const nothingFound: FormFault = {
  inputId: 'device',
  fault: { type: 'refused', sentence: 'I found no device, address or path in this message. Type the device here.' },
};

/** `row` counts from 1. */
export type FormEdit =
  | { readonly type: 'add'; readonly verb: Verb }
  | { readonly type: 'typing' }
  | { readonly type: 'remove'; readonly row: number };

/** The form as it is first shown: one row of each kind; rows that stay empty are left out. */
export const createForm = (device: string | null, found: Found | null = null): FormInput => ({
  device: device ?? '',
  rows: verbs.map(emptyRow),
  reason: '',
  ...(found === null ? {} : { found }),
});

/** The form that makes this draft. */
export function draftToForm({ device, commands, reason }: Draft): FormInput {
  const rows = commands.map(commandToRow);
  const missing = verbs.filter((verb) => !rows.some((row) => row.verb === verb)).slice(0, maxCommands - rows.length);
  return missing.reduce((input, verb) => editForm(input, { type: 'add', verb }), { device, rows, reason } as FormInput);
}

/**
 * The draft in a card's data, or every fault with the input it belongs to. The data is untrusted (T-9): whatever it is, nothing is thrown.
 * Nothing is respelled here: a name or argument is what was typed without its outer blanks, and a name may stand in double quotes as in chat.
 */
export function readForm(data: unknown): Result<Draft, readonly FormFault[]> {
  const input = readFormInput(data);
  const filled = [...input.rows.entries()].filter(([, row]) => row.name.trim() !== '' || row.args.trim() !== '');
  const draft: Draft = {
    device: input.device.trim(),
    commands: filled.map(([, row]) => rowToCommand(row)),
    reason: input.reason
      .replace(/\r\n?/g, '\n')
      .replace(/[\t\u00a0]/g, ' ')
      .trim(),
  };
  const faults: FormFault[] = [];
  if (draft.device === '') faults.push({ inputId: 'device', fault: { type: 'missingDevice', draft } });
  for (const fault of checkDevice(draft.device)) faults.push({ inputId: 'device', fault });
  for (const fault of findCommandFaults(draft.commands)) {
    const row = 'index' in fault ? (filled[fault.index]?.[0] ?? 0) : 0;
    faults.push({ inputId: `${partOf(fault)}${row + 1}`, fault: { type: 'badCommand', fault, draft } });
  }
  for (const [row, { verb, args }] of filled) {
    if (verb !== 'run' && args.trim() !== '') {
      faults.push({ inputId: `args${row + 1}`, fault: { type: 'extraWords', verb, typed: args.trim() } });
    }
  }
  if (draft.reason === '') faults.push({ inputId: 'reason', fault: { type: 'missingReason', draft } });
  for (const fault of checkReason(draft.reason)) faults.push({ inputId: 'reason', fault });
  return faults.length === 0 ? ok(draft) : err(faults);
}

/** The raw values of a card's data; anything that is not text counts as empty, without rows it has those of a new form, and at most ten are read. */
export function readFormInput(data: unknown): FormInput {
  const values = typeof data === 'object' && data !== null ? data : {};
  const text = (id: string): string => {
    const value: unknown = Object.hasOwn(values, id) ? Reflect.get(values, id) : undefined;
    return typeof value === 'string' ? value : '';
  };
  const rows: FormRow[] = [];
  for (let n = 1; n <= maxCommands; n++) {
    const verb = findVerb(text(`type${n}`));
    if (verb === null) break;
    rows.push({ verb, name: text(`name${n}`), args: text(`args${n}`) });
  }
  const found = readFound(Object.hasOwn(values, 'found') ? Reflect.get(values, 'found') : null);
  return {
    device: text('device'),
    rows: rows.length === 0 ? verbs.map(emptyRow) : rows,
    reason: text('reason'),
    ...(Object.hasOwn(values, 'typed') && Reflect.get(values, 'typed') === true ? { typed: true } : {}),
    ...(found === null ? {} : { found }),
  };
}

/** The part of a form's data that no input holds; with the inputs' values it reads as the same form again. */
export const formData = ({ rows, typed, found }: FormInput): Readonly<Record<string, unknown>> => ({
  ...Object.fromEntries(rows.map(({ verb }, i) => [`type${i + 1}`, verb])),
  ...(typed === undefined ? {} : { typed }),
  ...(found === undefined ? {} : { found }),
});

/** A draft as the form shows it: what was asked before, to be changed and asked again. */
export const formOf = ({ device, commands, reason }: Draft): FormInput => ({
  device,
  rows: commands.map((command) => ({
    verb: verbOf(command.type),
    name:
      command.type === 'PutFile' ? command.fileName : command.type === 'GetFile' ? command.path : command.scriptName,
    args: command.type === 'RunScript' ? (command.args ?? '') : '',
  })),
  reason,
});

/** All of a form's data, as a button carries it that brings the form back. */
export const wholeFormData = (input: FormInput): Readonly<Record<string, unknown>> => ({
  ...formData(input),
  device: input.device,
  ...Object.fromEntries(
    input.rows.flatMap(({ name, args }, i) => [
      [`name${i + 1}`, name],
      [`args${i + 1}`, args],
    ]),
  ),
  reason: input.reason,
});

function readFound(data: unknown): Found | null {
  if (typeof data !== 'object' || data === null) return null;
  const list = (key: string, longest: number): readonly string[] => {
    const value: unknown = Object.hasOwn(data, key) ? Reflect.get(data, key) : null;
    const texts = Array.isArray(value) ? value : [];
    return texts
      .filter((text) => typeof text === 'string' && text !== '' && text.length <= longest)
      .slice(0, mostFound);
  };
  const found = { devices: list('devices', maxDeviceLength), paths: list('paths', maxPathLength) };
  return found.devices.length + found.paths.length === 0 ? null : found;
}

/** The form with a row more, after the last one of its kind so that the order stays allowed, or with one less; it stays between one and ten rows. */
export function editForm(input: FormInput, edit: FormEdit): FormInput {
  if (edit.type === 'remove') {
    const rows = input.rows.filter((_row, i) => i !== edit.row - 1);
    return rows.length === 0 ? input : { ...input, rows };
  }
  if (edit.type === 'typing') return { ...input, typed: true };
  if (input.rows.length >= maxCommands) return input;
  const rank = verbs.indexOf(edit.verb);
  const later = input.rows.findIndex((row) => verbs.indexOf(row.verb) > rank);
  const at = later === -1 ? input.rows.length : later;
  return { ...input, rows: input.rows.toSpliced(at, 0, emptyRow(edit.verb)) };
}

/** What is wrong with an input, why and what to do, without the chat's examples. */
export function describeFormFault({ fault }: FormFault): string {
  switch (fault.type) {
    case 'badCommand':
      return describeCommandFault(fault.fault);
    case 'missingDevice':
      return 'The device is missing, and I never guess one. Give its name, address or id, or tag: and a tag.';
    case 'missingReason':
      return 'The reason is missing, and approvers decide by it. Say in a few words why.';
    case 'extraWords':
      return `${fault.verb} takes a name only, so there is nothing to pass arguments to. Empty this field.`;
    case 'refused':
      return fault.sentence;
    case 'tooLong':
    case 'hiddenCharacters':
    case 'holdsMark':
      return describeFaults([fault]);
  }
}

const emptyRow = (verb: Verb): FormRow => ({ verb, name: '', args: '' });

function rowToCommand({ verb, name, args }: FormRow): Command {
  const bare = name.trim().replace(/^"([^"]*)"$/, '$1');
  switch (verbTable[verb].type) {
    case 'PutFile':
      return { type: 'PutFile', fileName: bare };
    case 'RunScript':
      return { type: 'RunScript', scriptName: bare, args: args.trim() === '' ? null : args.trim() };
    case 'GetFile':
      return { type: 'GetFile', path: bare };
  }
}

function commandToRow(command: Command): FormRow {
  switch (command.type) {
    case 'PutFile':
      return { verb: 'putfile', name: command.fileName, args: '' };
    case 'RunScript':
      return { verb: 'run', name: command.scriptName, args: command.args ?? '' };
    case 'GetFile':
      return { verb: 'getfile', name: command.path, args: '' };
  }
}

function partOf(fault: CommandFault): 'name' | 'args' {
  if (fault.type === 'forbiddenArgs' || fault.type === 'typographicArgs') return 'args';
  return 'part' in fault && fault.part === 'args' ? 'args' : 'name';
}
