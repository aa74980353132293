import { hours, minutes } from '../lib/clock';
import { type CommandType, commandOrder } from '../request/ask/command';
import { type ResultsShown, type Seat, waysToShow } from '../request/votes/bar';
import { compilePattern } from './pattern';
import type { BarSpec, Condition, DeviceCondition, Rule } from './policy';
import { readDevices } from './read-devices';
import { isSame, listOf, namePattern, nameRule, readGroupName, readGroupNames } from './read-names';
import type { Field, YamlReader } from './read-yaml';

interface Known {
  readonly groupNames: readonly string[];
  readonly hasTier0: boolean;
}
type Keys = ReadonlyMap<string, Field>;

const barKeys = [
  'approvals',
  'from',
  'decideBy',
  'startBy',
  'reason',
  'escalateTo',
  'extra',
  'breakGlass',
  'results',
  'devices',
];
/** A clock that is not written down. */
const defaultDecideWithinMs = minutes(30);
const defaultStartWithinMs = hours(2);
const longestClockMs = hours(72);
const mostApprovals = 10;

/** Reads one rule; null when it has not even a name. What else is wrong with it is a fault of the file. */
export function parseRule(yaml: YamlReader, given: Field, known: Known): Rule | null {
  const called = yaml.isMap(given) ? yaml.entries(given)?.get('name') : undefined;
  const name = called === undefined ? null : yaml.text(called, 50);
  if (name === null) {
    if (called === undefined) yaml.fault(given, 'each rule is a map that starts with its name');
    return null;
  }
  const field = { ...given, name: `rule ${name}` };
  if (!namePattern.test(name)) yaml.fault(field, nameRule);
  const keys: Keys = yaml.keys(field, ['name', 'when', 'deny', ...barKeys]) ?? new Map();
  const deny = keys.get('deny');
  const when = readCondition(yaml, keys.get('when'), known);
  if (deny === undefined) {
    return { name, line: field.line, when, outcome: { type: 'approve', bar: readBar(yaml, field, keys, known) } };
  }
  for (const key of barKeys) {
    const extra = keys.get(key);
    if (extra !== undefined)
      yaml.fault(extra, 'a rule either denies or says what approval needs; remove one of the two');
  }
  return { name, line: field.line, when, outcome: { type: 'deny', because: yaml.text(deny, 300) ?? '' } };
}

function readCondition(yaml: YamlReader, field: Field | undefined, known: Known): Condition {
  const keys = field === undefined ? null : yaml.keys(field, ['device', 'command', 'script', 'args', 'who']);
  if (field !== undefined && keys?.size === 0) yaml.fault(field, 'is empty; remove it if the rule is for everything');
  const device = keys?.get('device');
  const command = keys?.get('command');
  const args = keys?.get('args');
  const who = keys?.get('who');
  return {
    device: device === undefined ? null : readDevice(yaml, device, known),
    command: command === undefined ? null : yaml.list(command, 1).flatMap((entry) => listOf(readCommand(yaml, entry))),
    script: readTexts(yaml, keys?.get('script')),
    args: args === undefined ? null : readPattern(yaml, args),
    who: who === undefined ? null : readGroupNames(yaml, who, known.groupNames),
  };
}

function readDevice(yaml: YamlReader, field: Field, known: Known): DeviceCondition {
  const keys = yaml.keys(field, ['group', 'tag', 'value', 'risk', 'os', 'tier0']);
  if (keys?.size === 0) yaml.fault(field, 'is empty; remove it if the rule is for every device');
  const tier0 = keys?.get('tier0');
  if (tier0 !== undefined && !known.hasTier0) yaml.fault(tier0, noTier0);
  const words = (key: string, allowed: readonly string[]) => {
    const list = keys?.get(key);
    return list === undefined ? null : yaml.list(list, 1).flatMap((entry) => listOf(readWord(yaml, entry, allowed)));
  };
  return {
    group: readTexts(yaml, keys?.get('group')),
    tag: readTexts(yaml, keys?.get('tag')),
    value: words('value', deviceValues),
    risk: words('risk', riskScores),
    os: readTexts(yaml, keys?.get('os')),
    tier0: tier0 === undefined ? null : yaml.flag(tier0),
  };
}

/** Defender's own words (machine resource: `deviceValue`, `riskScore`). */
const deviceValues = ['Normal', 'Low', 'High'];
const riskScores = ['None', 'Informational', 'Low', 'Medium', 'High'];
const noTier0 = 'the file does not say what tier 0 is; add tier0: { tags: […] } at the top';

function readBar(yaml: YamlReader, field: Field, keys: Keys, known: Known): BarSpec {
  const from = readSeats(yaml, field, keys.get('from'), known);
  const seated = from.reduce((sum, { count }) => sum + count, 0);
  const approvals = keys.get('approvals');
  const number = approvals === undefined ? null : yaml.wholeNumber(approvals, { min: 1, max: mostApprovals });
  if (approvals !== undefined && number !== null && number < seated)
    yaml.fault(approvals, `is ${number}, but the groups under from ask for ${seated} people`);
  const reason = keys.get('reason');
  const escalateTo = keys.get('escalateTo');
  return {
    approvals: number ?? Math.max(1, seated),
    from,
    decideWithinMs: readDuration(yaml, keys.get('decideBy')) ?? defaultDecideWithinMs,
    startWithinMs: readDuration(yaml, keys.get('startBy')) ?? defaultStartWithinMs,
    reasonPattern: reason === undefined ? null : readPattern(yaml, reason),
    escalateTo: escalateTo === undefined ? null : readGroupName(yaml, escalateTo, known.groupNames),
    extra: readExtra(yaml, keys.get('extra'), known),
    breakGlass: readBreakGlass(yaml, keys.get('breakGlass'), known),
    ...readDevices(yaml, keys.get('devices')),
    results: readResults(yaml, keys.get('results')),
  };
}

function readSeats(yaml: YamlReader, rule: Field, field: Field | undefined, known: Known): readonly Seat[] {
  if (field === undefined) {
    yaml.fault(rule, 'needs deny, or from: the groups that may approve');
    return [];
  }
  const seats: Seat[] = [];
  for (const entry of yaml.list(field, 1)) {
    const keys = yaml.isMap(entry) ? yaml.keys(entry, ['group', 'count']) : null;
    const group = readGroupName(yaml, keys?.get('group') ?? entry, known.groupNames);
    const count = keys?.get('count');
    // A group by its bare name may approve; one in braces must.
    const least = keys === null ? 0 : count === undefined ? 1 : yaml.wholeNumber(count, { min: 1, max: mostApprovals });
    if (group === null) continue;
    if (seats.some((seat) => seat.group === group)) yaml.fault(entry, `${group} is listed twice`);
    seats.push({ group, count: least ?? 1 });
  }
  return seats;
}

function readExtra(yaml: YamlReader, field: Field | undefined, known: Known): BarSpec['extra'] {
  const keys = field === undefined ? null : yaml.keys(field, ['scriptChanged', 'oddArgs', 'tier0']);
  const number = (key: string) => {
    const value = keys?.get(key);
    return value === undefined ? 0 : (yaml.wholeNumber(value, { min: 0, max: mostApprovals }) ?? 0);
  };
  const tier0 = keys?.get('tier0');
  if (tier0 !== undefined && !known.hasTier0) yaml.fault(tier0, noTier0);
  return { scriptChanged: number('scriptChanged'), oddArgs: number('oddArgs'), tier0: number('tier0') };
}

function readBreakGlass(yaml: YamlReader, field: Field | undefined, known: Known): BarSpec['breakGlass'] {
  const keys = field === undefined ? null : yaml.keys(field, ['by', 'owners']);
  const [by, owners] = [keys?.get('by'), keys?.get('owners')];
  if (field === undefined || keys === null) return null;
  if (by === undefined || owners === undefined) {
    return yaml.fault(field, 'needs by (the group that may approve alone) and owners (the group that is told at once)');
  }
  const names = [readGroupName(yaml, by, known.groupNames), readGroupName(yaml, owners, known.groupNames)] as const;
  return names[0] === null || names[1] === null ? null : { by: names[0], owners: names[1] };
}

/** Secrets are masked unless a rule says otherwise. */
function readResults(yaml: YamlReader, field: Field | undefined): ResultsShown {
  const word = field === undefined ? null : readWord(yaml, field, waysToShow);
  return waysToShow.find((way) => way === word) ?? 'masked';
}

function readDuration(yaml: YamlReader, field: Field | undefined): number | null {
  if (field === undefined) return null;
  const text = yaml.text(field, 10, 'a duration such as 30m or 2h');
  const found = /^([1-9]\d{0,4})(m|h)$/.exec(text ?? '');
  if (found === null) return text === null ? null : yaml.fault(field, 'must be a duration such as 30m or 2h');
  const ms = (found[2] === 'h' ? hours(1) : minutes(1)) * Number(found[1]);
  return ms <= longestClockMs ? ms : yaml.fault(field, `must not be longer than ${longestClockMs / hours(1)}h`);
}

export function readPattern(yaml: YamlReader, field: Field): string | null {
  const source = yaml.text(field, 500);
  const pattern = source === null ? null : compilePattern(source);
  return pattern?.ok === false ? yaml.fault(field, `the pattern cannot be used: ${pattern.error}`) : source;
}

const readTexts = (yaml: YamlReader, field: Field | undefined): readonly string[] | null =>
  field === undefined ? null : yaml.list(field, 1).flatMap((entry) => listOf(yaml.text(entry)));

function readWord(yaml: YamlReader, field: Field, allowed: readonly string[]): string | null {
  const typed = yaml.text(field);
  if (typed === null) return null;
  return allowed.find((word) => isSame(word, typed)) ?? yaml.fault(field, `must be one of ${allowed.join(', ')}`);
}

function readCommand(yaml: YamlReader, field: Field): CommandType | null {
  const word = readWord(yaml, field, commandOrder);
  return commandOrder.find((type) => type === word) ?? null;
}
