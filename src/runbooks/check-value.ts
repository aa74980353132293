import { z } from 'zod';
import { hasHidden } from '../lib/visible';
import { compilePattern } from '../policy/pattern';
import { findCommandFaults, forbiddenArgCharacters } from '../request/ask/command';
import type { Parameter } from './runbook';

/** Why a value is not taken; `characters`: which, as far as single ones are at fault. */
export type ValueFault =
  | { readonly type: 'missing' }
  | { readonly type: 'notOfType' }
  | { readonly type: 'notAnOption'; readonly near: readonly string[] }
  | { readonly type: 'outOfBounds' }
  | { readonly type: 'noMatch' }
  | { readonly type: 'tooLong'; readonly length: number }
  | { readonly type: 'hiddenCharacters' }
  | { readonly type: 'readAsParameter' }
  | { readonly type: 'characters'; readonly characters: readonly string[] };

export type CheckedValue =
  | {
      readonly ok: true /** In its one form; null: not given, and nothing stands in for it. */;
      readonly value: string | null;
    }
  | { readonly ok: false; readonly error: ValueFault };

const longestText = 500;
export const mostTextLength = longestText;

/**
 * A value as a person gave it, judged whole. Blank is not given: then the default stands in, and never 0, "" or no. Clients leave empty inputs out
 * of what they send, so that a missing one is blank too.
 */
export function checkValue(parameter: Parameter, given: string | undefined): CheckedValue {
  const typed = given === undefined || given.trim() === '' ? parameter.default : given;
  if (typed === null) return parameter.isRequired ? fault({ type: 'missing' }) : { ok: true, value: null };
  const value = parameter.type === 'text' && parameter.isBase64 ? typed : typed.trim();
  if (hasHidden(value.replace(parameter.isBase64 ? /\n/g : /(?!)/, ''))) return fault({ type: 'hiddenCharacters' });
  const canonical = canonicalOf(parameter, value);
  if (typeof canonical !== 'string') return fault(canonical);
  if (parameter.isBase64) return { ok: true, value: canonical };
  const unfit = findUnfit(canonical);
  return unfit === null ? { ok: true, value: canonical } : fault(unfit);
}

const fault = (error: ValueFault): CheckedValue => ({ ok: false, error });

function canonicalOf(parameter: Parameter, value: string): string | ValueFault {
  switch (parameter.type) {
    case 'choice':
      return parameter.options.includes(value) ? value : { type: 'notAnOption', near: parameter.options };
    case 'number':
      return numberOf(parameter, value);
    case 'yesNo':
      return /^(?:yes|true|1)$/i.test(value) ? '1' : /^(?:no|false|0)$/i.test(value) ? '0' : { type: 'notOfType' };
    case 'date':
      return isDate(value) ? value : { type: 'notOfType' };
    case 'fileName':
      return /^[^\\/:*?"<>|]{1,255}$/.test(value) && !/^\.|[. ]$/.test(value) ? value : { type: 'notOfType' };
    case 'path':
      return isPath(value) ? value : { type: 'notOfType' };
    case 'account':
      return /^[\p{L}\p{N}._-]{1,64}(?:\\[\p{L}\p{N}._-]{1,64}|@[A-Za-z0-9.-]{1,190})?$/u.test(value)
        ? value
        : { type: 'notOfType' };
    case 'hash':
      return /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i.test(value) ? value : { type: 'notOfType' };
    case 'ip':
      return z.string().ip().safeParse(value).success && !value.includes('%') ? value : { type: 'notOfType' };
    case 'text':
      return textOf(parameter, value);
  }
}

/** Whole numbers, in their shortest form: a script that gets 7 was not told 007. */
function numberOf({ min, max }: Parameter, value: string): string | ValueFault {
  if (!/^[+-]?\d{1,15}$/.test(value)) return { type: 'notOfType' };
  const number = Number(value);
  return number >= min && number <= max ? String(number === 0 ? 0 : number) : { type: 'outOfBounds' };
}

function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const at = Date.parse(`${value}T00:00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value);
}

const isPath = (path: string): boolean => findCommandFaults([{ type: 'GetFile', path }]).length === 0;

function textOf({ pattern, maxLength }: Parameter, value: string): string | ValueFault {
  const length = [...value].length;
  if (length > maxLength) return { type: 'tooLong', length };
  if (pattern === null) return value;
  const compiled = compileWhole(pattern);
  return compiled.ok && compiled.value.test(value) ? value : { type: 'noMatch' };
}

/** A pattern is for the whole value: in a group, so that an alternative does not lose its anchors. */
export const compileWhole = (pattern: string) => compilePattern(`^(?:${pattern})$`);

/**
 * Characters that keep a value one argument however it is read: as PowerShell's own text, or by an endpoint that takes quotes off before it splits
 * (defender-api.md "Args quoting"). No blank, bracket, comma, quote, backtick, and nothing that Defender refuses.
 */
const fitting = /^[\p{L}\p{N}_.\\/:@+=~-]$/u;

/** Why a value cannot stand in an argument or a path as it is; null when it can. */
export function findUnfit(value: string): ValueFault | null {
  const characters = [...new Set([...value].filter((c) => !fitting.test(c)))];
  if (characters.length > 0) return { type: 'characters', characters };
  if (/^[-@=]/.test(value) && !/^-\d+$/.test(value)) return { type: 'readAsParameter' };
  return value.endsWith('\\') ? { type: 'characters', characters: ['\\ at the end'] } : null;
}

/** For whoever explains why. */
export const refusedByDefender: readonly string[] = forbiddenArgCharacters;
