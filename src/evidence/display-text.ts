import { hasHidden } from '../lib/visible';

export interface DisplayText {
  readonly text: string;
  readonly cut: boolean;
  /** How many characters there were before the cut. */
  readonly length: number;
}

/**
 * A device's text as people may be shown it: NULs and colour codes gone, line ends as `\n`, lines and tabs kept, everything else that a
 * reader cannot see (bidi, zero width, control) as `\u{…}`, at most `limit` characters of the original (T-34). Blanks stay as they are,
 * since tables are made of them.
 */
export function toDisplayText(raw: string, limit: number): DisplayText {
  const text = raw.replaceAll('\0', '').replace(colourCode, '').replace(/\r\n?/g, '\n').trimEnd();
  const shown = text.length > limit ? text.slice(0, isHighSurrogate(text, limit - 1) ? limit - 1 : limit) : text;
  return { text: makeVisible(shown), cut: text.length > limit, length: text.length };
}

/** Terminal control sequences (ECMA-48 CSI): they say how text looks and where it goes, never what it is. */
const colourCode = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[ -/]*[@-~]`, 'g');

function makeVisible(text: string): string {
  let out = '';
  for (const char of text.replace(looksEscaped, `${toEscape('\\')}u{`).replace(dateMacro, `{${toEscape('{')}`)) {
    out += char !== '\n' && char !== '\t' && hasHidden(char) ? toEscape(char) : char;
  }
  return out;
}

/** Teams replaces these in a card's text by a date of the reader's (teams.md C5). */
const dateMacro = /\{\{(?=\s*(?:DATE|TIME)\()/gi;
/** What the device wrote must not look like something that we have escaped. */
const looksEscaped = /\\u\{/g;

const toEscape = (char: string): string => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;

const isHighSurrogate = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
};
