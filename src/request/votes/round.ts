import { err } from '../../lib/result';
import type { Effect } from '../effect';
import type { Event } from '../event';
import { baseOf, move, notNow, type Outcome } from '../outcome';
import type { AwaitingApproval, Queued, RequestBase } from '../request';

/** A request that waits for its approvers; half the clock goes by before anybody is reminded. */
export const awaiting = (base: RequestBase, now: number): AwaitingApproval => ({
  ...baseOf(base),
  state: 'awaitingApproval',
  votes: [],
  decideBy: now + base.decideWithinMs,
  remindAt: now + base.decideWithinMs / 2,
});

/** Nothing that was counted counts any more: the same wish, under the terms of now, with a digest of its own (T-16). */
export function askAgain(
  request: AwaitingApproval | Queued,
  { because, terms }: Extract<Event, { type: 'askedAgain' }>,
  now: number,
): Outcome {
  const endsAt = request.state === 'queued' ? request.startBy : request.decideBy;
  if (now >= endsAt) return notNow(request); // guard: no-new-round-after-the-clock
  const asked = nextRound(request, { ...request, ...terms, emergency: null }, now);
  const known = askedSoFar(request);
  const added = terms.approverIds.filter((id) => !known.has(id) && !terms.bar.escalateIds.includes(id));
  return move(
    asked,
    [{ type: 'askedAgain', because }],
    added.length === 0 ? [] : [{ type: 'postCardsTo', personIds: added }],
  );
}

/** One approval by anybody else whom the rule names is enough from here on; never none. The owners hear of it at once (T-24). */
export function breakGlass(
  request: AwaitingApproval,
  event: Extract<Event, { type: 'brokeGlass' }>,
  now: number,
): Outcome {
  if (request.bar.breakGlassIds.length === 0) return err({ type: 'noBreakGlass' }); // guard: break-glass-only-where-allowed
  if (request.emergency !== null || now >= request.decideBy) return err({ type: 'noBreakGlass' }); // guard: break-glass-once-and-in-time
  const { by, reason, incident, approverIds, digest } = event;
  const emergency = { by, reason, incident, at: now };
  // Whoever may approve now is asked now, the second list included.
  const bar = { ...event.bar, escalateIds: [] };
  const lowered = nextRound(request, { ...request, bar, approverIds, digest, emergency }, now);
  const known = askedSoFar(request);
  const added = approverIds.filter((id) => !known.has(id));
  const news = { type: 'brokeGlass', emergency } as const;
  return move(
    lowered,
    [news],
    [
      ...(added.length === 0 ? [] : [{ type: 'postCardsTo', personIds: added } as const]),
      ...request.bar.ownerIds.map((personId): Effect => ({ type: 'notifyPerson', personId, news })),
    ],
  );
}

/** Told once to those who have not voted, and the second list is asked. */
export function remind(request: AwaitingApproval): Outcome {
  const voted = new Set(request.votes.map((v) => v.by.id));
  const { escalateIds } = request.bar;
  const missing = request.approverIds.filter((id) => !voted.has(id) && !escalateIds.includes(id));
  const news = { type: 'reminded', missing: missing.length, escalated: escalateIds.length } as const;
  return move(
    { ...request, remindAt: null },
    [news],
    [
      ...missing.map((personId): Effect => ({ type: 'notifyPerson', personId, news })),
      ...(escalateIds.length === 0 ? [] : [{ type: 'postCardsTo', personIds: escalateIds } as const]),
    ],
  );
}

/** The votes are gone; what was tried is not: a submission that may be remembered elsewhere keeps its number. */
function nextRound(before: AwaitingApproval | Queued, base: RequestBase, now: number): AwaitingApproval {
  const asked = awaiting({ ...base, round: before.round + 1 }, now);
  return before.attempts ? { ...asked, attempts: before.attempts } : asked;
}

/** Those who surely got a card in this round: the second list does only when half the decide clock has run. */
export function askedSoFar(request: AwaitingApproval | Queued): ReadonlySet<string> {
  const secondListAsked = request.state === 'awaitingApproval' && request.remindAt === null;
  const later = secondListAsked ? [] : request.bar.escalateIds;
  return new Set(request.approverIds.filter((id) => !later.includes(id)));
}
