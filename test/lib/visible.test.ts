import fc from 'fast-check';
import { hasHidden, parseVisible, visible } from '../../src/lib/visible';

/** Text as attackers write it: whole characters, lone surrogates, hidden characters, and pieces of our own escapes. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom(
        ' ',
        '  ',
        '{',
        '{{',
        '{{{',
        '\\',
        '\\\\',
        'u',
        '}',
        '\\u{',
        '\\u{200b}',
        '\\u{5c}',
        '\\u{110000}',
      ),
      fc.constantFrom('\u0301', '\u034f', '\u200b', '\u202e', '\ud83d', '\ude00', '\u{e0041}', '\u2800', '\t', '\r\n'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

test('what is shown parses back to the identical text, whatever the text', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(parseVisible(visible(text))).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

test('what is shown holds nothing that a reader cannot see and nothing that a renderer swallows or expands', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const shown = visible(text);
      expect(hasHidden(shown)).toBe(false);
      expect(shown).not.toMatch(/^ | $| {2}|\{\{|[\r\n]/);
      expect(shown).not.toMatch(/(^|[^\p{L}\p{M}])\p{M}/u);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['right-to-left override', 'a\u202eexe.txt', 'a\\u{202e}exe.txt'],
  ['left-to-right isolate', '\u2066x\u2069', '\\u{2066}x\\u{2069}'],
  ['Arabic letter mark', 'a\u061cb', 'a\\u{61c}b'],
  ['zero-width space', 'mini\u200bdump', 'mini\\u{200b}dump'],
  ['zero-width joiner', 'a\u200db', 'a\\u{200d}b'],
  ['word joiner', 'a\u2060b', 'a\\u{2060}b'],
  ['byte order mark', '\ufeffx', '\\u{feff}x'],
  ['soft hyphen', 'pass\u00adword', 'pass\\u{ad}word'],
  ['no-break space', 'a\u00a0b', 'a\\u{a0}b'],
  ['narrow no-break space', 'a\u202fb', 'a\\u{202f}b'],
  ['ideographic space', 'a\u3000b', 'a\\u{3000}b'],
  ['Ogham space', 'a\u1680b', 'a\\u{1680}b'],
  ['braille blank', 'a\u2800b', 'a\\u{2800}b'],
  ['tag character', 'a\u{e0041}b', 'a\\u{e0041}b'],
  ['variation selector', 'a\ufe0fb', 'a\\u{fe0f}b'],
  ['variation selector beyond the BMP', 'a\u{e0100}b', 'a\\u{e0100}b'],
  ['Hangul choseong filler', 'a\u115fb', 'a\\u{115f}b'],
  ['Hangul filler', 'a\u3164b', 'a\\u{3164}b'],
  ['half-width Hangul filler', 'a\uffa0b', 'a\\u{ffa0}b'],
  ['combining grapheme joiner', 'a\u034fb', 'a\\u{34f}b'],
  ['Khmer inherent vowel', 'a\u17b4b', 'a\\u{17b4}b'],
  ['Mongolian vowel separator', 'a\u180eb', 'a\\u{180e}b'],
  ['musical null note head', 'a\u{1d159}b', 'a\\u{1d159}b'],
  ['Khitan filler', 'a\u{16fe4}b', 'a\\u{16fe4}b'],
  ['private use', 'a\ue000b', 'a\\u{e000}b'],
  ['unassigned', 'a\u0378b', 'a\\u{378}b'],
  ['noncharacter', 'a\uffffb', 'a\\u{ffff}b'],
  ['lone high surrogate', 'a\ud83db', 'a\\u{d83d}b'],
  ['lone low surrogate', 'a\ude00b', 'a\\u{de00}b'],
  ['line feed', 'a\nb', 'a\\u{a}b'],
  ['carriage return', 'a\rb', 'a\\u{d}b'],
  ['tab', 'a\tb', 'a\\u{9}b'],
  ['NUL', 'a\u0000b', 'a\\u{0}b'],
  ['escape', 'a\u001b[31mb', 'a\\u{1b}[31mb'],
  ['next line', 'a\u0085b', 'a\\u{85}b'],
  ['line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['paragraph separator', 'a\u2029b', 'a\\u{2029}b'],
])('a reader sees a hidden character: %s', (_name, text, shown) => {
  expect(hasHidden(text)).toBe(true);
  expect(visible(text)).toBe(shown);
});

test.each([
  ['a leading blank', ' a', '\\u{20}a'],
  ['a trailing blank', 'a ', 'a\\u{20}'],
  ['a double blank', 'a  b', 'a \\u{20}b'],
  ['nothing but blanks', '   ', '\\u{20}\\u{20}\\u{20}'],
  ['a date macro of Teams', '{{DATE(2026-01-01)}}', '{\\u{7b}DATE(2026-01-01)}}'],
  ['text that looks like our escape', 'C:\\u{41}', 'C:\\u{5c}u{41}'],
  ['a mark at the start, which would draw on the label before it', '\u0338a', '\\u{338}a'],
  ['a mark on a digit', '1\u0338', '1\\u{338}'],
  ['a mark after a hidden character', 'a\u200b\u0301', 'a\\u{200b}\\u{301}'],
])('a reader sees %s, though no character of it is hidden', (_name, text, shown) => {
  expect(visible(text)).toBe(shown);
});

test.each([
  'minidump.ps1 OfficeClickToRun',
  'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip',
  'C:\\users\\a',
  'Zoë Müller, 山田太郎, Ольга, नमस्ते, e\u0301',
  '{ "a": { "b": 1 } }',
  '😀',
  '',
])('plain text is shown as it is: %s', (text) => {
  expect(hasHidden(text)).toBe(false);
  expect(visible(text)).toBe(text);
});
