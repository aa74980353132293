import fc from 'fast-check';
import { matchesGlob } from '../../src/policy/glob';
import { compilePattern } from '../../src/policy/pattern';

const matches = (source: string, text: string): boolean | string => {
  const pattern = compilePattern(source);
  return pattern.ok ? pattern.value.test(text) : pattern.error;
};

test.each([
  ['^(INC|CHG)-\\d+', 'CHG-17 late', true],
  ['^(INC|CHG)-\\d+', 'INC-', false],
  ['^[A-Za-z0-9 .-]*$', 'Office 1.2-x', true],
  ['^[A-Za-z0-9 .-]*$', 'Office;x', false],
  ['^[A-Za-z0-9 .-]*$', 'Office\n', false],
  ['b', 'abc', true],
  ['^b', 'abc', false],
  ['^(?:a|bc){2,3}$', 'abca', true],
  ['^a{2}$', 'aaa', false],
  ['^a{2,}$', 'aaaa', true],
  ['[^\\d\\s]', '1 2', false],
  ['[\\]^-]', '-', true],
  ['a|', '', true],
  ['^.$', '\u{1f600}', true],
  ['\\$\\{', '${', true],
  ['x*$y', 'y', false],
  ['^\\S+$', 'a\u00a0b', false],
  ['^[^\\s]+$', 'a\u2003b', false],
  ['a\\sb', 'a\ufeffb', true],
  ['^[\\\\S]$', 'S', true],
  ['k', '\u212a', false],
])('%s on %j is %s', (source, text, expected) => {
  expect(matches(source, text)).toBe(expected);
});

test.each([
  ['(a', 'a ( is never closed'],
  ['a)', 'a ) opens nothing'],
  ['[a', '[a: this [ is never closed'],
  ['*a', '* has nothing to act on; write \\* for the character itself'],
  ['a**', '**: two repetitions in a row'],
  ['a{x}', 'character 2: { must be {n}, {n,} or {n,m}; write \\{ for the character itself'],
  ['a{3,2}', '{3,2}: the numbers are too large or the wrong way round'],
  ['a{1001}', '{1001}: the numbers are too large or the wrong way round'],
  ['((a{50}){50}){50}', '{50}: the numbers are too large or the wrong way round'],
  ['(a{900})(b{900})(c{900})', 'repeats too much: use smaller numbers in {n,m}'],
  ['(?=a)', 'character 1: flags, look-around and named groups are not part of the policy’s patterns'],
  ['(?i)k', 'character 1: flags, look-around and named groups are not part of the policy’s patterns'],
  ['[](?i)k]x(?i)k', 'character 10: flags, look-around and named groups are not part of the policy’s patterns'],
  ['\\Q[\\E(?i)k]', 'character 1: \\Q is not part of the policy’s patterns'],
  ['[a\\S]', 'character 1: \\S cannot stand inside [ ]'],
  ['(a)\\1', '\\1 is not part of the policy’s patterns'],
  ['a\\', '\\ stands at the end'],
  ['[z-a]', 'z-a: no such range or class'],
  ['[[:nope:]]', '[:nope:]: no such range or class'],
  ['a'.repeat(501), 'is longer than 500 characters'],
])('%s is refused', (source, message) => {
  expect(matches(source, '')).toBe(message);
});

const atom = fc.constantFrom(
  'a',
  'b',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\w',
  '\\.',
  '[a-c1-3]',
  '^',
  '$',
  '[\\d.]',
  '\\S',
  '[^\\s]',
  '\\s',
);
const { pattern: arbitrary } = fc.letrec<{ pattern: string }>((tie) => ({
  pattern: fc.oneof(
    { maxDepth: 4 },
    atom,
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
    fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(${a}|${b})`),
    fc.tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '{2,}')).map(([a, q]) => `(?:${a})${q}`),
  ),
}));

test('it says the same as JavaScript does', () => {
  fc.assert(
    fc.property(
      arbitrary,
      fc.array(fc.constantFrom('a', 'b', 'c', '1', '.', '\n', ' ', '\u00a0', '\u212a'), { maxLength: 8 }),
      (source, chars) => {
        fc.pre(source.length <= 200);
        const compiled = compilePattern(source);
        fc.pre(compiled.ok);
        const text = chars.join('');
        expect([source, text, matches(source, text)]).toEqual([source, text, new RegExp(source, 'u').test(text)]);
      },
    ),
    { numRuns: 500 },
  );
});

test('any text is a pattern or refused in words, never a crash', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.string(), (source, text) => {
      expect(['boolean', 'string']).toContain(typeof matches(source, text));
    }),
  );
});

test.each(['^(a+)+$', '^(a|a)*$', 'a*a*a*a*b', '^(a|aa|aaa)+$'])(
  '%s takes no longer than its length times the text',
  (source) => {
    const started = process.cpuUsage().user;
    expect(matches(source, `${'a'.repeat(3_000)}!`)).toBe(false);
    expect(process.cpuUsage().user - started).toBeLessThan(2_000_000);
  },
);

test('a text that is longer than any reason or argument matches nothing', () => {
  expect([matches('a', 'a'.repeat(4_000)), matches('a', 'a'.repeat(4_001))]).toEqual([true, false]);
});

test.each([
  ['collect-*.ps1', 'collect-logs.ps1', true],
  ['collect-*.ps1', 'collect-.ps1', true],
  ['collect-*.ps1', 'Collect-logs.ps1', false],
  ['collect-*.ps1', 'collect-logs.ps1.exe', false],
  ['*', '', true],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['a.c', 'abc', false],
  ['*a*b*', 'xxaxxbxx', true],
  ['', 'a', false],
])('the glob %s on %s is %s', (glob, text, expected) => {
  expect(matchesGlob(glob, text)).toBe(expected);
});

test('a glob says the same as the regular expression that it stands for', () => {
  const chars = (from: readonly string[]) =>
    fc.array(fc.constantFrom(...from), { maxLength: 8 }).map((c) => c.join(''));
  fc.assert(
    fc.property(chars(['a', 'b', '*', '?', '.']), chars(['a', 'b', '.']), (glob, text) => {
      const source = [...glob].map((c) => ({ '*': '.*', '?': '.', '.': '\\.' })[c] ?? c).join('');
      expect(matchesGlob(glob, text)).toBe(new RegExp(`^${source}$`, 's').test(text));
    }),
  );
});
