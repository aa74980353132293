import { createForm, type FormFault, type FormInput } from '../../src/chat/form';
import { createHelp } from '../../src/chat/help';
import { words } from '../../src/chat/words';
import { visible } from '../../src/lib/visible';
import { isFinal, type LiveResponseRequest } from '../../src/request/request';
import { isPosted } from '../../src/request/telling';
import { chooseDeviceCard, chooseHistoryCard } from '../../src/thread/ask/choose-device-card';
import { formCard } from '../../src/thread/ask/form-card';
import { preflightCard } from '../../src/thread/ask/preflight-card';
import { previewCard } from '../../src/thread/ask/preview-card';
import { understoodCard } from '../../src/thread/ask/understood-card';
import { confirmBatchCard } from '../../src/thread/batch/confirm-batch-card';
import { answerCard, denialCard, questionCard, whichQuestion } from '../../src/thread/cards/beside-cards';
import { boardCard } from '../../src/thread/cards/board-card';
import { deviceCard, devicesCard } from '../../src/thread/cards/device-card';
import { explainCard } from '../../src/thread/cards/explain-card';
import { helpCard } from '../../src/thread/cards/help-card';
import { libraryCard } from '../../src/thread/cards/library-card';
import { requestCard } from '../../src/thread/cards/request-card';
import {
  historyCard,
  mineCard,
  queueCard,
  statusListCard,
  waitingCard,
} from '../../src/thread/cards/request-list-card';
import { runbookCard, runbookListCard } from '../../src/thread/cards/runbook-cards';
import { welcomeCard } from '../../src/thread/cards/welcome-card';
import { whoamiCard } from '../../src/thread/cards/whoami-card';
import type { Post } from '../../src/thread/kit/post';
import { sentencePost } from '../../src/thread/kit/sentence';
import { bypassPost } from '../../src/thread/posts/bypass-post';
import { endPost } from '../../src/thread/posts/end-post';
import { offerPost, sentPost } from '../../src/thread/posts/file-posts';
import { pausedPost, resumedPost } from '../../src/thread/posts/pause-post';
import { replacedPost } from '../../src/thread/posts/replaced-post';
import { resultPage } from '../../src/thread/posts/result-page';
import { resultPost } from '../../src/thread/posts/result-post';
import { opinionPost, reviewsCard } from '../../src/thread/posts/review-cards';
import { roundUpPosts } from '../../src/thread/posts/round-up-post';
import { newsPost } from '../../src/thread/sentences/news';
import { describeRefusal } from '../../src/thread/sentences/refusals';
import { readOne, triage } from '../runbooks/sample';
import { fileOffer, tooLong, warRoom } from './large-samples';
import {
  fileResult,
  makeBase,
  makeBatch,
  makeCommands,
  makeDevice,
  makeFile,
  makeFindings,
  makeNews,
  makePause,
  makeQuestion,
  makeRequests,
  makeReview,
  makeView,
  noon,
  type Outside,
  person,
  scriptResult,
} from './samples';

const deviceFindings: ReadonlySet<string> = new Set(['sensorUnhealthy', 'longSilent', 'refusedBefore']);

const parts = [
  ['an analyst', { mayAsk: true, mayApprove: false, owns: false }],
  ['an approver', { mayAsk: false, mayApprove: true, owns: false }],
  ['both', { mayAsk: true, mayApprove: true, owns: true }],
  ['an owner', { mayAsk: false, mayApprove: false, owns: true }],
  ['nobody', { mayAsk: false, mayApprove: false, owns: false }],
] as const;

/** Every post that this bot can send, with texts from outside as `outside` makes them. */
const sampleRunbook = readOne(triage);
const sampleRunbooks = new Map([[sampleRunbook.name, sampleRunbook]]);

export function allPosts(outside: Outside, trial: boolean): Readonly<Record<string, Post>> {
  const requests = makeRequests(outside);
  const views = Object.values(requests).map((request) =>
    makeView(request, {
      trial,
      // Results come when Defender has ended the request.
      results: 'actionId' in request && isFinal(request.state) ? [scriptResult(outside), fileResult(outside)] : [],
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
  const options = { trial, now: noon, page: 1 };
  const ten = {
    ...createForm(null),
    rows: Array.from({ length: 10 }, () => ({ verb: 'run' as const, name: '', args: '' })),
  };
  const undecided = views.filter(({ request }) => request.state === 'awaitingApproval');
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
        [`${name}, status`, requestCard(view, { audience: 'thread', token: null })],
        [`${name}, replaced`, replacedPost(view)],
        ...(isFinal(view.request.state) ? [[`${name}, end`, endPost(view)] as const] : []),
      ]),
    ),
    ...Object.fromEntries(
      makeNews(outside)
        .filter(isPosted)
        .map((news, i) => [`news ${i} ${news.type}`, newsPost(news, views[0] as never)]),
    ),
    'script result': resultPost(views[0] as never, scriptResult(outside)),
    'script result, errors': resultPost(
      views[0] as never,
      scriptResult(outside, { exitCode: 1, errors: outside('access denied'), outputCut: true }),
    ),
    'script result, long': resultPost(
      views[0] as never,
      scriptResult(outside, { output: outside('line\n').repeat(400), outputCut: true }),
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
    'first page of a result': resultPage(
      views[0] as never,
      scriptResult(outside, { errors: outside('denied'), output: outside('line\n').repeat(400), outputCut: true }),
      1,
    ),
    'last page of a result': resultPage(
      views[0] as never,
      scriptResult(outside, { errors: null, output: outside('x').repeat(2_000) }),
      99,
    ),
    'result without words': resultPage(views[0] as never, scriptResult(outside, { output: '', errors: null }), 1),
    'file offered': offerPost(fileOffer, { ...options, size: 1_000 }),
    'file sent': sentPost(
      fileOffer,
      {
        uploadUrl: 'https://contoso-my.sharepoint.com/u',
        contentUrl: 'https://contoso-my.sharepoint.com/f',
        name: 'LR-7F3K-command-3.zip',
        uniqueId: 'u',
        fileType: 'zip',
      },
      options,
    ),
    'new form': formCard(createForm(null), [], options),
    'form with ten rows': formCard(ten, [], options),
    'form with faults': formCard(form, faults, options),
    'form with lists': formCard(form, faults, {
      ...options,
      offers: {
        lists: { devices: [outside('ws-042'), outside('ws-043')], files: [outside('a.zip')] },
        library: [makeFile('b.ps1', outside, { fileName: outside('b.ps1') })],
      },
    }),
    'form on a message': formCard(
      { ...form, found: { devices: [outside('ws-1'), outside('ws-2')], paths: [outside('C:\\x')] } },
      [],
      { ...options, offers: { lists: { devices: [], files: [] }, library: [] } },
    ),
    denial: denialCard(views[0] as never, 'token-3'),
    question: questionCard(views[0] as never, 'token-3'),
    answer: answerCard(views[0] as never, makeQuestion(outside, { answer: null })),
    'which question': whichQuestion(
      [1, 2].map((number) => ({
        request: requests.awaitingApproval as LiveResponseRequest,
        question: makeQuestion(outside, { number, answer: null }),
      })),
      options,
    ),
    preview: previewCard(makeView(requests.awaitingApproval as LiveResponseRequest, { trial }), { input: form }),
    'preview with findings': previewCard(
      makeView({ ...(requests.awaitingApproval as LiveResponseRequest), findings: makeFindings(outside) }, { trial }),
      { input: form },
    ),
    help: helpCard(createHelp(null), options),
    ...Object.fromEntries(parts.map(([name, part]) => [`help for ${name}`, helpCard(createHelp(null, part), options)])),
    welcome: welcomeCard(
      {
        requesters: [{ name: outside('analysts'), ids: [person('Ana').id, person('Bo').id] }],
        approvers: [
          { name: outside('ir-leads'), ids: ['Bo', 'Cy', 'Di'].map((name) => person(name).id) },
          { name: outside('platform'), ids: null },
        ],
        names: new Map(['Ana', 'Bo', 'Cy'].map((name) => [person(name).id, outside(name)])),
      },
      options,
    ),
    'welcome, nobody approves': welcomeCard({ requesters: [], approvers: [], names: new Map() }, options),
    'round-up': roundUpPosts(
      views.map(({ request }) => ({ requestId: request.id, news: { type: 'ended' }, at: noon })),
      views,
      options,
    )[0] as Post,
    ...Object.fromEntries(words.map((word) => [`help ${word}`, helpCard(createHelp(word), options)])),
    board: boardCard(views, options),
    'board of three': boardCard(views.slice(0, 3), options),
    queue: queueCard(views, options),
    'empty queue': queueCard([], options),
    'queue, second page': queueCard(views, { ...options, page: 2 }),
    'status list': statusListCard(views, options),
    'status list, a page too far': statusListCard(views, { ...options, page: 999 }),
    'empty status list': statusListCard([], options),
    mine: mineCard(views, { ...options, everywhere: true, more: false }),
    'mine, here only': mineCard(views, { ...options, page: 3, everywhere: false, more: true }),
    'mine, none': mineCard([], { ...options, everywhere: false, more: false }),
    'history of a device': historyCard(views, {
      ...options,
      more: true,
      of: { type: 'device', machineId: 'a-1', name: outside('ws-042') },
    }),
    'history of a conversation': historyCard(views, { ...options, more: false, of: { type: 'conversation' } }),
    'history of all': historyCard(views, { ...options, more: false, of: { type: 'everywhere' } }),
    'history, none': historyCard([], { ...options, more: false, of: { type: 'conversation' } }),
    'history of which device': chooseHistoryCard(devices, { ...options, query: outside('ws') }),
    waiting: waitingCard(undecided, { ...options, ownChat: true }),
    'waiting, in a conversation': waitingCard(undecided, { ...options, ownChat: false }),
    'waiting, nothing': waitingCard([], { ...options, ownChat: true }),
    'one device': deviceCard({ device: makeDevice(outside), findings: [], open: [], ended: [] }, options),
    'one device, all that is known': deviceCard(
      {
        device: makeDevice(outside, { lastSeen: '2026-02-20T09:58:00Z', healthStatus: 'Inactive' }),
        findings: makeFindings(outside).filter(({ type }) => deviceFindings.has(type)),
        open: views.slice(0, 5),
        ended: views.slice(-5),
      },
      options,
    ),
    'one device, not possible': deviceCard(
      {
        device: makeDevice(outside, { lastSeen: null }),
        findings: makeFindings(outside).slice(0, 1),
        open: [],
        ended: views.slice(-1),
      },
      options,
    ),
    'one device, busy': deviceCard(
      { device: makeDevice(outside), findings: [], open: views.slice(0, 1), ended: [] },
      options,
    ),
    'confirm a batch': confirmBatchCard(
      {
        draft: { ...draft, many: { queries: ['tag:lab'], heading: null, column: null, canaries: null, stopAt: null } },
        base: { ...makeBase(outside), batch: makeBatch(outside) },
        leftOut: [
          { type: 'unknown', query: outside('ws-9') },
          { type: 'tier0', device: makeDevice(outside) },
          { type: 'double', query: outside('ws-1'), device: makeDevice(outside) },
          { type: 'ambiguous', query: outside('kiosk'), devices: [makeDevice(outside), makeDevice(outside)] },
          { type: 'otherRule', device: makeDevice(outside), rule: outside('servers'), approvals: 2 },
          { type: 'refused', device: makeDevice(outside), because: outside('Not on kiosks.') },
          {
            type: 'unfit',
            device: makeDevice(outside),
            finding: { type: 'notOnboarded', status: outside('Unsupported') },
          },
        ],
      },
      { trial, now: noon },
    ),
    'found beforehand': preflightCard(
      { draft, device: makeDevice(outside), findings: makeFindings(outside) },
      options,
    ) as Post,
    'found beforehand, two warnings': preflightCard(
      {
        // What the two are about.
        draft: {
          ...draft,
          commands: draft.commands.map((command) =>
            command.type === 'RunScript' ? { ...command, scriptName: outside('collect-logs.ps1') } : command,
          ),
        },
        device: makeDevice(outside, { groupName: outside('Kiosks') }),
        findings: makeFindings(outside).filter((_, i) => i === 4 || i === 8),
      },
      options,
    ) as Post,
    'one device, as it often is': deviceCard(
      {
        device: makeDevice(outside, { groupName: outside('Kiosks') }),
        findings: makeFindings(outside).slice(4, 5),
        open: named.filter(([name]) => name === 'running').map(([, view]) => view),
        ended: named.filter(([name]) => name === 'succeeded' || name === 'lapsed').map(([, view]) => view),
      },
      options,
    ),
    'round-up of a war room': warRoom(outside, trial),
    'awaitingApproval, too long': requestCard(
      makeView(makeRequests(outside, tooLong(outside)).awaitingApproval as LiveResponseRequest, { trial }),
      { audience: 'approver', token: 'token-1' },
    ),
    'succeeded, cut': requestCard(
      makeView(makeRequests(outside, tooLong(outside)).succeeded as LiveResponseRequest, { trial }),
      { audience: 'thread', token: null },
    ),
    'request with findings': requestCard(
      makeView({ ...(requests.awaitingApproval as LiveResponseRequest), findings: makeFindings(outside) }, { trial }),
      { audience: 'approver', token: 'token-1' },
    ),
    'many devices': devicesCard(devices, { ...options, query: outside('ws') }),
    'no device': devicesCard([], { ...options, query: outside('ws') }),
    'bare device': devicesCard(
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
    runbooks: runbookListCard(sampleRunbooks, options),
    'no runbooks': runbookListCard(new Map(), options),
    runbook: runbookCard(sampleRunbook, options),
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
    'our identity past approvals': bypassPost(
      Array.from({ length: 7 }, (_, i) => ({
        kind: (['noMarker', 'unknownRequest', 'otherAction'] as const)[i % 3] ?? 'noMarker',
        actionId: outside('5382f7ea-7557-4ab7-9782-d50480024a4e'),
        device: outside('ws-042.contoso.com'),
        commands: Array.from({ length: 7 }, () => outside('RunScript collect-logs.ps1')),
        comment: outside('[LR-XXXX/123456789abc] asked by nobody'),
        createdAt: noon,
      })),
      options,
    ),
    paused: pausedPost({ ...makePause(outside), onTheirWay: 2 }, options),
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
