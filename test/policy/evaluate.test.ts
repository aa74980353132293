import fc from 'fast-check';
import { evaluate } from '../../src/policy/evaluate';
import { personKeyOf } from '../../src/policy/people';
import { seatGroupsOf } from '../../src/policy/policy';
import { tally } from '../../src/request/votes/tally';
import { type Asked, factsFor, getFile, groupsWith, head, ids, policyOf, runScript } from './sample';

const outcome = (rules: string, asked: Asked = {}, leads: readonly string[] | null = []) => {
  const policy = policyOf(rules);
  const result = evaluate(policy, groupsWith(policy, leads), factsFor(policy, asked));
  return result.ok ? result.value : result.error;
};

const rule = (when: string, more = 'approvals: 1\n    from: [approvers]') =>
  `  - name: r\n    when: ${when}\n    ${more}\n`;
const all = '  - { name: all, approvals: 1, from: [approvers] }\n';

test.each<[string, string, Asked, boolean]>([
  ['a device group, without case', '{ device: { group: workstations } }', {}, true],
  ['another device group', '{ device: { group: Servers } }', {}, false],
  ['any of several groups', '{ device: { group: [Servers, Workstations] } }', {}, true],
  ['a device without group', '{ device: { group: Servers } }', { device: { groupName: null } }, false],
  ['a tag, without case', '{ device: { tag: [Finance, hr] } }', { device: { tags: ['finance', 'x'] } }, true],
  ['a missing tag', '{ device: { tag: finance } }', { device: { tags: ['finances'] } }, false],
  ['a value', '{ device: { value: high } }', { device: { deviceValue: 'High' } }, true],
  ['another value', '{ device: { value: High } }', { device: { deviceValue: 'Low' } }, false],
  ['a risk', '{ device: { risk: [Medium, High] } }', { device: { riskScore: 'Medium' } }, true],
  ['an unknown risk', '{ device: { risk: Low } }', { device: { riskScore: null } }, false],
  ['an OS by glob', '{ device: { os: windows* } }', {}, true],
  ['another OS', '{ device: { os: Linux } }', {}, false],
  ['tier 0 by tag', '{ device: { tier0: true } }', { device: { tags: ['TIER0'] } }, true],
  ['tier 0 by group', '{ device: { tier0: true } }', { device: { groupName: 'tier 0' } }, true],
  ['tier 0 by value', '{ device: { tier0: true } }', { device: { deviceValue: 'High' } }, true],
  ['no tier 0', '{ device: { tier0: true } }', {}, false],
  ['not tier 0, where none is asked for', '{ device: { tier0: false } }', {}, true],
  ['two conditions of which one fails', '{ device: { group: Workstations, os: Linux } }', {}, false],
  ['a command', '{ command: RunScript }', {}, true],
  ['another command', '{ command: getfile }', {}, false],
  ['every command listed', '{ command: [RunScript, GetFile] }', { commands: [runScript('a.ps1'), getFile] }, true],
  ['one command not listed', '{ command: RunScript }', { commands: [runScript('a.ps1'), getFile] }, false],
  ['a script by glob', '{ script: collect-* }', {}, true],
  ['a script in another case', '{ script: Collect-* }', {}, false],
  [
    'one script of two',
    '{ script: collect-* }',
    { commands: [runScript('collect-a.ps1'), runScript('evil.ps1')] },
    false,
  ],
  [
    'a file that is put by the same glob',
    '{ script: a.zip }',
    { commands: [{ type: 'PutFile', fileName: 'a.zip' }] },
    true,
  ],
  ['a GetFile beside a script', '{ script: collect-* }', { commands: [runScript('collect-a.ps1'), getFile] }, false],
  [
    'a GetFile beside a script, when both are listed',
    '{ command: [RunScript, GetFile], script: collect-* }',
    { commands: [runScript('collect-a.ps1'), getFile] },
    true,
  ],
  ['arguments', "{ args: '^[a-z ]*$' }", { commands: [runScript('a.ps1', 'one two')] }, true],
  ['no arguments as the empty text', "{ args: '^$' }", {}, true],
  ['other arguments', "{ args: '^[a-z ]*$' }", { commands: [runScript('a.ps1', '-Path C:\\')] }, false],
  ['a GetFile beside arguments', "{ args: '^$' }", { commands: [runScript('a.ps1'), getFile] }, false],
  ['who asks', '{ who: soc }', {}, true],
  ['who asks by an Entra group', '{ who: [leads] }', {}, false],
])('an allowing rule for %s', (_what, when, asked, applies) => {
  expect(outcome(rule(when), asked)).toMatchObject(applies ? { rule: 'r' } : { type: 'noRule' });
});

test.each<[string, string, Asked, boolean]>([
  ['one of two commands', '{ command: GetFile }', { commands: [runScript('a.ps1'), getFile] }, true],
  ['one of two scripts', '{ script: evil* }', { commands: [runScript('collect.ps1'), runScript('evil.ps1')] }, true],
  ['none of the commands', '{ script: evil* }', { commands: [runScript('collect.ps1'), getFile] }, false],
  [
    'conditions that no one command meets together',
    "{ script: evil*, args: '^x$' }",
    { commands: [runScript('evil.ps1', 'y'), runScript('good.ps1', 'x')] },
    false,
  ],
  ['any device', '{ device: { group: Workstations } }', {}, true],
])('a denying rule for %s', (_what, when, asked, applies) => {
  expect(outcome(rule(when, 'deny: Not this way.') + all, asked)).toEqual(
    applies ? { type: 'denied', rule: 'r', because: 'Not this way.' } : expect.objectContaining({ rule: 'all' }),
  );
});

test('the first rule that matches decides', () => {
  expect(outcome(`${rule('{ command: RunScript }')}${all}`)).toMatchObject({ rule: 'r' });
  expect(outcome(`${all}${rule('{ command: RunScript }', 'deny: Never.')}`)).toMatchObject({ rule: 'all' });
});

test('what no rule matches is refused', () => {
  expect(outcome(rule('{ command: GetFile }'))).toEqual({ type: 'noRule' });
});

test('nobody asks who is not among the requesters, with another account neither', () => {
  for (const by of [ids.eve, ids.cy, ids.ana2]) expect(outcome(all, { by })).toMatchObject({ type: 'mayNotAsk' });
});

test('what is asked is all that the bar says', () => {
  expect(
    outcome(
      `  - name: r
    approvals: 1
    from: [approvers]
    decideBy: 15m
    startBy: 1h
    reason: '^INC-'
    escalateTo: leads
    breakGlass: { by: leads, owners: soc }
`,
      {},
      [ids.eve.toUpperCase(), ids.ana2],
    ),
  ).toEqual({
    rule: 'r',
    approvalsNeeded: 1,
    seats: [
      { group: 'approvers', count: 0 },
      { group: 'leads', count: 0 },
    ],
    approverIds: [ids.bo, ids.cy, ids.di, ids.eve],
    escalateIds: [ids.eve],
    breakGlassIds: [ids.eve],
    ownerIds: [ids.ana, ids.bo],
    decideWithinMs: 15 * 60_000,
    startWithinMs: 60 * 60_000,
    reasonPattern: '^INC-',
    because: [{ type: 'rule', rule: 'r', approvals: 1 }],
  });
});

test('the requester is not asked with any of their accounts, and may be an approver of others', () => {
  expect(outcome(all, { by: ids.ana })).toMatchObject({ approverIds: [ids.bo, ids.cy, ids.di] });
  expect(outcome(all, { by: ids.bo })).toMatchObject({ approverIds: [ids.ana2, ids.cy, ids.di] });
});

describe('a script that changed since it was last approved', () => {
  const changing = (added: number) =>
    `  - { name: r, approvals: 1, from: [approvers], extra: { scriptChanged: ${added} } }\n`;

  test('keeps its uploader from approving, whatever the rule adds for it', () => {
    for (const uploader of ['Di Prover', 'di prover ', ids.di, 'Di'])
      expect(outcome(changing(0), { changed: { 'collect-logs.ps1': uploader } })).toMatchObject({
        approvalsNeeded: 1,
        approverIds: [ids.bo, ids.cy],
        because: [{ type: 'rule' }, { type: 'scriptChanged', fileNames: ['collect-logs.ps1'], added: 0 }],
      });
  });

  test('keeps whoever has the uploader’s name as a label from approving', () => {
    expect(outcome(changing(0), { changed: { 'collect-logs.ps1': 'BO' } })).toMatchObject({
      approverIds: [ids.cy, ids.di],
    });
  });

  test('raises the bar once, for any number of files', () => {
    const commands = [runScript('a.ps1'), runScript('b.ps1')];
    expect(outcome(changing(1), { commands, changed: { 'a.ps1': null, 'b.ps1': null } })).toMatchObject({
      approvalsNeeded: 2,
    });
  });

  test('does nothing when it is no file of this request', () => {
    expect(outcome(changing(1), { changed: { 'other.ps1': 'Di Prover' } })).toMatchObject({
      approvalsNeeded: 1,
      approverIds: [ids.bo, ids.cy, ids.di],
    });
  });
});

test('characters that are hidden or not ASCII in arguments raise the bar, and plain ones do not', () => {
  const odd = '  - { name: r, approvals: 1, from: [approvers], extra: { oddArgs: 1 } }\n';
  const needed = (args: string | null) => outcome(odd, { commands: [getFile, runScript('a.ps1', args)] });
  for (const args of ['аdmin', 'a\u200bb', 'ü', 'a\tb', '\u{e0041}'])
    expect(needed(args)).toMatchObject({
      approvalsNeeded: 2,
      because: [{}, { type: 'oddArgs', indexes: [1], added: 1 }],
    });
  for (const args of [null, '', 'plain -Arg ~'])
    expect(needed(args)).toMatchObject({ approvalsNeeded: 1, because: [{ type: 'rule' }] });
});

test('a tier 0 device raises the bar', () => {
  const tier0 = '  - { name: r, approvals: 1, from: [approvers], extra: { tier0: 2 } }\n';
  expect(outcome(tier0, { device: { tags: ['tier0'] } })).toMatchObject({
    approvalsNeeded: 3,
    because: [{}, { type: 'tier0', added: 2 }],
  });
  expect(outcome(tier0)).toMatchObject({ approvalsNeeded: 1 });
});

test('a reason that does not match the pattern is refused', () => {
  const ticket = "  - { name: r, approvals: 1, from: [approvers], reason: '^(INC|CHG)-\\d+' }\n";
  expect(outcome(ticket, { reason: 'urgent INC-1' })).toEqual({
    type: 'reasonPattern',
    rule: 'r',
    pattern: '^(INC|CHG)-\\d+',
  });
  expect(outcome(ticket)).toMatchObject({ rule: 'r', reasonPattern: '^(INC|CHG)-\\d+' });
});

test('a request that could never be approved is refused, and it is said what is missing', () => {
  expect(
    outcome('  - { name: r, approvals: 3, from: [approvers] }\n', {
      by: ids.bo,
      changed: { 'collect-logs.ps1': 'di' },
    }),
  ).toEqual({
    type: 'tooFewApprovers',
    rule: 'r',
    needed: 3,
    available: 2,
    missingSeats: [],
  });
  expect(outcome('  - { name: r, from: [{ group: leads }, { group: approvers }] }\n', {}, [ids.ana2])).toEqual({
    type: 'tooFewApprovers',
    rule: 'r',
    needed: 2,
    available: 3,
    missingSeats: [{ group: 'leads', count: 1 }],
  });
});

describe('a group that cannot be read', () => {
  const unreadable = { type: 'groupUnreadable', group: 'leads' };

  test('lets nobody ask who might be in it, and everybody who is in another', () => {
    const policy = policyOf(all, head.replace('[soc]', '[leads, soc]'));
    const ask = (by: string) => evaluate(policy, groupsWith(policy, null), factsFor(policy, { by }));
    expect(ask(ids.eve)).toEqual({ ok: false, error: unreadable });
    expect(ask(ids.ana)).toMatchObject({ ok: true });
  });

  test('stops the rules where it decides whether one matches', () => {
    expect(outcome(rule('{ who: [leads] }', 'deny: No.') + all, {}, null)).toEqual(unreadable);
    expect(outcome(rule('{ who: [leads, soc] }', 'deny: No.') + all, {}, null)).toMatchObject({ type: 'denied' });
    expect(outcome(rule('{ who: [leads], command: GetFile }', 'deny: No.') + all, {}, null)).toMatchObject({
      rule: 'all',
    });
  });

  test('lets nothing be asked whose approvers it names', () => {
    expect(outcome('  - { name: r, approvals: 1, from: [approvers, leads] }\n', {}, null)).toEqual(unreadable);
    expect(outcome('  - { name: r, approvals: 1, from: [approvers], escalateTo: leads }\n', {}, null)).toEqual(
      unreadable,
    );
  });

  test('takes only break-glass away where it is named for that', () => {
    const glass = '  - { name: r, approvals: 1, from: [approvers], breakGlass: { by: leads, owners: leads } }\n';
    expect(outcome(glass, {}, null)).toMatchObject({ breakGlassIds: [], ownerIds: [] });
  });
});

test('whoever is asked can meet the bar together, and the requester is never needed for it', () => {
  const letters = [ids.ana, ids.ana2, ids.bo, ids.cy, ids.di, ids.eve] as const;
  fc.assert(
    fc.property(
      fc.subarray([...letters]),
      fc.integer({ min: 1, max: 4 }),
      fc.constantFrom(ids.ana, ids.bo),
      fc.constantFrom(null, 'di prover', 'ana@contoso.com', 'stranger'),
      (leads, approvals, by, uploader) => {
        const policy = policyOf(`  - { name: r, approvals: ${approvals}, from: [approvers, leads] }\n`);
        const groups = groupsWith(policy, leads);
        const result = evaluate(policy, groups, factsFor(policy, { by, changed: { 'collect-logs.ps1': uploader } }));
        if (!result.ok) return;
        const bar = result.value;
        const approvalsOf = bar.approverIds.map((id) => ({
          personKey: personKeyOf(policy, id),
          groups: seatGroupsOf(groups, bar.seats, id),
        }));
        expect(tally(bar, approvalsOf).met).toBe(true);
        expect(approvalsOf.map(({ personKey }) => personKey)).not.toContain(personKeyOf(policy, by));
      },
    ),
  );
});
