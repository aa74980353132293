import type { CommandType } from '../ask/command';
import type { Change, LiveResponseRequest } from '../request';
import type { TargetFacts } from './plan-batch';

/**
 * What became of one target so far. Those of the first line are under way; of the failures, `unknown` may still turn out well.
 * `reading`: Defender says it ran, and its exit codes have not been read yet. `unreadable`: they cannot be.
 */
export type TargetOutcome =
  | 'queued'
  | 'submitting'
  | 'pending'
  | 'running'
  | 'reading'
  | 'unknown'
  | 'nonZero'
  | 'failed'
  | 'timedOut'
  | 'refused'
  | 'unconfirmed'
  | 'stoppedOutside'
  | 'succeeded'
  | 'unreadable'
  | 'lapsed'
  | 'drifted'
  | 'cancelled'
  | 'voided';

/** What of a kept result says how a command ended. */
export interface ExitFacts {
  readonly index: number;
  readonly command: CommandType;
  readonly exitCode: number | null;
}

const open: readonly TargetOutcome[] = ['queued', 'submitting', 'pending', 'running', 'reading', 'unknown'];
const failures: readonly TargetOutcome[] = [
  'unknown',
  'nonZero',
  'failed',
  'timedOut',
  'refused',
  'unconfirmed',
  'stoppedOutside',
];
const doubtful: readonly TargetOutcome[] = ['unknown', 'unconfirmed', 'unreadable'];
const out: readonly TargetOutcome[] = ['lapsed', 'drifted', 'cancelled', 'voided'];

/** It may still change by itself, and counts as under way. */
export const isOpenTarget = (outcome: TargetOutcome): boolean => open.includes(outcome);
/** Counts against stop-at. */
export const isFailure = (outcome: TargetOutcome): boolean => failures.includes(outcome);
/** Nobody can tell whether it went well. */
export const isDoubtful = (outcome: TargetOutcome): boolean => doubtful.includes(outcome);
/** Left out, not reached or called off: neither well nor badly, and its place is free. */
export const isOut = (outcome: TargetOutcome): boolean => out.includes(outcome);

/** Pure over the target's own request and what its results say. */
export function outcomeOfTarget(request: LiveResponseRequest, results: readonly ExitFacts[]): TargetOutcome {
  switch (request.state) {
    case 'succeeded':
      return ranTo(request, results);
    case 'cancelled':
      return request.by.type === 'foreign' ? 'stoppedOutside' : 'cancelled';
    case 'voided':
      return isDrift(request.changes) ? 'drifted' : 'voided';
    case 'queued':
    case 'submitting':
    case 'pending':
    case 'running':
    case 'unknown':
    case 'failed':
    case 'timedOut':
    case 'refused':
    case 'unconfirmed':
    case 'lapsed':
      return request.state;
    default:
      throw new Error(`A target is never ${request.state}.`);
  }
}

/** Only this device is another than the one that was approved; every other change is one for all. */
const isDrift = (changes: readonly Change[]): boolean =>
  changes.every(({ type }) => type === 'deviceChanged' || type === 'deviceGone');

/** Defender's "Succeeded" says that the commands ran; only exit codes say how. */
function ranTo({ commands }: LiveResponseRequest, results: readonly ExitFacts[]): TargetOutcome {
  const scripts = [...commands.entries()].filter(([, { type }]) => type === 'RunScript');
  const codes = scripts.map(([index]) => results.find((one) => one.index === index));
  if (codes.some((one) => one !== undefined && one.exitCode !== null && one.exitCode !== 0)) return 'nonZero';
  if (codes.includes(undefined)) return 'reading';
  return codes.every((one) => one?.exitCode === 0) ? 'succeeded' : 'unreadable';
}

/** What a plan needs to know of a target that was let go. */
export const targetFactsOf = (request: LiveResponseRequest, results: readonly ExitFacts[]): TargetFacts => ({
  number: request.target?.number ?? 0,
  outcome: outcomeOfTarget(request, results),
  ...(request.state === 'voided' && !isDrift(request.changes) ? { changes: request.changes } : {}),
  pendingSince: request.state === 'pending' ? request.submittedAt : null,
  isBeingCancelled: 'cancel' in request && request.cancel != null,
});
