import type { Seat } from '../request/votes/bar';
import { type Tally, tally } from '../request/votes/tally';
import { personKeyOf } from './people';
import { type BarSpec, type Policy, seatsOf } from './policy';
import type { PolicyFault } from './read-yaml';

type Said = Pick<Policy, 'people' | 'names' | 'groups' | 'requesters' | 'rules'>;

/** Rules whose bar nobody could ever meet, whoever asks. */
export function findContradictions(policy: Said): readonly PolicyFault[] {
  return policy.rules.flatMap(({ name, line, outcome }) => {
    if (outcome.type === 'deny') return [];
    const best = bestTally(policy, outcome.bar, { approvals: outcome.bar.approvals, without: null });
    return best.met ? [] : [{ line, message: `rule ${name}: ${describeShort(outcome.bar.approvals, best)}` }];
  });
}

/**
 * What is suspicious in a valid policy: rules that are never reached, patterns that hold for more than they seem to, people who may ask
 * and can then never be approved, groups that nothing uses.
 */
export function lintPolicy(policy: Policy): readonly PolicyFault[] {
  const warnings = [
    ...findUnreachable(policy),
    ...findLoosePatterns(policy),
    ...findLonelyRequesters(policy),
    ...findUnused(policy),
  ];
  if (!policy.rules.some(({ outcome }) => outcome.type === 'approve'))
    warnings.push({ line: 1, message: 'policy: every rule denies, so nobody can ask for anything' });
  return warnings.sort((a, b) => a.line - b.line);
}

function findUnreachable({ rules }: Policy): readonly PolicyFault[] {
  return rules.flatMap(({ name, line, when }, i) => {
    const before = rules
      .slice(0, i)
      .find((earlier) => isForAll(earlier.when) || JSON.stringify(earlier.when) === JSON.stringify(when));
    return before === undefined
      ? []
      : [
          {
            line,
            message: `rule ${name}: is never reached, since rule ${before.name} (line ${before.line}) matches first`,
          },
        ];
  });
}

function findLoosePatterns({ rules }: Policy): readonly PolicyFault[] {
  return rules.flatMap(({ name, line, when, outcome }) => {
    const { args } = when;
    if (args === null || outcome.type === 'deny' || (args.startsWith('^') && args.endsWith('$') && !args.includes('|')))
      return [];
    const advice = args.includes('|') ? 'put alternatives into ^(?:…|…)$' : 'write ^…$';
    if (/^\^\((?:\?:)?[^()]*\)\$$/.test(args)) return [];
    return [
      {
        line,
        message: `rule ${name}: the args pattern is met by any text that contains it; ${advice} to mean the whole text`,
      },
    ];
  });
}

function findLonelyRequesters(policy: Policy): readonly PolicyFault[] {
  const ids = policy.requesters.flatMap((group) => listedIn(policy, group));
  const people = new Map(ids.map((id) => [personKeyOf(policy, id), id]));
  return policy.rules.flatMap(({ name, line, outcome }) => {
    if (outcome.type === 'deny') return [];
    const { approvals, extra } = outcome.bar;
    const most = approvals + extra.scriptChanged + extra.oddArgs + extra.tier0;
    const unmet = (asked: number) =>
      [...people].filter(([key]) => !bestTally(policy, outcome.bar, { approvals: asked, without: key }).met);
    const [always, withExtras] = [unmet(approvals), unmet(most)];
    const [found, when] = always.length > 0 ? [always, ''] : [withExtras, ', once its extra approvals apply'];
    if (found.length === 0) return [];
    const who = found.map(([, id]) => policy.names.get(id) ?? id).join(', ');
    return [{ line, message: `rule ${name}: too few other people could approve what ${who} asks for under it${when}` }];
  });
}

function findUnused(policy: Policy): readonly PolicyFault[] {
  const used = new Set([
    ...policy.requesters,
    ...policy.rules.flatMap(({ when, outcome }) => [
      ...(when.who ?? []),
      ...(outcome.type === 'approve' ? seatsOf(outcome.bar).map(({ group }) => group) : []),
      ...(outcome.type === 'approve' && outcome.bar.breakGlass
        ? [outcome.bar.breakGlass.by, outcome.bar.breakGlass.owners]
        : []),
    ]),
  ]);
  return [...policy.groups.keys()]
    .filter((name) => !used.has(name))
    .map((name) => ({ line: 1, message: `groups.${name}: nothing uses this group` }));
}

/** The tally if everybody who could approve did; of an Entra group, whose members are not in the file, any number could. */
function bestTally(
  policy: Said,
  spec: BarSpec,
  { approvals, without }: { readonly approvals: number; readonly without: string | null },
): Tally {
  const seats = seatsOf(spec);
  const listed = seats.flatMap(({ group }) =>
    listedIn(policy, group).map((id) => ({ personKey: personKeyOf(policy, id), groups: [group] })),
  );
  const unlisted = seats
    .filter(({ group }) => policy.groups.get(group)?.type === 'entra')
    .flatMap(({ group }) =>
      Array.from({ length: approvals }, (_, i) => ({ personKey: `${group} ${i}`, groups: [group] })),
    );
  const others = [...listed, ...unlisted].filter(({ personKey }) => personKey !== without);
  return tally({ approvalsNeeded: approvals, seats }, others);
}

function describeShort(approvals: number, { stillNeeded, missingSeats }: Tally): string {
  if (missingSeats.length === 0) {
    return `${approvals} different people must approve, but its groups have only ${approvals - stillNeeded}`;
  }
  const seat = ({ group, count }: Seat) => `${count} more of ${group}`;
  return `its groups have too few different people: ${missingSeats.map(seat).join(' and ')} would be needed`;
}

const isForAll = (when: Policy['rules'][number]['when']): boolean =>
  Object.values(when).every((condition) => condition === null);

function listedIn(policy: Said, group: string): readonly string[] {
  const source = policy.groups.get(group);
  return source?.type === 'list' ? source.ids : [];
}
