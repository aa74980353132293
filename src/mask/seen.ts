import { hasHidden } from '../lib/visible';

/** A text as a reader takes it in, with the way back: unit `i` stands for `from[i]` to `to[i]` of the text as it came. */
export interface Seen {
  readonly text: string;
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  /** A terminal escape was taken out right before the unit: a word may end there. */
  readonly isSeam: Uint8Array;
}

const esc = String.fromCharCode(27);
const bell = String.fromCharCode(7);

/** Terminal sequences (ECMA-48), encodings of one character, and line ends; all bounded, so that reading stays linear. */
const special = new RegExp(
  [
    `(?<terminal>${esc}\\[[0-9;?]{0,60}[ -/]{0,4}[@-~]|${esc}\\][^${bell}${esc}\\n]{0,500}(?:${bell}|${esc}\\\\)|${esc}[@-Z\\\\-_])`,
    '(?<line>\\r\\n?|\\n|[\\u2028\\u2029])',
    '%(?<percent>[0-9A-Fa-f]{2})',
    '\\\\u(?<json>00[0-9A-Fa-f]{2})',
    '&#(?<decimal>[0-9]{2,3});',
    '&#[xX](?<hex>[0-9A-Fa-f]{2});',
    '&(?<entity>amp|quot|apos|lt|gt);',
  ].join('|'),
  'y',
);

const entities: Readonly<Record<string, string>> = { amp: '&', quot: '"', apos: "'", lt: '<', gt: '>' };

/**
 * What a reader does not see is taken out (terminal escapes, NUL, zero width, controls), and characters that are written as codes are read: a secret
 * is found whatever hides in it. An encoded character that would end a value, such as a space, is a part of the value and stands as `_`.
 */
export function seeThrough(raw: string): Seen {
  const units: string[] = [];
  const from = new Uint32Array(raw.length);
  const to = new Uint32Array(raw.length);
  const isSeam = new Uint8Array(raw.length + 1);
  const put = (unit: string, start: number, end: number): void => {
    from[units.length] = start;
    to[units.length] = end;
    units.push(unit);
  };
  for (let at = 0; at < raw.length; ) {
    const unit = raw.charAt(at);
    special.lastIndex = at;
    const found = mayBeSpecial(unit) ? special.exec(raw) : null;
    if (found !== null) {
      const end = at + found[0].length;
      const { terminal, line } = found.groups ?? {};
      if (terminal !== undefined) isSeam[units.length] = 1;
      else if (line !== undefined) put('\n', at, end);
      else put(readCode(found.groups ?? {}), at, end);
      at = end;
      continue;
    }
    if (unit === '\u00a0') put(' ', at, at + 1);
    else if (!isUnseen(raw, at)) put(unit, at, at + 1);
    at++;
  }
  return { text: units.join(''), from, to, isSeam };
}

const mayBeSpecial = (unit: string): boolean =>
  unit === esc ||
  unit === '\n' ||
  unit === '\r' ||
  unit === '%' ||
  unit === '\\' ||
  unit === '&' ||
  /[\u2028\u2029]/.test(unit);

function readCode({ percent, json, decimal, hex, entity }: Readonly<Record<string, string | undefined>>): string {
  if (entity !== undefined) return entities[entity] ?? '_';
  const code = decimal === undefined ? Number.parseInt(percent ?? json ?? hex ?? '0', 16) : Number(decimal);
  const char = String.fromCharCode(code);
  if (json !== undefined || decimal !== undefined || hex !== undefined) return /[!-~]/.test(char) ? char : '_';
  return /[A-Za-z0-9+/=_.~:-]/.test(char) ? char : '_';
}

function isUnseen(raw: string, at: number): boolean {
  const unit = raw.charCodeAt(at);
  if (unit >= 0x20 && unit < 0x7f) return false;
  if (unit === 9) return false;
  // Both halves of a pair are looked at as one character.
  const isLow = unit >= 0xdc00 && unit <= 0xdfff && at > 0;
  const char = String.fromCodePoint(raw.codePointAt(isLow ? at - 1 : at) ?? 0);
  return hasHidden(char);
}

/** The widths of consoles that wrap their lines. */
const consoleWidths = [80, 100, 120, 132, 160];

/** The same without the line ends where a console wrapped: after a line of a console's width, or of the width of several longest lines. */
export function unwrap(raw: string, seen: Seen): Seen {
  const ends = findWraps(seen);
  if (ends.length === 0) return seen;
  const pieces: string[] = [];
  const starts: number[] = [];
  let at = 0;
  for (const [from, to] of [...ends, [raw.length, raw.length] as const]) {
    starts.push(at);
    pieces.push(raw.slice(at, from));
    at = to;
  }
  const joined = seeThrough(pieces.join(''));
  let piece = 0;
  let before = 0;
  const isSeam = joined.isSeam.slice();
  const back = (index: number): number => index - before + (starts[piece] ?? 0);
  for (let unit = 0; unit < joined.text.length; unit++) {
    const from = joined.from[unit] ?? 0;
    while (from - before >= (pieces[piece]?.length ?? 0) && piece < pieces.length - 1) {
      before += pieces[piece]?.length ?? 0;
      piece++;
      isSeam[unit] = 2;
    }
    joined.from[unit] = back(from);
    const to = joined.to[unit] ?? 0;
    joined.to[unit] = endAt(to, { pieces, starts, piece, before });
  }
  return { ...joined, isSeam };
}

interface Place {
  readonly pieces: readonly string[];
  readonly starts: readonly number[];
  readonly piece: number;
  readonly before: number;
}

/** A code may begin before a wrap and end behind it. */
function endAt(to: number, { pieces, starts, piece, before }: Place): number {
  let at = piece;
  let sum = before;
  while (to - sum > (pieces[at]?.length ?? 0) && at < pieces.length - 1) {
    sum += pieces[at]?.length ?? 0;
    at++;
  }
  return to - sum + (starts[at] ?? 0);
}

/** Where the line ends stand that a console made; a line is as wide as what is shown of it, codes included. */
function findWraps({ text, from, to }: Seen): ReadonlyArray<readonly [from: number, to: number]> {
  const lines: { width: number; end: readonly [number, number] }[] = [];
  let width = 0;
  for (let at = 0; at < text.length; at++) {
    const [start, end] = [from[at] ?? 0, to[at] ?? 0];
    if (text.charAt(at) === '\n') {
      lines.push({ width, end: [start, end] });
      width = 0;
    } else width += end - start;
  }
  const longest = lines.reduce((most, line) => Math.max(most, line.width), width);
  const isShared = longest >= 60 && lines.filter((line) => line.width === longest).length > 1;
  return lines
    .filter((line) => consoleWidths.includes(line.width) || (isShared && line.width === longest))
    .map(({ end }) => end);
}
