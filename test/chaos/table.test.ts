import type { Facts } from '../../chaos/facts';
import { judge } from '../../chaos/judge';
import { commandOf, describeRun, describeViolations, mergeOutcomes, type Outcome } from '../../chaos/table';

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
  requests: [
    {
      id: 'LR-7F3K',
      askNumber: 1,
      isCalm: false,
      actionId: 'a1',
      state: 'succeeded',
      isToldUnknown: false,
      requesterId: 'ana',
      approverIds: ['bo'],
      approvalsNeeded: 1,
      voterIds: ['bo'],
      toldUncounted: [],
      claims: [],
      history: ['awaitingApproval', 'queued', 'submitting', 'unknown', 'succeeded'],
      cards: [{ audience: 'thread', personId: null, shown: ['awaitingApproval', 'unknown'] }],
      endsTold: 2,
      twins: ['awaitingApproval'],
      results: [{ index: 0, isKept: true, fileFault: null, isTold: true }],
    },
  ],
  actions: [
    {
      id: 'a1',
      requestId: 'LR-7F3K',
      runsOther: false,
      createdAt: 200,
      status: 'Succeeded',
      isFinal: true,
      hasRun: true,
      hasVanished: false,
      completed: [0],
    },
  ],
  posts: [{ requestId: 'LR-7F3K', at: 200, mayHaveArrived: true }],
  approvals: [{ requestId: 'LR-7F3K', personId: 'bo', at: 100 }],
  sentAgain: [],
  unreachableId: null,
  auditFault: null,
  deaths: [],
  isSettled: true,
};
const options = {
  kills: 8,
  store: 'sqlite',
  replicas: 1,
  seed: 1,
  speed: 30,
  databaseUrl: null,
  without: [],
  keep: false,
} as const;
const outcome: Outcome = {
  options,
  seeds: [1],
  facts,
  violations: judge(facts),
  troubles: {
    kills: 8,
    trapsSprung: 3,
    stalls: 1,
    drains: 1,
    drainsCut: 0,
    regionMoves: 2,
    teamsFaultsMet: { '429': 2, 'no answer': 5 },
    incidents: {},
  },
  defenderFaultsMet: { dropAfter: 1 },
  commitCuts: { unsent: 1, done: 2 },
  wrongClocks: 1,
  clockJumps: 4,
  refusedStarts: 0,
  deliveriesMet: { '200': 9, 'nobody there': 11 },
  redelivered: 12,
  doubled: 3,
  wallSeconds: 45.6,
  storySeconds: 1_368,
};

test('the table says how much chaos there was, what became of the requests, and what must not be', () => {
  expect(describeRun(outcome)).toMatchInlineSnapshot(`
"What happened
  store, replicas, seeds         sqlite, 1, 1
  took                           46 s, 23 minutes of the story
  kills -9                       8, 3 of them in the middle of a call
  stalls, orderly restarts       1, 1 (0 cut short)
  starts refused for the moment  0
  faults of Defender             dropAfter 1
  faults of Teams                no answer 5, 429 2
  moves to another region        2
  commits without an answer      1 not done, 2 done
  clocks that were wrong, jumps  1, 4
  meanwhile in Defender          none
  deliveries of Teams met        nobody there 11, 200 9
  delivered again, doubled       12, 3
  asks, requests                 1, 1
  by state                       succeeded 1
  pressed Send it once more      0
  went through unknown           1
  POSTs, actions                 1, 1
  most actions of one request    1
  somebody else's actions        0
  results kept                   1
  stale twins of cards           1
  final replies repeated         1

What must not be
  submitted more than once under one decision                 0
  sent again under one decision although it may have arrived  0
  somebody else's actions taken for ours                      0
  reached Defender without approval                           0
  requests lost                                               0
  asks taken and never answered                               0
  one ask became two requests                                 0
  final updates of cards lost                                 1
  final replies lost                                          0
  updates out of order                                        0
  told what Defender or the store contradicts                 0
  approvers in reachable chats without a card                 0
  evidence missing                                            0
  audit chain broken                                          0
  replicas that ended by themselves                           0
  not come to rest                                            0"
`);
});

test('several stories get one table, and requests of the same id in two of them are two', () => {
  const other = { ...outcome, options: { ...options, seed: 2 }, seeds: [2] };
  const merged = mergeOutcomes([outcome, other]);
  expect(merged).toMatchObject({
    seeds: [1, 2],
    troubles: { kills: 16, teamsFaultsMet: { '429': 4, 'no answer': 10 } },
    commitCuts: { unsent: 2, done: 4 },
  });
  const text = describeRun(merged);
  for (const row of [
    /seeds +sqlite, 1, 1 2\n/,
    /asks, requests +2, 2\n/,
    /most actions of one request +1\n/,
    /cards lost +2\n/,
  ])
    expect(text).toMatch(row);
});

test('a violation says what it is about, and how to have the story again', () => {
  const text = describeViolations(outcome.violations, { dir: '/tmp/lr-chaos-x', again: commandOf(options) });
  expect(text).toMatchInlineSnapshot(`
"LR-7F3K: final updates of cards lost. In the thread it shows unknown, and is succeeded.

Logs, plan, facts and the database are in /tmp/lr-chaos-x
The same story again: npm run chaos -- --kills 8 --store sqlite --replicas 1 --seed 1 --speed 30"
`);
});
