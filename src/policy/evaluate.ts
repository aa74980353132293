import { err, ok, type Result } from '../lib/result';
import type { BarReason } from '../request/votes/bar';
import { tally } from '../request/votes/tally';
import { type Facts, isTier0, matchRule, testPattern } from './match';
import { accountsOf, personKeyOf, uploadersOf } from './people';
import {
  type Bar,
  type BarSpec,
  type Groups,
  isMember,
  type Policy,
  type PolicyRefusal,
  seatGroupsOf,
  seatsOf,
} from './policy';

export type { Facts };

/** The bar that this request must pass, by the first rule that matches, or why it cannot be asked. No rule matched means refused (T-12). */
export function evaluate(policy: Policy, groups: Groups, facts: Facts): Result<Bar, PolicyRefusal> {
  const asking = mayAsk(policy, groups, facts.requester.id);
  if (!asking.ok) return asking; // guard: only-requesters-ask
  for (const rule of policy.rules) {
    const match = matchRule(policy, groups, rule, facts);
    if (match.type === 'unreadable') return err({ type: 'groupUnreadable', group: match.group });
    if (match.type === 'misses') continue;
    if (rule.outcome.type === 'deny') return err({ type: 'denied', rule: rule.name, because: rule.outcome.because });
    return barOf(policy, groups, facts, { rule: rule.name, spec: rule.outcome.bar });
  }
  return err({ type: 'noRule' }); // guard: no-rule-means-refused
}

/** Whether this account may ask for anything at all. */
export function mayAsk(policy: Policy, groups: Groups, accountId: string): Result<null, PolicyRefusal> {
  if (policy.requesters.some((group) => isMember(groups, group, accountId))) return ok(null);
  const unreadable = policy.requesters.find((group) => (groups.get(group) ?? null) === null);
  return err(
    unreadable === undefined
      ? { type: 'mayNotAsk', requesters: policy.requesters }
      : { type: 'groupUnreadable', group: unreadable },
  );
}

function barOf(
  policy: Policy,
  groups: Groups,
  facts: Facts,
  { rule, spec }: { readonly rule: string; readonly spec: BarSpec },
): Result<Bar, PolicyRefusal> {
  const pattern = spec.reasonPattern;
  const reasonHolds = pattern === null || testPattern(pattern, facts.reason);
  if (!reasonHolds) return err({ type: 'reasonPattern', rule, pattern }); // guard: reason-must-match
  const seats = seatsOf(spec);
  const unreadable = seats.find(({ group }) => (groups.get(group) ?? null) === null);
  if (unreadable !== undefined) return err({ type: 'groupUnreadable', group: unreadable.group });

  const because = [{ type: 'rule', rule, approvals: spec.approvals } as const, ...findExtras(policy, spec, facts)];
  const approvalsNeeded = because.reduce((sum, r) => sum + (r.type === 'rule' ? r.approvals : r.added), 0);
  const excluded = excludedFrom(policy, facts);
  const membersOf = (names: readonly string[]): readonly string[] =>
    [...new Set(names.flatMap((name) => [...(groups.get(name) ?? [])]))]
      .filter((id) => !excluded.has(id)) // guard: requester-and-uploader-are-not-asked
      .sort();
  const approverIds = membersOf(seats.map(({ group }) => group));
  const bar = { rule, approvalsNeeded, seats, because, reasonPattern: spec.reasonPattern };

  const everybody = approverIds.map((id) => ({
    personKey: personKeyOf(policy, id),
    groups: seatGroupsOf(groups, seats, id),
  }));
  const best = tally(bar, everybody);
  if (!best.met) {
    const available = new Set(everybody.map(({ personKey }) => personKey)).size;
    const { missingSeats } = best;
    return err({ type: 'tooFewApprovers', rule, needed: approvalsNeeded, available, missingSeats }); // guard: bar-can-be-met
  }
  return ok({
    ...bar,
    approverIds,
    escalateIds: approverIds.filter((id) => !spec.from.some(({ group }) => isMember(groups, group, id))),
    breakGlassIds: spec.breakGlass === null ? [] : membersOf([spec.breakGlass.by]),
    ...(spec.results === 'masked' ? {} : { results: spec.results }),
    ownerIds: spec.breakGlass === null ? [] : [...(groups.get(spec.breakGlass.owners) ?? [])].sort(),
    decideWithinMs: spec.decideWithinMs,
    startWithinMs: spec.startWithinMs,
  });
}

/** What raises the bar here. A changed file is told even where the rule asks nothing more for it, since its uploader may not vote. */
function findExtras(
  policy: Policy,
  { extra }: BarSpec,
  facts: Facts,
): ReadonlyArray<Exclude<BarReason, { type: 'rule' }>> {
  const fileNames = facts.library.map(({ fileName }) => fileName).filter((name) => facts.changedFiles.includes(name));
  const indexes = [...facts.commands.entries()].flatMap(([index, c]) =>
    c.type === 'RunScript' && /[^\x20-\x7e]/.test(c.args ?? '') ? [index] : [],
  );
  return [
    ...(fileNames.length > 0 ? [{ type: 'scriptChanged', fileNames, added: extra.scriptChanged } as const] : []), // guard: changed-script-raises-the-bar
    ...(extra.oddArgs > 0 && indexes.length > 0 ? [{ type: 'oddArgs', indexes, added: extra.oddArgs } as const] : []), // guard: odd-arguments-raise-the-bar
    ...(extra.tier0 > 0 && isTier0(policy.tier0, facts.device) ? [{ type: 'tier0', added: extra.tier0 } as const] : []), // guard: tier0-raises-the-bar
  ];
}

/** All accounts of the requester's person, and of everybody who uploaded a file that changed since it was last approved (T-13). */
function excludedFrom(policy: Policy, facts: Facts): ReadonlySet<string> {
  const uploaders = uploadersOf(policy, facts.library, facts.changedFiles);
  return new Set([...accountsOf(policy, facts.requester.id), ...uploaders.flatMap(({ ids }) => [...ids])]);
}
