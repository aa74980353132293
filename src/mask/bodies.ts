import type { SecretKind } from './rules';

/** A secret of several lines: from the first to behind the last unit of what is seen. */
export interface Body {
  readonly kind: SecretKind;
  readonly start: number;
  readonly end: number;
}

const opening =
  /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----|Private-Lines: [0-9]{1,4}|(?<![A-Za-z0-9+/])doI[A-Z][A-Za-z0-9+/]{20}/g;
/** The next line, with what `findstr /n` and `grep -n` put before it; a line end may be written out, as in JSON. */
const nextLine =
  /(?:\n|(?:\\r)?\\n)?[ \t]{0,40}(?:(?:[^\s:]{1,120}:)?[0-9]{1,7}[:-])?[ \t]{0,40}(?<line>[^\n\\]{0,4000}?)[ \t]{0,40}(?=\n|\\r|\\n|$|["'])/y;
const header = /^(?:[A-Za-z][A-Za-z-]{1,30}: [^\n]{0,300})?$/;
const bodyLine = /^[A-Za-z0-9+/]{1,4000}={0,2}$/;
const closing = /^-----END |^---- END |^Private-MAC:/;

/** Enough for any key; what is longer is cut there, and its rest is shown. */
const mostLines = 400;
/** A line of a body has 64 or 76 characters; the first is never short. */
const leastFirst = 40;

/** Private keys and tickets with all of their lines, whether or not they end; text that follows a lone beginning is none of it. */
export function findBodies(text: string): readonly Body[] {
  const found: Body[] = [];
  opening.lastIndex = 0;
  for (let match = opening.exec(text); match !== null; match = opening.exec(text)) {
    const isTicket = match[0].startsWith('doI');
    const body = readBody(text, isTicket ? match.index : match.index + match[0].length, isTicket);
    if (body === null) continue;
    found.push({ kind: isTicket ? 'Kerberos ticket' : 'private key', ...body });
    opening.lastIndex = Math.max(opening.lastIndex, body.end);
  }
  return found;
}

/** From its first line to its last; what stands before it on a line, such as a number, is masked with it from the second line on. */
function readBody(
  text: string,
  from: number,
  isTicket: boolean,
): { readonly start: number; readonly end: number } | null {
  let start = from;
  let end: number | null = null;
  let at = from;
  for (let count = 0; count < mostLines && at < text.length; count++) {
    nextLine.lastIndex = at;
    const match = nextLine.exec(text);
    if (match === null || (match[0] === '' && count > 0)) break;
    const { line = '' } = match.groups ?? {};
    if (closing.test(line)) break;
    if (bodyLine.test(line) && isBodyLine(line, { isFirst: end === null, isTicket })) {
      const lineAt = at + match[0].indexOf(line);
      if (end === null) start = lineAt;
      end = lineAt + line.length;
    } else if (end !== null || isTicket || !header.test(line)) break;
    if (match[0] === '') at++;
    else at += match[0].length;
  }
  return end === null ? null : { start, end };
}

/** A short line ends a body; without padding or digits it is a word. */
function isBodyLine(
  line: string,
  { isFirst, isTicket }: { readonly isFirst: boolean; readonly isTicket: boolean },
): boolean {
  if (isFirst) return line.length >= (isTicket ? 24 : leastFirst);
  return line.length >= leastFirst || /[0-9+/=]/.test(line);
}
