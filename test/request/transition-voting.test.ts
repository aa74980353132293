import { finalStates, openStates } from '../../src/request/request';
import { openRequest } from '../../src/request/transition';
import { ana, base, bob, cleo, dan, decideBy, now, samples, vote } from './sample';
import { go, into, newsOf, refusalOf, told, usual, voted, workOf } from './steps';

const { awaitingApproval, queued, submitting } = samples;

describe('voting', () => {
  test('a new request asks for approval and holds nothing but its own fields', () => {
    const opened = openRequest(samples.queued, decideBy);
    expect(opened).toEqual({ request: awaitingApproval, effects: [{ type: 'postCards' }] });
  });

  test('the requester cannot vote, not even as a listed approver', () => {
    const listed = { ...awaitingApproval, approverIds: [ana.id, bob.id] };
    expect(refusalOf(listed, voted(ana))).toBe('requesterCannotVote');
    expect(refusalOf(listed, voted(ana, 'deny'))).toBe('requesterCannotVote');
  });

  test('somebody who is not an approver cannot vote', () => {
    expect(refusalOf(awaitingApproval, voted(dan))).toBe('notAnApprover');
    expect(refusalOf(awaitingApproval, voted({ ...dan, name: bob.name }))).toBe('notAnApprover');
  });

  test('a vote on an older card is refused', () => {
    expect(
      refusalOf(awaitingApproval, voted(bob, 'approve', { digest: samples.queued.digest.replace(/./, 'f') as never })),
    ).toBe('digestDiffers');
  });

  test('nobody votes twice, neither for nor against', () => {
    const once = into(go({ ...awaitingApproval, approvalsNeeded: 2 }, voted(bob)), 'awaitingApproval');
    expect(refusalOf(once, voted(bob))).toBe('alreadyVoted');
    expect(refusalOf(once, voted(bob, 'deny'))).toBe('alreadyVoted');
  });

  test.each([null, '', ' \n\t '])('a denial without a reason (%j) is refused', (reason) => {
    expect(refusalOf(awaitingApproval, voted(bob, 'deny', { reason }))).toBe('denyNeedsReason');
  });

  test('one denial with a reason ends it, whoever approved before', () => {
    const once = go({ ...awaitingApproval, approvalsNeeded: 2 }, voted(cleo)).request;
    const step = go(once, voted(bob, 'deny', { reason: ' wrong device ' }));
    expect(into(step, 'denied').votes).toHaveLength(2);
    expect(newsOf(step)).toEqual([{ type: 'denied', by: bob, reason: 'wrong device' }]);
  });

  test('a vote at the decide-by instant is too late, one before it counts', () => {
    expect(refusalOf(awaitingApproval, voted(bob), decideBy)).toBe('decideByPassed');
    expect(refusalOf(awaitingApproval, voted(bob), decideBy - 1)).toBeNull();
  });

  test('a vote after the decision is told that it is decided, even by the requester', () => {
    for (const state of [...openStates, ...finalStates].slice(1))
      for (const by of [ana, bob, dan]) expect(refusalOf(samples[state], voted(by))).toBe('alreadyDecided');
  });

  test('as many different people as needed must approve before it is queued', () => {
    const needsTwo = { ...awaitingApproval, approvalsNeeded: 2 };
    const one = go(needsTwo, voted(bob));
    expect(into(one, 'awaitingApproval').votes).toHaveLength(1);
    expect(newsOf(one)).toEqual([{ type: 'voteCounted', by: bob, still: 1 }]);
    const two = go(one.request, voted(cleo));
    expect(newsOf(two)).toEqual([{ type: 'approved', by: [bob, cleo] }]);
    expect(into(two, 'queued')).toMatchObject({
      approvedAt: now,
      startBy: now + base.startWithinMs,
      notBefore: now,
      attempts: 0,
    });
  });

  test.each([0, -1])('a policy that asks for %d approvals still needs one', (approvalsNeeded) => {
    expect(into(go({ ...awaitingApproval, approvalsNeeded }, voted(bob)), 'queued').votes).toHaveLength(1);
  });

  test('a request that nobody decided expires and is not told as a denial', () => {
    expect(go(awaitingApproval, usual.clock, decideBy - 1).request).toBe(awaitingApproval);
    const step = go({ ...awaitingApproval, votes: [vote(bob)], approvalsNeeded: 2 }, usual.clock, decideBy);
    expect(into(step, 'expired').votes).toHaveLength(1);
    expect(told(step)).toEqual(['expired']);
  });

  test.each([awaitingApproval, queued])('a change of what was shown voids a request that is $state', (request) => {
    const changes = [{ type: 'libraryFileGone', fileName: 'minidump.ps1' }] as const;
    const step = go(request, { type: 'changed', changes });
    expect(into(step, 'voided').changes).toEqual(changes);
    expect(newsOf(step)).toEqual([{ type: 'voided', changes }]);
    expect(workOf(step)).toEqual([]);
  });

  test('a change that is noticed while the POST may be in flight does not make us forget the submission', () => {
    expect(refusalOf(submitting, usual.changed)).toBe('notNow');
  });
});
