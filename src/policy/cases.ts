import { err, ok, type Result } from '../lib/result';
import { type Command, libraryFileOf } from '../request/ask/command';
import { noDevice } from '../request/ask/no-device';
import type { Device, LibraryFile } from '../request/request';
import { evaluate } from './evaluate';
import { describeRefusal } from './explain';
import type { Facts } from './match';
import { personKeyOf } from './people';
import { type Bar, type Groups, groupsOf, type Policy, type PolicyRefusal } from './policy';
import { isObjectId, isSame, listOf, readObjectId } from './read-names';
import { type Field, type PolicyFault, readYaml, type YamlReader } from './read-yaml';

/** One row of the table beside the policy: who asks what about which device, and what the policy must answer. */
export interface PolicyCase {
  readonly name: string;
  readonly line: number;
  readonly facts: Facts;
  readonly expect: Expectation;
}

/** Null is not checked. `refused` is the type of the refusal. */
export interface Expectation {
  readonly rule: string | null;
  readonly refused: string | null;
  readonly approvals: number | null;
  /** Different people, by the keys of `personKeyOf`, sorted. */
  readonly approvers: readonly string[] | null;
}

export interface CaseTable {
  readonly groups: Groups;
  readonly cases: readonly PolicyCase[];
}

/** A message as typed to what it asks for; the words of the chat are not the policy's, so the caller brings them. */
export type ReadMessage = (
  text: string,
) => Result<{ readonly device: string; readonly commands: readonly Command[]; readonly reason: string }, string>;

const refusals: ReadonlyArray<PolicyRefusal['type']> = [
  'mayNotAsk',
  'noRule',
  'denied',
  'reasonPattern',
  'tooFewApprovers',
  'groupUnreadable',
];

/** Reads the table of cases; every fault at once, with its line. */
export function parseCases(
  text: string,
  policy: Policy,
  readMessage: ReadMessage,
): Result<CaseTable, readonly PolicyFault[]> {
  const yaml = readYaml(text, 'cases');
  if (yaml.faults.length > 0) return err(yaml.faults);
  const keys = yaml.keys(yaml.root, ['groups', 'cases']);
  const members = keys?.get('groups');
  const groups = readMembers(yaml, members, policy);
  const list = keys?.get('cases');
  if (keys !== null && list === undefined) yaml.fault(yaml.root, 'the key cases is missing');
  const cases = (list === undefined ? [] : yaml.list(list)).flatMap((entry) =>
    listOf(readCase(yaml, entry, { policy, readMessage })),
  );
  return yaml.faults.length > 0 ? err(yaml.faults) : ok({ groups, cases });
}

/** What is otherwise than the case says; empty when it holds. */
export function playCase(policy: Policy, groups: Groups, { facts, expect }: PolicyCase): readonly string[] {
  const result = evaluate(policy, groups, facts);
  if (expect.refused !== null) {
    if (result.ok) return [`expected to be refused (${expect.refused}), but ${describeBar(policy, result.value)}`];
    const { error } = result;
    const rule = 'rule' in error ? error.rule : null;
    return [
      ...(error.type === expect.refused
        ? []
        : [`expected ${expect.refused}, got ${error.type}: ${describeRefusal(error)}`]),
      ...(expect.rule === null || rule === expect.rule ? [] : [`expected rule ${expect.rule}, got ${rule ?? 'none'}`]),
    ];
  }
  if (!result.ok) return [`expected to be asked, but: ${describeRefusal(result.error)}`];
  const bar = result.value;
  const approvers = peopleOf(policy, bar.approverIds);
  return [
    ...(expect.rule === null || bar.rule === expect.rule ? [] : [`expected rule ${expect.rule}, got ${bar.rule}`]),
    ...(expect.approvals === null || bar.approvalsNeeded === expect.approvals
      ? []
      : [`expected ${expect.approvals} approvals, got ${bar.approvalsNeeded}`]),
    ...(expect.approvers === null || JSON.stringify(expect.approvers) === JSON.stringify(approvers)
      ? []
      : [`expected the approvers ${labels(policy, expect.approvers)}, got ${labels(policy, approvers)}`]),
  ];
}

/** The members of Entra groups by their names in the policy, for a table that must not ask Entra. */
export function readMembers(yaml: YamlReader, field: Field | undefined, policy: Policy): Groups {
  const members = new Map<string, ReadonlySet<string> | null>();
  for (const [name, list] of (field === undefined ? null : yaml.entries(field)) ?? []) {
    const known = [...policy.groups].find(([group]) => isSame(group, name));
    if (known === undefined) yaml.fault(list, 'the policy has no such group');
    else if (known[1].type === 'list') yaml.fault(list, 'the policy itself lists who is in this group');
    else members.set(known[1].groupId, new Set(yaml.list(list).flatMap((id) => listOf(readObjectId(yaml, id)))));
  }
  return groupsOf(policy, members);
}

interface CaseReading {
  readonly policy: Policy;
  readonly readMessage: ReadMessage;
}

function readCase(yaml: YamlReader, entry: Field, { policy, readMessage }: CaseReading): PolicyCase | null {
  const keys = yaml.keys(entry, ['name', 'who', 'device', 'ask', 'changed', 'expect']);
  const [name, who, ask, expect] = (['name', 'who', 'ask', 'expect'] as const).map((key) => keys?.get(key));
  if (keys === null) return null;
  if (name === undefined || who === undefined || ask === undefined || expect === undefined)
    return yaml.fault(entry, 'each case needs name, who, ask and expect');
  const text = yaml.text(ask, 12_000);
  const draft = text === null ? null : readMessage(text);
  if (draft?.ok === false) yaml.fault(ask, `cannot be read as a request: ${draft.error}`);
  const requester = readPerson(yaml, who, policy);
  const changed = readChanged(yaml, keys.get('changed'));
  const device = readDevice(yaml, keys.get('device'));
  const expectation = readExpectation(yaml, expect, policy);
  const label = yaml.text(name);
  if (label === null || draft === null || !draft.ok || requester === null || expectation === null) return null;
  const { commands, reason } = draft.value;
  return {
    name: label,
    line: entry.line,
    facts: factsOf(policy, {
      requesterId: requester,
      device: { ...device, name: draft.value.device },
      commands,
      reason,
      changed,
    }),
    expect: expectation,
  };
}

/** The facts of a request that was never made, for cases and for explaining one offline. */
export function factsOf(
  policy: Policy,
  asked: {
    readonly requesterId: string;
    readonly device: Partial<Device> & { readonly name: string };
    readonly commands: readonly Command[];
    readonly reason: string;
    /** Changed library files, with the name of who uploaded each. */
    readonly changed: ReadonlyMap<string, string | null>;
  },
): Facts {
  const names = [...new Set(asked.commands.flatMap((command) => listOf(libraryFileOf(command))))];
  const library = names.map(
    (fileName): LibraryFile => ({ ...noFile, fileName, createdBy: asked.changed.get(fileName) ?? null }),
  );
  const { requesterId } = asked;
  return {
    requester: { id: requesterId, tenantId: '', name: policy.names.get(requesterId) ?? requesterId },
    device: { ...noDevice, ...asked.device },
    commands: asked.commands,
    library,
    reason: asked.reason,
    changedFiles: [...asked.changed.keys()],
  };
}

/** A person by object id, or by the label that the policy gives exactly one person, whose first account it then is. */
export function findPerson(policy: Policy, typed: string): string | null {
  const found = [...policy.names].filter(([id, name]) => isSame(name, typed) || isSame(id, typed)).map(([id]) => id);
  const [first] = found;
  if (first !== undefined && new Set(found.map((id) => personKeyOf(policy, id))).size === 1) return first;
  return isObjectId(typed) ? typed.toLowerCase() : null;
}

function readPerson(yaml: YamlReader, field: Field, policy: Policy): string | null {
  const typed = yaml.text(field);
  if (typed === null) return null;
  return (
    findPerson(policy, typed) ??
    yaml.fault(field, `${typed} is not the name of exactly one person of the policy; write their object id`)
  );
}

function readChanged(yaml: YamlReader, field: Field | undefined): ReadonlyMap<string, string | null> {
  if (field === undefined) return new Map();
  if (yaml.isMap(field)) {
    return new Map([...(yaml.entries(field) ?? [])].map(([file, uploader]) => [file, yaml.text(uploader)]));
  }
  return new Map(yaml.list(field).flatMap((entry) => listOf(yaml.text(entry)).map((file) => [file, null] as const)));
}

function readDevice(yaml: YamlReader, field: Field | undefined): Partial<Device> {
  const keys = field === undefined ? null : yaml.keys(field, ['group', 'tag', 'value', 'risk', 'os']);
  const text = (key: string) => {
    const value = keys?.get(key);
    return value === undefined ? null : yaml.text(value);
  };
  const tags = keys?.get('tag');
  return {
    groupName: text('group'),
    tags: tags === undefined ? [] : yaml.list(tags).flatMap((tag) => listOf(yaml.text(tag))),
    deviceValue: text('value'),
    riskScore: text('risk'),
    osPlatform: text('os'),
  };
}

function readExpectation(yaml: YamlReader, field: Field, policy: Policy): Expectation | null {
  const keys = yaml.keys(field, ['rule', 'refused', 'approvals', 'approvers']);
  if (keys === null) return null;
  const [rule, refused, approvals, approvers] = ['rule', 'refused', 'approvals', 'approvers'].map((key) =>
    keys.get(key),
  );
  if (keys.size === 0) return yaml.fault(field, 'must say rule, refused, approvals or approvers');
  const ruleName = rule === undefined ? null : yaml.text(rule);
  if (rule !== undefined && ruleName !== null && !policy.rules.some(({ name }) => name === ruleName))
    yaml.fault(rule, `the policy has no rule ${ruleName}`);
  const type = refused === undefined ? null : yaml.text(refused);
  if (refused !== undefined && type !== null && !(refusals as readonly string[]).includes(type))
    yaml.fault(refused, `must be one of ${refusals.join(', ')}`);
  if (type !== null && (approvals ?? approvers) !== undefined)
    yaml.fault(field, 'a refused request has no approvals; remove refused or the others');
  return {
    rule: ruleName,
    refused: type,
    approvals: approvals === undefined ? null : yaml.wholeNumber(approvals, { min: 1, max: 50 }),
    approvers:
      approvers === undefined
        ? null
        : peopleOf(
            policy,
            yaml.list(approvers).flatMap((entry) => listOf(readPerson(yaml, entry, policy))),
          ),
  };
}

const peopleOf = (policy: Policy, ids: readonly string[]): readonly string[] =>
  [...new Set(ids.map((id) => personKeyOf(policy, id)))].sort();

const describeBar = (policy: Policy, bar: Bar): string =>
  `rule ${bar.rule} asks for ${bar.approvalsNeeded} of ${labels(policy, bar.approverIds)}`;

const labels = (policy: Policy, ids: readonly string[]): string =>
  ids.map((id) => policy.names.get(id) ?? id).join(', ') || 'nobody';

const noFile: LibraryFile = {
  fileName: '',
  sha256: '',
  description: null,
  createdBy: null,
  lastUpdatedTime: null,
  hasParameters: false,
  parametersDescription: null,
};
