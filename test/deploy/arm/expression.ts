/** One expression of ARM's template language, as the compiler writes it. */
export type Expression =
  | { readonly type: 'value'; readonly value: string | number }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly type: 'member'; readonly of: Expression; readonly key: Expression };

const token = /\s*(?:'((?:[^']|'')*)'|(-?\d+)|(\w+)|([()[\].,]))/y;

/** Reads what stands between `[` and `]`; throws at what it does not know, so that nothing is passed over. */
export function parseExpression(text: string): Expression {
  let at = 0;
  let next = advance();
  const whole = expression();
  if (next !== null) throw new Error(`Unread: ${text.slice(at)}`);
  return whole;

  function advance(): RegExpExecArray | null {
    if (text.slice(at).trim() === '') return null;
    token.lastIndex = at;
    const found = token.exec(text);
    if (found === null) throw new Error(`Not an expression: ${text.slice(at)}`);
    at = token.lastIndex;
    return found;
  }

  function mark(): string | undefined {
    return next?.[4];
  }

  function take(expected: string): void {
    if (mark() !== expected) throw new Error(`${expected} is missing before: ${text.slice(at)}`);
    next = advance();
  }

  function expression(): Expression {
    let left = primary();
    for (;;) {
      if (mark() === '.') {
        next = advance();
        left = { type: 'member', of: left, key: { type: 'value', value: next?.[3] ?? '' } };
        next = advance();
      } else if (mark() === '[') {
        next = advance();
        left = { type: 'member', of: left, key: expression() };
        take(']');
      } else return left;
    }
  }

  function primary(): Expression {
    const [, quoted, number, name] = next ?? [];
    next = advance();
    if (quoted !== undefined) return { type: 'value', value: quoted.replaceAll("''", "'") };
    if (number !== undefined) return { type: 'value', value: Number(number) };
    if (name === undefined) throw new Error(`A value is missing before: ${text.slice(at)}`);
    take('(');
    const args: Expression[] = [];
    while (mark() !== ')') {
      args.push(expression());
      if (mark() === ',') next = advance();
    }
    take(')');
    return { type: 'call', name, args };
  }
}
