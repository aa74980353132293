import { backlogs, measure } from './backlogs';
import { boundOf } from './bound';
import { calm } from './scenario';

test.each(backlogs(1).map((backlog) => [backlog.name, backlog] as const))(
  '%s: ends within 2 % of the bound, and Defender refuses nothing because of us',
  (_name, backlog) => {
    const { overPercent, ownRefusals, broken } = measure(backlog);
    expect([ownRefusals, broken]).toEqual([0, []]);
    expect(overPercent).toBeGreaterThanOrEqual(0);
    expect(overPercent).toBeLessThanOrEqual(2);
  },
);

describe('the bound', () => {
  const wishes = (count: number, device: (i: number) => number) =>
    Array.from({ length: count }, (_, i) => ({ who: 0, device: device(i), approvedAt: 0, cancelAt: null }));
  const none = { lookMs: 0, refusedFirst: 0 };

  test('is that of the rate where there is room for all', () => {
    expect(boundOf({ ...calm, wishes: wishes(21, (i) => i), runMs: [100_000] }, none)).toBe(2 * 60_000 + 100_000);
  });

  test('counts calls that cannot be avoided', () => {
    const scenario = { ...calm, wishes: wishes(20, (i) => i), runMs: [100_000] };
    expect(boundOf(scenario, { lookMs: 0, refusedFirst: 1 })).toBe(2 * 60_000 + 100_000);
  });

  test('is that of the sessions where these are fewer, each known to be free at the next look', () => {
    const scenario = {
      ...calm,
      truth: { runsPerMinute: 10, sessions: 2 },
      wishes: wishes(6, (i) => i),
      runMs: [101_000],
    };
    expect([boundOf(scenario, none), boundOf(scenario, { ...none, lookMs: 5_000 })]).toEqual([303_000, 311_000]);
  });

  test('is that of the longest line, and of the device that comes last', () => {
    const line = { ...calm, wishes: wishes(4, () => 0), runMs: [100_000] };
    const away = { ...line, wishes: wishes(2, (i) => i), devices: [{ offline: [[0, 500_000] as const], busy: [] }] };
    expect([boundOf(line, none), boundOf(away, none)]).toEqual([400_000, 600_000]);
  });
});
