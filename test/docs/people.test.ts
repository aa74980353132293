import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boardEveryMs, boardFrom } from '../../src/request/board';
import type { LiveResponseRequest } from '../../src/request/request';
import { roundUpEveryMs } from '../../src/request/round-up';
import { formatSize } from '../../src/thread/kit/words';
import { describeState } from '../../src/thread/sentences/state-words';
import { allPosts } from '../thread/all-posts';
import { readPost } from '../thread/read-card';
import { fileResult, harmless, makeRequests, makeView, scriptResult } from '../thread/samples';

const read = (page: string): string => readFileSync(join('docs', page), 'utf8');
const posts = Object.entries(allPosts(harmless, false));
/** What a script left behind is told in the title as well. */
const ran = ['exited 1', 'no result'].map((what) => {
  const request = makeRequests().succeeded as LiveResponseRequest;
  const results = [
    scriptResult(
      harmless,
      what === 'exited 1' ? { index: 1, exitCode: 1 } : { index: 1, outcome: 'notAvailable', exitCode: null },
    ),
    fileResult(harmless, { index: 2 }),
  ];
  return describeState(makeView(request, { results })).title;
});
const cards = posts
  .map(([, post]) => `${readPost(post)}\n${titles(post.card)}`)
  .concat(ran)
  .join('\n');

/** What stands on the buttons of a card. */
function titles(card: unknown): string {
  return [...JSON.stringify(card ?? null).matchAll(/"title":"((?:[^"\\]|\\.)*)"/g)]
    .map(([, title]) => title)
    .join('\n');
}

test.each(['analyst.md', 'approver.md'])('every word of a card that %s quotes is on a card', (page) => {
  const quoted = [...read(page).matchAll(/\*\*([^*]+)\*\*/g)].map(([, words = '']) => words);
  expect(quoted.length).toBeGreaterThan(10);
  // A card says first which device it is about, and goes on in lower case.
  expect(quoted.filter((words) => !cards.toLowerCase().includes(words.toLowerCase()))).toEqual([]);
});

test('every state that the card of a request can show is explained to analysts', () => {
  const shown = new Set(
    Object.values(makeRequests()).map((request) =>
      describeState(makeView(request))
        .title.replace(/^Running.*/, 'Running')
        .replace(/^Approved.*/, 'Approved'),
    ),
  );
  expect(shown.size).toBeGreaterThan(15);
  expect([...shown].filter((title) => !read('analyst.md').includes(`| **${title}`))).toEqual([]);
});

test("what stands on an approver's card is explained in the order in which it is read", () => {
  const rows = [...read('approver.md').matchAll(/^\| \*\*([^*]+)\*\*[^|]*\|/gm)].map(([, words = '']) => words);
  // The card of the picture asks for one approval and has nothing unusual on it.
  const card = readPost(posts.find(([name]) => name === 'awaitingApproval, approver')?.[1] as never).replace(
    'Needs 2 approvals, has 0',
    'Needs 1 approval',
  );
  const at = rows.filter((words) => words !== 'Look twice:').map((words) => card.indexOf(words));
  expect(rows.length).toBeGreaterThan(12);
  expect(at).toEqual([...at].sort((a, b) => a - b));
  expect(at).not.toContain(-1);
});

test('the numbers of the war room are those in force', () => {
  expect([boardFrom, boardEveryMs / 1_000, roundUpEveryMs / 60_000]).toEqual([3, 30, 2]);
  expect(read('war-room.md')).toMatch(/From three open requests on.* every 30 seconds.* every two minutes/s);
});

test('a number that all read is written as the page for analysts says', () => {
  expect(read('analyst.md')).toContain(`(${formatSize(1_234_567).replace(/.*\((.*)\)/, '$1')})`);
});
