import { libraryFileOf } from './ask/command';
import type { Effect, News } from './effect';
import type { ObservedAction } from './event';
import { decidedOf, move, type Outcome, stay } from './outcome';
import type {
  Cancelled,
  CancelWish,
  CommandProgress,
  LiveResponseRequest,
  Pending,
  Queued,
  Running,
  Submitting,
  Unconfirmed,
  Unknown,
} from './request';

/** A request that Defender has; `isNew` when this event is the first to say so. */
interface Taken {
  readonly request: Pending | Running;
  readonly effects: readonly Effect[];
  readonly isNew: boolean;
}

/**
 * Defender has it: the wish to cancel that could not be sent, or was refused while the action could not be seen, is sent now.
 * What was seen before it vanished stays seen. Of what people had given up on, an action that has not begun is cancelled.
 */
export function taken(
  request: Queued | Submitting | Unknown | Unconfirmed,
  action: ObservedAction,
  submittedAt: number,
  now: number,
): Taken {
  const wish = wishFor(request, action, now);
  const isSent = request.state === 'unknown' && request.doubt === 'vanished' && request.cancel?.refused !== true;
  const cancel = wish && {
    by: wish.by,
    reason: wish.reason,
    at: wish.at,
    ...(wish.calledOff === undefined ? {} : { calledOff: wish.calledOff }),
  };
  const base = { ...decidedOf(request), actionId: action.actionId, submittedAt, cancel };
  const effects: readonly Effect[] =
    cancel === null || isSent ? [] : [{ type: 'cancelAction', actionId: action.actionId }];
  if (request.state === 'submitting' || request.state === 'queued')
    return { request: { ...base, state: 'pending', progress: [] }, effects, isNew: true };
  const { runningSince, progress } = request;
  return {
    request:
      runningSince === null
        ? { ...base, state: 'pending', progress }
        : { ...base, state: 'running', runningSince, progress },
    effects,
    isNew: true,
  };
}

function wishFor(
  request: Queued | Submitting | Unknown | Unconfirmed,
  { status }: ObservedAction,
  now: number,
): CancelWish | null {
  if (request.state === 'queued') return null;
  if (request.state !== 'unconfirmed') return request.cancel;
  if (request.because.type === 'cancelled') return request.because.wish;
  if (status === 'Pending') return { by: null, reason: null, at: now }; // guard: given-up-is-cancelled-when-it-turns-up
  return null;
}

/**
 * What Defender says of the action decides; a status that it does not document changes nothing but the progress shown. A command that
 * the last read leaves out may have started: its result is asked for, and the device is not called untouched.
 */
export function observe(from: Taken, action: ObservedAction, now: number, foundNews: readonly News[]): Outcome {
  const { request } = from;
  const progress = laterOf(request.progress, action.progress);
  const failures: readonly News[] = progress
    .filter((p) => p.status === 'Failed' && request.progress.find((was) => was.index === p.index)?.status !== 'Failed')
    .map((failed) => ({ type: 'commandFailed', progress: failed }));
  const end = {
    ...decidedOf(request),
    actionId: request.actionId,
    submittedAt: request.submittedAt,
    endedAt: now,
    progress,
    ...(request.cancel?.by == null ? {} : { cancel: request.cancel }),
  };
  // Missing times prove nothing: a command that ran may have none (defender-api.md §2.1). Only what follows a failed one did not run.
  const failedAt = action.status === 'Succeeded' ? undefined : progress.find((p) => p.status === 'Failed')?.index;
  const mayHaveStarted = (index: number): boolean =>
    failedAt === undefined || index <= failedAt || progress.some((p) => p.index === index && hasStarted(p));
  const mayHaveRunLibrary =
    request.library.length > 0 &&
    [...request.commands.entries()].some(
      ([index, command]) => libraryFileOf(command) !== null && mayHaveStarted(index),
    );
  const ended = (next: LiveResponseRequest): Outcome =>
    move(
      next,
      [...foundNews, ...failures, { type: 'ended' }],
      // PutFile has no result (run-live-response), and a command after a failed one has none either; that one may.
      [...request.commands.entries()]
        .filter(([index, { type }]) => type !== 'PutFile' && mayHaveStarted(index))
        .map(([index]): Effect => ({ type: 'fetchResult', actionId: request.actionId, index }))
        .concat(mayHaveRunLibrary ? [{ type: 'recheckLibrary' }] : []),
    );
  switch (action.status) {
    case 'Succeeded':
      return ended({ ...end, state: 'succeeded' });
    case 'Failed':
      return ended({ ...end, state: 'failed' });
    case 'TimeOut':
      return ended({ ...end, state: 'timedOut' });
    case 'Cancelled':
      return ended(
        afterCancel(request, {
          progress,
          wasSeenStarted: request.state === 'running' || progress.some(hasStarted),
          isSaidUntouched: [...request.commands.keys()].every((index) =>
            action.progress.some((p) => p.index === index),
          ),
          requestor: action.cancellationRequestor,
          endedAt: now,
        }),
      );
    case 'InProgress':
      if (request.state === 'pending')
        return move(
          { ...request, state: 'running', runningSince: now, progress },
          [...foundNews, { type: 'started' }, ...failures],
          from.effects,
        );
      break;
  }
  return from.isNew || !sameProgress(request.progress, progress)
    ? move({ ...request, progress }, [...foundNews, ...failures], from.effects)
    : stay(request);
}

/**
 * The progress by command, each once: Defender leaves fields out in some states and reads lag behind (defender-api.md §1.2, §2.1), so
 * what is no longer said still counts, and a command that has started or ended does not become less than that again.
 */
function laterOf(was: readonly CommandProgress[], now: readonly CommandProgress[]): readonly CommandProgress[] {
  const byIndex = new Map(was.map((p) => [p.index, p]));
  for (const next of now) {
    const before = byIndex.get(next.index);
    if (before === undefined || stageOf(next) >= stageOf(before)) byIndex.set(next.index, next);
  }
  return [...byIndex.values()].sort((a, b) => a.index - b.index);
}

function afterCancel(
  request: Pending | Running,
  end: Pick<Cancelled, 'progress' | 'endedAt'> & {
    readonly wasSeenStarted: boolean;
    /** Every command has a word from Defender; what it leaves out may be at any stage. */
    readonly isSaidUntouched: boolean;
    readonly requestor: string | null;
  },
): LiveResponseRequest {
  const { progress, wasSeenStarted, isSaidUntouched, requestor, endedAt } = end;
  // What we knew when the cancel was asked for; without a wish, when Defender accepted it.
  const seenWaitingAt = wasSeenStarted ? null : (request.cancel?.at ?? request.submittedAt);
  const base = { ...decidedOf(request), actionId: request.actionId, endedAt, seenWaitingAt };
  const isOurs = request.cancel?.by === null && request.cancel.calledOff !== 'stopped';
  if (isOurs && !wasSeenStarted && isSaidUntouched) return { ...base, state: 'lapsed' };
  const by: Cancelled['by'] =
    request.cancel === null ? { type: 'foreign', requestor } : { type: 'wish', wish: request.cancel };
  return { ...base, state: 'cancelled', progress, mayHaveActed: true, by };
}

export const hasStarted = (progress: CommandProgress): boolean =>
  progress.status !== 'Created' || progress.startedAt !== null;

const stageOf = (progress: CommandProgress): number => (hasEnded(progress) ? 2 : hasStarted(progress) ? 1 : 0);

const hasEnded = ({ status }: CommandProgress): boolean => status === 'Completed' || status === 'Failed';

const sameProgress = (a: readonly CommandProgress[], b: readonly CommandProgress[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
