import { isFinal } from '../../../src/request/request';
import { readCardAction } from '../../../src/thread/kit/verbs';
import { endPost } from '../../../src/thread/posts/end-post';
import { refusalButtons } from '../../../src/thread/sentences/refusal-buttons';
import { readPost } from '../read-card';
import { harmless, makeCommands, makeRequests, makeView, scriptResult } from '../samples';

const draft = { device: 'ws-42', commands: makeCommands(harmless), reason: 'INC-1042' };
const near = { type: 'unknownDevice', query: 'ws-42', near: ['ws-042', 'ws-043', 'ws-050.contoso.com'] } as const;

test('a device that is not known offers the names that were probably meant, and the form with all that was typed', () => {
  const buttons = refusalButtons(draft, near);
  expect(buttons.map(({ title }) => title)).toEqual(['Use ws-042', 'Use ws-043', 'Use ws-050', 'Change it']);
  const [use] = buttons;
  expect(readCardAction(use?.verb, use?.data)).toMatchObject({
    verb: 'draft.confirm',
    draft: { ...draft, device: 'ws-042' },
    warned: false,
  });
  const change = buttons.at(-1);
  const read = readCardAction(change?.verb, change?.data);
  expect(read).toMatchObject({ verb: 'form.back', input: { device: 'ws-42', reason: 'INC-1042' } });
});

test('names that could be read as markup are on no button, and what nothing mends has none', () => {
  expect(refusalButtons(draft, { ...near, near: ['[x](https://evil.example)'] }).map(({ title }) => title)).toEqual([
    'Change it',
  ]);
  expect(refusalButtons(draft, { type: 'noRole' })).toEqual([]);
});

test('every end offers to ask again', () => {
  for (const [name, request] of Object.entries(makeRequests())) {
    // A batch offers to ask again for a part.
    if (!isFinal(request.state) || request.batch !== undefined) continue;
    const view = makeView(request, { results: request.state === 'succeeded' ? [scriptResult()] : [] });
    expect([name, JSON.stringify(endPost(view).card).includes('"Ask again…"')]).toEqual([name, true]);
    expect(readPost(endPost(view))).toContain('Ask again…');
  }
});
