import { minutes } from '../../lib/clock';
import { ok } from '../../lib/result';
import type { Effect } from '../effect';
import type { Event, ObservedAction } from '../event';
import { observe, taken } from '../observe';
import { decidedOf, giveUp, move, notNow, notYetLookedFor, type Outcome } from '../outcome';
import type { LiveResponseRequest, Queued, Unconfirmed, Unknown } from '../request';
import { cancelOf, mergeOthers, noted, noteOthers, otherOf, pauseFor } from './others';
import { mayBeOffered } from './resend';
import { lateLookMs, look, lookForMs, lookOn, nextLookMs, search, slowLookMs } from './unknown';
import { whose } from './whose';

/**
 * Over how long complete looks must miss an action, by Defender's own `Date`, before the bot says that Defender does not list it: a new
 * action is hidden for up to about two minutes (defender-api.md §1.2). It proves nothing: only people decide to send it once more.
 */
export const settleMs = minutes(3);
/** After this long without a complete look people are told, and looking slows down. */
export const tellAfterMs = minutes(10);

type LookedUp = Extract<Event, { type: 'lookedUp' }>;
/** Those in which an action that turns up becomes the one that is followed. */
type Searched = Unknown | Unconfirmed | (Queued & Pick<Unknown, 'inDoubt'>);

/** What looking for a request in Defender showed. Nothing here ever sends anything: it is followed, told, or left to people. */
export function lookedUp(request: LiveResponseRequest, event: LookedUp, now: number): Outcome {
  if (!('inDoubt' in request) || request.inDoubt === undefined) return notNow(request);
  if (isSearched(request)) return searched(request, event, now);
  return request.state === 'submitting'
    ? ok({ request, effects: lookOn(request.inDoubt, slowLookMs, now) })
    : noteOthers(request, request.inDoubt, event.actions, now);
}

const isSearched = (request: LiveResponseRequest): request is Searched =>
  request.state === 'unknown' ||
  request.state === 'unconfirmed' ||
  (request.state === 'queued' && request.inDoubt !== undefined);

function searched(request: Searched, event: LookedUp, now: number): Outcome {
  const ours = event.actions.filter((action) => whose(request, action) === 'ours' || isKnown(request, action));
  const altered = event.actions.filter((action) => whose(request, action) === 'otherCommands');
  const primary = ours.find(({ actionId }) => 'actionId' in request && request.actionId === actionId) ?? ours[0];
  if (primary !== undefined) return found(request, primary, [...ours, ...altered], now);
  const other = altered.find(({ actionId }) => 'actionId' in request && request.actionId === actionId) ?? altered[0];
  if (other !== undefined) return alarm(request, other, altered, now); // guard: other-commands-are-never-sent-again
  if (request.state === 'unknown') return absent(request, event, now);
  return ok({ request, effects: lookOn(request.inDoubt, request.state === 'queued' ? slowLookMs : lateLookMs, now) });
}

/** An action that was followed before it vanished is ours even where an answer leaves a field out. */
const isKnown = (request: Searched, action: ObservedAction): boolean =>
  'doubt' in request &&
  request.doubt === 'vanished' &&
  action.actionId === request.actionId &&
  whose(request, action) === 'unread';

function found(request: Searched, action: ObservedAction, all: readonly ObservedAction[], now: number): Outcome {
  const rest = all.filter(({ actionId }) => actionId !== action.actionId);
  const others = mergeOthers(request, rest);
  // One decision is one POST, which makes one action: once that is found, none is missing.
  const isWhole = request.decision === 1 && !('doubt' in request && request.doubt === 'restored');
  const { inDoubt: before, ...accounted } = request;
  // Looks go on in a chain of their own, whoever looked.
  const inDoubt = { ...before, search: before.search + 1 };
  const base = { ...accounted, ...(isWhole ? {} : { inDoubt }), ...(others.length === 0 ? {} : { others }) };
  const from = taken(base as Searched, action, submittedAt(request, action), now);
  const followed = observe(from, action, now, [
    { type: 'found' },
    ...rest.map((other) => ({ type: 'foundAnother', action: otherOf(request, other) }) as const),
  ]);
  return withEffects(followed, [
    ...rest.flatMap((other) => cancelOf(otherOf(request, other))),
    ...(isWhole ? [] : lookOn(inDoubt, pauseFor(others), now)),
  ]);
}

const submittedAt = (request: Searched, { createdAt }: ObservedAction): number =>
  'intentAt' in request && request.doubt !== 'restored' ? request.intentAt : (createdAt ?? request.approvedAt);

/** Our marker over commands that nobody approved: told as an alarm and left to people (T-23). A second such action is told beside it. */
function alarm(before: Searched, action: ObservedAction, all: readonly ObservedAction[], now: number): Outcome {
  const { actionId, progress, status } = action;
  const isNew = !('doubt' in before) || before.doubt !== 'otherCommands' || before.actionId !== actionId;
  const rest = noted(
    before,
    all.filter((other) => other.actionId !== actionId),
  );
  const request: Searched = rest.others.length === 0 ? before : { ...before, others: rest.others };
  const tellRest: readonly Effect[] = [
    ...(rest.isChanged && !isNew ? [{ type: 'updateCards' } as const] : []),
    ...rest.fresh.map((other): Effect => ({ type: 'reply', news: { type: 'foundAnother', action: other } })),
  ];
  return withEffects(
    alarmed(request, { actionId, progress }, { isNew, isEnded: endedStatuses.includes(status) }, now),
    tellRest,
  );
}

const endedStatuses: readonly string[] = ['Succeeded', 'Failed', 'TimeOut', 'Cancelled'];

function alarmed(
  request: Searched,
  { actionId, progress }: Pick<ObservedAction, 'actionId' | 'progress'>,
  { isNew, isEnded }: { readonly isNew: boolean; readonly isEnded: boolean },
  now: number,
): Outcome {
  if (request.state === 'unconfirmed') {
    const effects = lookOn(request.inDoubt, lateLookMs, now);
    if (!isNew) return ok({ request, effects });
    const news = [{ type: 'unclear', doubt: 'otherCommands' }] as const;
    return move({ ...request, doubt: 'otherCommands', actionId, progress, notListed: false }, news, effects);
  }
  const known = {
    ...decidedOf(request),
    state: 'unknown',
    attempts: request.attempts,
    intentAt: 'intentAt' in request ? request.intentAt : request.inDoubt.since,
    doubt: 'otherCommands',
    ...notYetLookedFor,
    actionId,
    progress,
    toldAt: now,
    cancel: 'cancel' in request ? request.cancel : null,
  } as const;
  if (isNew) return search(known, nextLookMs, now);
  if (isEnded) return andThen(giveUp({ ...known, inDoubt: request.inDoubt }, { type: 'clock' }, now), request, now);
  return ok({ request: { ...known, inDoubt: request.inDoubt }, effects: [look(request.inDoubt, now + nextLookMs)] });
}

function absent(before: Unknown, event: LookedUp, now: number): Outcome {
  const request = withoutForeign(before, event.actions);
  if (!event.complete || event.date === null) return unread(request, now); // guard: unread-list-proves-nothing
  const absentFrom = Math.min(request.absentFrom ?? event.date, event.date);
  const unsettled = ok({ request: { ...request, absentFrom }, effects: [look(request.inDoubt, now + nextLookMs)] });
  if (event.date - absentFrom < settleMs) return unsettled; // guard: hidden-action-is-waited-for
  const settled: Unknown = { ...request, absentFrom, notListed: true };
  if (request.cancel !== null)
    return andThen(giveUp(settled, { type: 'cancelled', wish: request.cancel }, now), request, now);
  if (request.doubt === 'restored' || now >= request.startBy)
    return andThen(giveUp(settled, { type: 'clock' }, now), request, now);
  const looks = [look(request.inDoubt, now + slowLookMs)];
  if (request.notListed) return ok({ request: settled, effects: looks });
  return mayBeOffered(request)
    ? move({ ...settled, offer: { votes: [] } }, [{ type: 'notListed' }], [...looks, ...tellVoters(request)])
    : move(settled, [], looks);
}

/** An edited card wakes nobody: those who approved it hear in their own chats that they may decide again. */
const tellVoters = ({ votes }: Unknown): readonly Effect[] =>
  votes.map(({ by }) => ({ type: 'notifyPerson', personId: by.id, news: { type: 'notListed' } }));

/** The list could not be read; after three days of that nobody expects an answer. */
function unread(request: Unknown, now: number): Outcome {
  const { inDoubt, notListed } = request;
  if (now - inDoubt.since >= lookForMs) return giveUp(request, { type: 'clock' }, now);
  const tell = request.toldAt === null && !notListed && now - inDoubt.since >= tellAfterMs;
  const toldAt = tell ? now : request.toldAt;
  const next = look(inDoubt, now + (toldAt === null && !notListed ? nextLookMs : slowLookMs));
  // Nothing that a card shows has changed: one that looked on for days would be edited each time.
  return tell ? move({ ...request, toldAt }, [{ type: 'cannotTell' }], [next]) : ok({ request, effects: [next] });
}

/** The action of Defender's own answer turned out to be somebody else's: ours is looked for by its marker alone. */
const withoutForeign = (request: Unknown, actions: readonly ObservedAction[]): Unknown =>
  request.doubt === 'unread' &&
  actions.some((action) => action.actionId === request.actionId && whose(request, action) === 'notOurs')
    ? { ...request, doubt: 'noAnswer', actionId: null }
    : request;

/** Nobody decides any more, and looks go on. */
const andThen = (given: Outcome, { inDoubt }: Searched, now: number): Outcome =>
  withEffects(given, lookOn(inDoubt, lateLookMs, now));

const withEffects = (outcome: Outcome, effects: readonly Effect[]): Outcome =>
  outcome.ok ? ok({ ...outcome.value, effects: [...outcome.value.effects, ...effects] }) : outcome;
