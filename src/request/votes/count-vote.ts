import { err } from '../../lib/result';
import { hasVisible } from '../../lib/visible';
import { courseAtFirst } from '../batch/batch';
import { baseOf, move, type Outcome } from '../outcome';
import type { AwaitingApproval, Vote } from '../request';
import { tally } from './tally';
import { findVoteFault } from './vote';

/** One more vote: a denial ends the request, enough approvals queue it, and anything less is kept. */
export function countVote(request: AwaitingApproval, vote: Vote, now: number): Outcome {
  if (now >= request.decideBy) return err({ type: 'decideByPassed' }); // guard: no-vote-after-the-decide-clock
  const fault = findVoteFault(request, request.votes, vote);
  if (fault !== null) return err(fault);
  const votes = [...request.votes, vote];
  if (vote.decision === 'deny') {
    const reason = vote.reason?.trim() ?? '';
    if (!hasVisible(reason)) return err({ type: 'denyNeedsReason' }); // guard: denial-has-a-reason
    return move({ ...baseOf(request), state: 'denied', votes, endedAt: now }, [
      { type: 'denied', by: vote.by, reason },
    ]);
  }
  const { met, stillNeeded } = tally(request.bar, votes);
  if (!met) return move({ ...request, votes }, [{ type: 'voteCounted', by: vote.by, still: stillNeeded }]);
  const decided = { ...baseOf(request), votes, approvedAt: now, startBy: now + request.startWithinMs, decision: 1 };
  const approved = { type: 'approved', by: votes.map((v) => v.by) } as const;
  // A batch is never sent itself: its targets are.
  if (request.batch !== undefined)
    return move({ ...decided, batch: request.batch, ...courseAtFirst, state: 'batchRunning' }, [approved]);
  return move({ ...decided, state: 'queued', notBefore: now, hold: null, attempts: request.attempts ?? 0 }, [approved]);
}
