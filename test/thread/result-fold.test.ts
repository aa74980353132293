import { resultPost } from '../../src/thread/posts/result-post';
import { nodesOf, runsOf } from './read-card';
import { harmless, makeRequests, makeView, scriptResult } from './samples';

const view = makeView(makeRequests().succeeded as never);
const lines = (n: number, word = 'line') => Array.from({ length: n }, (_, i) => `${word} ${i + 1}`).join('\n');

/** What is seen at once, what is behind a button, and what stands on the button. */
function folds(over: Parameters<typeof scriptResult>[1]) {
  const { card } = resultPost(view, scriptResult(harmless, over));
  if (card === null) throw new Error('No card.');
  const hidden = nodesOf(card).filter(({ isVisible }) => isVisible === false);
  const toggles = nodesOf(card).filter(({ type }) => type === 'Action.ToggleVisibility');
  const output = (of: readonly string[]) => of.filter((text) => /^(line|fault) \d+$/.test(text)).length;
  const all = output(runsOf(card));
  const behind = hidden.map((node) => output(runsOf(node as never)));
  return {
    atOnce: all - behind.reduce((sum, n) => sum + n, 0),
    behind,
    buttons: toggles.map(({ title }) => title),
    opens: toggles.flatMap(({ targetElements }) => targetElements),
    ids: hidden.map(({ id }) => id),
  };
}

test('a short output stands there whole; of a longer one the beginning does, and its button says what it unfolds', () => {
  expect(folds({ output: lines(18) })).toMatchObject({ atOnce: 18, behind: [], buttons: [] });
  expect(folds({ output: lines(19) })).toMatchObject({ atOnce: 15, behind: [4], buttons: ['Output: 4 more lines'] });
});

test('errors and output unfold apart, each by its own button', () => {
  const both = folds({ errors: lines(20, 'fault'), output: lines(30) });
  expect(both).toMatchObject({ atOnce: 30, behind: [5, 15] });
  expect(both.buttons).toEqual(['Errors: 5 more lines', 'Output: 15 more lines']);
  expect(both.opens).toEqual(both.ids);
});

test('a button that does not unfold all of it says how much there is', () => {
  const { atOnce, behind, buttons } = folds({ output: lines(1_200) });
  expect([atOnce, behind, buttons]).toEqual([15, [45], ['Output: 45 of 1 185 more lines']]);
});
