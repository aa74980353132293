import { seconds } from '../../src/lib/clock';
import { calm, type Scenario } from './scenario';
import { search, type Weather } from './search';
import { play } from './world';

/** Another one finds other histories: `npm run simulate -- --seed N`. */
const seed = 20_261_124;

const searches: ReadonlyArray<readonly [Weather, number, readonly string[]]> = [
  ['fairWeather', 400, ['succeeded', 'cancelled', 'busy, foreign']],
  [
    'badWeather',
    600,
    [
      ...['succeeded', 'cancelled', 'lapsed', 'refused', 'more POSTs than actions'],
      ...['rate, foreign', 'rate, injected', 'rate, own', 'sessions, foreign', 'sessions, own', 'busy, foreign'],
    ],
  ],
  ['atTheBrink', 800, ['succeeded', 'cancelled', 'more POSTs than actions']],
  [
    'inDoubt',
    800,
    ['succeeded', 'unconfirmed', 'found late', 'ran twice by two decisions', 'busy with itself', 'sent once more'],
  ],
];

test.each(searches)(
  'in %s no history runs anything twice, loses anything, passes a limit or is unfair',
  (weather, histories, mustMeet) => {
    const { met } = search(weather, { histories, seed });
    expect([...met.keys()]).toEqual(expect.arrayContaining([...mustMeet]));
  },
);

const wish = (device: number, who = 0, approvedAt = 0) => ({ who, device, approvedAt, cancelAt: null });
const times = <T>(count: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, i) => make(i));

test('one request of a person goes within a minute, however many hundred of another wait before it', () => {
  const scenario: Scenario = { ...calm, wishes: [...times(300, (i) => wish(i)), wish(500, 1, seconds(90))] };
  const { takenAt } = play(scenario);
  expect((takenAt.at(-1) ?? Infinity) - seconds(90)).toBeLessThanOrEqual(seconds(61));
});

test('a tenant with 25 sessions, configured 50, settles at 25 after the first refusals and is probed every ten minutes', () => {
  const scenario: Scenario = {
    ...calm,
    truth: { runsPerMinute: 10, sessions: 25 },
    wishes: times(300, (i) => wish(i)),
    runMs: [600_000],
  };
  const { refusals, broken, mostSessions } = play(scenario);
  const first = refusals.filter((r) => r.at < seconds(180));
  const later = refusals.filter((r) => r.at >= seconds(180)).map((r) => r.at);
  expect(broken).toEqual([]);
  expect(mostSessions).toBe(25);
  expect(first.length).toBeLessThanOrEqual(10);
  expect(later.length).toBeGreaterThan(5);
  for (const [i, at] of later.entries())
    if (i > 0) expect(at - (later[i - 1] ?? 0)).toBeGreaterThanOrEqual(seconds(600));
});

test('when somebody else with the same app takes half of the calls, ours find what is left and few are refused', () => {
  const foreignCalls = times(60 * 5, (i) => i * seconds(12));
  const scenario: Scenario = { ...calm, foreignCalls, wishes: times(200, (i) => wish(i)) };
  const { refusals, broken, makespanMs } = play(scenario);
  expect(broken).toEqual([]);
  expect(refusals.length).toBeLessThanOrEqual(20);
  expect(makespanMs).toBeLessThanOrEqual(seconds(55 * 60));
});
