import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createForm } from '../../src/chat/form';
import { hasHidden, parseVisible } from '../../src/lib/visible';
import { commandToParams } from '../../src/request/ask/command';
import { finalStates, openStates } from '../../src/request/request';
import { formCard } from '../../src/thread/ask/form-card';
import { requestCard } from '../../src/thread/cards/request-card';
import { activityBytes, maxActivityBytes } from '../../src/thread/kit/fits';
import type { Post } from '../../src/thread/kit/post';
import { trialBanner } from '../../src/thread/kit/trial';
import { readCardAction } from '../../src/thread/kit/verbs';
import { allPosts } from './all-posts';
import { buttonsOf, choicesOf, evaluatedTexts, lintCard, nodesOf, readPost, runsOf } from './read-card';
import { harmless, hostile, makeCommands, makeRequests, makeView } from './samples';

const kinds = [
  ['harmless', harmless, false],
  ['hostile', hostile, true],
] as const;

describe.each(kinds)('with %s texts from outside', (_name, outside, trial) => {
  const posts = Object.entries(allPosts(outside, trial));
  const faultsBy = (find: (post: Post) => readonly unknown[]) =>
    Object.fromEntries(posts.map(([name, post]) => [name, find(post)]).filter(([, faults]) => faults?.length !== 0));

  test('no card has a fault that a client or our own rules would find', () => {
    expect(faultsBy(({ card }) => (card === null ? [] : lintCard(card)))).toEqual({});
  });

  test('every post is small enough for every client', () => {
    expect(faultsBy((post) => (activityBytes(post) <= maxActivityBytes ? [] : [activityBytes(post)]))).toEqual({});
  });

  test('nothing that a client evaluates came from outside (T-19)', () => {
    const evaluated = ({ card, text, summary }: Post) => [...evaluatedTexts(card), text ?? '', summary];
    const isFromOutside = (text: string) => /evil|<at>|\{\{|\$\{|\*\*/.test(text) || hasHidden(text);
    expect(faultsBy((post) => evaluated(post).filter(isFromOutside))).toEqual({});
  });

  test('no run holds a date macro or a character that cannot be seen (T-18)', () => {
    const isWrong = (text: string) => text.includes('{{') || hasHidden(text.replaceAll('\u00a0', ' '));
    expect(
      faultsBy(({ card }) => (card === null ? [] : [...runsOf(card), ...choicesOf(card)].filter(isWrong))),
    ).toEqual({});
  });

  test('every button reads back as the action it stands for, by Execute and by Submit', () => {
    const isUnread = ({ verb, data, fallback }: Readonly<Record<string, unknown>>) => {
      const viaSubmit = (fallback as { readonly data: { readonly verb: unknown } }).data;
      return readCardAction(verb, data) === null || readCardAction(viaSubmit.verb, viaSubmit) === null;
    };
    const unread = ({ card }: Post) =>
      card === null
        ? []
        : buttonsOf(card)
            .filter(isUnread)
            .map((b) => b.verb);
    // A hostile draft could never have been offered: it has faults, and is refused on its return.
    expect(faultsBy((post) => unread(post).filter((verb) => !(trial && String(verb).startsWith('draft.'))))).toEqual(
      {},
    );
  });
});

test('every card of a trial says first that it is one (T-4)', () => {
  const silent = Object.entries(allPosts(harmless, true)).filter(
    ([, { card, file, text }]) =>
      !(file !== undefined && text?.startsWith(trialBanner)) &&
      (card?.body as readonly { readonly text?: string }[] | undefined)?.[0]?.text !== trialBanner,
  );
  expect(silent.map(([name]) => name)).toEqual([]);
  expect(Object.entries(allPosts(harmless, false)).filter(([, post]) => readPost(post).includes(trialBanner))).toEqual(
    [],
  );
});

test('every state of a request has its card in this list', () => {
  expect(Object.keys(makeRequests())).toEqual(expect.arrayContaining([...openStates, ...finalStates]));
});

test('each command is shown whole, and the shown text gives back the identical bytes (promise 1)', () => {
  const request = makeRequests(hostile).awaitingApproval as never;
  const post = requestCard(makeView(request), { audience: 'approver', token: 't' });
  const shown = runsOf(post.card as never).map(parseVisible);
  for (const command of makeCommands(hostile))
    for (const { value } of commandToParams(command)) expect(shown).toContain(value);
});

test('only inputs hold what a person typed, and they hold it as it was', () => {
  const typed = hostile('ws-042');
  const inputs = nodesOf(formCard({ ...createForm(null), device: typed }, [], { trial: false }).card).filter(
    (n) => n.id === 'device',
  );
  expect(inputs.map((n) => n.value)).toEqual([typed]);
});

describe('the list of all cards', () => {
  const source = readFileSync(join(__dirname, 'all-posts.ts'), 'utf8');

  test('holds what each function of src/thread draws', () => {
    const folder = join(__dirname, '..', '..', 'src', 'thread');
    const drawing = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [
        ...readFileSync(join(folder, name), 'utf8').matchAll(
          /^export (?:const|function) (\w+(?:Card|Posts?))\b(?!.*boolean \{$)/gm,
        ),
      ])
      .map(([, name = '']) => name);
    expect(drawing.length).toBeGreaterThan(20);
    // Drawn through the others.
    const inner = ['pagePost', 'listPost', 'linesPost', 'toDialogCard'];
    expect(drawing.filter((name) => !inner.includes(name) && !source.includes(`${name}(`))).toEqual([]);
  });

  test('has every state of a request on it', () => {
    const names = Object.keys(allPosts(harmless, false));
    expect([...openStates, ...finalStates].filter((state) => !names.includes(`${state}, thread`))).toEqual([]);
  });

  test('tells each state apart by its words, not by its colour', () => {
    const titles = [...openStates, ...finalStates].map((state) => {
      const request = makeRequests()[state] as never;
      return readPost(requestCard(makeView(request), { audience: 'thread', token: null })).split('\n')[0];
    });
    expect(new Set(titles).size).toBe(titles.length);
  });
});
