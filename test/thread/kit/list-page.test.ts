import { say } from '../../../src/thread/kit/line';
import { listPost } from '../../../src/thread/kit/list-page';
import type { Post } from '../../../src/thread/kit/post';
import { readCardAction } from '../../../src/thread/kit/verbs';
import { buttonsOf, readPost, runsOf } from '../read-card';
import { noon } from '../samples';

const rows = (n: number, size = 1) =>
  Array.from({ length: n }, (_, i) => ({
    lines: [[say(`row ${i}${'x'.repeat(size)}`)]],
    heading: i < 3 ? 'First' : 'Rest',
  }));
const show = (page: number, list = rows(20)): Post =>
  listPost({ list: 'history', about: 'a-1', page, title: 'Rows', rows: list }, { trial: false, now: noon });
const shownRows = (post: Post) => (post.card === null ? [] : runsOf(post.card).filter((t) => t.startsWith('row ')));

test('a page holds eight rows, says which page it is, and leads to its neighbours', () => {
  expect(readPost(show(2))).toMatchInlineSnapshot(`
"Rows
Page 2 of 3.

Rest
row 8x

row 9x

row 10x

row 11x

row 12x

row 13x

row 14x

row 15x
(Previous page)
(Next page)"
`);
});

test('all pages together hold every row once', () => {
  const seen = [1, 2, 3].flatMap((page) => shownRows(show(page)));
  expect(seen).toEqual(rows(20).map(({ lines }) => lines[0]?.[0]?.text));
});

test('long rows make more pages rather than a card that no client takes', () => {
  const long = rows(20, 9_000);
  expect(shownRows(show(1, long))).toHaveLength(2);
  const last = show(999, long);
  expect(shownRows(last).at(-1)).toMatch(/^row 19/);
  expect(readPost(last)).toContain('Page 10 of 10.');
});

test('a page that is no longer there is the last one, and one page has no buttons', () => {
  expect(readPost(show(7))).toContain('Page 3 of 3.');
  expect(readPost(show(1, rows(3)))).not.toContain('page');
});

test('a button to another page is read back as what it leads to', () => {
  const [previous, next] = buttonsOf(show(2).card as never);
  expect(readCardAction(previous?.verb, previous?.data)).toEqual({
    verb: 'list.page',
    list: 'history',
    about: 'a-1',
    page: 1,
  });
  expect(readCardAction(next?.verb, next?.data)).toEqual({ verb: 'list.page', list: 'history', about: 'a-1', page: 3 });
});

test.each([
  ['another list', { list: 'secrets', about: null, page: 1 }],
  ['no list', { about: null, page: 1 }],
  ['page 0', { list: 'queue', about: null, page: 0 }],
  ['half a page', { list: 'queue', about: null, page: 1.5 }],
  ['a page as text', { list: 'queue', about: null, page: '2' }],
  ['a page beyond all', { list: 'queue', about: null, page: 1_001 }],
])('a button that no card of ours has leads nowhere: %s', (_name, data) => {
  expect(readCardAction('list.page', data)).toBeNull();
});

test('what narrows a list is dropped when it is no text or too long', () => {
  for (const about of [5, 'x'.repeat(254), { a: 1 }])
    expect(readCardAction('list.page', { list: 'history', about, page: 1 })).toEqual({
      verb: 'list.page',
      list: 'history',
      about: null,
      page: 1,
    });
});
