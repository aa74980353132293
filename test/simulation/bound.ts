import { endOf, type Scenario } from './scenario';

const minuteMs = 60_000;

/**
 * No scheduler ends sooner, all requests approved at the start: the largest of
 *
 * - the greedy schedule of calls at the instants that the rate and free sessions allow, without any delay of our own; no start can come
 *   earlier, whatever the order, since an action's length goes by its place in the order (`runMs`);
 * - the longest line for one device, one action after the other;
 * - the device that comes last, and one action on it.
 *
 * `calls` counts those that cannot be avoided: nothing shows that a device is busy but a call that is refused. `lookMs`: an end is known
 * at the next look, and looks are limited too (720 an hour); 0 for a Defender that tells by itself.
 */
export function boundOf(
  scenario: Scenario,
  options: { readonly lookMs: number; readonly refusedFirst: number },
): number {
  const { lookMs, refusedFirst } = options;
  const known = (endsAt: number) => (lookMs === 0 ? endsAt : Math.ceil(endsAt / lookMs) * lookMs);
  const { runsPerMinute, sessions } = scenario.truth;
  const runOf = (i: number) => scenario.runMs[Math.min(i, scenario.runMs.length - 1)] ?? minuteMs;
  const free: number[] = Array(sessions).fill(0);
  const calls: number[] = [];
  let greedy = 0;
  for (let i = 0; i < scenario.wishes.length + refusedFirst; i++) {
    const slot = free.indexOf(Math.min(...free));
    const at = Math.max(free[slot] ?? 0, i < runsPerMinute ? 0 : (calls[i - runsPerMinute] ?? 0) + minuteMs);
    calls.push(at);
    if (i < refusedFirst) continue;
    const endsAt = at + runOf(i - refusedFirst);
    free[slot] = known(endsAt);
    greedy = Math.max(greedy, endsAt);
  }
  return Math.max(greedy, ...lines(scenario, Math.min(...scenario.runMs), known));
}

function lines(scenario: Scenario, shortestMs: number, known: (endsAt: number) => number): readonly number[] {
  const counts = new Map<number, number>();
  for (const { device } of scenario.wishes) counts.set(device, (counts.get(device) ?? 0) + 1);
  return [...counts].map(([device, count]) => {
    const { offline = [], busy = [] } = scenario.devices[device] ?? {};
    let end = 0;
    for (let i = 0; i < count; i++) end = endOf(offline, endOf(busy, known(end))) + shortestMs;
    return end;
  });
}
