import { finalStates, openStates } from '../../src/request/request';
import { openRequest } from '../../src/request/transition';
import { ana, ana2, bar, base, bob, bob2, cleo, dan, decideBy, eve, needing, now, samples, vote } from './sample';
import { go, into, newsOf, refusalOf, told, usual, voted, workOf } from './steps';

const { awaitingApproval, queued, submitting } = samples;

describe('voting', () => {
  test('a new request asks for approval and holds nothing but its own fields', () => {
    const opened = openRequest(samples.queued);
    expect(opened).toEqual({ request: awaitingApproval, effects: [{ type: 'postCards' }] });
  });

  test('the requester cannot vote, not even as a listed approver', () => {
    const listed = { ...awaitingApproval, approverIds: [ana.id, bob.id] };
    expect(refusalOf(listed, voted(ana))).toBe('requesterCannotVote');
    expect(refusalOf(listed, voted(ana, 'deny'))).toBe('requesterCannotVote');
  });

  test('no account of the requester votes, not even as a listed approver', () => {
    const listed = { ...awaitingApproval, approverIds: [ana.id, ana2.id, bob.id] };
    expect(refusalOf(listed, voted(ana2))).toBe('requesterCannotVote');
    expect(refusalOf(listed, voted(ana2, 'deny'))).toBe('requesterCannotVote');
    expect(refusalOf(listed, voted(ana, 'approve', { personKey: 'somebody else' }))).toBe('requesterCannotVote');
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
    const once = into(go({ ...awaitingApproval, ...needing(2) }, voted(bob)), 'awaitingApproval');
    expect(refusalOf(once, voted(bob))).toBe('alreadyVoted');
    expect(refusalOf(once, voted(bob, 'deny'))).toBe('alreadyVoted');
  });

  test('nobody votes twice with two accounts, neither for nor against', () => {
    const listed = { ...awaitingApproval, ...needing(2), approverIds: [bob.id, bob2.id, cleo.id] };
    for (const [first, second] of [
      [bob, bob2],
      [bob2, bob],
    ] as const) {
      const once = go(listed, voted(first)).request;
      expect(refusalOf(once, voted(second))).toBe('alreadyVoted');
      expect(refusalOf(once, voted(second, 'deny'))).toBe('alreadyVoted');
    }
  });

  test.each([null, '', ' \n\t ', '\u200b \u2060', '\u2800'])('a denial without a reason (%j) is refused', (reason) => {
    expect(refusalOf(awaitingApproval, voted(bob, 'deny', { reason }))).toBe('denyNeedsReason');
  });

  test('one denial with a reason ends it, whoever approved before', () => {
    const once = go({ ...awaitingApproval, ...needing(2) }, voted(cleo)).request;
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
    const needsTwo = { ...awaitingApproval, ...needing(2) };
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
    expect(into(go({ ...awaitingApproval, ...needing(approvalsNeeded) }, voted(bob)), 'queued').votes).toHaveLength(1);
  });

  test('every seat must be filled by somebody who fills no other', () => {
    const seats = [
      { group: 'approvers', count: 1 },
      { group: 'leads', count: 1 },
    ];
    const seated = { ...awaitingApproval, bar: { ...bar, seats }, approverIds: [bob.id, cleo.id, eve.id] };
    const one = go(seated, voted(cleo));
    expect(newsOf(one)).toEqual([{ type: 'voteCounted', by: cleo, still: 1 }]);
    expect(into(go(one.request, voted(bob)), 'queued').votes).toHaveLength(2);
    expect(into(go(one.request, voted(eve)), 'queued').votes).toHaveLength(2);
  });

  test.each([1, 0])(
    'an approval from none of the groups asked is kept and brings it no nearer (%d needed)',
    (needed) => {
      const step = go({ ...awaitingApproval, ...needing(needed) }, voted(bob, 'approve', { groups: ['soc'] }));
      expect(into(step, 'awaitingApproval').votes).toHaveLength(1);
      expect(newsOf(step)).toEqual([{ type: 'voteCounted', by: bob, still: 1 }]);
    },
  );

  test('a request that nobody decided expires and is not told as a denial', () => {
    const waiting = { ...awaitingApproval, remindAt: null };
    expect(go(waiting, usual.clock, decideBy - 1).request).toBe(waiting);
    const step = go({ ...awaitingApproval, votes: [vote(bob)], ...needing(2) }, usual.clock, decideBy);
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
