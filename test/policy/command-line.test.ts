import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePolicyCommand, runPolicyCommand, usage } from '../../src/policy/command-line';
import { head, ids, readMessage } from './sample';

const dir = mkdtempSync(join(tmpdir(), 'policy-'));
const write = (name: string, text: string): string => {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
};
const policy = write(
  'policy.yaml',
  `${head}rules:
  - { name: dc, when: { device: { tier0: true } }, deny: Not here. }
  - { name: all, from: [approvers, { group: leads }] }
`,
);

function run(...args: readonly string[]): { readonly code: number; readonly lines: readonly string[] } {
  const command = parsePolicyCommand(args, 'env/policy.yaml');
  if (!command.ok) return { code: 2, lines: [command.error] };
  const { code, lines } = runPolicyCommand(command.value, { read: (file) => readFileSync(file, 'utf8'), readMessage });
  return {
    code,
    lines: lines.map((line) => line.replaceAll(`${dir}/`, '').replace(/\b[0-9a-f]{12}\b(?!-)(?<!-.{12})/, '<version>')),
  };
}

test('the policy that ships is valid and answers its own cases, with one for each rule', () => {
  expect(run('lint').code).toBe(0);
  const { code, lines } = run('test');
  expect([code, lines.at(-1)]).toEqual([0, '7 cases hold.']);
  expect(lines.filter((line) => !line.startsWith('ok')).length).toBe(1);
});

test.each([['lint'], ['test'], ['explain', '--as', 'Bo', '--', 'on ws-1 run x.ps1 because INC-1']])(
  '%s looks at the file that the service would take, unless another one is named',
  (...args) => {
    const fileOf = (words: readonly string[]) => {
      const command = parsePolicyCommand(words, '/etc/lr/policy.yaml');
      return command.ok && command.value.type !== 'help' ? command.value.file : command;
    };
    expect(fileOf(args)).toBe('/etc/lr/policy.yaml');
    expect(fileOf([args[0] ?? '', 'other.yaml', ...args.slice(1)])).toBe('other.yaml');
  },
);

test('lint says what it found and its exit code says whether the file is valid', () => {
  expect(run('lint', policy)).toEqual({
    code: 0,
    lines: ['policy.yaml is valid: rules 2, groups 3, version <version>.'],
  });
  expect(run('lint', write('warn.yaml', `${head}rules:\n  - { name: a, deny: No. }\n`))).toEqual({
    code: 0,
    lines: [
      'warn.yaml:1: warning: groups.approvers: nothing uses this group',
      'warn.yaml:1: warning: groups.leads: nothing uses this group',
      'warn.yaml:1: warning: policy: every rule denies, so nobody can ask for anything',
      'warn.yaml is valid: rules 1, groups 3, version <version>.',
    ],
  });
  expect(run('lint', write('bad.yaml', 'groups: {}\nrequesters: []\nrules: []\nx: 1\n'))).toEqual({
    code: 1,
    lines: [
      'bad.yaml:2: requesters: must have at least 1',
      'bad.yaml:3: rules: must have at least 1',
      'bad.yaml:4: x: unknown key; known keys are people, groups, requesters, tier0, openRequests, incident, rules',
      'There are 3 faults in bad.yaml.',
    ],
  });
});

describe('test', () => {
  const play = (cases: string) => run('test', policy, '--cases', write('cases.yaml', cases));
  const leads = `groups: { leads: [${ids.eve}] }\n`;

  test('holds what holds, by names or ids, with changed files and members of Entra groups', () => {
    expect(
      play(`${leads}cases:
  - name: everything
    who: ${ids.ana}
    device: { group: Workstations, tag: [a], value: Low, risk: Low, os: Windows11 }
    ask: on ws-042 run a.ps1 x; because INC-1
    changed: { a.ps1: Di Prover }
    expect: { rule: all, approvals: 1, approvers: [Bo, Cy, ${ids.eve}] }
  - { name: denied, who: Bo, device: { tag: tier0 }, ask: on dc-01 getfile C:\\a.log because x, expect: { refused: denied, rule: dc } }
`),
    ).toEqual({ code: 0, lines: ['ok    everything', 'ok    denied', '2 cases hold.'] });
  });

  test('says of each case what is otherwise, where it stands, and which rule no case reaches', () => {
    expect(
      play(`${leads}cases:
  - { name: a, who: Bo, ask: on x run a.ps1 because y, expect: { rule: dc, approvals: 2, approvers: [Cy] } }
  - { name: b, who: Bo, ask: on x run a.ps1 because y, expect: { refused: denied } }
  - { name: c, who: Cy, ask: on x run a.ps1 because y, expect: { refused: noRule, rule: all } }
  - { name: d, who: Cy, ask: on x run a.ps1 because y, expect: { rule: all } }
`),
    ).toEqual({
      code: 1,
      lines: [
        'FAIL  a (cases.yaml:3)',
        '      expected rule dc, got all',
        '      expected 2 approvals, got 1',
        `      expected the approvers Cy, got Ana, Cy, Di, ${ids.eve}`,
        'FAIL  b (cases.yaml:4)',
        `      expected to be refused (denied), but rule all asks for 1 of Ana, Cy, Di, ${ids.eve}`,
        'FAIL  c (cases.yaml:5)',
        '      expected noRule, got mayNotAsk: Refused: this person is in none of the groups under requesters. Somebody who looks after the policy can add them.',
        '      expected rule all, got none',
        'FAIL  d (cases.yaml:6)',
        '      expected to be asked, but: Refused: this person is in none of the groups under requesters. Somebody who looks after the policy can add them.',
        'note  no case reaches rule dc',
        '4 of 4 cases fail.',
      ],
    });
  });

  test('refuses a table with faults, each with its line', () => {
    expect(
      play(`groups: { soc: [${ids.eve}], nobody: [] }
cases:
  - { name: a, who: Nobody, ask: on x because, expect: {} }
  - { name: b, who: Bo, ask: help, expect: { refused: no, approvals: 1 } }
  - { name: c, ask: 3 }
  - { name: d, who: Bo, ask: on x run a.ps1 because y, expect: { rule: gone }, device: { name: x } }
`).lines.map((line) => line.split('\n')[0]),
    ).toMatchInlineSnapshot(`
[
  "cases.yaml:1: groups.soc: the policy itself lists who is in this group",
  "cases.yaml:1: groups.nobody: the policy has no such group",
  "cases.yaml:3: cases.ask: cannot be read as a request: - There is no command for the device. Write putfile, run or getfile, one on a line, between the device and because.",
  "cases.yaml:3: cases.who: Nobody is not the name of exactly one person of the policy; write their object id",
  "cases.yaml:3: cases.expect: must say rule, refused, approvals or approvers",
  "cases.yaml:4: cases.ask: cannot be read as a request: no draft",
  "cases.yaml:4: cases.expect.refused: must be one of mayNotAsk, noRule, denied, reasonPattern, tooFewApprovers, groupUnreadable",
  "cases.yaml:4: cases.expect: a refused request has no approvals; remove refused or the others",
  "cases.yaml:5: cases: each case needs name, who, ask and expect",
  "cases.yaml:6: cases.device.name: unknown key; known keys are group, tag, value, risk, os",
  "cases.yaml:6: cases.expect.rule: the policy has no rule gone",
  "There are 11 faults in cases.yaml.",
]
`);
  });

  test('an empty table holds nothing', () => {
    expect(play('cases: []\n').code).toBe(1);
  });
});

describe('explain', () => {
  const message = 'on ws-042 run a.ps1 x; because INC-1';

  test('says which rule applies; the exit code says whether it could be asked', () => {
    const groups = write('groups.yaml', `leads: [${ids.eve}]\n`);
    expect(
      run('explain', policy, '--as', 'bo', '--groups', groups, '--changed', 'a.ps1=Di Prover', '--', message),
    ).toMatchInlineSnapshot(`
{
  "code": 0,
  "lines": [
    "Policy <version>: Bo asks about ws-042.",
    "1. dc (line 11) does not apply: the device is not tier 0.",
    "2. all (line 12) applies: it is for everything.",
    "It needs 1 approval by somebody else (1 by the rule). 3 could give one: Ana, Cy and 00000000-0000-0000-0000-0000000000e1.",
    "At least 1 of leads.",
    "a.ps1 changed since it was last approved; its uploader Di cannot approve it.",
    "To be decided within 30m, and to start on the device within 2h after that.",
  ],
}
`);
    expect(
      run('explain', policy, '--as', 'Bo', '--device', 'group=Tier 0,tag=a,tag=b', '--', message),
    ).toMatchInlineSnapshot(`
{
  "code": 1,
  "lines": [
    "Policy <version>: Bo asks about ws-042.",
    "1. dc (line 11) applies: the device is tier 0.",
    "Refused by rule dc: Not here.",
  ],
}
`);
  });

  test.each([
    [
      'a stranger',
      ['--as', 'Zoe', '--', message],
      '--as Zoe is not exactly one person of the policy; give their Entra object id.',
    ],
    ['no request', ['--as', 'Bo', '--', 'help'], 'The message cannot be read as a request: no draft'],
    [
      'an unknown fact',
      ['--as', 'Bo', '--device', 'colour=red', '--', message],
      '--device: colour=red is not one of group=…, tag=…, value=…, risk=…, os=…, name=….',
    ],
    ['nobody', ['--', message], 'Say who would ask: --as <name or object id>.'],
  ])('%s is refused', (_what, args, sentence) => {
    expect(run('explain', policy, ...args)).toEqual({ code: 2, lines: [sentence] });
  });
});

test.each([
  [[], 'Say lint, test or explain.'],
  [['check'], 'I do not know check; say lint, test or explain.'],
  [['lint', '--fast'], 'I do not know one of these options: --fast.'],
  [['lint', '--as', 'Bo'], '--as is not for lint.'],
  [['lint', 'a', 'b'], 'Name one policy file to lint.'],
  [['explain', '--as', 'Bo'], 'Give the request as one quoted text: -- "on ws-042 run x.ps1 because INC-1".'],
  [['help'], usage],
])('%j is answered with what to type', (args, sentence) => {
  expect(run(...args).lines).toEqual([sentence]);
});
