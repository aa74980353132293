import type { LiveResponseRequest } from './request';
import { heldAt, mayWithdraw } from './transition';

/**
 * When the clock must look at a request again, or null when something else wakes it. Every instant is one at which the `clock`
 * event changes the request, so that a due request is never due again for the same reason.
 *
 * - `awaitingApproval`: nobody may answer: half-way people are reminded, and the decide-by clock ends it.
 * - `queued`: it may never get a slot, so the start-by clock ends it; after five minutes the thread is told what holds it. `notBefore` is admission's, which has its own timer.
 * - `submitting`: the runner holds it for the length of one call, and its work row survives a crash.
 * - `unknown`: its lookUp work row looks until something can be said; while it is offered to be sent once more, the start-by clock ends that.
 * - `pending`: the device may never come, so the start-by clock asks Defender to cancel, once; not while a person's wish is under way.
 * - `running`: Defender ends every action by itself, and the poll tells us; a clock could only guess.
 * - `batchRunning`: the batch pass has its own timer, and each target its own clock.
 * - final states: nothing is left to do.
 */
export function wakeAt(request: LiveResponseRequest): number | null {
  switch (request.state) {
    case 'awaitingApproval':
      return request.remindAt ?? request.decideBy;
    case 'queued':
      return request.heldTold ? request.startBy : Math.min(heldAt(request), request.startBy);
    case 'pending':
      return mayWithdraw(request) ? request.startBy : null;
    case 'unknown':
      return request.offer === null ? null : request.startBy;
    case 'submitting':
    case 'running':
    case 'succeeded':
    case 'failed':
    case 'timedOut':
    case 'cancelled':
    case 'lapsed':
    case 'denied':
    case 'expired':
    case 'withdrawn':
    case 'voided':
    case 'refused':
    case 'unconfirmed':
    case 'batchRunning':
    case 'batchEnded':
      return null;
  }
}
