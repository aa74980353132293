import { stopBatch } from '../batch/batch-transition';
import { baseOf, notNow, notYetLookedFor, type Outcome } from '../outcome';
import type { LiveResponseRequest, Queued, Submitting, Unknown } from '../request';
import { firstLookMs, search } from './unknown';

/**
 * A backup of the store was restored, and does not know what became of the request since: it may have been approved, sent and run. No
 * approval of it counts any more, and it is looked for in Defender (T-44). What Defender surely has is followed as before.
 */
export function doubtAfterRestore(request: LiveResponseRequest, now: number): Outcome {
  const doubt = {
    ...baseOf(request),
    state: 'unknown',
    doubt: 'restored',
    intentAt: request.createdAt,
    ...notYetLookedFor,
  } as const;
  switch (request.state) {
    case 'awaitingApproval': {
      const { votes, attempts = 0 } = request;
      // When it was approved, if it was, nobody knows: no clock of it may last longer than from now on.
      const startBy = now + request.startWithinMs;
      return search(
        { ...doubt, votes, decision: 1, approvedAt: now, startBy, attempts, cancel: null },
        firstLookMs,
        now,
      );
    }
    case 'unknown':
      // What Defender named is looked for by that already.
      if (request.doubt !== 'noAnswer') return notNow(request);
      return search({ ...doubt, ...known(request), cancel: request.cancel }, firstLookMs, now);
    case 'queued':
      return search({ ...doubt, ...known(request), cancel: null }, firstLookMs, now);
    case 'submitting':
      return search({ ...doubt, ...known(request), cancel: request.cancel }, firstLookMs, now);
    case 'batchRunning':
      return stopBatch(request, { type: 'restored', at: now });
    default:
      return notNow(request);
  }
}

const known = ({ votes, decision, approvedAt, startBy, attempts, inDoubt }: Queued | Submitting | Unknown) => ({
  votes,
  decision,
  approvedAt,
  startBy,
  attempts,
  ...(inDoubt === undefined ? {} : { inDoubt }),
});
