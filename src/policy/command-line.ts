import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../lib/result';
import { type CaseTable, factsOf, findPerson, parseCases, playCase, type ReadMessage, readMembers } from './cases';
import { lintPolicy } from './contradictions';
import { evaluate } from './evaluate';
import { explain } from './explain';
import { type PolicyFault, parsePolicy } from './parse-policy';
import { type Groups, groupsOf, type Policy } from './policy';
import { readYaml } from './read-yaml';

export type PolicyCommand =
  | { readonly type: 'help' }
  | { readonly type: 'lint'; readonly file: string }
  | { readonly type: 'test'; readonly file: string; readonly casesFile: string }
  | {
      readonly type: 'explain';
      readonly file: string;
      readonly as: string;
      readonly device: string;
      readonly changed: readonly string[];
      readonly groupsFile: string | null;
      readonly message: string;
    };

/** What a command came to: the exit code and what is printed. */
export interface Outcome {
  readonly code: 0 | 1 | 2;
  readonly lines: readonly string[];
}

export const usage = `Usage:
  npm run --silent policy -- lint [policy file]
  npm run --silent policy -- test [policy file] [--cases <file>]
  npm run --silent policy -- explain [policy file] --as <name or object id> [--device group=…,tag=…,value=…,risk=…,os=…]
                             [--changed <library file>[=<uploader>]]... [--groups <file>] -- "on ws-042 run x.ps1 because …"

lint     Says every fault of the file with its line, and what looks wrong in a valid one.
test     Plays the table of cases beside the policy (policy.test.yaml beside policy.yaml).
explain  Says which rule would apply to a request and why, and what it would ask. --groups names the members of
         Entra groups: a file such as "ir-leads: [<object id>, …]". Nothing is asked of Entra or of Defender.

The policy file is the one that POLICY_FILE names, or env/policy.yaml, where none is named here.
Exit code 0: done, and all is well. 1: faults, a case that fails, or a refused request. 2: it could not be looked at.`;

/** What the words after `npm run policy --` ask for, or one sentence on what is wrong with them; `defaultFile` is the service's. */
export function parsePolicyCommand(args: readonly string[], defaultFile: string): Result<PolicyCommand, string> {
  let parsed: ReturnType<typeof split>;
  try {
    parsed = split(args);
  } catch {
    return err(`I do not know one of these options: ${args.filter((a) => a.startsWith('-')).join(' ')}.`);
  }
  const { values, positionals } = parsed;
  const [type, ...rest] = positionals;
  if (values.help || type === 'help') return ok({ type: 'help' });
  if (type !== 'lint' && type !== 'test' && type !== 'explain')
    return err(type === undefined ? 'Say lint, test or explain.' : `I do not know ${type}; say lint, test or explain.`);
  const foreign = Object.keys(values).find((name) => !allowed[type].includes(name));
  if (foreign !== undefined) return err(`--${foreign} is not for ${type}.`);
  if (type === 'explain') return readExplain(rest, values, defaultFile);
  const [file = defaultFile, ...more] = rest;
  if (more.length > 0) return err(`Name one policy file to ${type}.`);
  if (type === 'lint') return ok({ type, file });
  return ok({ type, file, casesFile: values.cases ?? file.replace(/(\.ya?ml)?$/, '.test.yaml') });
}

/** `read` gives a file's text, and throws when it cannot. */
export function runPolicyCommand(
  command: PolicyCommand,
  { read, readMessage }: { readonly read: (file: string) => string; readonly readMessage: ReadMessage },
): Outcome {
  if (command.type === 'help') return { code: 0, lines: [usage] };
  const policy = parsePolicy(read(command.file));
  if (!policy.ok) return { code: 1, lines: faultLines(command.file, policy.error) };
  switch (command.type) {
    case 'lint':
      return lint(command.file, policy.value);
    case 'test': {
      const table = parseCases(read(command.casesFile), policy.value, readMessage);
      if (!table.ok) return { code: 1, lines: faultLines(command.casesFile, table.error) };
      return test(command.casesFile, policy.value, table.value);
    }
    case 'explain': {
      const groups = readGroups(policy.value, command.groupsFile, read);
      return groups.ok ? explainRequest(policy.value, groups.value, command, readMessage) : groups.error;
    }
  }
}

function lint(file: string, policy: Policy): Outcome {
  const warnings = lintPolicy(policy).map(({ line, message }) => `${file}:${line}: warning: ${message}`);
  const { rules, groups } = policy;
  return {
    code: 0,
    lines: [...warnings, `${file} is valid: rules ${rules.length}, groups ${groups.size}, version ${policy.version}.`],
  };
}

function test(file: string, policy: Policy, { groups, cases }: CaseTable): Outcome {
  let failures = 0;
  const lines = cases.flatMap((one) => {
    const faults = playCase(policy, groups, one);
    if (faults.length > 0) failures++;
    return faults.length === 0
      ? [`ok    ${one.name}`]
      : [`FAIL  ${one.name} (${file}:${one.line})`, ...faults.map((fault) => `      ${fault}`)];
  });
  const reached = new Set(cases.flatMap(({ facts }) => ruleOf(policy, groups, facts)));
  const unreached = policy.rules
    .filter(({ name }) => !reached.has(name))
    .map(({ name }) => `note  no case reaches rule ${name}`);
  const total = failures === 0 ? `${cases.length} cases hold.` : `${failures} of ${cases.length} cases fail.`;
  return { code: failures === 0 && cases.length > 0 ? 0 : 1, lines: [...lines, ...unreached, total] };
}

function ruleOf(policy: Policy, groups: Groups, facts: CaseTable['cases'][number]['facts']): readonly string[] {
  const result = evaluate(policy, groups, facts);
  if (result.ok) return [result.value.rule];
  return 'rule' in result.error ? [result.error.rule] : [];
}

function explainRequest(
  policy: Policy,
  groups: Groups,
  command: Extract<PolicyCommand, { type: 'explain' }>,
  readMessage: ReadMessage,
): Outcome {
  const requesterId = findPerson(policy, command.as);
  if (requesterId === null)
    return {
      code: 2,
      lines: [`--as ${command.as} is not exactly one person of the policy; give their Entra object id.`],
    };
  const draft = readMessage(command.message);
  if (!draft.ok) return { code: 2, lines: [`The message cannot be read as a request: ${draft.error}`] };
  const device = parseDevice(command.device);
  if (!device.ok) return { code: 2, lines: [device.error] };
  const changed = new Map(
    command.changed.map((typed) => {
      const [file = '', uploader = null] = typed.split(/=(.*)/s);
      return [file, uploader] as const;
    }),
  );
  const { commands, reason, device: name } = draft.value;
  const facts = factsOf(policy, { requesterId, device: { name, ...device.value }, commands, reason, changed });
  return { code: evaluate(policy, groups, facts).ok ? 0 : 1, lines: explain(policy, groups, facts) };
}

const deviceFields = {
  group: 'groupName',
  value: 'deviceValue',
  risk: 'riskScore',
  os: 'osPlatform',
  name: 'name',
} as const;

/** `group=Servers,tag=tier0,tag=web`: what Defender would tell of the device. */
function parseDevice(typed: string): Result<Record<string, string | readonly string[]>, string> {
  const fields: Record<string, string | readonly string[]> = {};
  const tags: string[] = [];
  for (const part of typed.split(',').filter((p) => p.trim() !== '')) {
    const [, key = '', value = ''] = /^\s*(\w+)=(.*?)\s*$/.exec(part) ?? [];
    const field = Object.entries(deviceFields).find(([known]) => known === key)?.[1];
    if (value === '' || (field === undefined && key !== 'tag'))
      return err(`--device: ${part.trim()} is not one of group=…, tag=…, value=…, risk=…, os=…, name=….`);
    if (field === undefined) tags.push(value);
    else fields[field] = value;
  }
  return ok({ ...fields, tags });
}

function readGroups(policy: Policy, file: string | null, read: (file: string) => string): Result<Groups, Outcome> {
  if (file === null) return ok(groupsOf(policy, new Map()));
  const yaml = readYaml(read(file), 'groups');
  const groups = yaml.faults.length > 0 ? null : readMembers(yaml, yaml.root, policy);
  return groups !== null && yaml.faults.length === 0
    ? ok(groups)
    : err({ code: 1, lines: faultLines(file, yaml.faults) });
}

const faultLines = (file: string, faults: readonly PolicyFault[]): readonly string[] => [
  ...faults.map(({ line, message }) => `${file}:${line}: ${message}`),
  `${faults.length === 1 ? 'There is 1 fault' : `There are ${faults.length} faults`} in ${file}.`,
];

const split = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h' },
      cases: { type: 'string' },
      as: { type: 'string' },
      device: { type: 'string' },
      changed: { type: 'string', multiple: true },
      groups: { type: 'string' },
    },
  });

type Values = ReturnType<typeof split>['values'];

const allowed: Readonly<Record<'lint' | 'test' | 'explain', readonly string[]>> = {
  lint: [],
  test: ['cases'],
  explain: ['as', 'device', 'changed', 'groups'],
};

function readExplain(
  positionals: readonly string[],
  values: Values,
  defaultFile: string,
): Result<PolicyCommand, string> {
  const [first, second, ...more] = positionals;
  const [file, message] = second === undefined ? [defaultFile, first] : [first ?? defaultFile, second];
  if (message === undefined || more.length > 0)
    return err('Give the request as one quoted text: -- "on ws-042 run x.ps1 because INC-1".');
  if (values.as === undefined) return err('Say who would ask: --as <name or object id>.');
  return ok({
    type: 'explain',
    file,
    as: values.as,
    device: values.device ?? '',
    changed: values.changed ?? [],
    groupsFile: values.groups ?? null,
    message,
  });
}
