import { createForm, type FormFault, type FormInput } from '../../src/chat/form';
import { createHelp } from '../../src/chat/help';
import { words } from '../../src/chat/words';
import { hasHidden, parseVisible, visible } from '../../src/lib/visible';
import { commandToParams } from '../../src/request/command';
import { finalStates, openStates } from '../../src/request/request';
import { chooseDeviceCard } from '../../src/thread/choose-device-card';
import { deviceCard } from '../../src/thread/device-card';
import { explainCard } from '../../src/thread/explain-card';
import { activityBytes, maxActivityBytes } from '../../src/thread/fits';
import { formCard } from '../../src/thread/form-card';
import { helpCard } from '../../src/thread/help-card';
import { libraryCard } from '../../src/thread/library-card';
import { newsPost } from '../../src/thread/news';
import { pausedPost, resumedPost } from '../../src/thread/pause-post';
import type { Post } from '../../src/thread/post';
import { describeRefusal } from '../../src/thread/refusals';
import { requestCard } from '../../src/thread/request-card';
import { queueCard, statusCard, statusListCard } from '../../src/thread/request-list-card';
import { resultPost } from '../../src/thread/result-post';
import { opinionPost, reviewsCard } from '../../src/thread/review-cards';
import { sentencePost } from '../../src/thread/sentence';
import { trialBanner } from '../../src/thread/trial';
import { understoodCard } from '../../src/thread/understood-card';
import { readCardAction } from '../../src/thread/verbs';
import { whoamiCard } from '../../src/thread/whoami-card';
import { buttonsOf, evaluatedTexts, lintCard, nodesOf, readPost, runsOf } from './read-card';
import {
  fileResult,
  harmless,
  hostile,
  makeCommands,
  makeDevice,
  makeFile,
  makeNews,
  makePause,
  makeRequests,
  makeReview,
  makeView,
  noon,
  type Outside,
  person,
  scriptResult,
} from './samples';

/** Every post that this bot can send, with texts from outside as `outside` makes them. */
function allPosts(outside: Outside, trial: boolean): Readonly<Record<string, Post>> {
  const requests = makeRequests(outside);
  const views = Object.values(requests).map((request) =>
    makeView(request, {
      trial,
      results: [scriptResult(outside), fileResult(outside)],
      names: new Map(['Bo', 'Cy', 'Di', 'Eve'].map((name) => [person(name).id, outside(name)])),
    }),
  );
  const named = Object.keys(requests).map(
    (name, i) => [name, views[i] ?? makeView(Object.values(requests)[0] as never)] as const,
  );
  const draft = { device: outside('ws-042'), commands: makeCommands(outside), reason: outside('INC-1042') };
  const form: FormInput = {
    device: outside('ws-042'),
    rows: [
      { verb: 'putfile', name: outside('a.zip'), args: '' },
      { verb: 'run', name: outside('b.ps1'), args: outside('-x') },
      { verb: 'getfile', name: outside('C:\\x'), args: '' },
    ],
    reason: outside('because'),
  };
  const faults: readonly FormFault[] = [
    {
      inputId: 'name1',
      fault: { type: 'badCommand', fault: { type: 'badName', index: 0, name: outside('a.zip') }, draft },
    },
    { inputId: 'device', fault: { type: 'hiddenCharacters', part: 'device', text: outside('ws') } },
    { inputId: 'gone', fault: { type: 'missingReason', draft } },
  ];
  const devices = Array.from({ length: 9 }, () => makeDevice(outside));
  const options = { trial, now: noon };
  const ten = {
    ...createForm(null),
    rows: Array.from({ length: 10 }, () => ({ verb: 'run' as const, name: '', args: '' })),
  };
  return {
    ...Object.fromEntries(
      named.flatMap(([name, view]) => [
        [`${name}, thread`, requestCard(view, { audience: 'thread', token: 'token-1' })],
        [
          `${name}, thread with views`,
          requestCard(view, { audience: 'thread', token: 'token-1', viewerIds: ['29:a', '29:b'] }),
        ],
        [
          `${name}, paused`,
          requestCard({ ...view, pause: makePause(outside) }, { audience: 'thread', token: 'token-1' }),
        ],
        [`${name}, approver`, requestCard(view, { audience: 'approver', token: 'token-2' })],
        [`${name}, without a token`, requestCard(view, { audience: 'approver', token: null })],
        [`${name}, status`, statusCard(view)],
        [`${name}, ended news`, newsPost({ type: 'ended' }, view)],
      ]),
    ),
    ...Object.fromEntries(
      makeNews(outside).map((news, i) => [`news ${i} ${news.type}`, newsPost(news, views[0] as never)]),
    ),
    'script result': resultPost(views[0] as never, scriptResult(outside)),
    'script result, errors': resultPost(
      views[0] as never,
      scriptResult(outside, { exitCode: 1, errors: outside('access denied'), outputCut: true }),
    ),
    'script result, nothing written': resultPost(
      views[0] as never,
      scriptResult(outside, { output: '', banner: null }),
    ),
    'file result': resultPost(views[0] as never, fileResult(outside)),
    'no result': resultPost(
      views[0] as never,
      fileResult(outside, {
        outcome: 'notAvailable',
        file: null,
        rawSha256: null,
        rawSize: null,
        problem: 'The result is gone.',
      }),
    ),
    'new form': formCard(createForm(null), [], options),
    'form with ten rows': formCard(ten, [], options),
    'form with faults': formCard(form, faults, options),
    help: helpCard(createHelp(null), options),
    ...Object.fromEntries(words.map((word) => [`help ${word}`, helpCard(createHelp(word), options)])),
    queue: queueCard(views, options),
    'empty queue': queueCard([], options),
    'status list': statusListCard(views, options),
    'empty status list': statusListCard([], options),
    'one device': deviceCard(devices.slice(0, 1), { ...options, query: outside('ws') }),
    'many devices': deviceCard(devices, { ...options, query: outside('ws') }),
    'no device': deviceCard([], { ...options, query: outside('ws') }),
    'bare device': deviceCard(
      [
        makeDevice(outside, {
          osPlatform: null,
          healthStatus: null,
          riskScore: null,
          deviceValue: null,
          groupName: null,
          tags: [],
          lastSeen: null,
          lastIpAddress: null,
          entraDeviceId: null,
        }),
      ],
      { ...options, query: 'x' },
    ),
    library: libraryCard(
      Array.from({ length: 40 }, () => makeFile('minidump.ps1', outside)),
      { ...options, query: null },
    ),
    'bare library': libraryCard(
      [
        makeFile('minidump.ps1', outside, {
          description: null,
          createdBy: null,
          lastUpdatedTime: null,
          hasParameters: false,
        }),
      ],
      { ...options, query: null },
    ),
    'empty library': libraryCard([], { ...options, query: null }),
    'nothing in the library': libraryCard([], { ...options, query: outside('x') }),
    whoami: whoamiCard(
      { person: person('Ana', outside), mayAsk: true, mayVote: false, policyVersion: outside('v') },
      options,
    ),
    'choose a device': chooseDeviceCard(draft, devices, options),
    understood: understoodCard(
      draft,
      [{ type: 'respelled', was: outside('“a”'), now: outside('"a"') }, { type: 'quoteLeftOut' }],
      options,
    ),
    paused: pausedPost(makePause(outside), options),
    resumed: resumedPost({ pause: makePause(outside), by: person('Bo', outside), at: noon }, options),
    reviews: reviewsCard(
      Array.from({ length: 20 }, () => makeReview(outside)),
      options,
    ),
    'no reviews': reviewsCard([], options),
    'first opinion': opinionPost(makeReview(outside), options),
    'review without an opinion': opinionPost(makeReview(outside, { opinions: [] }), options),
    'review closed': opinionPost(makeReview(outside, { closedAt: noon }), options),
    'policy explained': explainCard([visible(outside('1. workstations applies.')), 'It needs 2 approvals.'], options),
    'policy explained at length': explainCard(
      Array.from({ length: 300 }, () => visible(outside('a rule'.repeat(20)))),
      options,
    ),
    refusal: sentencePost(
      describeRefusal({ type: 'unknownLibraryFile', fileName: outside('mini.ps1'), known: [outside('minidump.ps1')] }),
      options,
    ),
  };
}

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
    expect(faultsBy(({ card }) => (card === null ? [] : runsOf(card).filter(isWrong)))).toEqual({});
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
    ([, { card }]) => (card?.body as readonly { readonly text?: string }[] | undefined)?.[0]?.text !== trialBanner,
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
