import type { Command } from '../request/ask/command';

/** The types that a parameter may have; each has one encoder. */
export const parameterTypes = [
  'choice',
  'number',
  'yesNo',
  'date',
  'fileName',
  'path',
  'account',
  'hash',
  'ip',
  'text',
] as const;
export type ParameterType = (typeof parameterTypes)[number];

/** A value that people give, by name, typed: what it may be, and what stands in for it when it is not given. */
export interface Parameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly title: string;
  readonly isRequired: boolean;
  /** As it would be typed; null: without one, the optional part of the command that names it is left out. */
  readonly default: string | null;
  readonly example: string;
  /** Of a choice. */
  readonly options: readonly string[];
  /** Of a number. */
  readonly min: number;
  readonly max: number;
  /** Of a text: RE2, for the whole value; null: any. */
  readonly pattern: string | null;
  /** Of a text: characters. */
  readonly maxLength: number;
  /** It goes to the script as base64 of its UTF-8, so that it may hold blanks and every other character that a reader sees. */
  readonly isBase64: boolean;
}

/** A stretch of a template: fixed text, a parameter's place, or a part in brackets that is left out unless all its parameters are given. */
export type Piece =
  | { readonly type: 'fixed'; readonly text: string }
  | { readonly type: 'value'; readonly name: string }
  | { readonly type: 'optional'; readonly pieces: readonly Piece[] };

/** One command of a runbook before values are put in. Only arguments and the path of GetFile have places for them. */
export interface CommandTemplate {
  readonly type: Command['type'];
  /** Of PutFile and RunScript: the library file. */
  readonly fileName: string;
  /** Arguments, or the path. Empty where there are none. */
  readonly pieces: readonly Piece[];
  readonly line: number;
}

/** A named, versioned recipe: typed parameters that render to commands, which are then asked for like any others. */
export interface Runbook {
  readonly name: string;
  readonly title: string;
  readonly purpose: string;
  readonly os: 'windows' | 'linux' | 'macos' | 'any';
  readonly parameters: readonly Parameter[];
  readonly commands: readonly CommandTemplate[];
  /** Hash of what the runbook says, not of its blanks and comments; the first twelve digits. */
  readonly version: string;
}

export type Runbooks = ReadonlyMap<string, Runbook>;

export const versionsOf = (runbooks: Runbooks): ReadonlyMap<string, string> =>
  new Map([...runbooks].map(([name, { version }]) => [name, version]));
