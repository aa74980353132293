import fc from 'fast-check';
import { unfairness } from './fairness';
import { weathers } from './histories';
import type { Met } from './promises';
import type { Scenario } from './scenario';
import { play } from './world';

export type Weather = keyof typeof weathers;

/** What a search has met, so that nobody takes a search that met nothing for a proof. */
export interface Found {
  readonly histories: number;
  readonly seed: number;
  readonly met: ReadonlyMap<string, number>;
  readonly sums: Readonly<Record<'posts' | 'actions' | keyof Met, number>>;
}

/** Plays random histories until one breaks a promise, which is then shrunk; throws with it, its seed and how to play it again. */
export function search(
  weather: Weather,
  given: { readonly histories: number; readonly seed: number; readonly path?: string },
): Found {
  const met = new Map<string, number>();
  const meet = (what: string) => met.set(what, (met.get(what) ?? 0) + 1);
  const sums = { posts: 0, actions: 0, decisions: 0, unconfirmed: 0, foundLate: 0, ranTwice: 0, busyWithItself: 0 };
  const scenarios: fc.Arbitrary<Scenario> = weathers[weather];
  const result = fc.check(
    fc.property(scenarios, (scenario) => {
      const unfair: string[] = [];
      const report = play(scenario, {
        onPlan: ({ input, plan }) => {
          const found = unfairness(input, plan);
          if (found !== null) unfair.push(found);
        },
      });
      const broken = [...report.broken, ...unfair];
      if (broken.length > 0) throw new Error(broken.join('\n'));
      sums.posts += report.submissions;
      sums.actions += report.actions;
      for (const [what, count] of Object.entries(report.met)) sums[what as keyof Met] += count;
      for (const state of Object.keys(report.ends)) meet(state);
      for (const { answer, cause } of report.refusals) meet(`${answer}, ${cause}`);
      if (report.met.foundLate > 0) meet('found late');
      if (report.met.ranTwice > 0) meet('ran twice by two decisions');
      if (report.met.busyWithItself > 0) meet('busy with itself');
      if (report.met.decisions > scenario.wishes.length) meet('sent once more');
      if (report.submissions > report.actions) meet('more POSTs than actions');
    }),
    { numRuns: given.histories, seed: given.seed, ...(given.path !== undefined && { path: given.path }) },
  );
  if (result.failed) {
    const path = result.counterexamplePath ?? '';
    const [scenario] = result.counterexample ?? [];
    throw new Error(
      [
        `A history of ${weather} breaks a promise:`,
        String((result.errorInstance as Error | null)?.message ?? 'unknown'),
        JSON.stringify(scenario, null, 1),
        `Play it again: npm run simulate -- --weather ${weather} --seed ${given.seed} --path ${path}`,
      ].join('\n'),
    );
  }
  return { histories: result.numRuns, seed: given.seed, met, sums };
}
