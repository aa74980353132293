import type { LiveResponseRequest } from './request';

/** Since when a request is where it is in its life; once it has ended, when that was. */
export function sinceOf(request: LiveResponseRequest): number {
  switch (request.state) {
    case 'awaitingApproval':
      return request.createdAt;
    case 'queued':
    case 'batchRunning':
      return request.approvedAt;
    case 'submitting':
    case 'unknown':
      return request.intentAt;
    case 'pending':
      return request.submittedAt;
    case 'running':
      return request.runningSince;
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
    case 'batchEnded':
      return request.endedAt;
  }
}
