import { createHash } from 'node:crypto';
import { err, ok, type Result } from '../lib/result';
import { findContradictions } from './contradictions';
import { parseRule, readPattern } from './parse-rule';
import type { GroupSource, PersonEntry, Policy, Rule, Tier0 } from './policy';
import { isSame, listOf, namePattern, nameRule, readGroupNames, readObjectId } from './read-names';
import { type Field, type PolicyFault, readYaml, type YamlReader } from './read-yaml';

export type { PolicyFault };

/** Reads `policy.yaml`; every fault at once, with its line. A file that cannot be read whole gives no policy at all (T-12). */
export function parsePolicy(text: string): Result<Policy, readonly PolicyFault[]> {
  const yaml = readYaml(text, 'policy');
  if (yaml.faults.length > 0) return err(yaml.faults);
  const keys = yaml.keys(yaml.root, ['people', 'groups', 'requesters', 'tier0', 'openRequests', 'incident', 'rules']);
  if (keys === null) return err(yaml.faults);
  for (const key of ['groups', 'requesters', 'rules'])
    if (!keys.has(key)) yaml.fault(yaml.root, `the key ${key} is missing`);

  const names = new Map<string, string>();
  const people = readPeople(yaml, keys.get('people'), names);
  const groups = readGroups(yaml, keys.get('groups'), names);
  const groupNames = [...groups.keys()];
  const requesters = readGroupNames(yaml, keys.get('requesters'), groupNames);
  const tier0 = readTier0(yaml, keys.get('tier0'));
  const open = keys.get('openRequests');
  const openRequests = open === undefined ? null : yaml.wholeNumber(open, { min: 1, max: mostOpenRequests });
  const incidentKey = keys.get('incident');
  const incident = incidentKey === undefined ? null : readPattern(yaml, incidentKey);
  const rules = readRules(yaml, keys.get('rules'), { groupNames, hasTier0: keys.has('tier0') });

  const said = { people, names, groups, requesters, tier0, openRequests, incident, rules };
  if (yaml.faults.length === 0) yaml.faults.push(...findContradictions(said)); // guard: impossible-rules-refused
  if (yaml.faults.length > 0) return err([...yaml.faults].sort((a, b) => a.line - b.line));
  return ok({ ...said, version: versionOf(said) });
}

/** As many as the service itself allows at most. */
const mostOpenRequests = 1_000;

/** Follows what the file says, not its blanks, comments, labels or the order inside a group. */
function versionOf({
  people,
  groups,
  requesters,
  tier0,
  openRequests,
  incident,
  rules,
}: Omit<Policy, 'version'>): string {
  const canonical = JSON.stringify([
    2,
    people.map(({ accounts, uploads }) => [accounts, uploads]),
    [...groups].map(([name, source]) => [name, source.type === 'list' ? [...source.ids].sort() : source.groupId]),
    requesters,
    tier0,
    rules.map(({ name, when, outcome }) => [name, when, outcome]),
    ...(openRequests === null ? [] : [openRequests]),
    ...(incident === null ? [] : [{ incident }]),
  ]);
  return createHash('sha256').update(canonical).digest('hex').slice(0, 12);
}

function readPeople(yaml: YamlReader, field: Field | undefined, names: Map<string, string>): readonly PersonEntry[] {
  const people: PersonEntry[] = [];
  const seen = new Set<string>();
  for (const entry of field === undefined ? [] : yaml.list(field)) {
    const keys = yaml.keys(entry, ['name', 'accounts', 'uploads']);
    if (keys === null) continue;
    const [nameField, accountsField, uploadsField] = [keys.get('name'), keys.get('accounts'), keys.get('uploads')];
    if (nameField === undefined || accountsField === undefined) {
      yaml.fault(entry, 'each person needs name and accounts');
      continue;
    }
    const name = yaml.text(nameField, 100) ?? '';
    const accounts = yaml.list(accountsField, 1).flatMap((account) => listOf(readObjectId(yaml, account)));
    for (const id of accounts) {
      if (seen.has(id)) yaml.fault(accountsField, `${id} is listed twice; an account belongs to one person, once`);
      seen.add(id);
      names.set(id, name);
    }
    const uploads = uploadsField === undefined ? [] : yaml.list(uploadsField);
    people.push({
      name,
      accounts,
      uploads: uploads.flatMap((upload) => listOf(yaml.text(upload)?.trim().toLowerCase() ?? null)),
    });
  }
  return people;
}

function readGroups(
  yaml: YamlReader,
  field: Field | undefined,
  names: Map<string, string>,
): ReadonlyMap<string, GroupSource> {
  const groups = new Map<string, GroupSource>();
  for (const [name, group] of (field === undefined ? null : yaml.entries(field)) ?? []) {
    if (!namePattern.test(name)) yaml.fault(group, nameRule);
    if ([...groups.keys()].some((other) => isSame(other, name))) yaml.fault(group, 'another group has this name');
    groups.set(name, readGroup(yaml, group, names));
  }
  return groups;
}

function readGroup(yaml: YamlReader, field: Field, names: Map<string, string>): GroupSource {
  if (yaml.isMap(field)) {
    const entra = yaml.keys(field, ['entra'])?.get('entra');
    if (entra === undefined) yaml.fault(field, 'must be a list of people or { entra: <object id of the group> }');
    return { type: 'entra', groupId: (entra && readObjectId(yaml, entra)) ?? '' };
  }
  const ids: string[] = [];
  for (const entry of yaml.list(field, 1)) {
    const keys = yaml.isMap(entry) ? yaml.keys(entry, ['id', 'name']) : null;
    const id = keys === null ? readObjectId(yaml, entry) : readObjectId(yaml, keys.get('id') ?? entry);
    const label = keys?.get('name');
    const name = label === undefined ? null : yaml.text(label, 100);
    if (id === null) continue;
    if (ids.includes(id)) yaml.fault(entry, `${id} is listed twice`);
    ids.push(id);
    if (name !== null && !names.has(id)) names.set(id, name);
  }
  return { type: 'list', ids };
}

function readTier0(yaml: YamlReader, field: Field | undefined): Tier0 {
  const keys = field === undefined ? null : yaml.keys(field, ['tags', 'groups', 'values']);
  const texts = (key: string) => {
    const list = keys?.get(key);
    return list === undefined ? [] : yaml.list(list).flatMap((entry) => listOf(yaml.text(entry)));
  };
  const tier0 = { tags: texts('tags'), groups: texts('groups'), values: texts('values') };
  if (field !== undefined && keys?.size === 0) yaml.fault(field, 'must name tags, groups or values');
  return tier0;
}

function readRules(
  yaml: YamlReader,
  field: Field | undefined,
  known: { readonly groupNames: readonly string[]; readonly hasTier0: boolean },
): readonly Rule[] {
  const rules: Rule[] = [];
  for (const entry of field === undefined ? [] : yaml.list(field, 1)) {
    const rule = parseRule(yaml, entry, known);
    if (rule === null) continue;
    if (rules.some(({ name }) => isSame(name, rule.name))) yaml.fault(entry, `another rule is called ${rule.name}`);
    rules.push(rule);
  }
  return rules;
}
