import { toDisplayText } from '../../src/evidence/display-text';
import { github } from '../mask/secrets';

const esc = String.fromCharCode(27);

test.each([
  ['NUL characters are gone', 'a\0b\0\0\0', 'ab'],
  ['Windows and old line ends become one kind', 'a\r\nb\rc\n', 'a\nb\nc'],
  ['tabs and blanks stay, since tables are made of them', 'Name    Id\n----\t1', 'Name    Id\n----\t1'],
  ['colour codes are gone', `${esc}[31mred${esc}[0m and ${esc}[2K`, 'red and'],
  ['other control characters are seen', `bell${String.fromCharCode(7)}${esc}]0;title`, 'bell\\u{7}\\u{1b}]0;title'],
  ['text direction cannot be turned', 'exe.\u202Etxt', 'exe.\\u{202e}txt'],
  ['invisible characters are seen', 'a\u200Bb\u00A0c', 'a\\u{200b}b\\u{a0}c'],
  ['half a surrogate pair is seen', 'x\ud800y', 'x\\u{d800}y'],
  ['what looks like our escape is told apart from it', 'a \\u{202e} b', 'a \\u{5c}u{202e} b'],
  ['a Teams date macro stays text', 'due {{DATE(2026-03-02,SHORT)}}', 'due {\\u{7b}DATE(2026-03-02,SHORT)}}'],
  ['a macro behind a false escape stays text', '\\u{{TIME(x)}}', '\\u{5c}u{\\u{7b}TIME(x)}}'],
  [
    'what looks like a mark of ours is told apart from it',
    'x [masked: password, #3f9a]',
    'x \\u{5b}masked: password, #3f9a]',
  ],
  ['templates that are no macro stay as they are', 'Hello {{name}}', 'Hello {{name}}'],
])('%s', (_title, raw, text) => {
  expect(toDisplayText(raw, 1_000).text).toBe(text);
});

test('a long text is cut and says how long it was', () => {
  expect(toDisplayText('abcdefghij', 4)).toEqual({ text: 'abcd', cut: true, length: 10, secrets: [] });
});

test('a text of just the limit is whole', () => {
  expect(toDisplayText('abcd\r\n\0', 4)).toEqual({ text: 'abcd', cut: false, length: 4, secrets: [] });
});

test('a character is not cut in half', () => {
  expect(toDisplayText('abc\u{1F600}d', 4)).toEqual({ text: 'abc', cut: true, length: 6, secrets: [] });
});

test('hostile text stays bounded however much of it has to be escaped', () => {
  const shown = toDisplayText('\u202E'.repeat(5_000_000), 1_000);
  expect(shown.text.length).toBe('\\u{202e}'.length * 1_000);
  expect(shown.length).toBe(5_000_000);
});

test('a secret is found before anything is made visible, and its place is where it is then', () => {
  const secret = github();
  const raw = `\u202E${esc}[1m token ${secret.slice(0, 10)}\u200b${secret.slice(10)}\0\r\nok`;
  const { text, secrets } = toDisplayText(raw, 1_000);
  expect(secrets).toHaveLength(1);
  const [{ from, to, value }] = secrets as readonly [(typeof secrets)[number]];
  expect(value).toBe(secret);
  expect(text.slice(from, to)).toBe(`${secret.slice(0, 10)}\\u{200b}${secret.slice(10)}`);
  expect(text.slice(to)).toBe('\nok');
});

test('a secret that the cut would halve is masked to the cut', () => {
  const { text, secrets } = toDisplayText(`token ${github()} and more`, 20);
  expect(secrets).toMatchObject([{ from: 6, to: 20 }]);
  expect(text).toHaveLength(20);
});
