import type { ActionFacts, Facts, RequestFacts } from '../../chaos/facts';
import { findBackwards, judge, type ViolationKind, violationKinds } from '../../chaos/judge';
import type { State } from '../../src/request/request';

const request: RequestFacts = {
  id: 'LR-7F3K',
  askNumber: 1,
  isCalm: false,
  actionId: 'a1',
  state: 'succeeded',
  isToldUnknown: false,
  requesterId: 'ana',
  approverIds: ['bo', 'cy'],
  approvalsNeeded: 1,
  voterIds: ['bo'],
  toldUncounted: [],
  claims: [],
  history: ['awaitingApproval', 'queued', 'submitting', 'unknown', 'queued', 'submitting', 'running', 'succeeded'],
  cards: [
    { audience: 'thread', personId: null, shown: ['awaitingApproval', 'queued', 'queued', 'running', 'succeeded'] },
    { audience: 'approver', personId: 'bo', shown: ['awaitingApproval', 'succeeded'] },
    // Asked too late to be shown anything.
    { audience: 'approver', personId: 'cy', shown: [] },
  ],
  endsTold: 1,
  twins: [],
  results: [{ index: 0, isKept: true, fileFault: null, isTold: true }],
};

const action: ActionFacts = {
  id: 'a1',
  requestId: 'LR-7F3K',
  runsOther: false,
  createdAt: 200,
  status: 'Succeeded',
  isFinal: true,
  hasRun: true,
  hasVanished: false,
  completed: [0],
};
const foreign: ActionFacts = { ...action, id: 'f1', requestId: null, runsOther: true };

/** A run in which all is well. */
const facts: Facts = {
  asks: [
    {
      number: 1,
      acknowledged: 1,
      isAnswered: true,
      requestId: 'LR-7F3K',
      way: 'text',
      refusals: 0,
      toldNothingDone: false,
    },
  ],
  requests: [request],
  actions: [action],
  // The first one was refused for good, the second one made an action.
  posts: [
    { requestId: 'LR-7F3K', at: 150, mayHaveArrived: false },
    { requestId: 'LR-7F3K', at: 200, mayHaveArrived: true },
  ],
  approvals: [{ requestId: 'LR-7F3K', personId: 'bo', at: 100 }],
  sentAgain: [],
  unreachableId: null,
  auditFault: null,
  deaths: [],
  isSettled: true,
};

const withRequest = (over: Partial<RequestFacts>): Facts => ({ ...facts, requests: [{ ...request, ...over }] });
const [thread, ...chats] = request.cards;
const showing = (shown: ReadonlyArray<State | null>): Facts =>
  withRequest({ cards: [{ audience: 'thread', personId: null, shown }, ...chats] });

test('a run in which all is well is found so', () => {
  expect(judge(facts)).toEqual([]);
});

const forged: ReadonlyArray<readonly [string, ViolationKind, Facts]> = [
  [
    'two actions under one marker',
    'submittedTwice',
    { ...facts, actions: [action, { ...action, id: 'a2', createdAt: 300 }] },
  ],
  [
    'two actions of which one is hidden for ever',
    'submittedTwice',
    { ...facts, actions: [action, { ...action, id: 'a2', hasVanished: true, createdAt: 190 }], posts: [] },
  ],
  [
    'a POST after the one that was accepted',
    'sentTwice',
    { ...facts, posts: [...facts.posts, { requestId: 'LR-7F3K', at: 201, mayHaveArrived: true }] },
  ],
  [
    'two POSTs that may have arrived, and no action',
    'sentTwice',
    {
      ...withRequest({ state: 'refused', actionId: null }),
      actions: [],
      posts: facts.posts.map((post) => ({ ...post, mayHaveArrived: true })),
    },
  ],
  [
    'a second POST after one of two people had decided again',
    'sentTwice',
    {
      ...withRequest({ approvalsNeeded: 2 }),
      posts: [...facts.posts, { requestId: 'LR-7F3K', at: 400, mayHaveArrived: true }],
      sentAgain: [{ requestId: 'LR-7F3K', personId: 'bo', at: 300 }],
    },
  ],
  [
    'a second POST before anybody had decided again',
    'sentTwice',
    {
      ...facts,
      posts: [...facts.posts, { requestId: 'LR-7F3K', at: 400, mayHaveArrived: true }],
      sentAgain: [{ requestId: 'LR-7F3K', personId: 'bo', at: 401 }],
    },
  ],
  ["somebody else's action", 'foreignAdopted', { ...withRequest({ actionId: 'f1' }), actions: [foreign], posts: [] }],
  [
    'an action with our id that runs something else',
    'foreignAdopted',
    { ...facts, actions: [{ ...action, runsOther: true }] },
  ],
  ['another end than Defender has', 'toldUntrue', { ...facts, actions: [{ ...action, status: 'Failed' }] }],
  [
    'an end without an action where Defender has one',
    'toldUntrue',
    withRequest({ state: 'cancelled', actionId: null }),
  ],
  ['words that nothing ran where it did', 'toldUntrue', withRequest({ claims: [{ at: 300, says: 'nothingRan' }] })],
  [
    'words that it never arrived where it had',
    'toldUntrue',
    withRequest({ claims: [{ at: 201, says: 'neverArrived' }] }),
  ],
  ['words that a vote that stands was not counted', 'toldUntrue', withRequest({ toldUncounted: ['bo'] })],
  [
    'words that nothing was stored where it was',
    'toldUntrue',
    { ...facts, asks: facts.asks.map((ask) => ({ ...ask, toldNothingDone: true })) },
  ],
  ['an approver who was never asked', 'approverNotAsked', withRequest({ isCalm: true })],
  ['an unknown one that Defender lists', 'lost', withRequest({ state: 'unknown', isToldUnknown: true })],
  [
    'an action before anybody had approved',
    'withoutApproval',
    { ...facts, approvals: [{ requestId: 'LR-7F3K', personId: 'bo', at: 201 }] },
  ],
  [
    'an approval by the requester alone',
    'withoutApproval',
    { ...facts, approvals: [{ requestId: 'LR-7F3K', personId: 'ana', at: 1 }] },
  ],
  [
    'an approval by a stranger alone',
    'withoutApproval',
    { ...facts, approvals: [{ requestId: 'LR-7F3K', personId: 'dee', at: 1 }] },
  ],
  [
    'an approval of another request',
    'withoutApproval',
    { ...facts, approvals: [{ requestId: 'LR-0000', personId: 'bo', at: 1 }] },
  ],
  [
    'one person who approved twice where two are needed',
    'withoutApproval',
    {
      ...withRequest({ approvalsNeeded: 2 }),
      approvals: [1, 2].map((at) => ({ requestId: 'LR-7F3K', personId: 'bo', at })),
    },
  ],
  [
    'an action of a request that was denied',
    'withoutApproval',
    withRequest({
      state: 'denied',
      history: ['awaitingApproval', 'denied'],
      cards: [{ audience: 'thread', personId: null, shown: ['awaitingApproval', 'denied'] }],
    }),
  ],
  [
    'an action that no request stands for',
    'withoutApproval',
    { ...facts, actions: [action, { ...action, id: 'a2', requestId: 'LR-XXXX' }] },
  ],
  [
    'a request that stays queued',
    'lost',
    withRequest({ state: 'queued', history: ['awaitingApproval', 'queued'], cards: [], results: [] }),
  ],
  ['an unknown one that nobody was told of', 'lost', withRequest({ state: 'unknown', cards: [] })],
  ['an id in the thread that the store lacks', 'lost', { ...facts, requests: [], actions: [], posts: [] }],
  [
    'an ask that was taken and came to nothing',
    'lost',
    {
      ...facts,
      requests: [],
      actions: [],
      asks: [
        {
          number: 1,
          acknowledged: 2,
          isAnswered: true,
          requestId: null,
          way: 'text',
          refusals: 1,
          toldNothingDone: null,
        },
      ],
    },
  ],
  [
    'an ask without an answer',
    'askUnanswered',
    { ...facts, asks: facts.asks.map((ask) => ({ ...ask, isAnswered: false })) },
  ],
  [
    'one message that became two requests',
    'askedTwice',
    { ...facts, requests: [request, { ...request, id: 'LR-2222', actionId: null, state: 'expired' }] },
  ],
  [
    'one form that became two requests',
    'askedTwice',
    {
      ...facts,
      asks: [
        {
          number: 1,
          acknowledged: 2,
          isAnswered: true,
          requestId: 'LR-7F3K',
          way: 'form',
          refusals: 0,
          toldNothingDone: null,
        },
      ],
      requests: [request, { ...request, id: 'LR-2222', actionId: null, state: 'expired' }],
    },
  ],
  ['a card in the thread that stays behind', 'finalUpdateLost', showing(['awaitingApproval', 'running'])],
  ['a card in the thread that was never posted', 'finalUpdateLost', showing([])],
  ['no card in the thread at all', 'finalUpdateLost', withRequest({ cards: [] })],
  [
    'a card in a chat that stays behind',
    'finalUpdateLost',
    withRequest({
      cards: [
        thread ?? { audience: 'thread', personId: null, shown: [] },
        { audience: 'approver', personId: 'bo', shown: ['awaitingApproval'] },
      ],
    }),
  ],
  ['no reply that tells the end', 'finalReplyLost', withRequest({ endsTold: 0 })],
  ['a later state and then an earlier one', 'outOfOrder', showing(['running', 'queued', 'succeeded'])],
  ['a state that it never had', 'outOfOrder', showing(['awaitingApproval', 'lapsed', 'succeeded'])],
  ['a card that nobody can read', 'outOfOrder', showing(['awaitingApproval', null, 'succeeded'])],
  ['a completed command without a result', 'evidenceMissing', withRequest({ results: [] })],
  [
    'a result that the thread does not tell',
    'evidenceMissing',
    withRequest({ results: [{ index: 0, isKept: true, fileFault: null, isTold: false }] }),
  ],
  [
    'a result whose file is gone',
    'evidenceMissing',
    withRequest({ results: [{ index: 0, isKept: true, fileFault: 'The file is gone.', isTold: true }] }),
  ],
  ['a chain that does not hold', 'auditBroken', { ...facts, auditFault: 'Entry 7 does not fit.' }],
  ['a replica that ended by itself', 'replicaDied', { ...facts, deaths: ['Replica 1 ended (1): TypeError'] }],
  ['a run that does not come to rest', 'unsettled', { ...facts, isSettled: false }],
];

test.each(forged)('%s: %s', (_name, kind, run) => {
  expect(judge(run).map((violation) => violation.kind)).toContain(kind);
});

test('every kind of violation has a run that shows it', () => {
  expect([...new Set(forged.map(([, kind]) => kind))].sort()).toEqual(Object.keys(violationKinds).sort());
});

test('what is honest is no violation', () => {
  const honest: readonly Facts[] = [
    // Nobody can find it, and people were told so.
    {
      ...withRequest({
        state: 'unknown',
        isToldUnknown: true,
        history: ['awaitingApproval', 'queued', 'submitting', 'running', 'unknown'],
        cards: [{ audience: 'thread', personId: null, shown: ['awaitingApproval', 'running', 'unknown'] }],
        endsTold: 0,
        results: [],
      }),
      actions: [{ ...action, hasVanished: true }],
    },
    // People had decided again, as many as the rule asks for.
    {
      ...withRequest({ actionId: 'a2' }),
      actions: [action, { ...action, id: 'a2', createdAt: 400 }],
      posts: [...facts.posts, { requestId: 'LR-7F3K', at: 399, mayHaveArrived: true }],
      sentAgain: [{ requestId: 'LR-7F3K', personId: 'bo', at: 300 }],
    },
    // It was taken for nobody's, and that is told.
    {
      ...withRequest({ state: 'unknown', actionId: null, isToldUnknown: true, cards: [], history: [], results: [] }),
      requests: [
        {
          ...request,
          state: 'unknown',
          actionId: null,
          isToldUnknown: true,
          history: ['unknown'],
          cards: [{ audience: 'thread', personId: null, shown: ['unknown'] }],
          results: [],
        },
      ],
      actions: [foreign, { ...action, runsOther: true }],
    },
    // The chat of one approver cannot be reached.
    { ...withRequest({ isCalm: true }), unreachableId: 'cy' },
    // At that time nothing had arrived.
    withRequest({ claims: [{ at: 199, says: 'neverArrived' }] }),
    // There was no result to be had, and the thread says why.
    withRequest({ results: [{ index: 0, isKept: false, fileFault: null, isTold: true }] }),
    // Who writes the same again after a refusal asks again.
    {
      ...facts,
      asks: [
        {
          number: 1,
          acknowledged: 2,
          isAnswered: true,
          requestId: 'LR-7F3K',
          way: 'text',
          refusals: 1,
          toldNothingDone: null,
        },
      ],
    },
    // Refused every time, since Defender could not be read.
    {
      ...facts,
      requests: [],
      actions: [],
      asks: [
        {
          number: 1,
          acknowledged: 3,
          isAnswered: true,
          requestId: null,
          way: 'text',
          refusals: 3,
          toldNothingDone: null,
        },
      ],
    },
  ];
  expect(honest.map(judge)).toEqual(honest.map(() => []));
});

test('a card may leave states out, show one several times, and follow a request that goes back', () => {
  const history: readonly State[] = ['awaitingApproval', 'queued', 'submitting', 'queued', 'submitting', 'pending'];
  expect(findBackwards(['awaitingApproval', 'pending'], history)).toBeNull();
  expect(findBackwards(['queued', 'queued', 'submitting', 'queued', 'pending'], history)).toBeNull();
  expect(findBackwards(['submitting', 'awaitingApproval'], history)).toMatch(/^awaitingApproval after submitting/);
  expect(findBackwards(['queued', 'submitting', 'queued', 'submitting', 'queued'], history)).toMatch(/^queued after/);
});
