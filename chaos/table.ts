import { type Facts, type Violation, violationKinds } from './judge';
import type { ChaosOptions } from './options';
import type { Troubles } from './trouble';

/** All that is told of a run. */
export interface Outcome {
  readonly options: ChaosOptions;
  readonly facts: Facts;
  readonly violations: readonly Violation[];
  readonly troubles: Troubles;
  /** Faults that Defender's calls met, by kind. */
  readonly defenderFaultsMet: Readonly<Record<string, number>>;
  /** Starts that ended with a sentence, since the database was away for a moment. */
  readonly refusedStarts: number;
  readonly deliveriesMet: Readonly<Record<string, number>>;
  readonly redelivered: number;
  readonly doubled: number;
  readonly wallSeconds: number;
  readonly storySeconds: number;
}

/** The table of a run: how much chaos there was, what became of the requests, and each promise with how often it was broken. */
export function describeRun(outcome: Outcome): string {
  const { options, facts, violations, troubles } = outcome;
  const { requests, actions, posts } = facts;
  const rows: ReadonlyArray<readonly [string, string | number]> = [
    ['store, replicas, seed', `${options.store}, ${options.replicas}, ${options.seed}`],
    ['took', `${Math.round(outcome.wallSeconds)} s, ${Math.round(outcome.storySeconds / 60)} minutes of the story`],
    ['kills -9', `${troubles.kills}, ${troubles.trapsSprung} of them in the middle of a call`],
    ['stalls, orderly restarts', `${troubles.stalls}, ${troubles.drains} (${troubles.drainsCut} cut short)`],
    ['starts refused for the moment', outcome.refusedStarts],
    ['faults of Defender', counts(outcome.defenderFaultsMet)],
    ['faults of Teams', counts(troubles.teamsFaultsMet)],
    ['meanwhile in Defender', counts(troubles.incidents)],
    ['deliveries of Teams met', counts(outcome.deliveriesMet)],
    ['delivered again, doubled', `${outcome.redelivered}, ${outcome.doubled}`],
    ['asks, requests', `${facts.asks.length}, ${requests.length}`],
    ['by state', counts(tally(requests.map(({ state }) => state)))],
    ['went through unknown', requests.filter(({ history }) => history.includes('unknown')).length],
    ['POSTs, actions', `${posts.length}, ${actions.length}`],
    ['most actions under one approval', Math.max(0, ...Object.values(tally(actions.map(({ marker }) => marker))))],
    ['results kept', requests.flatMap(({ results }) => results).filter(({ isKept }) => isKept).length],
    // A post whose answer was lost is sent again (src/teams/outbox.ts), and nobody can find the first one.
    ['stale twins of cards', requests.reduce((sum, { twins }) => sum + twins.length, 0)],
    ['final replies repeated', requests.reduce((sum, { endsTold }) => sum + Math.max(0, endsTold - 1), 0)],
  ];
  const broken = tally(violations.map(({ kind }) => kind));
  const verdicts = Object.entries(violationKinds).map(([kind, words]) => [words, broken[kind] ?? 0] as const);
  return [section('What happened', rows), section('What must not be', verdicts)].join('\n\n');
}

/** Each violation in a line, and where to look. */
export function describeViolations(
  violations: readonly Violation[],
  where: { readonly dir: string; readonly again: string },
): string {
  return [
    ...violations.map(({ kind, about, what }) => `${about}: ${violationKinds[kind]}. ${what}`),
    '',
    `Logs, plan, facts and the database are in ${where.dir}`,
    `The same story again: ${where.again}`,
  ].join('\n');
}

export const commandOf = ({ kills, store, replicas, seed, speed }: ChaosOptions): string =>
  `npm run chaos -- --kills ${kills} --store ${store} --replicas ${replicas} --seed ${seed} --speed ${speed}`;

function section(title: string, rows: ReadonlyArray<readonly [string, string | number]>): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return [title, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)].join('\n');
}

export function tally(words: readonly string[]): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const word of words) found[word] = (found[word] ?? 0) + 1;
  return found;
}

const counts = (found: Readonly<Record<string, number>>): string =>
  Object.entries(found)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none';
