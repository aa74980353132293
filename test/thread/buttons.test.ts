import type * as AdaptiveCards from 'adaptivecards';
import { createForm } from '../../src/chat/form';
import { formCard } from '../../src/thread/ask/form-card';
import { denialCard } from '../../src/thread/cards/beside-cards';
import { requestCard } from '../../src/thread/cards/request-card';
import type { CardJson } from '../../src/thread/kit/post';
import { readCardAction } from '../../src/thread/kit/verbs';
import { buttonsOf } from './read-card';
import { harmless, makeCommands, makeRequests, makeView } from './samples';

const { AdaptiveCard, ShowCardAction, ExecuteAction } =
  require('adaptivecards/dist/adaptivecards.js') as typeof AdaptiveCards;

const requests = makeRequests();
const cardOf = (
  name: string,
  audience: 'thread' | 'approver',
  token: string | null,
  more: { readonly viewerIds?: readonly string[] } = {},
): CardJson => {
  const request = requests[name];
  const { card } = requestCard(makeView(request as never), { audience, token, ...more });
  if (card === null) throw new Error('No card.');
  return card;
};
/** The buttons that do something, in reading order: in rows at the end of the card's body, or in its own. */
const standing = (card: CardJson) =>
  [...(card.body as readonly Record<string, unknown>[]), card]
    .flatMap((part) => (part.actions ?? []) as readonly Record<string, unknown>[])
    .filter(({ type }) => type !== 'Action.ToggleVisibility');
const titles = (card: CardJson) => standing(card).map(({ title }) => title);

describe('who gets which buttons', () => {
  const single = Object.keys(requests).filter((name) => !name.startsWith('batch'));

  test.each(single.map((name) => [name, requests[name]?.state] as const))('%s', (name, state) => {
    const isOffered = name === 'unknown, offered' || name === 'unknown, one for sending it once more';
    const again = isOffered ? ['Send it once more', 'Leave it…'] : [];
    const vote = state === 'awaitingApproval' ? ['Approve', 'Deny…', 'Ask…'] : again;
    const open = ['queued', 'submitting', 'unknown', 'pending', 'running'].includes(state ?? '');
    const asked = name.endsWith('cancel asked') || name === 'pending, start clock' || name === 'unknown, vanished';
    const title = name === 'unknown, other commands' ? 'Cancel it in Defender…' : 'Cancel…';
    const cancel = open && !asked ? [title] : [];
    const ask = state === 'unconfirmed' ? ['Ask again…'] : [];
    const withdraw = state === 'awaitingApproval' ? ['Withdraw…'] : [];
    expect(titles(cardOf(name, 'approver', 't'))).toEqual([...vote, ...cancel]);
    expect(titles(cardOf(name, 'thread', 't'))).toEqual([...vote, ...withdraw, ...cancel, ...ask]);
    expect(titles(cardOf(name, 'approver', null))).toEqual(cancel);
  });
});

test('a batch can be stopped while it runs, and a part of it asked for again at its end', () => {
  expect(titles(cardOf('batchRunning', 'thread', null))).toEqual(['Cancel the 3 waiting…', 'Cancel all…']);
  expect(titles(cardOf('batchEnded', 'thread', null))).toEqual(['Ask again: 1 failed', 'Ask again: 1 not sent']);
  expect(titles(cardOf('batchEnded', 'approver', null))).toEqual([]);
});

/** What the reference renderer does on a click: false when an input that the button gathers keeps it from being sent. */
function isSent(card: CardJson, title: string): boolean {
  const parsed = new AdaptiveCard();
  parsed.parse(card);
  const action = parsed
    .getAllActions()
    .flatMap((a) => (a instanceof ShowCardAction ? [a, ...a.card.getAllActions()] : [a]))
    .find((a) => a.title === title);
  if (!(action instanceof ExecuteAction)) throw new Error(`No button ${title}.`);
  return action.prepareForExecution();
}

test('an approval asks for nothing: its note may be left out, and the reason for a denial keeps back Deny alone', () => {
  const card = cardOf('awaitingApproval', 'thread', 'token-1');
  expect(isSent(card, 'Approve')).toBe(true);
  expect(isSent(card, 'Withdraw this request')).toBe(true);
  const approve = { associatedInputs: 'auto', style: 'positive', fallback: { associatedInputs: 'auto' } };
  expect(buttonsOf(card).find((b) => b.verb === 'vote.approve')).toMatchObject(approve);
  expect(isSent(denialCard(makeView(requests.awaitingApproval as never), 'token-1').card as never, 'Deny')).toBe(false);
});

test('Deny and Ask open a dialog, so that an edit of the card loses nothing that was typed (f4)', () => {
  const [, deny, ask] = standing(cardOf('awaitingApproval', 'approver', 'token-1'));
  const dialog = (verb: string) => ({
    type: 'Action.Submit',
    associatedInputs: 'none',
    data: { token: 'token-1', verb, msteams: { type: 'task/fetch' } },
  });
  expect(deny).toMatchObject(dialog('denial.open'));
  expect(ask).toMatchObject(dialog('question.open'));
});

test('the card of Deny holds one labelled input that must be filled, and only its own button', () => {
  const { card } = denialCard(makeView(requests.awaitingApproval as never), 'token-1');
  const body = card?.body as readonly unknown[];
  expect(body.at(-1)).toMatchObject({
    type: 'Input.Text',
    id: 'reason',
    isRequired: true,
    label: 'Why not? The requester and the thread will read it.',
    errorMessage: 'Write a reason, so that the requester knows what to change.',
  });
  expect(card?.actions).toMatchObject([{ verb: 'vote.deny', data: { token: 'token-1' }, style: 'destructive' }]);
});

test('adding and removing rows of the form sends what was filled in, and no input bars it', () => {
  const { card } = formCard(createForm('ws-042'), [], { trial: false });
  const inputs = JSON.stringify(card).match(/"isRequired":true/g);
  expect(inputs).toBeNull();
  const add = buttonsOf(card as never).find((b) => b.verb === 'form.add');
  expect(add).toMatchObject({
    associatedInputs: 'auto',
    data: { type1: 'putfile', type2: 'run', type3: 'getfile', add: 'putfile' },
  });
  expect(
    readCardAction('form.add', { ...(add?.data as object), device: 'ws-042', name1: 'a.zip', args2: 'x' }),
  ).toEqual({
    verb: 'form.add',
    edit: { type: 'add', verb: 'putfile' },
    input: {
      device: 'ws-042',
      rows: [
        { verb: 'putfile', name: 'a.zip', args: '' },
        { verb: 'run', name: '', args: 'x' },
        { verb: 'getfile', name: '', args: '' },
      ],
      reason: '',
    },
  });
});

test('a form with ten rows offers no eleventh', () => {
  const input = {
    ...createForm(null),
    rows: Array.from({ length: 10 }, () => ({ verb: 'run' as const, name: '', args: '' })),
  };
  const { card } = formCard(input, [], { trial: false });
  expect(buttonsOf(card as never).filter((b) => b.verb === 'form.add')).toEqual([]);
  expect(buttonsOf(card as never).filter((b) => b.verb === 'form.remove')).toHaveLength(10);
});

test('what is too long for a form is answered, not lost in a card that Teams refuses', () => {
  const rows = Array.from({ length: 10 }, () => ({ verb: 'run' as const, name: 'x', args: '字'.repeat(2_000) }));
  expect(JSON.stringify(formCard({ device: 'x', rows, reason: '' }, [], { trial: false }).card)).toContain(
    'too long for a form',
  );
});

describe('a card in the thread whose approvers are known to Teams', () => {
  const viewerIds = ['29:bo', '29:cy'];

  test('has buttons to vote for nobody else, and lets the clients of the approvers fetch their own', () => {
    const base = cardOf('awaitingApproval', 'thread', 'token-1', { viewerIds });
    expect(titles(base)).toEqual(['Withdraw…']);
    expect(base.refresh).toEqual({
      action: { type: 'Action.Execute', title: 'Show my view', verb: 'card.refresh', data: { token: 'token-1' } },
      userIds: viewerIds,
    });
    expect(readCardAction('card.refresh', { token: 'token-1' })).toEqual({ verb: 'card.refresh', token: 'token-1' });
  });

  test('is answered with a card that asks for no refresh, since the library would post that to all (teams.md B2.1)', () => {
    const own = cardOf('awaitingApproval', 'thread', 'token-1');
    expect(titles(own)).toEqual(['Approve', 'Deny…', 'Ask…', 'Withdraw…']);
    expect(own).not.toHaveProperty('refresh');
  });

  test.each([
    ['nobody is known', 'awaitingApproval', 'thread', []],
    [
      'more are known than Teams refreshes for',
      'awaitingApproval',
      'thread',
      Array.from({ length: 61 }, (_, i) => `29:${i}`),
    ],
    ['it is one approver’s own', 'awaitingApproval', 'approver', viewerIds],
    ['it is decided', 'queued', 'thread', viewerIds],
  ] as const)('is as for all when %s', (_why, name, audience, ids) => {
    expect(cardOf(name, audience, 't', { viewerIds: ids })).toEqual(cardOf(name, audience, 't'));
  });
});

describe('what comes back from a card is read anew (T-8)', () => {
  const draft = { device: 'ws-042', commands: makeCommands(harmless), reason: 'INC-1042' };
  test.each([
    ['an unknown verb', 'vote.force', { token: 't' }],
    ['no verb', undefined, { token: 't' }],
    ['a verb from the prototype', 'toString', {}],
    ['no data', 'vote.approve', undefined],
    ['data that is a list', 'vote.approve', ['token']],
    ['no token', 'vote.approve', {}],
    ['no token to refresh by', 'card.refresh', {}],
    ['a token that is no text', 'vote.approve', { token: { toString: 'x' } }],
    ['a token of a megabyte', 'vote.approve', { token: 'x'.repeat(1_000_000) }],
    ['a token from the prototype', 'vote.approve', Object.create({ token: 't' })],
    ['a reason of a megabyte', 'vote.deny', { token: 't', reason: 'x'.repeat(1_000_000) }],
    ['a reason that is no text', 'vote.deny', { token: 't', reason: { x: 1 } }],
    [
      'a reason of a megabyte to cancel',
      'request.cancel',
      { requestId: 'LR-7KQ2', cancelReason: 'x'.repeat(1_000_000) },
    ],
    ['no request', 'request.cancel', { cancelReason: 'x' }],
    ['a row that is no number', 'form.remove', { remove: '1' }],
    ['a row outside the form', 'form.remove', { remove: 11 }],
    ['a command that does not exist', 'form.add', { add: 'format' }],
    ['no draft', 'draft.confirm', {}],
    ['a draft without commands', 'draft.confirm', { draft: { ...draft, commands: [] } }],
    ['a draft with an unknown command', 'draft.confirm', { draft: { ...draft, commands: [{ type: 'Undo' }] } }],
    [
      'a draft with forbidden arguments',
      'draft.confirm',
      { draft: { ...draft, commands: [{ type: 'RunScript', scriptName: 'a.ps1', args: 'x; y' }] } },
    ],
    ['a draft in the wrong order', 'draft.confirm', { draft: { ...draft, commands: [...draft.commands].reverse() } }],
    ['a draft with a hidden character', 'draft.confirm', { draft: { ...draft, device: 'ws\u202e042' } }],
    ['a draft without a reason', 'draft.confirm', { draft: { ...draft, reason: '' } }],
    [
      'a draft of a thousand commands',
      'draft.confirm',
      { draft: { ...draft, commands: Array.from({ length: 1_000 }, () => draft.commands[0]) } },
    ],
    ['a choice without a device', 'draft.device', { draft }],
  ])('%s is no action', (_what, verb, data) => {
    expect(readCardAction(verb, data)).toBeNull();
  });

  test('fields that our cards do not send are left out', () => {
    expect(readCardAction('vote.approve', { token: 't', by: 'someone else', requestId: 'LR-9999' })).toEqual({
      verb: 'vote.approve',
      token: 't',
      note: null,
    });
    expect(readCardAction('draft.confirm', { draft: { ...draft, approved: true } })).toEqual({
      verb: 'draft.confirm',
      draft,
      warned: false,
      form: null,
    });
  });

  test('a denial without words comes through empty, so that people are told what is missing', () => {
    expect(readCardAction('vote.deny', { token: 't' })).toEqual({ verb: 'vote.deny', token: 't', reason: '' });
    expect(readCardAction('vote.deny', { token: 't', reason: '  no  ' })).toEqual({
      verb: 'vote.deny',
      token: 't',
      reason: 'no',
    });
    expect(readCardAction('request.cancel', { requestId: 'LR-7F3K', cancelReason: ' ' })).toEqual({
      verb: 'request.cancel',
      requestId: 'LR-7F3K',
      reason: null,
    });
  });
});
