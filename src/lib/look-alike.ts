/**
 * Letters and digits that a reader may take for others (T-18), after Unicode's UTS #39 and UAX #31. Both functions answer for each
 * character of `chars` whether it is one. What no rule can tell apart, `l` and `1` or `rn` and `m` of ASCII itself, is left to the
 * fixed-width face.
 */

/**
 * In a name, a path or a command: everything that is not ASCII and could pass for ASCII. What stays is a Latin letter with its own marks
 * in one character (é), the few Latin letters that look like no other (ß), and Chinese, Japanese and Korean, as far as a stroke of it
 * does not pass for a sign.
 */
export function findInCode(chars: readonly string[]): readonly boolean[] {
  if (chars.every(isAscii)) return chars.map(() => false);
  const found = chars.map((char) => !isAscii(char) && !isOwnLatin(char) && !isEastAsian(char));
  for (const { from, to, text } of wordsIn(chars)) {
    const hidesStrokes = /[0-9A-Za-z]/.test(text) || [...text].every(isStroke);
    for (let i = from; i < to; i++) if (hidesStrokes && isStroke(chars[i] ?? '')) found[i] = true;
  }
  return found;
}

/**
 * In prose: a word may be of any one living script, whichever that is. Where scripts are mixed in one word (UTS #39 "highly restrictive";
 * Latin may stand beside Chinese, Japanese or Korean), everything in it that is not ASCII is found.
 */
export function findInProse(chars: readonly string[]): readonly boolean[] {
  if (chars.every(isAscii)) return chars.map(() => false);
  const found = chars.map((char) => !isAscii(char) && (isDisguised(char) || isOfDeadScript(char)));
  for (const { from, to, text } of wordsIn(chars)) {
    if (!isMixed(text)) continue;
    for (let i = from; i < to; i++) if (!isAscii(chars[i] ?? '')) found[i] = true;
  }
  return found;
}

const isAscii = (char: string): boolean => char <= '\u007f';

interface Word {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
  readonly text: string;
}

function wordsIn(chars: readonly string[]): readonly Word[] {
  const words: Word[] = [];
  let from = 0;
  for (let i = 0; i <= chars.length; i++) {
    if (i < chars.length && /[\p{L}\p{M}\p{N}]/u.test(chars[i] ?? '')) continue;
    if (i > from) words.push({ from, to: i, text: chars.slice(from, i).join('') });
    from = i + 1;
  }
  return words;
}

/** Scripts in everyday use (UAX #31, table 5). */
const livingScripts = [
  ...['Arabic', 'Armenian', 'Bengali', 'Bopomofo', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek'],
  ...['Gujarati', 'Gurmukhi', 'Han', 'Hangul', 'Hebrew', 'Hiragana', 'Kannada', 'Katakana', 'Khmer', 'Lao', 'Latin'],
  ...['Malayalam', 'Myanmar', 'Oriya', 'Sinhala', 'Tamil', 'Telugu', 'Thaana', 'Thai', 'Tibetan'],
] as const;

/** Scripts that one word may hold together (UTS #39, §5.2). */
const writtenTogether = [
  ...livingScripts.map((script) => [script]),
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Bopomofo'],
  ['Latin', 'Han', 'Hangul'],
].map(oneOf);

/** A whole text of these scripts and of what belongs to all scripts. */
function oneOf(scripts: readonly string[]): RegExp {
  const classes = [...scripts, 'Common', 'Inherited'].map((script) => `\\p{Script_Extensions=${script}}`);
  return new RegExp(`^[${classes.join('')}]*$`, 'u');
}

const living = oneOf(livingScripts);
const isOfDeadScript = (char: string): boolean => /[\p{L}\p{N}]/u.test(char) && !living.test(char);

function isMixed(word: string): boolean {
  const hasAscii = /[0-9A-Za-z]/.test(word);
  if (hasAscii && /(?![0-9])\p{Nd}/u.test(word)) return true;
  if (hasAscii && fullWidth.test(word)) return true;
  return !writtenTogether.some((together) => together.test(word));
}

/** Latin letters and digits as wide as Chinese ones, which stand beside Chinese, Japanese and Korean, and never beside ASCII. */
const fullWidth = /[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]/;

/** Another code point for the same character (the Kelvin sign), or a letter that is one of ASCII in other clothes (𝐚, ⅼ, ﬁ). */
function isDisguised(char: string): boolean {
  const composed = char.normalize('NFC');
  if (composed !== char && [...composed].length === 1) return true;
  return /(?![ªº])[\p{L}\p{Nl}]/u.test(char) && !fullWidth.test(char) && /^[0-9A-Za-z]+$/.test(char.normalize('NFKC'));
}

const isOwnLatin = (char: string): boolean =>
  /^[ßæøåœđðþłÆØÅŒĐÐÞŁ]$/.test(char) ||
  (/\p{Script=Latin}/u.test(char) && char.normalize('NFC') === char && /^[A-Za-z]\p{M}+$/u.test(char.normalize('NFD')));

/** Single jamo are left out: ㅣ, ㅡ and ㅇ pass for |, - and o. */
const isEastAsian = (char: string): boolean =>
  /[\p{Script_Extensions=Han}\p{Script_Extensions=Hiragana}\p{Script_Extensions=Katakana}\uac00-\ud7a3]/u.test(char) &&
  /\p{L}|\u3007/u.test(char) &&
  char.normalize('NFKC') === char;

/** Characters of few strokes that pass for a sign or a letter of ASCII where nothing around them says otherwise. */
const isStroke = (char: string): boolean => /^[ノ丿丶ヽ一ー〇丨口ロ工エ二ニ三ミ卜トくへヘハ八十乂メ〆]$/.test(char);
