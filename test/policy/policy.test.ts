import { personKeyOf } from '../../src/policy/people';
import {
  breakGlassBar,
  groupsOf,
  mayCancel,
  mayVote,
  type Policy,
  roleOf,
  seatGroupsOf,
  type Votable,
} from '../../src/policy/policy';
import type { Digest } from '../../src/request/request';
import { entraGroup, groupsWith, head, ids, person, policyOf } from './sample';

const rules = '  - { name: r, approvals: 1, from: [approvers, leads], breakGlass: { by: leads, owners: soc } }\n';
const policy = policyOf(rules);
const shown = 'd1' as Digest;
const file = {
  fileName: 'a.ps1',
  sha256: '',
  description: null,
  createdBy: 'Di Prover',
  lastUpdatedTime: null,
  hasParameters: false,
  parametersDescription: null,
};
const request: Votable = {
  requester: person(ids.ana),
  library: [file],
  approverIds: [ids.bo, ids.cy, ids.di, ids.eve],
  policyVersion: policy.version,
  digest: shown,
  bar: {
    seats: [
      { group: 'approvers', count: 0 },
      { group: 'leads', count: 0 },
    ],
    because: [{ type: 'rule', rule: 'r', approvals: 1 }],
  },
};
const changed: Votable = {
  ...request,
  bar: { ...request.bar, because: [{ type: 'scriptChanged', fileNames: ['a.ps1'], added: 0 }] },
};

interface Case {
  readonly by: string;
  readonly under?: Policy;
  readonly leads?: readonly string[] | null;
  readonly on?: Votable;
  readonly digest?: Digest;
}
const withoutCy = policyOf(rules, head.replace(`, { id: ${ids.cy}, name: Cy }`, ''));

test.each<[string, Case, unknown]>([
  ['somebody who was asked may vote', { by: ids.bo }, null],
  ['the case of an object id does not matter', { by: ids.bo.toUpperCase() }, null],
  ['a member of an Entra group may vote', { by: ids.eve, leads: [ids.eve] }, null],
  ['the requester may not', { by: ids.ana }, { type: 'requesterCannotVote' }],
  [
    'the requester may not, whatever list names them',
    { by: ids.ana, leads: [ids.ana], on: { ...request, approverIds: [ids.ana] } },
    { type: 'requesterCannotVote' },
  ],
  [
    'the requester may not with another account of theirs',
    { by: ids.ana2, on: { ...request, approverIds: [ids.ana2] } },
    { type: 'requesterCannotVote' },
  ],
  [
    'the uploader of a changed script may not',
    { by: ids.di, on: changed },
    { type: 'uploaderCannotVote', fileName: 'a.ps1' },
  ],
  ['the uploader of a script that did not change may', { by: ids.di }, null],
  ['a stranger may not', { by: '00000000-0000-0000-0000-0000000000f1' }, { type: 'notAnApprover' }],
  [
    'one who became an approver after the cards went out may not',
    { by: ids.cy, on: { ...request, approverIds: [ids.bo] } },
    { type: 'notAnApprover' },
  ],
  ['one who has left the Entra group may not', { by: ids.eve, leads: [] }, { type: 'notAnApprover' }],
  [
    'one who has been taken out of the file may not',
    { by: ids.cy, under: { ...withoutCy, version: policy.version } },
    { type: 'notAnApprover' },
  ],
  ['nobody may when the policy has changed', { by: ids.bo, under: withoutCy }, { type: 'policyChanged' }],
  [
    'nobody may while a group of the bar cannot be read',
    { by: ids.bo, leads: null },
    { type: 'groupUnreadable', group: 'leads' },
  ],
  ['nobody may on another digest', { by: ids.bo, digest: 'd2' as Digest }, { type: 'digestDiffers', shown: 'd2' }],
])('%s', (_title, { by, under = policy, leads = [], on = request, digest = shown }, refusal) => {
  const result = mayVote(under, groupsWith(under, leads), on, person(by), digest);
  expect(result).toEqual(refusal === null ? { ok: true, value: null } : { ok: false, error: refusal });
});

test('all accounts of one person have one key, and everybody else their own', () => {
  expect([ids.ana, ids.ana2.toUpperCase(), ids.bo.toUpperCase()].map((id) => personKeyOf(policy, id))).toEqual([
    ids.ana,
    ids.ana,
    ids.bo,
  ]);
});

test('a vote carries the groups of the bar that the account is in', () => {
  const groups = groupsWith(policy, [ids.cy, ids.eve]);
  const of = (id: string) => seatGroupsOf(groups, request.bar.seats, id);
  expect([of(ids.cy), of(ids.eve), of(ids.bo), of(ids.ana)]).toEqual([
    ['approvers', 'leads'],
    ['leads'],
    ['approvers'],
    [],
  ]);
});

test('the requester with any account and those who were asked and still may can cancel, nobody else', () => {
  const may = (id: string, leads: readonly string[] | null = []) =>
    mayCancel(policy, groupsWith(policy, leads), request, person(id));
  expect([ids.ana, ids.ana2, ids.bo, ids.cy].map((id) => may(id))).toEqual([true, true, true, true]);
  expect([may(ids.eve), may(ids.eve, null), may(ids.eve, [ids.eve])]).toEqual([false, false, true]);
});

test('a person is told what the policy lets them do', () => {
  const role = (id: string) => roleOf(policy, groupsWith(policy, [ids.eve]), id);
  expect([ids.ana, ids.bo, ids.eve, entraGroup].map(role)).toEqual([
    { mayAsk: true, mayApprove: false },
    { mayAsk: true, mayApprove: true },
    { mayAsk: false, mayApprove: true },
    { mayAsk: false, mayApprove: false },
  ]);
});

test('an Entra group that nobody has read has no members, and is not the same as an empty one', () => {
  expect(groupsOf(policy, new Map()).get('leads')).toBeNull();
  expect(groupsOf(policy, new Map([[entraGroup, new Set<string>()]])).get('leads')).toEqual(new Set());
});

describe('after break-glass', () => {
  const bar = {
    ...request.bar,
    rule: 'r',
    approvalsNeeded: 3,
    escalateIds: [],
    breakGlassIds: [ids.cy],
    ownerIds: [ids.bo],
    reasonPattern: null,
  };

  test('one approval by the people named for it is needed, and none is never enough', () => {
    expect(breakGlassBar(policy, bar)).toEqual({
      bar: { ...bar, approvalsNeeded: 1, seats: [{ group: 'leads', count: 1 }] },
      approverIds: [ids.cy],
    });
  });

  test('nothing changes where the rule allows none, is gone, or names nobody who could', () => {
    const without = policyOf('  - { name: r, approvals: 1, from: [approvers] }\n');
    expect(breakGlassBar(without, bar)).toBeNull();
    expect(breakGlassBar(policy, { ...bar, rule: 'gone' })).toBeNull();
    expect(breakGlassBar(policy, { ...bar, breakGlassIds: [] })).toBeNull();
  });
});
