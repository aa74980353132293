import { err, ok, type Result } from '../lib/result';

/**
 * A pattern of the policy. It runs over what strangers type, so it is not JavaScript's RegExp, whose time can grow exponentially: these
 * are the regular expressions without back references and look-around, run as a set of states, in time pattern length × text length at most.
 */
export interface Pattern {
  /** Whether it is found anywhere in the text; anchor it with `^` and `$` to mean the whole. A text over `maxTextLength` never is. */
  test(text: string): boolean;
}

/** A reason has at most 1,000 characters and arguments 2,000 (request/command.ts). */
const maxTextLength = 4_000;
const maxPatternLength = 500;
/** Ours: `{n,m}` is written out, and this is how much of it there may be. */
const maxStates = 2_000;
const maxRepeat = 200;

/** Reads a pattern: literals, `.`, `[classes]`, `\d \w \s`, groups, `|`, `^`, `$`, and `* + ? {n,m}`; says in words what else there is. */
export function compilePattern(source: string): Result<Pattern, string> {
  if (source.length > maxPatternLength) return err(`is longer than ${maxPatternLength} characters`);
  const parsed = parse([...source]);
  if (!parsed.ok) return parsed;
  const program: Instruction[] = [];
  if (!emit(parsed.value, program)) return err('repeats too much: use smaller numbers in {n,m}');
  program.push({ type: 'found' });
  return ok({
    test(text) {
      if (text.length > maxTextLength) return false; // guard: pattern-input-bounded
      return run(program, [...text]);
    },
  });
}

type CharTest = (char: string) => boolean;

type Node =
  | { readonly type: 'char'; readonly test: CharTest }
  | { readonly type: 'start' }
  | { readonly type: 'end' }
  | { readonly type: 'sequence'; readonly parts: readonly Node[] }
  | { readonly type: 'choice'; readonly branches: readonly Node[] }
  | { readonly type: 'repeat'; readonly part: Node; readonly min: number; readonly max: number };

/** One state of the machine; `fork` goes both ways at once. */
type Instruction =
  | { readonly type: 'char'; readonly test: CharTest }
  | { readonly type: 'start' }
  | { readonly type: 'end' }
  | { readonly type: 'fork'; readonly to: readonly number[] }
  | { readonly type: 'found' };

class PatternFault extends Error {
  override readonly name = 'PatternFault';
}

function parse(chars: readonly string[]): Result<Node, string> {
  let at = 0;

  function choice(): Node {
    const branches = [sequence()];
    while (chars[at] === '|') {
      at++;
      branches.push(sequence());
    }
    return branches.length === 1 && branches[0] !== undefined ? branches[0] : { type: 'choice', branches };
  }

  function sequence(): Node {
    const parts: Node[] = [];
    for (let char = chars[at]; char !== undefined && char !== '|' && char !== ')'; char = chars[at]) {
      const part = atom(char);
      parts.push(part.type === 'start' || part.type === 'end' ? part : repeated(part));
    }
    return { type: 'sequence', parts };
  }

  function atom(char: string): Node {
    at++;
    switch (char) {
      case '^':
        return { type: 'start' };
      case '$':
        return { type: 'end' };
      case '.':
        return { type: 'char', test: (c) => !/[\n\r\u2028\u2029]/.test(c) };
      case '(':
        return group();
      case '[':
        return { type: 'char', test: charClass() };
      case '\\':
        return { type: 'char', test: escaped() };
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        throw fault(`${char} has nothing to act on here; write \\${char} for the character itself`, at);
      default:
        return { type: 'char', test: (c) => c === char };
    }
  }

  function group(): Node {
    const opened = at;
    if (chars[at] === '?') {
      if (chars[at + 1] !== ':') throw fault('look-around and named groups are not part of the policy’s patterns', at);
      at += 2;
    }
    const inner = choice();
    if (chars[at] !== ')') throw fault('this ( is never closed', opened);
    at++;
    return inner;
  }

  function repeated(part: Node): Node {
    const found = /^(?:([*+?])|\{(\d{1,4})(?:(,)(\d{0,4}))?\})/.exec(chars.slice(at, at + 11).join(''));
    if (found === null) {
      if (chars[at] === '{') throw fault('{ must be {n}, {n,} or {n,m}; write \\{ for the character itself', at + 1);
      return part;
    }
    const [all, sign, from, comma, to] = found;
    at += all.length;
    const min = sign === undefined ? Number(from) : sign === '+' ? 1 : 0;
    const most = sign === undefined ? (comma === undefined ? min : to === '' ? Infinity : Number(to)) : Infinity;
    const max = sign === '?' ? 1 : most;
    if (min > maxRepeat || (max !== Infinity && max > maxRepeat)) throw fault(`at most ${maxRepeat} in {n,m}`, at);
    if (max < min) throw fault('the second number in {n,m} must not be smaller than the first', at);
    if (/^[*+?{]$/.test(chars[at] ?? '')) throw fault('two repetitions in a row', at + 1);
    return { type: 'repeat', part, min, max };
  }

  function escaped(): CharTest {
    const char = chars[at++];
    if (char === undefined) throw fault('\\ stands at the end', at - 1);
    const known = classEscapes[char];
    if (known !== undefined) return known;
    if (/^[A-Za-z0-9]$/.test(char)) throw fault(`\\${char} is not part of the policy’s patterns`, at);
    return (c) => c === char;
  }

  function charClass(): CharTest {
    const opened = at;
    const negated = chars[at] === '^';
    if (negated) at++;
    const tests: CharTest[] = [];
    while (chars[at] !== ']') {
      const low = chars[at++];
      if (low === undefined) throw fault('this [ is never closed', opened);
      if (low === '\\' && classEscapes[chars[at] ?? ''] !== undefined) {
        tests.push(escaped());
        continue;
      }
      const from = low === '\\' ? literal() : low;
      if (chars[at] !== '-' || chars[at + 1] === ']' || chars[at + 1] === undefined) {
        tests.push((c) => c === from);
        continue;
      }
      at++;
      const high = chars[at++] ?? '';
      const to = high === '\\' ? literal() : high;
      const [first, last] = [from.codePointAt(0) ?? 0, to.codePointAt(0) ?? 0];
      if (last < first) throw fault(`the range ${from}-${to} is the wrong way round`, at);
      tests.push((c) => {
        const code = c.codePointAt(0) ?? 0;
        return code >= first && code <= last;
      });
    }
    at++;
    return (c) => tests.some((test) => test(c)) !== negated;
  }

  function literal(): string {
    const char = chars[at++];
    if (char === undefined || /^[A-Za-z0-9]$/.test(char)) throw fault(`\\${char ?? ''} cannot stand here`, at);
    return char;
  }

  try {
    const node = choice();
    if (at < chars.length) throw fault('this ) opens nothing', at + 1);
    return ok(node);
  } catch (error) {
    if (error instanceof PatternFault) return err(error.message);
    throw error;
  }
}

const fault = (message: string, at: number): PatternFault => new PatternFault(`character ${at}: ${message}`);

const classEscapes: Readonly<Record<string, CharTest>> = Object.assign(Object.create(null), {
  d: (c: string) => /\d/.test(c),
  D: (c: string) => !/\d/.test(c),
  w: (c: string) => /\w/.test(c),
  W: (c: string) => !/\w/.test(c),
  s: (c: string) => /\s/.test(c),
  S: (c: string) => !/\s/.test(c),
});

/** Appends the states of a node; false when there would be too many. */
function emit(node: Node, program: Instruction[]): boolean {
  if (program.length > maxStates) return false;
  switch (node.type) {
    case 'char':
    case 'start':
    case 'end':
      program.push(node);
      return true;
    case 'sequence':
      return node.parts.every((part) => emit(part, program));
    case 'choice':
      return emitChoice(node.branches, program);
    case 'repeat':
      return emitRepeat(node, program);
  }
}

function emitChoice(branches: readonly Node[], program: Instruction[]): boolean {
  const fork = program.push({ type: 'fork', to: [] }) - 1;
  const starts: number[] = [];
  const ends: number[] = [];
  for (const branch of branches) {
    starts.push(program.length);
    if (!emit(branch, program)) return false;
    ends.push(program.push({ type: 'fork', to: [] }) - 1);
  }
  program[fork] = { type: 'fork', to: starts };
  for (const end of ends) program[end] = { type: 'fork', to: [program.length] };
  return true;
}

function emitRepeat({ part, min, max }: Extract<Node, { type: 'repeat' }>, program: Instruction[]): boolean {
  for (let i = 0; i < min; i++) if (!emit(part, program)) return false;
  if (max === Infinity) {
    const fork = program.push({ type: 'fork', to: [] }) - 1;
    if (!emit(part, program)) return false;
    program.push({ type: 'fork', to: [fork] });
    program[fork] = { type: 'fork', to: [fork + 1, program.length] };
    return true;
  }
  const forks: number[] = [];
  for (let i = min; i < max; i++) {
    forks.push(program.push({ type: 'fork', to: [] }) - 1);
    if (!emit(part, program)) return false;
  }
  for (const fork of forks) program[fork] = { type: 'fork', to: [fork + 1, program.length] };
  return program.length <= maxStates;
}

/** All states at once, one character at a time (Thompson): each state is entered at most once a character, whatever the pattern. */
function run(program: readonly Instruction[], chars: readonly string[]): boolean {
  let states = new Set<number>();
  for (let at = 0; at <= chars.length; at++) {
    const char = chars[at];
    const waiting = [...states, 0];
    const entered = new Set<number>();
    const next = new Set<number>();
    for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
      const instruction = program[state];
      if (instruction === undefined || entered.has(state)) continue;
      entered.add(state);
      if (instruction.type === 'found') return true;
      if (instruction.type === 'fork') waiting.push(...instruction.to);
      else if (instruction.type === 'start') at === 0 && waiting.push(state + 1);
      else if (instruction.type === 'end') char === undefined && waiting.push(state + 1);
      else if (char !== undefined && instruction.test(char)) next.add(state + 1);
    }
    states = next;
  }
  return false;
}
