import fc from 'fast-check';
import { hasHidden, hasHiddenInProse, parseVisible, showHidden, visible, visibleCode } from '../../src/lib/visible';

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
      fc.constantFrom(
        '\u0430',
        'o\u03bf',
        '\uff21',
        '\u30ce',
        '\u5b57',
        '\u0967',
        '\u212a',
        '\u{1d41a}',
        'é',
        'e\u0301',
      ),
      fc.constantFrom('\u0301', '\u034f', '\u200b', '\u202e', '\ud83d', '\ude00', '\u{e0041}', '\u2800', '\t', '\r\n'),
      fc.constantFrom('❤️', '👨\u200d👩\u200d👧', '1️⃣', '❤', '👨', '\u200d', '\ufe0f', '\u20e3'),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

const kinds = [
  ['prose', visible],
  ['code', visibleCode],
] as const;

/** Whole emoji stand in prose as they are, and only there. */
const withoutEmoji = (shown: string): string => {
  const flags: string = 'gv';
  return shown.replace(new RegExp('\\p{RGI_Emoji}', flags), '😀');
};

/** Texts of ASCII alone, mostly words and blanks, with what may not stay as it is strewn in. */
const asciiText = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.stringMatching(/^[!-~]{1,6}$/) },
      { weight: 4, arbitrary: fc.constant(' ') },
      { weight: 1, arbitrary: fc.constantFrom('  ', '{{', '\\u{', '{', '\t', '\u0000', '\u007f') },
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

test.each(kinds)(
  'of ASCII %s shows everything as it is but control characters, swallowed blanks, macros and our escapes',
  (_kind, show) => {
    fc.assert(
      fc.property(asciiText, (text) => {
        const escaped = (chars: string) =>
          [...chars].map((char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`).join('');
        expect(show(text)).toBe(text.replace(/\p{Cc}|\\(?=u\{)|(?<=\{)\{|^ | $|(?<= ) /gu, escaped));
      }),
    );
  },
);

test.each(kinds)('%s parses back to the identical text, whatever the text', (_kind, show) => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(parseVisible(show(text))).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

test.each(kinds)(
  '%s shows nothing that a reader cannot see and nothing that a renderer swallows or expands',
  (kind, show) => {
    fc.assert(
      fc.property(anyText, (text) => {
        const shown = kind === 'prose' ? withoutEmoji(show(text)) : show(text);
        expect(hasHidden(shown)).toBe(false);
        expect(shown).not.toMatch(/^ | $| {2}|\{\{|[\r\n]/);
        expect(shown).not.toMatch(/(^|[^\p{L}\p{M}])\p{M}/u);
      }),
      { numRuns: 2_000 },
    );
  },
);

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

test('code shows no letter but those of ASCII, Latin with its own marks, Chinese, Japanese and Korean', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(visibleCode(text)).not.toMatch(
        /(?![\u0020-\u007e])(?![\p{Script=Latin}])(?![\p{Script_Extensions=Han}\p{Script_Extensions=Hiragana}\p{Script_Extensions=Katakana}\p{Script=Hangul}])./su,
      );
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['a Cyrillic letter in a Latin word', 'minidum\u0440.ps1', 'minidum\\u{440}.ps1', 'minidum\\u{440}.ps1'],
  ['a Greek letter in a Latin word', 'c\u03bfpy', 'c\\u{3bf}py', 'c\\u{3bf}py'],
  ['a Greek letter in a Cyrillic word', '\u0421\u03bf', '\\u{421}\\u{3bf}', '\\u{421}\\u{3bf}'],
  [
    'a word that is Cyrillic as a whole',
    'copy \u0441\u043e\u0440\u0443',
    'copy \u0441\u043e\u0440\u0443',
    'copy \\u{441}\\u{43e}\\u{440}\\u{443}',
  ],
  ['a full-width letter in a Latin word', 'ws\uff21', 'ws\\u{ff21}', 'ws\\u{ff21}'],
  ['full-width letters alone', '\uff29\uff2e\uff23', '\uff29\uff2e\uff23', '\\u{ff29}\\u{ff2e}\\u{ff23}'],
  ['a mathematical letter', '\u{1d41a}bc', '\\u{1d41a}bc', '\\u{1d41a}bc'],
  ['a Roman numeral that is an l', '\u217c1', '\\u{217c}1', '\\u{217c}1'],
  ['a ligature', '\ufb01le', '\\u{fb01}le', '\\u{fb01}le'],
  ['the Kelvin sign', '\u212a1', '\\u{212a}1', '\\u{212a}1'],
  ['a Bengali digit that looks like an 8', 'INC-1\u09ea42', 'INC-1\\u{9ea}42', 'INC-1\\u{9ea}42'],
  ['a Cherokee letter', '\u13d4 x', '\\u{13d4} x', '\\u{13d4} x'],
  ['a dotless i', '\u0131d', '\u0131d', '\\u{131}d'],
  ['a letter with a mark of its own', 'ren\u00e9', 'ren\u00e9', 'ren\u00e9'],
  ['a letter with a mark that follows it', 'rene\u0301', 'rene\u0301', 'rene\\u{301}'],
  ['a division slash', 'C:\u2215x', 'C:\u2215x', 'C:\\u{2215}x'],
  ['a hyphen that is not one of ASCII', '\u2010Force', '\u2010Force', '\\u{2010}Force'],
  ['curly quotes', '\u201cx\u201d', '\u201cx\u201d', '\\u{201c}x\\u{201d}'],
  ['Katakana that looks like a slash, in a Latin word', 'a\u30ceb', 'a\u30ceb', 'a\\u{30ce}b'],
  ['a stroke alone that looks like a hyphen', '- \u4e00', '- \u4e00', '- \\u{4e00}'],
  [
    'a long vowel in a Japanese word',
    '\u30b5\u30fc\u30d0\u30fc',
    '\u30b5\u30fc\u30d0\u30fc',
    '\u30b5\u30fc\u30d0\u30fc',
  ],
  ['a Japanese path', 'C:\\\u5c71\u7530\\1', 'C:\\\u5c71\u7530\\1', 'C:\\\u5c71\u7530\\1'],
  ['a jamo that looks like a bar', 'a \u3163', 'a \u3163', 'a \\u{3163}'],
])('look-alikes: %s', (_what, text, prose, code) => {
  expect([visible(text), visibleCode(text)]).toEqual([prose, code]);
});

test.each([
  'Ольга Иванова',
  'Γιώργος',
  'محمد علي',
  'יוסי כהן',
  'प्रिया शर्मा',
  'Zoë Müller-Łukasz',
  '田中さん、Windows端末を確認してください',
  'サーバーを確認',
  '서버 확인 042',
  'กรุงเทพ',
  'Ольга2',
  '٤٢ محمد',
  '5 m² nº 3',
])('prose of one script stays readable: %s', (text) => {
  expect(visible(text)).toBe(text);
});

test.each([
  '❤️',
  '⚠️ careful',
  '👨\u200d👩\u200d👧 family',
  '1️⃣',
  '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  'ok 👍🏽',
])('an emoji of several characters stands in prose as it is, and nowhere else: %s', (text) => {
  expect(hasHiddenInProse(text)).toBe(false);
  expect(visible(text)).toBe(text);
  expect(showHidden(text)).toBe(text);
  if (hasHidden(text)) expect(visibleCode(text)).toContain('\\u{');
});

test.each([
  ['a joiner that joins no emoji', 'a\u200db', 'a\\u{200d}b'],
  ['a joiner at the end of an emoji', '👨\u200d', '👨\\u{200d}'],
  ['a variation selector after a letter', 'a\ufe0f', 'a\\u{fe0f}'],
  ['a second variation selector', '❤️\ufe0f', '❤️\\u{fe0f}'],
  ['tags that spell no flag', '🏴\u{e0041}\u{e007f}', '🏴\\u{e0041}\\u{e007f}'],
  ['a joiner between an emoji and a letter', '👨\u200da', '👨\\u{200d}a'],
])('nothing is hidden by an emoji: %s', (_name, text, shown) => {
  expect(hasHiddenInProse(text)).toBe(true);
  expect(visible(text)).toBe(shown);
  expect(showHidden(text)).toBe(shown);
});

test('a mark that follows an emoji is shown, for it would be drawn on it', () => {
  expect(visible('❤️\u0338')).toBe('❤️\\u{338}');
});
