import { type PlanOptions, planStory } from '../../chaos/plan';
import { killsOf } from '../../chaos/plan-strikes';
import { settleMs } from '../../src/request/doubt/search';

const options: PlanOptions = { kills: 200, replicas: 2, seed: 7 };

test('the same seed makes the same story, whatever was drawn before', () => {
  const first = planStory(options);
  planStory({ ...options, seed: 8 });
  expect(planStory({ ...options })).toEqual(first);
});

test('another seed makes another story', () => {
  expect(planStory({ ...options, seed: 8 })).not.toEqual(planStory(options));
});

test('the story depends on kills, replicas and seed alone', () => {
  const more = { ...options, store: 'postgres', speed: 90, keep: true, databaseUrl: 'postgres://x/y' };
  expect(planStory(more)).toEqual(planStory(options));
});

test.each([
  [1, 1],
  [8, 1],
  [8, 2],
  [200, 2],
  [200, 3],
])('%i kills with %i replicas are exactly so many, in the order of time', (kills, replicas) => {
  const { strikes } = planStory({ ...options, kills, replicas });
  expect(strikes.reduce((sum, strike) => sum + killsOf(strike), 0)).toBe(kills);
  expect(strikes.map(({ at }) => at)).toEqual(strikes.map(({ at }) => at).sort((a, b) => a - b));
  for (const strike of strikes)
    for (const slot of 'slots' in strike ? strike.slots : [strike.slot]) expect(slot).toBeLessThan(replicas);
});

test('a long story holds every kind of trouble and every way to ask and to decide', () => {
  const plan = planStory(options);
  const kinds = (words: readonly string[]) => [...new Set(words)].sort();
  expect(kinds(plan.strikes.map(({ type }) => type))).toEqual(['drain', 'kill', 'killInCall', 'killInPost', 'stall']);
  expect(plan.strikes.some((strike) => strike.type === 'kill' && strike.slots.length === 2)).toBe(true);
  expect(
    kinds(plan.strikes.flatMap((s) => (s.type === 'killInCall' && s.call === 'runLiveResponse' ? [s.when] : []))),
  ).toEqual(['answered', 'done', 'unsent']);
  expect(
    kinds(plan.defenderFaults.map(({ rule: { fault } }) => ('wait' in fault ? `429 ${fault.wait}` : fault.type))),
  ).toEqual([
    '429 date',
    '429 none',
    '429 seconds',
    '429 text',
    'dropAfter',
    'dropBefore',
    'errorAfter',
    'errorBefore',
    'foreignAction',
    'hiddenAction',
    'malformed',
    'refuse',
    'slow',
    'unauthorized',
  ]);
  expect(
    kinds(plan.teamsFaults.map(({ fault }) => `${fault.type} ${'accepted' in fault ? fault.accepted : ''}`.trim())),
  ).toEqual(['drop false', 'drop true', 'hang', 'status', 'status true']);
  expect(kinds(plan.incidents.map(({ type }) => type))).toEqual([
    'misreport',
    'offline',
    'portalCancel',
    'portalSession',
    'vanish',
  ]);
  expect(kinds(plan.asks.map(({ way, delivered }) => `${way} ${delivered}`))).toHaveLength(4);
  const decisions = plan.asks.map(({ course }) =>
    [...course.clicks.map(({ decision }) => decision), ...(course.cancel === null ? [] : ['cancel'])].join('+'),
  );
  expect(decisions).toEqual(
    expect.arrayContaining(['approve', 'approve+approve', 'deny', 'approve+deny', 'cancel', 'approve+cancel', '']),
  );
});

test('clocks are wrong by minutes, ahead and behind, and jump both ways', () => {
  const offs = [1, 2, 3, 4, 5].flatMap((seed) => planStory({ ...options, seed }).clocks);
  const steps = offs.flatMap((clock) => clock.slice(1).map(({ offMs }, n) => offMs - (clock[n]?.offMs ?? 0)));
  expect(Math.max(...steps)).toBeGreaterThan(180_000);
  expect(Math.min(...steps)).toBeLessThan(-180_000);
  expect(offs.some((clock) => clock.length === 0)).toBe(true);
});

test('what is left out is not played, and nothing else is played differently', () => {
  const whole = planStory(options);
  const { clocks, databaseClock, regionMoves, defenderFaults, ...same } = planStory({
    ...options,
    without: ['clocks', 'regions', 'hidden'],
  });
  expect(whole).toMatchObject(same);
  expect([clocks.flat(), databaseClock, regionMoves]).toEqual([[], [], []]);
  expect(defenderFaults).toEqual(whole.defenderFaults.filter(({ rule }) => rule.fault.type !== 'hiddenAction'));
});

test('some actions are hidden for longer than the settle time, and their POST is answered or not', () => {
  const hidden = planStory(options).defenderFaults.flatMap(({ rule: { fault } }) =>
    fault.type === 'hiddenAction' ? [fault] : [],
  );
  expect(Math.min(...hidden.map(({ hiddenMs }) => hiddenMs))).toBeGreaterThan(settleMs);
  expect(new Set(hidden.map(({ answered }) => answered))).toEqual(new Set([true, false]));
});

test('gateways, Teams, regions, commits and a chat fail in the stories of five seeds', () => {
  const plans = [1, 2, 3, 4, 5].map((seed) => planStory({ ...options, seed }));
  const kinds = (words: readonly unknown[]) => [...new Set(words)].sort();
  expect(kinds(plans.flatMap(({ gatewayOutages }) => gatewayOutages.map(({ status }) => status)))).toEqual([
    502, 503, 504,
  ]);
  expect(kinds(plans.flatMap(({ gatewayOutages }) => gatewayOutages.map(({ arrived }) => arrived)))).toEqual([
    false,
    true,
  ]);
  expect(kinds(plans.flatMap(({ teamsOutages }) => teamsOutages.map(({ code }) => code)))).toEqual([
    'ConversationNotFound',
    'ServiceError',
  ]);
  expect(kinds(plans.flatMap(({ commitCuts }) => commitCuts.map(({ cut }) => cut)))).toEqual(['done', 'unsent']);
  expect(plans.every(({ regionMoves }) => regionMoves.length > 0)).toBe(true);
  expect(plans.some(({ blockedChat }) => blockedChat !== null)).toBe(true);
});

test('nobody is planned to click on a card in a chat that is blocked', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const { asks, calmAsks, blockedChat } = planStory({ ...options, seed });
    const clicks = [...asks, ...calmAsks].flatMap(({ course }) => course.clicks);
    expect(clicks.filter(({ approver }) => approver === blockedChat)).toEqual([]);
  }
});

test('nobody is planned to decide what they asked for themselves', () => {
  // Bo, who asks as the third requester, is the first approver.
  const own = planStory(options).asks.filter((ask) => ask.requester === 2);
  expect(own.length).toBeGreaterThan(10);
  expect(own.flatMap(({ course }) => course.clicks).filter(({ approver }) => approver === 0)).toEqual([]);
});
