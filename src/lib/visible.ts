import { findEmoji } from './emoji';
import { findInCode, findInProse } from './look-alike';

/**
 * Characters that a reader cannot see or cannot tell apart from others: control, format, separators, private use, unassigned,
 * lone surrogates, default-ignorable ones (variation selectors and Hangul fillers among them), every blank but U+0020, and the few
 * that Unicode counts as symbols or marks and that draw nothing: braille blank, musical null note head, Khitan filler (T-18).
 */
const hidden =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800\u{16fe4}\u{1d159}]|(?! )\p{Zs}/u;

const asEscape = (char: string): string => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;

/** True when `text` holds characters that a reader cannot see. */
export const hasHidden = (text: string): boolean => hidden.test(text);

/** The same of prose, where an emoji may be of several characters. */
export const hasHiddenInProse = (text: string): boolean => showHidden(text) !== text;

/** True when there is anything for a reader to see. */
export const hasVisible = (text: string): boolean => [...text].some((char) => char !== ' ' && !hidden.test(char));

/** Only hidden characters as `\u{…}`, in prose. */
export function showHidden(text: string): string {
  const chars = [...text];
  const emoji = findEmoji(chars);
  return chars.map((char, i) => (hidden.test(char) && !emoji[i] ? asEscape(char) : char)).join('');
}

/**
 * Prose as a reader must see it, a reason or a person's name: hidden characters outside emoji as `\u{…}`; blanks that a renderer would swallow (leading,
 * trailing, repeated), combining marks that follow no letter and would draw on what stands before, and words of mixed scripts
 * likewise; `{{` broken so that Teams expands no date macro in it (teams.md C5). `parseVisible` gives back the identical text.
 */
export const visible = (text: string): string => showUnclear(text, findInProse, findEmoji);

/** The same for a command, a path, a name of a device or a file: no letter, digit or sign in it passes for one of ASCII. */
export const visibleCode = (text: string): string => showUnclear(text, findInCode);

type Find = (chars: readonly string[]) => readonly boolean[];

/** Printable ASCII in words with one blank between: nothing in it is unclear, and without `{` there is neither an escape of ours nor a macro. Most texts are of this kind. */
const plain = /^[!-z|}~]+(?: [!-z|}~]+)*$/;

function showUnclear(text: string, findLookAlikes: Find, findWhole: Find = () => []): string {
  if (plain.test(text)) return text;
  let out = '';
  const chars = [...text];
  const lookAlikes = findLookAlikes(chars);
  const whole = findWhole(chars);
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] as string;
    const previous = chars[i - 1];
    const next = chars[i + 1];
    const swallowedBlank = char === ' ' && (previous === ' ' || previous === undefined || next === undefined);
    const macro = char === '{' && previous === '{';
    const looksEscaped = char === '\\' && next === 'u' && chars[i + 2] === '{';
    const strayMark = !whole[i] && /\p{M}/u.test(char) && (whole[i - 1] || !/[\p{L}\p{M}]$/u.test(out));
    const reasons = [
      hidden.test(char) && !whole[i], // guard: hidden-characters-shown
      lookAlikes[i], // guard: look-alikes-shown
      looksEscaped, // guard: our-escapes-told-apart
      macro, // guard: date-macros-broken
      swallowedBlank, // guard: swallowed-blanks-shown
      strayMark, // guard: stray-marks-shown
    ];
    out += reasons.includes(true) ? asEscape(char) : char;
  }
  return out;
}

/** The text that `visible` or `visibleCode` was given. */
export const parseVisible = (shown: string): string =>
  shown.replace(/\\u\{([0-9a-f]+)\}/g, (_all, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
