import { budgets } from '../../scripts/cards/budgets';
import { activityBytes, maxActivityBytes } from '../../src/thread/kit/fits';
import type { CardJson } from '../../src/thread/kit/post';
import { measuredPosts } from './measured-posts';
import { readCard } from './read-card';

/** What is read before anything is unfolded, buttons included. */
const openWords = (card: CardJson): readonly string[] =>
  readCard(card)
    .split('\n')
    .filter((line) => !line.startsWith('  │ '))
    .map((line) => line.replace(/^ {4}.*$/, '').replace(/[()▾]/g, ' '))
    .join(' ')
    .split(/\s+/)
    .filter((word) => word !== '');

test.each(Object.entries(budgets).filter(([name]) => name in measuredPosts()))(
  'the words of the card %s stay within its budget (design.md §9), and its bytes within what every client takes',
  (name, { words }) => {
    const posts = measuredPosts()[name] ?? [];
    expect(posts.length).toBeGreaterThan(0);
    const read = posts.flatMap(({ card, text }) => [
      ...(text ?? '').split(' '),
      ...(card === null ? [] : openWords(card)),
    ]);
    expect(read.length).toBeLessThanOrEqual(words);
    for (const post of posts) expect(activityBytes(post)).toBeLessThanOrEqual(maxActivityBytes / 2);
  },
);
