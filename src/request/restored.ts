import type { Effect } from './effect';
import { baseOf, move, notNow, notYetLookedFor, type Outcome } from './outcome';
import type { LiveResponseRequest, Unknown } from './request';

/** How long an absent marker proves nothing after a doubt, and when it is looked for first. */
export interface DoubtTerms {
  readonly settleMs: number;
  readonly firstLookMs: number;
}

/**
 * A backup of the store was put back, and does not know what became of the request since: it may have been approved, sent and run. No
 * approval of it counts any more, and it is looked for in Defender (T-44). What Defender surely has is followed as before.
 */
export function doubtAfterRestore(
  request: LiveResponseRequest,
  { settleMs, firstLookMs }: DoubtTerms,
  now: number,
): Outcome {
  const look: readonly Effect[] = [{ type: 'lookUp', dueAt: now + firstLookMs }];
  const doubt = {
    ...baseOf(request),
    state: 'unknown',
    doubt: 'restored',
    intentAt: request.createdAt,
    ...notYetLookedFor(now + settleMs),
    cancel: null,
  } as const;
  switch (request.state) {
    case 'awaitingApproval':
      // When it was approved, if it was, nobody knows: no clock of it may last longer than from now on.
      return told(
        {
          ...doubt,
          votes: request.votes,
          approvedAt: now,
          startBy: now + request.startWithinMs,
          attempts: request.tried?.attempts ?? 0,
        },
        look,
      );
    case 'queued':
    case 'submitting': {
      const { votes, approvedAt, startBy, attempts } = request;
      const cancel = request.state === 'submitting' ? request.cancel : null;
      return told({ ...doubt, votes, approvedAt, startBy, attempts, cancel }, look);
    }
    case 'unknown': {
      if (request.doubt !== 'noAnswer') return notNow(request);
      const { votes, approvedAt, startBy, attempts, cancel } = request;
      // It is being looked for already.
      return told({ ...doubt, votes, approvedAt, startBy, attempts, cancel }, []);
    }
    default:
      return notNow(request);
  }
}

const told = (request: Unknown, effects: readonly Effect[]): Outcome =>
  move(request, [{ type: 'unclear', doubt: 'restored' }], effects);

/** Defender surely has no action of it; what else became of it nobody knows, so it is not sent again either. */
export function closeAfterRestore(request: Unknown, now: number): Outcome {
  const changes = [{ type: 'storeRestored', absent: true }] as const;
  return move({ ...baseOf(request), state: 'voided', votes: request.votes, changes, endedAt: now }, [
    { type: 'voided', changes },
  ]);
}
