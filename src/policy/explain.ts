import { minutes } from '../lib/clock';
import { visible } from '../lib/visible';
import type { BarReason, Seat } from '../request/votes/bar';
import { evaluate } from './evaluate';
import { type Facts, type Match, type Miss, matchRule } from './match';
import { personKeyOf, uploadersOf } from './people';
import { type Bar, type Condition, devicesOf, type Groups, type Policy, type PolicyRefusal, type Rule } from './policy';

/** In plain words: each rule that was tried and why it did not apply, the one that did, and what it asks. One line each. */
export function explain(policy: Policy, groups: Groups, facts: Facts): readonly string[] {
  const result = evaluate(policy, groups, facts);
  const isStopped = !result.ok && (result.error.type === 'mayNotAsk' || isUnreadableRequester(policy, result.error));
  return [
    `Policy ${policy.version}: ${nameOf(policy, facts.requester.id, facts.requester.name)} asks about ${visible(facts.device.name)}.`,
    ...(isStopped ? [] : explainRules(policy, groups, facts)),
    ...(result.ok ? explainBar(policy, facts, result.value) : [describeRefusal(result.error)]),
  ];
}

/** What the policy refused, why, and what next. */
export function describeRefusal(refusal: PolicyRefusal): string {
  switch (refusal.type) {
    case 'mayNotAsk':
      return 'Refused: this person is in none of the groups under requesters. Somebody who looks after the policy can add them.';
    case 'noRule':
      return 'Refused: no rule matches, and what no rule matches is refused. Somebody who looks after the policy can add a rule for it.';
    case 'denied':
      return `Refused by rule ${refusal.rule}: ${refusal.because}`;
    case 'reasonPattern':
      return `Refused by rule ${refusal.rule}: the reason must match ${refusal.pattern}. Ask again with such a reason.`;
    case 'tooFewApprovers':
      return `Refused by rule ${refusal.rule}: ${describeShort(refusal)} (the requester and uploaders of changed files do not count). Somebody else can ask, or more people be added to the rule's groups.`;
    case 'groupUnreadable':
      return `Refused: the members of ${refusal.group} cannot be read at the moment, so nobody counts as one. Try again later.`;
  }
}

function explainRules(policy: Policy, groups: Groups, facts: Facts): readonly string[] {
  const lines: string[] = [];
  for (const [index, rule] of policy.rules.entries()) {
    const match = matchRule(policy, groups, rule, facts);
    lines.push(`${index + 1}. ${rule.name} (line ${rule.line}) ${describeMatch(match, rule, facts)}`);
    if (match.type !== 'misses') break;
  }
  return lines;
}

function describeMatch(match: Match, rule: Rule, facts: Facts): string {
  switch (match.type) {
    case 'matches':
      return `applies: ${describeConditions(rule.when)}.`;
    case 'misses':
      return `does not apply: ${describeMiss(match.miss, rule, facts)}.`;
    case 'unreadable':
      return `cannot be judged: the members of ${match.group} cannot be read.`;
  }
}

function describeMiss(miss: Miss, { when }: Rule, facts: Facts): string {
  switch (miss.type) {
    case 'device': {
      const wanted = list(miss.wanted, 'or');
      if (miss.field === 'tag') return `the device does not have the tag ${wanted}`;
      const is = miss.is.length === 0 ? 'not known' : list(miss.is.map(visible), 'and');
      return `the device's ${labelOf(miss.field)} is ${is}, not ${wanted}`;
    }
    case 'tier0':
      return miss.wanted ? 'the device is not tier 0' : 'the device is tier 0';
    case 'who':
      return `the requester is not in ${list(miss.wanted, 'or')}`;
    case 'command':
      return describeCommandMiss(miss, when, facts);
  }
}

function describeCommandMiss(
  { part, index }: Extract<Miss, { type: 'command' }>,
  when: Condition,
  facts: Facts,
): string {
  const command = index === null ? undefined : facts.commands[index];
  const subject = command === undefined || index === null ? 'no command' : `command ${index + 1} (${command.type})`;
  const [is, has] = command === undefined ? ['is', 'has'] : ['is not', 'does not have'];
  switch (part) {
    case 'command':
      return `${subject} ${is} ${list(when.command ?? [], 'or')}`;
    case 'script':
      return `${subject} ${has} a library file like ${list(when.script ?? [], 'or')}`;
    case 'args':
      return `${subject} ${has} arguments like ${when.args}`;
  }
}

const labelOf = (field: string): string => (field === 'os' ? 'OS' : field);

function describeConditions({ device, command, script, args, who }: Condition): string {
  const parts = [
    ...(['group', 'tag', 'value', 'risk', 'os'] as const).flatMap((field) => {
      const wanted = device?.[field] ?? null;
      return wanted === null ? [] : [`the device's ${labelOf(field)} is ${list(wanted, 'or')}`];
    }),
    ...(device?.tier0 == null ? [] : [`the device is ${device.tier0 ? '' : 'not '}tier 0`]),
    ...(command === null ? [] : [`the command is ${list(command, 'or')}`]),
    ...(script === null ? [] : [`the library file is like ${list(script, 'or')}`]),
    ...(args === null ? [] : [`the arguments are like ${args}`]),
    ...(who === null ? [] : [`the requester is in ${list(who, 'or')}`]),
  ];
  return parts.length === 0 ? 'it is for everything' : list(parts, 'and');
}

function explainBar(policy: Policy, facts: Facts, bar: Bar): readonly string[] {
  const escalated = new Set(bar.escalateIds);
  const first = bar.approverIds.filter((id) => !escalated.has(id));
  const label = (ids: readonly string[]) =>
    list(
      ids.map((id) => nameOf(policy, id, id)),
      'and',
    );
  const people = new Set(bar.approverIds.map((id) => personKeyOf(policy, id))).size;
  return [
    `It needs ${bar.approvalsNeeded === 1 ? '1 approval by somebody else' : `${bar.approvalsNeeded} approvals by different people, none of them the requester`} (${explainNumber(bar)}). ${people} could give one: ${label(first)}${bar.escalateIds.length > 0 ? `, and when half the time has run ${label(bar.escalateIds)}` : ''}.`,
    ...bar.seats.filter((seat) => seat.count > 0).map((seat) => `At least ${describeSeat(seat)}.`),
    ...explainUploaders(policy, facts),
    `To be decided within ${duration(bar.decideWithinMs)}, and to start on the device within ${duration(bar.startWithinMs)} after that.`,
    ...(bar.reasonPattern === null ? [] : [`The reason matches ${bar.reasonPattern}.`]),
    ...explainDevices(policy, bar),
    ...(bar.breakGlassIds.length === 0
      ? []
      : [`Break-glass: one approval by ${label(bar.breakGlassIds)}; ${label(bar.ownerIds)} would be told at once.`]),
  ];
}

/** How many devices one decision may be about. */
function explainDevices(policy: Policy, { rule }: Bar): readonly string[] {
  const spec = devicesOf(policy, rule);
  if (spec === null) return [];
  const { most, canary, stopAt, goOn } = spec;
  const stop = stopAt.type === 'percent' ? `${stopAt.value} % failed` : count(stopAt.value, 'failure');
  return [
    `Up to ${most} devices under one decision: ${canary} first, ${goOn ? 'then an approver lets the rest go' : 'the rest only if those exit 0'}; stops at ${stop}.`,
  ];
}

const explainNumber = ({ because }: Bar): string =>
  because
    .map(explainReason)
    .filter((part) => part !== '')
    .join(', ');

function explainReason(reason: BarReason): string {
  switch (reason.type) {
    case 'rule':
      return `${reason.approvals} by the rule`;
    case 'scriptChanged': {
      const files = list(reason.fileNames.map(visible), 'and');
      return reason.added === 0 ? '' : `${reason.added} more since ${files} changed since it was last approved`;
    }
    case 'oddArgs': {
      const commands = list(
        reason.indexes.map((index) => String(index + 1)),
        'and',
      );
      return `${reason.added} more since the arguments of command ${commands} hold hidden or non-ASCII characters`;
    }
    case 'tier0':
      return `${reason.added} more since the device is tier 0`;
  }
}

/** Whom a changed file keeps from approving; or that its uploader is nobody whom the policy knows, and so cannot be kept from it. */
const explainUploaders = (policy: Policy, facts: Facts): readonly string[] =>
  uploadersOf(policy, facts.library, facts.changedFiles).map(({ fileName, createdBy, ids }) => {
    const known = [...ids].filter((id) => policy.names.has(id));
    const start = `${visible(fileName)} changed since it was last approved`;
    return known.length === 0
      ? `${start}. Its uploader (${visible(createdBy ?? 'not told by Defender')}) is nobody whom the policy names, so they cannot be kept from approving it.`
      : `${start}; its uploader ${list([...new Set(known.map((id) => nameOf(policy, id, id)))], 'and')} cannot approve it.`;
  });

function describeShort({
  needed,
  available,
  missingSeats,
}: Extract<PolicyRefusal, { type: 'tooFewApprovers' }>): string {
  if (available < needed) return `it asks for ${count(needed, 'approval')}, and only ${available} could approve`;
  const seats = missingSeats.map(({ group, count: missing }) => `${missing} more of ${group}`);
  return `its groups have too few different people: ${list(seats, 'and')} would be needed`;
}

const isUnreadableRequester = (policy: Policy, refusal: PolicyRefusal): boolean =>
  refusal.type === 'groupUnreadable' && policy.requesters.includes(refusal.group);

const describeSeat = ({ group, count: least }: Seat): string => `${least} of ${group}`;
const nameOf = (policy: Policy, id: string, otherwise: string): string =>
  visible(policy.names.get(id.toLowerCase()) ?? otherwise);
const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
const duration = (ms: number): string => (ms % minutes(60) === 0 ? `${ms / minutes(60)}h` : `${ms / minutes(1)}m`);
const list = (words: readonly string[], last: 'and' | 'or'): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
