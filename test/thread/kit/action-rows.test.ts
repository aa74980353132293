import { actionRows, placeActions } from '../../../src/thread/kit/action-rows';
import type { ActionJson } from '../../../src/thread/kit/button';

const actions = (...titles: readonly string[]): readonly ActionJson[] =>
  titles.map((title) => ({ type: 'Action.Execute', title }));
const shown = (of: readonly ActionJson[]) => actionRows(of).map((row) => row.actions.map(({ title }) => title));

test('buttons keep their order and go into the next row where a narrow phone would cut them off', () => {
  expect(shown(actions('Approve', 'Deny…', 'Withdraw…'))).toEqual([['Approve', 'Deny…'], ['Withdraw…']]);
  expect(shown(actions('Previous page', 'Next page'))).toEqual([['Previous page', 'Next page']]);
  expect(shown(actions('Ask for approval', 'Preview', 'Type the names instead'))).toEqual([
    ['Ask for approval', 'Preview'],
    ['Type the names instead'],
  ]);
});

test('a button that is wider than a phone has a row of its own, and no row is empty', () => {
  expect(shown(actions('x'.repeat(80), 'a', 'x'.repeat(80)))).toEqual([['x'.repeat(80)], ['a'], ['x'.repeat(80)]]);
  expect(shown([])).toEqual([]);
});

test("one row is the card's own, several stand at the end of its body", () => {
  const few = actions('Approve', 'Deny…');
  expect(placeActions(few)).toEqual({ actions: few, actionRows: [] });
  const many = actions('Approve', 'Deny…', 'Withdraw…');
  expect(placeActions(many)).toEqual({ actions: [], actionRows: actionRows(many) });
});
