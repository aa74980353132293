import { explain } from '../../src/policy/explain';
import { type Asked, factsFor, getFile, groupsWith, head, ids, policyOf, runScript } from './sample';

const rules = `  - { name: no-dc, when: { device: { tier0: true }, command: GetFile }, deny: Ask ir-leads instead. }
  - name: servers
    when: { device: { group: [Servers, Web], os: Windows*, tag: prod }, who: leads }
    from: [approvers]
  - name: scripts
    when: { command: RunScript, script: [collect-*, get-*], args: '^[a-z]*$', who: [soc] }
    approvals: 1
    from: [approvers, { group: leads }]
    decideBy: 90m
    reason: '^INC'
    escalateTo: soc
    extra: { scriptChanged: 1, oddArgs: 1, tier0: 1 }
    breakGlass: { by: leads, owners: leads }
  - { name: rest, when: { device: { tier0: false } }, approvals: 4, from: [approvers] }
`;

const explained = (asked: Asked, leads: readonly string[] | null = [ids.eve], text = rules, start = head) => {
  const policy = policyOf(text, start);
  const [first = '', ...lines] = explain(policy, groupsWith(policy, leads), factsFor(policy, asked));
  return [first.replace(policy.version, '<version>'), ...lines];
};

test('the rule that applies, those before it and why not, and everything that it asks', () => {
  expect(
    explained({
      changed: { 'collect-logs.ps1': 'Di Prover' },
      device: { tags: ['tier0'], groupName: null },
    }),
  ).toMatchInlineSnapshot(`
[
  "Policy <version>: Ana asks about ws-042.contoso.com.",
  "1. no-dc (line 11) does not apply: command 1 (RunScript) is not GetFile.",
  "2. servers (line 12) does not apply: the device's group is not known, not Servers or Web.",
  "3. scripts (line 15) applies: the command is RunScript, the library file is like collect-* or get-*, the arguments are like ^[a-z]*$ and the requester is in soc.",
  "It needs 3 approvals by different people, none of them the requester (1 by the rule, 1 more since collect-logs.ps1 changed since it was last approved, 1 more since the device is tier 0). 3 could give one: Bo, Cy and 00000000-0000-0000-0000-0000000000e1.",
  "At least 1 of leads.",
  "collect-logs.ps1 changed since it was last approved; its uploader Di cannot approve it.",
  "To be decided within 90m, and to start on the device within 2h after that.",
  "The reason matches ^INC.",
  "Break-glass: one approval by 00000000-0000-0000-0000-0000000000e1; 00000000-0000-0000-0000-0000000000e1 would be told at once.",
]
`);
});

test('a denied request, and who cannot be kept from approving', () => {
  expect(explained({ device: { tags: ['tier0'] }, commands: [runScript('a.ps1'), getFile] })).toMatchInlineSnapshot(`
[
  "Policy <version>: Ana asks about ws-042.contoso.com.",
  "1. no-dc (line 11) applies: the device is tier 0 and the command is GetFile.",
  "Refused by rule no-dc: Ask ir-leads instead.",
]
`);
});

test('each condition that does not hold', () => {
  const why = (asked: Asked) => explained(asked).slice(1);
  expect(why({ commands: [runScript('collect-a.ps1'), runScript('evil.ps1')] })).toMatchInlineSnapshot(`
[
  "1. no-dc (line 11) does not apply: the device is not tier 0.",
  "2. servers (line 12) does not apply: the device's group is Workstations, not Servers or Web.",
  "3. scripts (line 15) does not apply: command 2 (RunScript) does not have a library file like collect-* or get-*.",
  "4. rest (line 24) applies: the device is not tier 0.",
  "Refused by rule rest: it asks for 4 approvals, and only 3 could approve (the requester and uploaders of changed files do not count). Somebody else can ask, or more people be added to the rule's groups.",
]
`);
  expect(why({ commands: [runScript('collect-a.ps1', 'UP')], device: { groupName: 'Web' } })).toMatchInlineSnapshot(`
[
  "1. no-dc (line 11) does not apply: the device is not tier 0.",
  "2. servers (line 12) does not apply: the device does not have the tag prod.",
  "3. scripts (line 15) does not apply: command 1 (RunScript) does not have arguments like ^[a-z]*$.",
  "4. rest (line 24) applies: the device is not tier 0.",
  "Refused by rule rest: it asks for 4 approvals, and only 3 could approve (the requester and uploaders of changed files do not count). Somebody else can ask, or more people be added to the rule's groups.",
]
`);
  expect(
    why({ commands: [getFile], device: { groupName: 'Web', tags: ['a', 'prod'], osPlatform: 'Linux' } }),
  ).toMatchInlineSnapshot(`
[
  "1. no-dc (line 11) does not apply: the device is not tier 0.",
  "2. servers (line 12) does not apply: the device's OS is Linux, not Windows*.",
  "3. scripts (line 15) does not apply: command 1 (GetFile) is not RunScript.",
  "4. rest (line 24) applies: the device is not tier 0.",
  "Refused by rule rest: it asks for 4 approvals, and only 3 could approve (the requester and uploaders of changed files do not count). Somebody else can ask, or more people be added to the rule's groups.",
]
`);
  expect(
    why({ commands: [runScript('evil.ps1')], device: { groupName: 'Web', tags: ['prod'], deviceValue: 'High' } }),
  ).toMatchInlineSnapshot(`
[
  "1. no-dc (line 11) does not apply: command 1 (RunScript) is not GetFile.",
  "2. servers (line 12) does not apply: the requester is not in leads.",
  "3. scripts (line 15) does not apply: command 1 (RunScript) does not have a library file like collect-* or get-*.",
  "4. rest (line 24) does not apply: the device is tier 0.",
  "Refused: no rule matches, and what no rule matches is refused. Somebody who looks after the policy can add a rule for it.",
]
`);
});

test('odd arguments and an uploader whom nobody knows', () => {
  const odd = '  - { name: odd, from: [approvers], extra: { oddArgs: 1 } }\n';
  expect(
    explained({ commands: [runScript('a\u202e.ps1', 'ü')], changed: { 'a\u202e.ps1': 'svc\u200b' } }, null, odd),
  ).toMatchInlineSnapshot(`
[
  "Policy <version>: Ana asks about ws-042.contoso.com.",
  "1. odd (line 11) applies: it is for everything.",
  "It needs 2 approvals by different people, none of them the requester (1 by the rule, 1 more since the arguments of command 1 hold hidden or non-ASCII characters). 3 could give one: Bo, Cy and Di.",
  "a\\u{202e}.ps1 changed since it was last approved. Its uploader (svc\\u{200b}) is nobody whom the policy names, so they cannot be kept from approving it.",
  "To be decided within 30m, and to start on the device within 2h after that.",
]
`);
});

test('nobody who may not ask is told of the rules', () => {
  expect(explained({ by: ids.eve })).toMatchInlineSnapshot(`
[
  "Policy <version>: 00000000-0000-0000-0000-0000000000e1 asks about ws-042.contoso.com.",
  "Refused: this person is in none of the groups under requesters. Somebody who looks after the policy can add them.",
]
`);
});

test('a group that cannot be read', () => {
  expect(explained({}, null)).toMatchInlineSnapshot(`
[
  "Policy <version>: Ana asks about ws-042.contoso.com.",
  "1. no-dc (line 11) does not apply: the device is not tier 0.",
  "2. servers (line 12) does not apply: the device's group is Workstations, not Servers or Web.",
  "3. scripts (line 15) applies: the command is RunScript, the library file is like collect-* or get-*, the arguments are like ^[a-z]*$ and the requester is in soc.",
  "Refused: the members of leads cannot be read at the moment, so nobody counts as one. Try again later.",
]
`);
  expect(explained({ by: ids.eve }, null, rules, head.replace('[soc]', '[leads]'))).toMatchInlineSnapshot(`
[
  "Policy <version>: 00000000-0000-0000-0000-0000000000e1 asks about ws-042.contoso.com.",
  "Refused: the members of leads cannot be read at the moment, so nobody counts as one. Try again later.",
]
`);
  expect(explained({ device: { groupName: 'Web', tags: ['prod'] } }, null)).toMatchInlineSnapshot(`
[
  "Policy <version>: Ana asks about ws-042.contoso.com.",
  "1. no-dc (line 11) does not apply: the device is not tier 0.",
  "2. servers (line 12) cannot be judged: the members of leads cannot be read.",
  "Refused: the members of leads cannot be read at the moment, so nobody counts as one. Try again later.",
]
`);
});

test('too few people, a reason that does not match, and no rule at all', () => {
  expect(explained({ reason: 'urgent' }).slice(-1)).toMatchInlineSnapshot(`
[
  "Refused by rule scripts: the reason must match ^INC. Ask again with such a reason.",
]
`);
  expect(explained({}, []).slice(-1)).toMatchInlineSnapshot(`
[
  "Refused by rule scripts: its groups have too few different people: 1 more of leads would be needed (the requester and uploaders of changed files do not count). Somebody else can ask, or more people be added to the rule's groups.",
]
`);
  expect(explained({ device: { tags: ['tier0'] }, commands: [runScript('x.ps1')] }).slice(-1)).toMatchInlineSnapshot(`
[
  "Refused: no rule matches, and what no rule matches is refused. Somebody who looks after the policy can add a rule for it.",
]
`);
});
