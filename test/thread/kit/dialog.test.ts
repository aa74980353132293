import { toDialogCard } from '../../../src/thread/kit/dialog';
import { allPosts } from '../all-posts';
import { nodesOf } from '../read-card';
import { harmless } from '../samples';

test('in a dialog every button of every card comes back by Action.Submit, with the dialog and nothing lost', () => {
  for (const { card } of Object.values(allPosts(harmless, false))) {
    if (card === null) continue;
    const before = nodesOf(card).filter(({ type, verb }) => type === 'Action.Execute' && verb !== 'card.refresh');
    const dialog = toDialogCard(card, 'd-1');
    expect(nodesOf(dialog).filter(({ type }) => type === 'Action.Execute')).toEqual([]);
    const after = nodesOf(dialog).filter(
      ({ type, data }) => type === 'Action.Submit' && (data as { readonly dialog?: string }).dialog === 'd-1',
    );
    expect(after.map(({ title, data }) => [title, data])).toEqual(
      before.map(({ title, verb, data }) => [title, { ...(data as object), verb, dialog: 'd-1' }]),
    );
  }
});
