import { RE2JS, RE2JSSyntaxException } from 're2js';
import { err, ok, type Result } from '../lib/result';

/**
 * A pattern of the policy. It runs over what strangers type, so it is not JavaScript's RegExp, whose time can grow exponentially, but RE2:
 * no back references and no look-around, in time pattern length × text length at most.
 */
export interface Pattern {
  /** Whether it is found anywhere in the text; anchor it with `^` and `$` to mean the whole. A text over `maxTextLength` never is. */
  test(text: string): boolean;
  /** The first place where it is found, under the same limits; null where it is not. */
  find(text: string): string | null;
}

/** A reason has at most 1,000 characters and arguments 2,000 (request/command.ts). */
const maxTextLength = 4_000;
const maxPatternLength = 500;
/** RE2 writes `{n,m}` out, and this is how much of it there may be: 2,000 × 4,000 steps take a fraction of a second. */
const maxInstructions = 2_000;

/** Reads a pattern in RE2's syntax (github.com/google/re2/wiki/Syntax) without flags, names and `\Q`; says in words what is wrong with it. */
export function compilePattern(source: string): Result<Pattern, string> {
  if (source.length > maxPatternLength) return err(`is longer than ${maxPatternLength} characters`);
  const widened = widenBlanks(source);
  if (!widened.ok) return widened;
  let program: RE2JS;
  try {
    program = RE2JS.compile(widened.value);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    return err(inWords(error.error, error.input ?? ''));
  }
  if (program.programSize() > maxInstructions) return err('repeats too much: use smaller numbers in {n,m}');
  return ok({
    test(text) {
      if (text.length > maxTextLength) return false; // guard: pattern-input-bounded
      return program.matcher(text).find();
    },
    find(text) {
      if (text.length > maxTextLength) return null;
      const matcher = program.matcher(text);
      return matcher.find() ? matcher.group() : null;
    },
  });
}

/** RE2's `\s` knows the spaces of ASCII only; PowerShell separates arguments at the others too. */
const spaces = '\\s\\x{b}\\x{feff}\\p{Z}';

const groupWithFlags = '(?';
const token = /\\[\s\S]|\[\^?\]?(?:\\[\s\S]|[^\]\\])*\]|\(\?(?!:)|\{(?!\d+(?:,\d*)?\})/g;

/** Gives `\s` its meaning in JavaScript and refuses what RE2 would read as something else than the author meant. */
function widenBlanks(source: string): Result<string, string> {
  let fault: string | null = null;
  const widened = source.replace(token, (part, offset: number) => {
    const refuse = (why: string): string => {
      fault ??= `character ${offset + 1}: ${why}`;
      return part;
    };
    if (part === groupWithFlags)
      return refuse('flags, look-around and named groups are not part of the policy’s patterns'); // guard: patterns-fold-no-case
    if (part === '{') return refuse('{ must be {n}, {n,} or {n,m}; write \\{ for the character itself');
    if (part === '\\Q') return refuse('\\Q is not part of the policy’s patterns');
    if (part === '\\s') return `[${spaces}]`;
    if (part === '\\S') return `[^${spaces}]`;
    if (!part.startsWith('[')) return part;
    if (/(?<!\\)(?:\\\\)*\\S/.test(part)) return refuse('\\S cannot stand inside [ ]');
    return part.replace(/\\[\s\S]/g, (escaped) => (escaped === '\\s' ? spaces : escaped));
  });
  return fault === null ? ok(widened) : err(fault);
}

/** RE2's own faults for whoever writes the policy; one without an entry is told in RE2's words. */
const faults: Readonly<Record<string, (at: string) => string>> = {
  'missing closing )': () => 'a ( is never closed',
  'unexpected )': () => 'a ) opens nothing',
  'missing closing ]': (at) => `${at}: this [ is never closed`,
  'missing argument to repetition operator': (at) =>
    `${at} has nothing to act on; write \\${at} for the character itself`,
  'invalid nested repetition operator': (at) => `${at}: two repetitions in a row`,
  'invalid repeat count': (at) => `${at}: the numbers are too large or the wrong way round`,
  'invalid escape sequence': (at) => `${at} is not part of the policy’s patterns`,
  'trailing backslash at end of expression': () => '\\ stands at the end',
  'invalid character class range': (at) => `${at}: no such range or class`,
};

const inWords = (error: string, at: string): string => faults[error]?.(at) ?? `${error} ${at}`.trim();
