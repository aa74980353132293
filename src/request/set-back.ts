import { move, type Outcome, stay } from './outcome';
import type { LiveResponseRequest } from './request';

/**
 * A clock that was ahead has written deadlines that are further away than the policy ever lets them be: each is brought back to its own
 * full period from now, so that no approval lives longer than was decided. What only says how long to wait is brought back likewise.
 */
export function setBack(request: LiveResponseRequest, now: number): Outcome {
  switch (request.state) {
    case 'awaitingApproval': {
      let { decideBy } = request;
      if (decideBy > now + request.decideWithinMs) decideBy = now + request.decideWithinMs; // guard: no-deadline-from-a-wrong-clock
      const remindAt = request.remindAt && Math.min(request.remindAt, now + request.decideWithinMs / 2);
      return moved(request, { ...request, decideBy, remindAt });
    }
    case 'queued':
      return moved(request, {
        ...request,
        startBy: startBy(request, now),
        notBefore: Math.min(request.notBefore, now),
      });
    case 'unknown':
    case 'submitting':
    case 'pending':
    case 'running':
    case 'batchRunning':
      return moved(request, { ...request, startBy: startBy(request, now) });
    default:
      return stay(request);
  }
}

const startBy = (request: { readonly startBy: number; readonly startWithinMs: number }, now: number): number =>
  Math.min(request.startBy, now + request.startWithinMs);

const moved = (before: LiveResponseRequest, after: LiveResponseRequest): Outcome =>
  JSON.stringify(before) === JSON.stringify(after) ? stay(before) : move(after, []);
