import type { CommitCut } from './commit-gate';
import type { Facts } from './facts';
import { type Violation, violationKinds } from './judge';
import type { ChaosOptions } from './options';
import type { Troubles } from './trouble';

/** All that is told of a run. */
export interface Outcome {
  readonly options: ChaosOptions;
  /** Of the stories that it tells of. */
  readonly seeds: readonly number[];
  readonly facts: Facts;
  readonly violations: readonly Violation[];
  readonly troubles: Troubles;
  /** Faults that Defender's calls met, by kind. */
  readonly defenderFaultsMet: Readonly<Record<string, number>>;
  /** Starts that ended with a sentence, since the database was away for a moment. */
  readonly commitCuts: Readonly<Record<CommitCut, number>>;
  readonly wrongClocks: number;
  readonly clockJumps: number;
  readonly refusedStarts: number;
  readonly deliveriesMet: Readonly<Record<string, number>>;
  readonly redelivered: number;
  readonly doubled: number;
  readonly wallSeconds: number;
  readonly storySeconds: number;
}

/** Several stories as one: what is counted is added up. Ids are drawn in each story anew, so two requests may have the same. */
export function mergeOutcomes(outcomes: readonly Outcome[]): Outcome {
  const [first, ...others] = outcomes.map(withOwnIds);
  if (first === undefined) throw new Error('There is no outcome to tell of.');
  return others.reduce(addOutcome, first);
}

const withOwnIds = (outcome: Outcome): Outcome => ({
  ...outcome,
  facts: {
    ...outcome.facts,
    actions: outcome.facts.actions.map((action) =>
      action.requestId === null ? action : { ...action, requestId: `${outcome.options.seed} ${action.requestId}` },
    ),
  },
});

const addOutcome = (a: Outcome, b: Outcome): Outcome => ({
  ...a,
  seeds: [...a.seeds, ...b.seeds],
  facts: {
    ...a.facts,
    asks: [...a.facts.asks, ...b.facts.asks],
    requests: [...a.facts.requests, ...b.facts.requests],
    actions: [...a.facts.actions, ...b.facts.actions],
    posts: [...a.facts.posts, ...b.facts.posts],
    sentAgain: [...a.facts.sentAgain, ...b.facts.sentAgain],
  },
  violations: [...a.violations, ...b.violations],
  troubles: {
    kills: a.troubles.kills + b.troubles.kills,
    trapsSprung: a.troubles.trapsSprung + b.troubles.trapsSprung,
    stalls: a.troubles.stalls + b.troubles.stalls,
    drains: a.troubles.drains + b.troubles.drains,
    drainsCut: a.troubles.drainsCut + b.troubles.drainsCut,
    regionMoves: a.troubles.regionMoves + b.troubles.regionMoves,
    teamsFaultsMet: addCounts(a.troubles.teamsFaultsMet, b.troubles.teamsFaultsMet),
    incidents: addCounts(a.troubles.incidents, b.troubles.incidents),
  },
  defenderFaultsMet: addCounts(a.defenderFaultsMet, b.defenderFaultsMet),
  commitCuts: { unsent: a.commitCuts.unsent + b.commitCuts.unsent, done: a.commitCuts.done + b.commitCuts.done },
  wrongClocks: a.wrongClocks + b.wrongClocks,
  clockJumps: a.clockJumps + b.clockJumps,
  refusedStarts: a.refusedStarts + b.refusedStarts,
  deliveriesMet: addCounts(a.deliveriesMet, b.deliveriesMet),
  redelivered: a.redelivered + b.redelivered,
  doubled: a.doubled + b.doubled,
  wallSeconds: a.wallSeconds + b.wallSeconds,
  storySeconds: a.storySeconds + b.storySeconds,
});

function addCounts(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [name, count] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** The table of a run: how much chaos there was, what became of the requests, and each promise with how often it was broken. */
export function describeRun(outcome: Outcome): string {
  const { options, facts, violations, troubles } = outcome;
  const { requests, actions, posts } = facts;
  const rows: ReadonlyArray<readonly [string, string | number]> = [
    ['store, replicas, seeds', `${options.store}, ${options.replicas}, ${outcome.seeds.join(' ')}`],
    ['took', `${Math.round(outcome.wallSeconds)} s, ${Math.round(outcome.storySeconds / 60)} minutes of the story`],
    ['kills -9', `${troubles.kills}, ${troubles.trapsSprung} of them in the middle of a call`],
    ['stalls, orderly restarts', `${troubles.stalls}, ${troubles.drains} (${troubles.drainsCut} cut short)`],
    ['starts refused for the moment', outcome.refusedStarts],
    ['faults of Defender', counts(outcome.defenderFaultsMet)],
    ['faults of Teams', counts(troubles.teamsFaultsMet)],
    ['moves to another region', troubles.regionMoves],
    ['commits without an answer', `${outcome.commitCuts.unsent} not done, ${outcome.commitCuts.done} done`],
    ['clocks that were wrong, jumps', `${outcome.wrongClocks}, ${outcome.clockJumps}`],
    ['meanwhile in Defender', counts(troubles.incidents)],
    ['deliveries of Teams met', counts(outcome.deliveriesMet)],
    ['delivered again, doubled', `${outcome.redelivered}, ${outcome.doubled}`],
    ['asks, requests', `${facts.asks.length}, ${requests.length}`],
    ['by state', counts(tally(requests.map(({ state }) => state)))],
    ['pressed Send it once more', facts.sentAgain.length],
    ['went through unknown', requests.filter(({ history }) => history.includes('unknown')).length],
    ['POSTs, actions', `${posts.length}, ${actions.length}`],
    [
      'most actions of one request',
      Math.max(0, ...Object.values(tally(actions.flatMap(({ requestId }) => requestId ?? [])))),
    ],
    ["somebody else's actions", actions.filter(({ requestId }) => requestId === null).length],
    ['results kept', requests.flatMap(({ results }) => results).filter(({ isKept }) => isKept).length],
    // A post whose answer was lost is sent again (src/teams/outbox/outbox.ts), and nobody can find the first one.
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

export const commandOf = ({ kills, store, replicas, seed, speed, without }: ChaosOptions): string =>
  `npm run chaos -- --kills ${kills} --store ${store} --replicas ${replicas} --seed ${seed} --speed ${speed}${without.length === 0 ? '' : ` --without ${without.join(',')}`}`;

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
