import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { lintPolicy } from '../../src/policy/contradictions';
import { parsePolicy } from '../../src/policy/parse-policy';
import { head, ids, policyOf } from './sample';

const good = `groups:
  soc: [${ids.ana}]
  approvers: [{ id: ${ids.bo}, name: Bo }, ${ids.cy}]
requesters: [soc]
rules:
  - name: all
    approvals: 1
    from: [approvers]
    decideBy: 30m
    startBy: 2h
`;

const faultsOf = (text: string): readonly string[] => {
  const parsed = parsePolicy(text);
  return parsed.ok ? [] : parsed.error.map(({ line, message }) => `${line}: ${message}`);
};

test('the policy that ships is valid', () => {
  expect(parsePolicy(readFileSync('env/policy.yaml', 'utf8'))).toMatchObject({ ok: true });
});

test('a rule says all that it can say', () => {
  const policy = policyOf(`  - name: everything
    when: { device: { group: a, tag: [b], value: high, risk: low, os: Win*, tier0: false }, command: runscript, script: x*, args: '^$', who: SOC }
    approvals: 3
    from: [approvers, { group: Leads }, { group: soc, count: 1 }]
    decideBy: 15m
    startBy: 1h
    reason: '^INC'
    escalateTo: leads
    extra: { scriptChanged: 1, oddArgs: 2, tier0: 3 }
    breakGlass: { by: leads, owners: soc }
    results: Private
  - { name: no, when: { command: [PutFile, GetFile] }, deny: Not this way. }
`);
  expect(policy.rules).toEqual([
    {
      name: 'everything',
      line: 11,
      when: {
        device: { group: ['a'], tag: ['b'], value: ['High'], risk: ['Low'], os: ['Win*'], tier0: false },
        command: ['RunScript'],
        script: ['x*'],
        args: '^$',
        who: ['soc'],
      },
      outcome: {
        type: 'approve',
        bar: {
          approvals: 3,
          from: [
            { group: 'approvers', count: 0 },
            { group: 'leads', count: 1 },
            { group: 'soc', count: 1 },
          ],
          decideWithinMs: 900_000,
          startWithinMs: 3_600_000,
          reasonPattern: '^INC',
          escalateTo: 'leads',
          extra: { scriptChanged: 1, oddArgs: 2, tier0: 3 },
          breakGlass: { by: 'leads', owners: 'soc' },
          results: 'private',
        },
      },
    },
    {
      name: 'no',
      line: 22,
      when: { device: null, command: ['PutFile', 'GetFile'], script: null, args: null, who: null },
      outcome: { type: 'deny', because: 'Not this way.' },
    },
  ]);
});

test('what a rule does not say has a plain meaning: one approval, or one of each group in braces, within 30 minutes, started within 2 hours', () => {
  const { rules } = policyOf(
    '  - { name: a, from: [approvers] }\n  - { name: b, from: [{ group: soc }, { group: leads, count: 2 }] }\n',
  );
  expect(rules.map(({ outcome }) => outcome.type === 'approve' && outcome.bar)).toMatchObject([
    {
      approvals: 1,
      decideWithinMs: 1_800_000,
      startWithinMs: 7_200_000,
      extra: { oddArgs: 0 },
      breakGlass: null,
      results: 'masked',
    },
    { approvals: 3 },
  ]);
});

test('people, labels and groups are read, ids in lower case', () => {
  const policy = policyOf('  - { name: a, from: [approvers] }\n', head.replace(ids.ana, ids.ana.toUpperCase()));
  expect(policy.people[0]).toEqual({ name: 'Ana', accounts: [ids.ana, ids.ana2], uploads: ['ana@contoso.com'] });
  expect([...policy.names]).toEqual([
    [ids.ana, 'Ana'],
    [ids.ana2, 'Ana'],
    [ids.di, 'Di'],
    [ids.bo, 'Bo'],
    [ids.cy, 'Cy'],
  ]);
  expect([...policy.groups.keys()]).toEqual(['soc', 'approvers', 'leads']);
});

test('the version follows what the policy says, not its blanks, comments, labels or the order in a group', () => {
  const version = (text: string) => {
    const parsed = parsePolicy(text);
    return parsed.ok ? parsed.value.version : JSON.stringify(parsed.error);
  };
  for (const same of [
    `# a comment\n\n${good}`,
    good.replace('name: Bo', 'name: Robert'),
    good.replace(`{ id: ${ids.bo}, name: Bo }, ${ids.cy}`, `${ids.cy}, ${ids.bo}`),
    good.replace(ids.ana, ids.ana.toUpperCase()),
  ])
    expect(version(same)).toBe(version(good));
  const others = [
    good.replace('2h', '3h'),
    good.replace('30m', '31m'),
    good.replace(ids.ana, ids.di),
    good.replace('approvals: 1', 'approvals: 2'),
    good.replace('name: all', 'name: every'),
    good.replace('from: [approvers]', 'from: [{ group: approvers }]'),
    `${good}tier0: { tags: [x] }\n`,
    `${good}people: [{ name: Bo, accounts: [${ids.bo}] }]\n`,
    `${good}    when: { command: GetFile }\n`,
    `${good}    reason: x\n`,
    `${good}    extra: { oddArgs: 1 }\n`,
    `openRequests: 5\n${good}`,
    `openRequests: 6\n${good}`,
    `incident: INC-1\n${good}`,
  ].map(version);
  expect(new Set([...others, version(good)]).size).toBe(others.length + 1);
});

const rule = (text: string): string => `${good}${text}`;

test.each<[string, string, readonly string[]]>([
  ['an empty file', '', ['1: policy: must be a map of keys and values']],
  ['text that is not YAML', 'groups: [', ['1: This is not valid YAML (BAD_INDENT). Check indents, colons and quotes.']],
  ['a key that stands twice', `${good}requesters: [soc]\n`, ['11: policy: the key requesters stands twice']],
  [
    'a file with nothing but an unknown key',
    'approvers: []\n',
    [
      '1: approvers: unknown key; known keys are people, groups, requesters, tier0, openRequests, incident, rules',
      '1: policy: the key groups is missing',
      '1: policy: the key requesters is missing',
      '1: policy: the key rules is missing',
    ],
  ],
  ['nobody who may ask', good.replace('requesters: [soc]', 'requesters: []'), ['4: requesters: must have at least 1']],
  [
    'an e-mail address for a person',
    good.replace(ids.ana, 'ana@contoso.com'),
    [
      '2: groups.soc: must be an Entra object id such as 11111111-2222-3333-4444-555555555555, not a name or an e-mail address',
    ],
  ],
  [
    'an incident pattern that cannot be used',
    `incident: '('\n${good}`,
    [expect.stringContaining('1: incident: the pattern cannot be used')],
  ],
  ['no open request at all', `openRequests: 0\n${good}`, ['1: openRequests: must be a whole number from 1 to 1000']],
  ['a person twice in a group', good.replace(ids.cy, ids.bo), [`3: groups.approvers: ${ids.bo} is listed twice`]],
  [
    'an Entra group by its name',
    good.replace(`[${ids.ana}]`, '{ entra: SOC Team }'),
    [
      '2: groups.soc.entra: must be an Entra object id such as 11111111-2222-3333-4444-555555555555, not a name or an e-mail address',
    ],
  ],
  [
    'a group whose name differs by case only',
    good.replace('requesters', `  SOC: [${ids.di}]\nrequesters`),
    ['4: groups.SOC: another group has this name'],
  ],
  [
    'a group that is not there',
    good.replace('[soc]', '[sox]'),
    ['4: requesters: there is no group sox; the groups are soc, approvers'],
  ],
  [
    'an account of two people',
    `people:\n  - { name: A, accounts: [${ids.ana}] }\n  - { name: B, accounts: [${ids.ana}] }\n${good}`,
    [`3: people.accounts: ${ids.ana} is listed twice; an account belongs to one person, once`],
  ],
  ['a person without accounts', `people: [{ name: A }]\n${good}`, ['1: people: each person needs name and accounts']],
  [
    'no approval at all',
    good.replace('approvals: 1', 'approvals: 0'),
    ['7: rule all: approvals: must be a whole number from 1 to 10'],
  ],
  [
    'half an approval',
    good.replace('approvals: 1', 'approvals: 1.5'),
    ['7: rule all: approvals: must be a whole number from 1 to 10'],
  ],
  [
    'more approvals than people',
    good.replace('approvals: 1', 'approvals: 3'),
    ['6: rule all: 3 different people must approve, but its groups have only 2'],
  ],
  [
    'seats that one person would have to fill twice',
    `people: [{ name: B, accounts: [${ids.bo}, ${ids.cy}] }]\n${good.replace('approvals: 1', 'approvals: 2')}`,
    ['7: rule all: 2 different people must approve, but its groups have only 1'],
  ],
  [
    'seats for more people than the group has',
    good.replace('approvals: 1', 'approvals: 4').replace('from: [approvers]', 'from: [{ group: approvers, count: 3 }]'),
    ['6: rule all: its groups have too few different people: 1 more of approvers would be needed'],
  ],
  [
    'fewer approvals than seats',
    good.replace('from: [approvers]', 'from: [{ group: approvers, count: 2 }]'),
    ['7: rule all: approvals: is 1, but the groups under from ask for 2 people'],
  ],
  [
    'a group twice in a rule',
    good.replace('[approvers]', '[approvers, Approvers]'),
    ['8: rule all: from: approvers is listed twice'],
  ],
  [
    'a rule without from',
    good.replace('    from: [approvers]\n', ''),
    ['6: rule all: needs deny, or from: the groups that may approve'],
  ],
  [
    'a rule that denies and allows',
    rule('    deny: No.\n').replace('    from: [approvers]\n    decideBy: 30m\n    startBy: 2h\n', ''),
    ['7: rule all: approvals: a rule either denies or says what approval needs; remove one of the two'],
  ],
  [
    'a rule without name',
    rule('  - { from: [approvers] }\n'),
    ['11: rules: each rule is a map that starts with its name'],
  ],
  ['a rule that is no map', rule('  - all\n'), ['11: rules: each rule is a map that starts with its name']],
  [
    'a rule of the same name',
    rule('  - { name: All, from: [approvers] }\n'),
    ['11: rules: another rule is called All'],
  ],
  [
    'a condition that nobody knows',
    rule('    when: { comand: GetFile }\n'),
    ['11: rule all: when.comand: unknown key; known keys are device, command, script, args, who'],
  ],
  [
    'an empty condition',
    rule('    when: {}\n'),
    ['11: rule all: when: is empty; remove it if the rule is for everything'],
  ],
  [
    'an empty device',
    rule('    when: { device: {} }\n'),
    ['11: rule all: when.device: is empty; remove it if the rule is for every device'],
  ],
  ['an empty list', rule('    when: { command: [] }\n'), ['11: rule all: when.command: must have at least 1']],
  [
    'a command that Defender does not know',
    rule('    when: { command: Run }\n'),
    ['11: rule all: when.command: must be one of PutFile, RunScript, GetFile'],
  ],
  [
    'a risk that Defender does not know',
    rule('    when: { device: { risk: Severe } }\n'),
    ['11: rule all: when.device.risk: must be one of None, Informational, Low, Medium, High'],
  ],
  [
    'tier 0 where the file does not say what that is',
    rule('    when: { device: { tier0: true } }\n    extra: { tier0: 1 }\n'),
    [
      '11: rule all: when.device.tier0: the file does not say what tier 0 is; add tier0: { tags: […] } at the top',
      '12: rule all: extra.tier0: the file does not say what tier 0 is; add tier0: { tags: […] } at the top',
    ],
  ],
  [
    'a flag that is a word',
    `${rule('    when: { device: { tier0: "yes" } }\n')}tier0: { tags: [a] }\n`,
    ['11: rule all: when.device.tier0: must be true or false'],
  ],
  [
    'a pattern that is none',
    rule("    when: { args: '(a' }\n"),
    ['11: rule all: when.args: the pattern cannot be used: a ( is never closed'],
  ],
  [
    'a reason pattern that is none',
    rule('    reason: "[a"\n'),
    ['11: rule all: reason: the pattern cannot be used: [a: this [ is never closed'],
  ],
  [
    'break-glass without owners',
    rule('    breakGlass: { by: soc }\n'),
    [
      '11: rule all: breakGlass: needs by (the group that may approve alone) and owners (the group that is told at once)',
    ],
  ],
  [
    'a duration without unit',
    good.replace('30m', '30'),
    ['9: rule all: decideBy: must be a duration such as 30m or 2h'],
  ],
  ['a duration in days', good.replace('30m', '1d'), ['9: rule all: decideBy: must be a duration such as 30m or 2h']],
  ['a clock of a year', good.replace('2h', '9000h'), ['10: rule all: startBy: must not be longer than 72h']],
  [
    'a label with hidden characters',
    good.replace('name: Bo', 'name: "B\\u202eo"'),
    ['3: groups.approvers.name: holds characters that a reader cannot see; remove them'],
  ],
  [
    'a rule’s name that is a sentence',
    good.replace('name: all', 'name: "*"'),
    ['6: rule *: a name has at most 50 letters, digits, blanks, -, _ and . and starts with a letter or digit'],
  ],
  ['a file that is far too long', '#'.repeat(200_001), ['1: policy: is longer than 200000 characters']],
])('%s is refused with its line', (_name, text, faults) => {
  expect(faultsOf(text)).toEqual(faults);
});

test('every fault is said at once, in the order of the lines', () => {
  expect(
    faultsOf(good.replace('30m', '30').replace(ids.ana, 'x').replace('[soc]', '[sox]')).map((f) => f.split(':')[0]),
  ).toEqual(['2', '4', '9']);
});

test('an Entra group counts as having enough people, since the file cannot know', () => {
  expect(policyOf('  - { name: a, approvals: 3, from: [leads] }\n').rules).toHaveLength(1);
});

test('anchors and aliases mean what they stand for', () => {
  const text = good
    .replace('[soc]', '&who [soc]')
    .replace('from: [approvers]', 'from: [approvers]\n    when: { who: *who }');
  expect(parsePolicy(text)).toMatchObject({ ok: true, value: { rules: [{ when: { who: ['soc'] } }] } });
});

test('any text and any mutilation of a policy is read or refused, never a crash, and what is read always asks for somebody', () => {
  const mutilated = fc
    .tuple(
      fc.nat(good.length),
      fc.nat(40),
      fc.oneof(fc.string(), fc.constantFrom('{', '[', '\n  - ', ': ', '*x', '&x ', '0', '!!binary ', '<<: ')),
    )
    .map(([at, length, text]) => good.slice(0, at) + text + good.slice(at + length));
  fc.assert(
    fc.property(fc.oneof(mutilated, fc.string({ unit: 'binary' })), (text) => {
      const parsed = parsePolicy(text);
      if (!parsed.ok) {
        expect(parsed.error.length).toBeGreaterThan(0);
        for (const { line } of parsed.error) expect(line).toBeGreaterThan(0);
        return;
      }
      for (const { outcome } of parsed.value.rules)
        if (outcome.type === 'approve') expect(outcome.bar.approvals).toBeGreaterThan(0);
    }),
    { numRuns: 400 },
  );
});

describe('what looks wrong in a valid policy', () => {
  const warnings = (rules: string, start = head) =>
    lintPolicy(policyOf(rules, start)).map(({ line, message }) => `${line}: ${message}`);
  const used = '  - { name: all, from: [approvers, leads] }\n';

  test('nothing, where nothing does', () => {
    expect(warnings(used)).toEqual([]);
  });

  test('a rule behind one that is for everything, or for the same', () => {
    expect(warnings(`${used}  - { name: late, when: { command: GetFile }, deny: No. }\n`)).toEqual([
      '12: rule late: is never reached, since rule all (line 11) matches first',
    ]);
    const same = 'when: { command: GetFile }, deny: No.';
    expect(warnings(`  - { name: a, ${same} }\n  - { name: b, ${same} }\n${used}`)).toEqual([
      '12: rule b: is never reached, since rule a (line 11) matches first',
    ]);
  });

  test('arguments that are allowed by a part of them', () => {
    const args = (pattern: string) =>
      warnings(`  - { name: a, when: { args: '${pattern}' }, from: [approvers, leads] }\n`);
    const loose = '11: rule a: the args pattern is met by any text that contains it; write ^…$ to mean the whole text';
    expect([args('^[a-z]*$'), args('^(?:a|b)$'), args('[a-z]*'), args('^a')]).toEqual([[], [], [loose], [loose]]);
    expect(args('^a|b$')).toEqual([
      '11: rule a: the args pattern is met by any text that contains it; put alternatives into ^(?:…|…)$ to mean the whole text',
    ]);
  });

  test('somebody who may ask and could never be approved', () => {
    expect(warnings('  - { name: a, approvals: 4, from: [approvers] }\n  - { name: b, from: [leads] }\n')).toEqual([
      '11: rule a: too few other people could approve what Ana, Bo asks for under it',
      '12: rule b: is never reached, since rule a (line 11) matches first',
    ]);
    expect(
      warnings('  - { name: a, approvals: 3, from: [approvers], extra: { oddArgs: 1 }, when: { who: leads } }\n'),
    ).toEqual([
      '11: rule a: too few other people could approve what Ana, Bo asks for under it, once its extra approvals apply',
    ]);
  });

  test('a group that nothing uses, and a policy under which nobody can do anything', () => {
    expect(warnings('  - { name: a, deny: No. }\n')).toEqual([
      '1: groups.approvers: nothing uses this group',
      '1: groups.leads: nothing uses this group',
      '1: policy: every rule denies, so nobody can ask for anything',
    ]);
  });
});
