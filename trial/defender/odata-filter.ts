import { err, ok, type Result } from '../../src/lib/result';
import { parseTicks } from './timestamp';

export type FieldType = 'string' | 'dateTime' | 'number' | 'guid';

/** The properties that `$filter` may name, and their types; anything else is refused as the API would. */
export interface EntityType {
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldType>>;
}

export type Entity = Readonly<Record<string, unknown>>;
export type Predicate = (entity: Entity) => boolean;

type Comparison = 'eq' | 'ne' | 'gt' | 'ge' | 'lt' | 'le';
type Token =
  | { readonly type: 'word' | 'number' | 'dateTime' | 'guid' | 'string'; readonly text: string; readonly at: number }
  | { readonly type: '(' | ')' | ',' | 'end'; readonly text: string; readonly at: number };

class Unreadable extends Error {}

/**
 * The part of OData that the machines and machineactions pages show: comparisons, `startswith`, `and`, `or`, `not` and parentheses.
 * Property names match without regard to case (observed: `CreationDateTimeUtc`); values compare with regard to it.
 */
export function parseFilter(text: string, entityType: EntityType): Result<Predicate, string> {
  try {
    return ok(new Parser(readTokens(text), entityType).parse());
  } catch (error) {
    if (error instanceof Unreadable) return err(error.message);
    throw error;
  }
}

/** The property as the entity spells it, or null when the type has none of that name. */
export function findField(name: string, entityType: EntityType): string | null {
  return Object.keys(entityType.fields).find((field) => field.toLowerCase() === name.toLowerCase()) ?? null;
}

export function compareValues(a: unknown, b: unknown, type: FieldType): number {
  const [left, right] = [toComparable(a, type), toComparable(b, type)];
  if (left === right) return 0;
  if (left === null) return -1;
  if (right === null) return 1;
  return left < right ? -1 : 1;
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #entityType: EntityType;
  #next = 0;

  constructor(tokens: readonly Token[], entityType: EntityType) {
    this.#tokens = tokens;
    this.#entityType = entityType;
  }

  parse(): Predicate {
    const predicate = this.#either();
    const rest = this.#peek();
    if (rest.type !== 'end') throw new Unreadable(`Syntax error at position ${rest.at} in the filter.`);
    return predicate;
  }

  #either(): Predicate {
    let left = this.#both();
    while (this.#takeWord('or')) {
      const [a, b] = [left, this.#both()];
      left = (entity) => a(entity) || b(entity);
    }
    return left;
  }

  #both(): Predicate {
    let left = this.#unary();
    while (this.#takeWord('and')) {
      const [a, b] = [left, this.#unary()];
      left = (entity) => a(entity) && b(entity);
    }
    return left;
  }

  #unary(): Predicate {
    if (this.#takeWord('not')) {
      const inner = this.#unary();
      return (entity) => !inner(entity);
    }
    if (this.#peek().type !== '(') return this.#comparison();
    this.#take('(');
    const inner = this.#either();
    this.#take(')');
    return inner;
  }

  #comparison(): Predicate {
    const word = this.#take('word');
    if (word.text === 'startswith' && this.#peek().type === '(') return this.#startsWith();
    if (this.#peek().type === '(') throw new Unreadable(`An unknown function with name '${word.text}' was found.`);
    const field = this.#field(word.text);
    const operator = this.#take('word');
    if (!isComparison(operator.text)) throw new Unreadable(`Syntax error at position ${operator.at} in the filter.`);
    return compare(field, operator.text, this.#literal(field.type));
  }

  #startsWith(): Predicate {
    this.#take('(');
    const field = this.#field(this.#take('word').text);
    this.#take(',');
    const prefix = this.#take('string').text;
    this.#take(')');
    if (field.type !== 'string')
      throw new Unreadable("No function signature for the function with name 'startswith' matches.");
    return (entity) => String(entity[field.name] ?? '').startsWith(prefix);
  }

  #field(name: string): { readonly name: string; readonly type: FieldType } {
    const found = findField(name, this.#entityType);
    const type = found === null ? undefined : this.#entityType.fields[found];
    if (found === null || type === undefined) {
      throw new Unreadable(`Could not find a property named '${name}' on type '${this.#entityType.name}'.`);
    }
    return { name: found, type };
  }

  #literal(type: FieldType): unknown {
    const token = this.#peek();
    this.#next += 1;
    if (token.type === 'word' && token.text === 'null') return null;
    const fits = token.type === type || (type === 'guid' && token.type === 'string');
    if (fits) return type === 'number' ? Number(token.text) : token.text;
    throw new Unreadable(
      `A binary operator with incompatible types was detected at position ${token.at} in the filter.`,
    );
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { type: 'end', text: '', at: -1 };
  }

  #takeWord(word: string): boolean {
    const token = this.#peek();
    if (token.type !== 'word' || token.text !== word) return false;
    this.#next += 1;
    return true;
  }

  #take(type: Token['type']): Token {
    const token = this.#peek();
    if (token.type !== type) throw new Unreadable(`Syntax error at position ${token.at} in the filter.`);
    this.#next += 1;
    return token;
  }
}

function compare(
  field: { readonly name: string; readonly type: FieldType },
  operator: Comparison,
  value: unknown,
): Predicate {
  return (entity) => {
    const own = entity[field.name] ?? null;
    const order = compareValues(own, value, field.type);
    if (operator === 'eq') return order === 0;
    if (operator === 'ne') return order !== 0;
    if (own === null || value === null) return false;
    return { gt: order > 0, ge: order >= 0, lt: order < 0, le: order <= 0 }[operator];
  };
}

const isComparison = (text: string): text is Comparison => ['eq', 'ne', 'gt', 'ge', 'lt', 'le'].includes(text);

function toComparable(value: unknown, type: FieldType): string | number | bigint | null {
  if (value === null || value === undefined) return null;
  if (type === 'dateTime') return parseTicks(String(value));
  if (type === 'number') return Number(value);
  return type === 'guid' ? String(value).toLowerCase() : String(value);
}

const patterns: ReadonlyArray<readonly ['guid' | 'dateTime' | 'number' | 'word', RegExp]> = [
  ['guid', /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/iy],
  ['dateTime', /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?(?:Z|[+-]\d\d:\d\d)(?!\w)/iy],
  ['number', /-?\d+(?:\.\d+)?(?!\w)/y],
  ['word', /[A-Za-z_]\w*/y],
];

function readTokens(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === ' ') at += 1;
    else if (char === '(' || char === ')' || char === ',') tokens.push({ type: char, text: char, at: at++ });
    else {
      const token = char === "'" ? readString(text, at) : readPattern(text, at);
      tokens.push(token.token);
      at = token.end;
    }
  }
  return [...tokens, { type: 'end', text: '', at: text.length }];
}

/** A literal in single quotes, in which a doubled quote stands for one. */
function readString(text: string, at: number): { readonly token: Token; readonly end: number } {
  const match = /'((?:[^']|'')*)'/y;
  match.lastIndex = at;
  const found = match.exec(text);
  if (found === null) throw new Unreadable(`There is an unterminated string literal at position ${at} in the filter.`);
  return { token: { type: 'string', text: (found[1] ?? '').replaceAll("''", "'"), at }, end: match.lastIndex };
}

function readPattern(text: string, at: number): { readonly token: Token; readonly end: number } {
  for (const [type, pattern] of patterns) {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) return { token: { type, text: found[0], at }, end: pattern.lastIndex };
  }
  throw new Unreadable(`Syntax error: character '${text.charAt(at)}' is not valid at position ${at} in the filter.`);
}
