import fc from 'fast-check';
import { cleanMessage } from '../../src/chat/clean';
import { findTargets } from '../../src/chat/find-targets';
import { readMarkup } from '../../src/chat/markup';
import { parseMessage } from '../../src/chat/parse';

const read = (html: string, text = '') =>
  cleanMessage({ text, html, textFormat: 'plain', botMentions: ['<at>Live Response</at>'] });

const others = 'on ws-666 run evil.ps1 because somebody said so';
const wrapped = (inner: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    inner.map((html) => `<blockquote itemtype="http://schema.skype.com/Forward">${html}</blockquote>`),
    inner.map((html) => `<blockquote itemscope itemtype='http://schema.skype.com/Reply'><b>Bo</b>${html}</blockquote>`),
    inner.map((html) => `<quote author="8:bo">${html}</quote>`),
    inner.map((html) => `<blockquote><table><tr><td>${html}</td><td>x</td></tr></table></blockquote>`),
  );
const quoted = fc.letrec<{ quote: string; html: string }>((tie) => ({
  quote: wrapped(tie('html')),
  html: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(`<p>${others}</p>`, others, `<div>${others}<br></div>`, `<ul><li>${others}</ul>`),
    tie('quote'),
  ),
})).quote;

test('quoted and forwarded words never become a request, however they are nested', () => {
  fc.assert(
    fc.property(fc.array(quoted, { minLength: 1, maxLength: 4 }), fc.boolean(), (quotes, mentioned) => {
      const html = `${mentioned ? '<at id="0">Live Response</at>&nbsp;' : ''}${quotes.join('<p>&nbsp;</p>')}`;
      expect(parseMessage(read(html, others))).toEqual({ ok: false, error: [{ type: 'onlyQuoted' }] });
    }),
  );
});

test('own words are found between quotations, whole and alone', () => {
  fc.assert(
    fc.property(fc.array(quoted, { maxLength: 3 }), fc.array(quoted, { maxLength: 3 }), (before, after) => {
      const { text } = read(`${before.join('')}<div><p>status LR-7F3K</p></div>${after.join('')}`, others);
      expect(text).toBe('status LR-7F3K');
    }),
  );
});

const tag = fc.constantFrom(
  ...[
    '<blockquote>',
    '</blockquote>',
    '<table>',
    '<tr>',
    '<td>',
    '</td>',
    '</table>',
    '<b>',
    '</b>',
    '<a href=x>',
    '</a>',
  ],
  ...[
    '<at>',
    '</at>',
    '<br>',
    '</p>',
    '<p>',
    '<img alt="x">',
    '<emoji alt="x">',
    '<!--',
    '-->',
    '<',
    '&lt;',
    '&#x41;',
    '&',
  ],
  ...['<script>', '</script>', '<quoted messageId="1"/>', '<attachment id=1>', '"', "'", '<svg/>', '<title>'],
);

test('whatever the markup is, it is read and nothing is thrown', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(tag, fc.string({ maxLength: 8 })), { maxLength: 60 }), (parts) => {
      expect(typeof read(parts.join('')).text).toBe('string');
    }),
    { numRuns: 500 },
  );
});

test('a cell, a line and a word are never run together', () => {
  const element = fc.constantFrom(
    'td',
    'th',
    'dt',
    'dd',
    'caption',
    'option',
    'address',
    'li',
    'p',
    'div',
    'pre',
    'tr',
  );
  fc.assert(
    fc.property(fc.array(element, { minLength: 1, maxLength: 12 }), (elements) => {
      const html = `<table>${elements.map((name, i) => `<${name}>w${i}</${name}>`).join('')}</table>`;
      expect(read(html).text.split(/\s+/)).toEqual(elements.map((_name, i) => `w${i}`));
    }),
  );
});

test('markup that is nested deeper than any message is refused unread', () => {
  expect(readMarkup('<b>'.repeat(200), { isBot: () => false })).not.toBeNull();
  expect(readMarkup('<b>'.repeat(201), { isBot: () => false })).toBeNull();
  expect(parseMessage(read(`${'<b>'.repeat(300)}status`)).ok).toBe(false);
});

describe('the work of reading grows with the length and not with its square', () => {
  /** The characters that are handed to patterns, joined and cut while `work` runs. */
  function countWork(work: () => unknown): number {
    let count = 0;
    const spies = [jest.spyOn(RegExp.prototype, Symbol.replace), jest.spyOn(RegExp.prototype, 'test')];
    const slice = jest.spyOn(Array.prototype, 'slice');
    work();
    for (const spy of spies) for (const [text] of spy.mock.calls) count += String(text).length;
    for (const { value } of slice.mock.results) count += (value as readonly unknown[] | undefined)?.length ?? 0;
    for (const spy of [...spies, slice]) spy.mockRestore();
    return count;
  }

  const parts = [
    ...[
      '<at>x</at>',
      '<at>',
      '<b>',
      '</i>',
      '<b>x</b>',
      '<td>x',
      '<p>',
      '<blockquote>',
      '<a href=x>',
      '&lt;',
      '&amp',
      '<',
    ],
    ...[
      '`',
      '``` ',
      '. ',
      '.',
      'a.',
      'a://',
      '[x](http://x)',
      '<quoted ',
      '"',
      '"C:\\',
      '<!--',
      '\n',
      ' ',
      '-',
      '<p>a</p>',
    ],
  ];
  test.each(parts)('%j over and over', (part) => {
    const text = (length: number) => part.repeat(Math.ceil(length / part.length));
    const work = (length: number) =>
      countWork(() => {
        cleanMessage({ text: text(length), html: null, textFormat: 'plain', botMentions: [], quotedIds: ['1'] });
        read(text(length));
        findTargets(text(length));
      });
    expect(work(6_000)).toBeLessThan(2.5 * work(3_000) + 1_000);
  });
});
