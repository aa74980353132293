import { barFor, mayCancel, mayVote, type Policy, roleOf } from '../../src/policy/policy';
import type { Digest, LiveResponseRequest, Person } from '../../src/request/request';

const person = (id: string): Person => ({ id, tenantId: 't', name: id });
const [ana, bo, cy, dee] = ['ana', 'bo', 'cy', 'dee'].map(person) as [Person, Person, Person, Person];
const names = (...people: readonly Person[]) => new Map(people.map((p) => [p.id, p.name]));
const policy: Policy = {
  version: 'v1',
  requesters: names(ana, bo),
  approvers: names(bo, cy),
  approvalsNeeded: 1,
  decideWithinMs: 1,
  startWithinMs: 2,
};
const shown = 'd1' as Digest;
const request = {
  requester: ana,
  approverIds: ['bo', 'cy'],
  policyVersion: 'v1',
  digest: shown,
} as unknown as LiveResponseRequest;

test('the requester is not among those who may approve, even when the policy names them', () => {
  expect(barFor(policy, bo)).toEqual({
    ok: true,
    value: { approvalsNeeded: 1, approverIds: ['cy'], decideWithinMs: 1, startWithinMs: 2 },
  });
});

test('nobody matched means refused', () => {
  expect(barFor(policy, dee)).toEqual({ ok: false, error: { type: 'mayNotAsk' } });
});

test('a request that could never be approved is not taken', () => {
  expect(barFor({ ...policy, approvalsNeeded: 2 }, bo)).toEqual({
    ok: false,
    error: { type: 'tooFewApprovers', needed: 2, available: 1 },
  });
});

test.each([
  ['an approver may vote', bo, policy, shown, null],
  [
    'the requester may not, whatever the policy says',
    ana,
    { ...policy, approvers: names(ana, bo) },
    shown,
    'requesterCannotVote',
  ],
  ['a stranger may not', dee, policy, shown, 'notAnApprover'],
  ['one who was an approver and is no more may not', bo, { ...policy, approvers: names(cy) }, shown, 'notAnApprover'],
  [
    'one who became an approver after the cards went out may not',
    dee,
    { ...policy, approvers: names(bo, dee) },
    shown,
    'notAnApprover',
  ],
  ['nobody may when the policy has changed', bo, { ...policy, version: 'v2' }, shown, 'policyChanged'],
  ['nobody may on another digest', bo, policy, 'd2' as Digest, 'digestDiffers'],
])('%s', (_title, voter, inForce, digest, refusal) => {
  const outcome = mayVote(inForce, request, voter, digest);
  expect(outcome.ok ? null : outcome.error.type).toBe(refusal);
});

test('the requester and the approvers may cancel, nobody else', () => {
  expect([ana, bo, cy, dee].map((p) => mayCancel(policy, request, p))).toEqual([true, true, true, false]);
});

test('a person is told what the policy lets them do', () => {
  expect([roleOf(policy, 'ana'), roleOf(policy, 'cy'), roleOf(policy, 'dee')]).toEqual([
    { mayAsk: true, mayApprove: false },
    { mayAsk: false, mayApprove: true },
    { mayAsk: false, mayApprove: false },
  ]);
});
