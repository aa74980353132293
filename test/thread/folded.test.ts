import { parseVisible } from '../../src/lib/visible';
import { commandToParams } from '../../src/request/ask/command';
import { requestCard } from '../../src/thread/cards/request-card';
import type { CardJson } from '../../src/thread/kit/post';
import { nodesOf, runsOf } from './read-card';
import { hostile, makeBar, makeCommands, makeDevice, makeRequests, makeView } from './samples';

/** The card without what is folded, and what is folded alone. */
function unfold(card: CardJson): { readonly open: readonly string[]; readonly folded: readonly string[] } {
  const hidden = nodesOf(card).filter(({ isVisible }) => isVisible === false);
  const folded = hidden.flatMap((node) => runsOf(node as never));
  const open = [...runsOf(card)];
  for (const text of folded) open.splice(open.lastIndexOf(text), 1);
  return { open: open.map(parseVisible), folded: folded.map(parseVisible) };
}

const cardOf = (name: string, outside = hostile): CardJson => {
  const request = makeRequests(outside, {
    device: makeDevice(outside, { deviceValue: 'High' }),
    bar: makeBar(outside, {
      because: [
        { type: 'rule', rule: 'any', approvals: 2 },
        { type: 'scriptChanged', fileNames: [outside('minidump.ps1')], added: 0 },
      ],
    }),
  })[name];
  const { card } = requestCard(makeView(request as never), { audience: 'approver', token: 't' });
  if (card === null) throw new Error('No card.');
  return card;
};

test('what decides is never folded: risk, device, commands with their arguments, a changed file, who and why (T-17)', () => {
  const { open } = unfold(cardOf('awaitingApproval'));
  for (const command of makeCommands(hostile))
    for (const { value } of commandToParams(command)) expect(open).toContain(value);
  expect(open).toEqual(
    expect.arrayContaining([
      hostile('ws-042.contoso.com'),
      'Look twice: ',
      'Changed since it was last approved.',
      hostile('Ana'),
      hostile('INC-1042 credential theft triage'),
    ]),
  );
});

test('what proves is folded in the same activity, whole: hashes unbroken, ids, rule and digest', () => {
  const request = makeRequests(hostile).awaitingApproval;
  if (request === undefined) throw new Error('No sample.');
  const { folded } = unfold(cardOf('awaitingApproval'));
  expect(folded).toEqual(
    expect.arrayContaining([
      request.digest,
      request.id,
      request.device.machineId,
      request.bar.rule,
      ...request.library.map(({ sha256 }) => sha256),
    ]),
  );
});

test('one button unfolds it, and nothing else on a card is out of sight', () => {
  for (const name of Object.keys(makeRequests())) {
    const nodes = nodesOf(cardOf(name));
    const toggles = nodes.filter(({ type }) => type === 'Action.ToggleVisibility');
    expect(toggles.map(({ targetElements }) => targetElements)).toEqual([['proof']]);
    expect(nodes.filter(({ isVisible }) => isVisible === false).map(({ id }) => id)).toEqual(['proof']);
  }
});

test('the words of the requester stand last before the buttons, apart from what the bot says (T-17)', () => {
  const body = cardOf('awaitingApproval').body as readonly Record<string, unknown>[];
  const open = body.filter(({ isVisible, type }) => isVisible !== false && type === 'Container');
  expect(runsOf(open.at(-1) as never).map(parseVisible)).toContain(hostile('INC-1042 credential theft triage'));
  expect(open.at(-1)?.style).toBe('emphasis');
});

test('a notification says who asks what on which device, and holds no name that could be read as markup (T-19)', () => {
  const summaryOf = (outside: typeof hostile) =>
    requestCard(makeView(makeRequests(outside).awaitingApproval as never), { audience: 'approver', token: 't' })
      .summary;
  expect(summaryOf((text) => text)).toBe('Ana asks: run minidump.ps1 and 2 more on ws-042 (LR-7F3K)');
  expect(summaryOf(hostile)).toBe('Somebody asks: 3 commands (LR-7F3K)');
});
