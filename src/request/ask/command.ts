import { hasHidden } from '../../lib/visible';
import { holdsMark } from '../../mask/marks';

/** One live response command, with the parameters that Defender documents for it (run-live-response, "Commands"). */
export type Command =
  | { readonly type: 'PutFile'; readonly fileName: string }
  | { readonly type: 'RunScript'; readonly scriptName: string; readonly args: string | null }
  | { readonly type: 'GetFile'; readonly path: string };

export type CommandType = Command['type'];

/** Defender runs commands in this order only (run-live-response: "must be in this order with no limit on repetitions"). */
export const commandOrder: readonly CommandType[] = ['PutFile', 'RunScript', 'GetFile'];

/** The API states no maximum, and an approver must be able to read all of them on one card. */
export const maxCommands = 10;
export const maxArgsLength = 2_000;
export const maxPathLength = 1_000;
export const maxNameLength = 200;
export const maxReasonLength = 1_000;
/** What does not fit on the approval card cannot be approved, so it cannot be asked either. Characters over all commands. */
export const maxTotalLength = 6_000;

/** What Defender says not to pass to a live response script (live-response-command-examples). */
export const forbiddenArgCharacters = [';', '&', '|', '!', '$'] as const;

/** PowerShell reads these as quotes and as `-` (T-25), so an approver would not read what the device reads. */
const typographic = /[\u2018-\u201f\u2013-\u2015]/gu;

/** The part of a command that a fault is about. */
export type CommandPart = 'name' | 'args' | 'path';

/** Why a list of commands cannot become a request; `index` is the zero-based command. */
export type CommandFault =
  | { readonly type: 'noCommands' }
  | { readonly type: 'tooManyCommands'; readonly count: number }
  | { readonly type: 'tooLongTogether'; readonly length: number }
  | { readonly type: 'wrongOrder'; readonly index: number; readonly corrected: readonly Command[] }
  | { readonly type: 'emptyName'; readonly index: number; readonly command: CommandType }
  | { readonly type: 'badName'; readonly index: number; readonly name: string }
  | { readonly type: 'forbiddenArgs'; readonly index: number; readonly characters: readonly string[] }
  /** What a card shows in the place of a secret: it stands for nothing. */
  | { readonly type: 'holdsMark'; readonly index: number; readonly part: CommandPart }
  | { readonly type: 'typographicArgs'; readonly index: number; readonly characters: readonly string[] }
  | { readonly type: 'hiddenCharacters'; readonly index: number; readonly part: CommandPart; readonly text: string }
  | {
      readonly type: 'tooLong';
      readonly index: number;
      readonly part: CommandPart;
      readonly length: number;
      readonly limit: number;
    }
  | { readonly type: 'badPath'; readonly index: number; readonly path: string; readonly why: PathFault };

export type PathFault =
  | 'notAbsolute'
  | 'uncOrDevice'
  | 'parentSegment'
  | 'alternateStream'
  | 'wildcard'
  | 'variable'
  | 'trailing'
  | 'forbiddenCharacter'
  | 'directory';

/** Defender's own `params` for a command: key names are case-sensitive on the wire, and RunScript without arguments sends no Args. */
export function commandToParams(command: Command): ReadonlyArray<{ readonly key: string; readonly value: string }> {
  switch (command.type) {
    case 'PutFile':
      return [{ key: 'FileName', value: command.fileName }];
    case 'RunScript':
      return command.args === null
        ? [{ key: 'ScriptName', value: command.scriptName }]
        : [
            { key: 'ScriptName', value: command.scriptName },
            { key: 'Args', value: command.args },
          ];
    case 'GetFile':
      return [{ key: 'Path', value: command.path }];
  }
}

/** The library file that a command uses, or null for GetFile. */
export function libraryFileOf(command: Command): string | null {
  switch (command.type) {
    case 'PutFile':
      return command.fileName;
    case 'RunScript':
      return command.scriptName;
    case 'GetFile':
      return null;
  }
}

/** Every fault of a list of commands, in reading order; an empty list means that Defender's documented rules and ours are met. */
export function findCommandFaults(commands: readonly Command[]): readonly CommandFault[] {
  if (commands.length === 0) return [{ type: 'noCommands' }];
  const faults: CommandFault[] = [];
  if (commands.length > maxCommands) faults.push({ type: 'tooManyCommands', count: commands.length });
  for (const [index, command] of commands.entries()) faults.push(...findFaults(command, index));
  const total = commands.reduce((sum, c) => sum + commandToParams(c).reduce((n, p) => n + p.value.length, 0), 0);
  if (faults.length === 0 && total > maxTotalLength) faults.push({ type: 'tooLongTogether', length: total });
  const ranks = commands.map((c) => commandOrder.indexOf(c.type));
  const broken = ranks.findIndex((rank, i) => i > 0 && rank < (ranks[i - 1] ?? 0));
  if (broken > 0) faults.push({ type: 'wrongOrder', index: broken, corrected: inAllowedOrder(commands) });
  return faults;
}

/** The same commands in the order that Defender allows; equal types keep their order. */
export const inAllowedOrder = (commands: readonly Command[]): readonly Command[] =>
  [...commands].sort((a, b) => commandOrder.indexOf(a.type) - commandOrder.indexOf(b.type));

function findFaults(command: Command, index: number): readonly CommandFault[] {
  switch (command.type) {
    case 'PutFile':
      return findNameFaults(command.fileName, 'PutFile', index);
    case 'RunScript':
      return [
        ...findNameFaults(command.scriptName, 'RunScript', index),
        ...(command.args === null ? [] : findArgsFaults(command.args, index)),
      ];
    case 'GetFile':
      return findPathFaults(command.path, index);
  }
}

function findNameFaults(name: string, command: CommandType, index: number): readonly CommandFault[] {
  if (name.trim() === '') return [{ type: 'emptyName', index, command }];
  if (name.length > maxNameLength)
    return [{ type: 'tooLong', index, part: 'name', length: name.length, limit: maxNameLength }];
  if (hasHidden(name)) return [{ type: 'hiddenCharacters', index, part: 'name', text: name }];
  if (/[\\/:*?"<>|]/.test(name) || name.startsWith('.')) return [{ type: 'badName', index, name }];
  return [];
}

function findArgsFaults(args: string, index: number): readonly CommandFault[] {
  if (args.length > maxArgsLength)
    return [{ type: 'tooLong', index, part: 'args', length: args.length, limit: maxArgsLength }];
  const characters = forbiddenArgCharacters.filter((c) => args.includes(c));
  if (characters.length > 0) return [{ type: 'forbiddenArgs', index, characters }];
  if (holdsMark(args)) return [{ type: 'holdsMark', index, part: 'args' }]; // guard: no-mark-is-sent
  if (hasHidden(args)) return [{ type: 'hiddenCharacters', index, part: 'args', text: args }];
  const typeset = [...new Set(args.match(typographic) ?? [])];
  if (typeset.length > 0) return [{ type: 'typographicArgs', index, characters: typeset }];
  return [];
}

function findPathFaults(path: string, index: number): readonly CommandFault[] {
  if (path.trim() === '') return [{ type: 'emptyName', index, command: 'GetFile' }];
  if (path.length > maxPathLength)
    return [{ type: 'tooLong', index, part: 'path', length: path.length, limit: maxPathLength }];
  if (holdsMark(path)) return [{ type: 'holdsMark', index, part: 'path' }];
  if (hasHidden(path)) return [{ type: 'hiddenCharacters', index, part: 'path', text: path }];
  const why = findPathFault(path);
  return why === null ? [] : [{ type: 'badPath', index, path, why }];
}

/** Windows drive paths and POSIX paths only; what would make the path mean another file than the one read on the card is refused (T-26). */
function findPathFault(path: string): PathFault | null {
  if (/^[\\/]{2}/.test(path)) return 'uncOrDevice';
  const windows = /^[A-Za-z]:[\\/]/.test(path);
  if (!windows && !path.startsWith('/')) return 'notAbsolute';
  const segments = path.split(windows ? /[\\/]/ : '/').slice(1);
  if (segments.includes('..')) return 'parentSegment';
  if (segments.at(-1) === '') return 'directory';
  if (path.includes('"')) return 'forbiddenCharacter';
  if (!windows) return null;
  const rest = path.slice(2);
  if (rest.includes(':')) return 'alternateStream';
  if (/[*?]/.test(rest)) return 'wildcard';
  if (/%[^%\\/]+%/.test(rest)) return 'variable';
  if (/[<>|]/.test(rest)) return 'forbiddenCharacter';
  if (segments.some((s) => /[. ]$/.test(s))) return 'trailing';
  return null;
}
