import { err, ok, type Result } from '../lib/result';
import type { Piece } from './runbook';

const maxDepth = 1;

/** Reads `-Name ${process} [-Days ${days}]`; a sentence about what is wrong with it else. A `$` that begins no `${name}` is Defender's to refuse. */
export function parseTemplate(text: string): Result<readonly Piece[], string> {
  const stack: Piece[][] = [[]];
  let at = 0;
  const top = (): Piece[] => stack[stack.length - 1] ?? [];
  const token = /\$\{([^}]*)(\})?|[[\]]/g;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match.index > at) top().push({ type: 'fixed', text: text.slice(at, match.index) });
    at = match.index + match[0].length;
    if (match[0] === '[') {
      if (stack.length > maxDepth) return err('an optional part in [ ] cannot hold another one');
      stack.push([]);
    } else if (match[0] === ']') {
      const pieces = stack.length > maxDepth ? stack.pop() : undefined;
      if (pieces === undefined) return err('] closes nothing; an optional part begins with [');
      if (!pieces.some((piece) => piece.type === 'value')) return err('an optional part in [ ] must name a parameter');
      top().push({ type: 'optional', pieces });
    } else if (match[2] === undefined) return err(`${match[0]} is never closed`);
    else top().push({ type: 'value', name: match[1] ?? '' });
  }
  if (stack.length > maxDepth) return err('[ is never closed');
  if (at < text.length) top().push({ type: 'fixed', text: text.slice(at) });
  return ok(top());
}

/** The template as its author wrote it. */
export const writeTemplate = (pieces: readonly Piece[]): string =>
  pieces
    .map((piece) => {
      if (piece.type === 'fixed') return piece.text;
      return piece.type === 'value' ? `\${${piece.name}}` : `[${writeTemplate(piece.pieces)}]`;
    })
    .join('');

/** The names of all parameters in it; `within`: only those in an optional part, or only those outside of any. */
export function namesIn(pieces: readonly Piece[], within: 'all' | 'optional' | 'always' = 'all'): readonly string[] {
  return pieces.flatMap((piece) => {
    if (piece.type === 'value') return within === 'optional' ? [] : [piece.name];
    return piece.type === 'fixed' || within === 'always' ? [] : namesIn(piece.pieces);
  });
}

/** Where an optional part was left out; no value can hold it, and the blank before it goes too. */
const left = '\u0000';

/** The text with values put in as they are; an optional part is left out unless all its parameters have one. Null: a value is missing outside of one. */
export function fill(pieces: readonly Piece[], values: ReadonlyMap<string, string | null>): string | null {
  const parts = pieces.map((piece): string | null => {
    if (piece.type === 'fixed') return piece.text;
    if (piece.type === 'value') return values.get(piece.name) ?? null;
    return fill(piece.pieces, values) ?? left;
  });
  return parts.includes(null) ? null : parts.join('').replaceAll(` ${left}`, '').replaceAll(left, '');
}
