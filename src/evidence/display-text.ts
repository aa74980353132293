import { hasHidden } from '../lib/visible';
import { findSecrets, type Secret } from '../mask/find-secrets';

export interface DisplayText {
  readonly text: string;
  readonly cut: boolean;
  /** How many characters there were before the cut. */
  readonly length: number;
  /** Where the text holds secrets: units of `text`, in order and apart. */
  readonly secrets: readonly KeptSecret[];
}

/** A secret at its place in a text that was made visible. */
export type KeptSecret = Secret;

/** A secret that begins before the cut is seen far enough to be known. */
const lookAhead = 8_192;

/**
 * A device's text as people may be shown it: NULs and colour codes gone, line ends as `\n`, lines and tabs kept, everything else that a
 * reader cannot see (bidi, zero width, control) as `\u{…}`, at most `limit` characters of the original (T-34). Blanks stay as they are,
 * since tables are made of them. Its secrets are found in the text as it came, before anything is made visible or cut, and told by their places.
 */
export function toDisplayText(raw: string, limit: number): DisplayText {
  // Text of two bytes a character came with a NUL after each.
  const perCharacter = raw.slice(0, limit).includes('\0') ? 2 : 1;
  const found = findSecrets(raw.slice(0, perCharacter * (limit + lookAhead)));
  let cleaned = '';
  const places: { readonly secret: Secret; readonly from: number; readonly to: number }[] = [];
  let at = 0;
  for (const secret of found) {
    cleaned += clean(raw.slice(at, secret.from));
    const from = cleaned.length;
    cleaned += clean(raw.slice(secret.from, secret.to));
    places.push({ secret, from, to: cleaned.length });
    at = secret.to;
  }
  const text = (cleaned + clean(raw.slice(at))).trimEnd();
  const shown = text.length > limit ? text.slice(0, isHighSurrogate(text, limit - 1) ? limit - 1 : limit) : text;
  const visible = makeVisible(shown);
  return {
    text: visible.text,
    cut: text.length > limit,
    length: text.length,
    secrets: places
      .filter(({ from }) => from < shown.length)
      .map(({ secret, from, to }) => ({
        ...secret,
        from: visible.at[from] ?? 0,
        to: visible.at[Math.min(to, shown.length)] ?? visible.text.length,
      })),
  };
}

const clean = (raw: string): string => raw.replaceAll('\0', '').replace(colourCode, '').replace(/\r\n?/g, '\n');

/** Terminal control sequences (ECMA-48 CSI): they say how text looks and where it goes, never what it is. */
const colourCode = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[ -/]*[@-~]`, 'g');

/** With the place of each unit, and of the end, in what came of it. */
function makeVisible(text: string): { readonly text: string; readonly at: Uint32Array } {
  const out: string[] = [];
  const at = new Uint32Array(text.length + 1);
  let length = 0;
  for (let unit = 0; unit < text.length; ) {
    const char = String.fromCodePoint(text.codePointAt(unit) ?? 0);
    const escaped = mustEscape(text, unit, char) ? toEscape(char) : char;
    for (let k = 0; k < char.length; k++) at[unit + k] = length;
    out.push(escaped);
    length += escaped.length;
    unit += char.length;
  }
  at[text.length] = length;
  return { text: out.join(''), at };
}

function mustEscape(text: string, unit: number, char: string): boolean {
  if (char === '\\') return text.startsWith('u{', unit + 1);
  if (char === '{') return text.charAt(unit - 1) === '{' && isAt(dateMacro, text, unit + 1);
  if (isAt(looksMasked, text, unit)) return true; // guard: marks-of-a-device-are-told-apart
  return char !== '\n' && char !== '\t' && hasHidden(char);
}

function isAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

/** Teams replaces `{{DATE(…` in a card's text by a date of the reader's (teams.md C5). */
const dateMacro = /\s{0,200}(?:DATE|TIME)\(/iy;
/** What the device wrote must not look like something that we have masked. */
const looksMasked = /\[masked: /iy;

const toEscape = (char: string): string => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`;

const isHighSurrogate = (text: string, at: number): boolean => {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit <= 0xdbff;
};
