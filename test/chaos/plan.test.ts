import { type PlanOptions, planStory } from '../../chaos/plan';
import { killsOf } from '../../chaos/plan-strikes';

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

test('nobody is planned to decide what they asked for themselves', () => {
  // Bo, who asks as the third requester, is the first approver.
  const own = planStory(options).asks.filter((ask) => ask.requester === 2);
  expect(own.length).toBeGreaterThan(10);
  expect(own.flatMap(({ course }) => course.clicks).filter(({ approver }) => approver === 0)).toEqual([]);
});
