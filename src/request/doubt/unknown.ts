import { days, minutes, seconds } from '../../lib/clock';
import type { Effect } from '../effect';
import { decidedOf, move, notYetLookedFor, type Outcome } from '../outcome';
import type { Doubt, InDoubt, Pending, Running, Submitting, Unknown } from '../request';

/** First look after a doubt, and the pause between looks until something can be said. */
export const firstLookMs = seconds(5);
export const nextLookMs = seconds(20);
/** While people decide, and while the list cannot be read. */
export const slowLookMs = minutes(5);
/** Once nobody decides any more: at most 144 reads in the three days for which an action may still turn up. */
export const lateLookMs = minutes(30);
export const lookForMs = days(3);

/** The POST may have arrived. `actionId` is what Defender's answer named, where it named one. */
export const doubt = (
  request: Submitting,
  why: Extract<Doubt, 'noAnswer' | 'unread' | 'otherCommands'>,
  actionId: string | null,
  now: number,
): Outcome =>
  search(
    {
      ...decidedOf(request),
      state: 'unknown',
      attempts: request.attempts,
      intentAt: request.intentAt,
      doubt: why,
      ...notYetLookedFor,
      actionId,
      cancel: request.cancel,
    },
    firstLookMs,
    now,
  );

/** An action that we follow is gone from Defender, or shows commands that nobody approved. */
export const lose = (request: Pending | Running, why: 'vanished' | 'otherCommands', now: number): Outcome =>
  search(
    {
      ...decidedOf(request),
      state: 'unknown',
      attempts: 1,
      intentAt: request.submittedAt,
      doubt: why,
      ...notYetLookedFor,
      actionId: request.actionId,
      runningSince: request.state === 'running' ? request.runningSince : null,
      progress: request.progress,
      toldAt: now,
      cancel: request.cancel,
    },
    nextLookMs,
    now,
  );

/** Begins to look for it, with a chain of looks of its own. What only has to be read again is usually settled by the first and not told. */
export function search(request: Omit<Unknown, 'inDoubt'> & { inDoubt?: InDoubt }, inMs: number, now: number): Outcome {
  const { inDoubt: before, doubt } = request;
  const inDoubt = { since: before?.since ?? now, search: (before?.search ?? 0) + 1 };
  return move({ ...request, inDoubt }, doubt === 'unread' ? [] : [{ type: 'unclear', doubt }], [
    look(inDoubt, now + inMs),
  ]);
}

export const look = ({ search }: InDoubt, dueAt: number): Effect => ({ type: 'lookUp', dueAt, search });

/** The next look, as long as an action may turn up. */
export const lookOn = (inDoubt: InDoubt, pauseMs: number, now: number): readonly Effect[] =>
  now - inDoubt.since < lookForMs ? [look(inDoubt, now + pauseMs)] : [];
