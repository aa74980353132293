import { postedEntry } from '../../audit/entry';
import type { Clock } from '../../lib/clock';
import type { Log } from '../../lib/log';
import type { RandomBytes } from '../../lib/random';
import type { Card } from '../../store/rows/cards';
import type { Store, Tx } from '../../store/store';
import { StoreError } from '../../store/store-error';
import type { ClaimedWork } from '../../store/work/claims';
import { readOrderingKey } from '../../store/work/ordering-key';
import type { Post } from '../../thread/kit/post';
import { atUntriedAddress } from '../service-address';
import { TeamsError, type TeamsErrorCode } from '../teams';
import { type Drawn, NoPlace, openAnew, placeOf, type Step } from './delivery';
import type { EndedCall, PacedCall, PacedWork } from './paced-claim';

export interface Undelivered {
  readonly work: ClaimedWork;
  /** The card that could not be shown; null for news and answers. */
  readonly copy: Card | null;
  readonly code: TeamsErrorCode | 'teams.noPlace' | 'teams.bug';
  /** What Teams answered; null when it did not. */
  readonly status?: number | null;
  readonly detail?: string | null;
}

type Failure = Pick<Undelivered, 'code' | 'status' | 'detail' | 'copy'>;

export type Outcome =
  | Step
  | {
      readonly type: 'retry';
      readonly at: number;
      readonly problem: string;
      /** Nothing else goes to the conversation before `at` either. */
      readonly holds: boolean;
      /** Only its own request waits for it from now on. */
      readonly isApart: boolean;
      /** Where the row goes next, when that is not where it was. */
      readonly write: ((tx: Tx) => Promise<void>) | null;
      /** Told as not reached so far; null while it is too early for that. */
      readonly delayed: Failure | null;
    }
  | ({ readonly type: 'undeliverable' } & Failure);

/** A row whose one call is over, and what is to be recorded of it. */
export interface EndedTask {
  readonly paced: PacedWork;
  readonly outcome: Outcome;
  readonly endedAt: number | null;
}

export interface OutcomeOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: RandomBytes;
  /** Told in the transaction that gives the row up, so that the thread can say who was not reached. */
  readonly onUndeliverable: (tx: Tx, undelivered: Undelivered) => Promise<void>;
  /** What is sent in the place of what Teams refused for what it is; without it that is given up. */
  readonly standIn?: (undelivered: Undelivered) => Post;
  /** The same, for minutes now, of what is still being tried. */
  readonly onDelayed?: (tx: Tx, delayed: Undelivered) => Promise<void>;
}

const firstDelayMs = 2_000;
const longestDelayMs = 300_000;
/** A row that has failed this often lets what belongs to others pass. */
const apartFrom = 3;
/** Somebody waits for it: after this time they are told. */
const toldAfterMs = 300_000;
/** An answer that an outage gives as well is believed after this time. */
const believedAfterMs = 3_600_000;
/** For what is neither Teams' nor the store's fault: a row that fails this often would hold up all with its ordering key for ever. */
const maxBugs = 10;

export const toEndedCall = ({ paced, outcome, endedAt }: EndedTask): EndedCall => ({
  paced,
  endedAt,
  holdUntil: outcome.type === 'retry' && outcome.holds ? outcome.at : null,
});

export async function record(
  { clock, onUndeliverable, onDelayed }: OutcomeOptions,
  tx: Tx,
  { paced: { work }, outcome, endedAt }: EndedTask,
): Promise<void> {
  const now = clock.now();
  switch (outcome.type) {
    case 'done':
      await tx.finishWork(work, now);
      if (outcome.drawn !== null) await recordCard(tx, outcome.drawn, now);
      if (endedAt !== null) await noteReached(tx, work, now); // guard: a-lost-card-is-drawn-at-the-next-success
      return;
    case 'again':
      await tx.retryWork(work, now, 'oneMoreStep');
      return outcome.write(tx);
    case 'retry':
      await tx.retryWork(work, outcome.at, outcome.problem, outcome.isApart);
      if (outcome.delayed !== null) await onDelayed?.(tx, { work, ...outcome.delayed }); // guard: not-reached-so-far-is-said
      return outcome.write?.(tx);
    case 'undeliverable': {
      const { type: _, ...failure } = outcome;
      await tx.giveUpWork(work, now, failure.code);
      const refused = standsFor(work) ?? work.work;
      if (refused.type === 'sendCard' && !isAboutMessage(work, failure.code)) await tx.loseCard(refused.cardId);
      return onUndeliverable(tx, { work, ...failure });
    }
  }
}

/** What is refused for what it is would be refused again; not so where plain words were refused too, or where a chat could not even be opened. */
const isAboutMessage = (work: ClaimedWork, code: Undelivered['code']): boolean =>
  code === 'teams.bug' ||
  ((code === 'teams.tooLarge' || code === 'teams.refused') &&
    standsFor(work) === null &&
    readConversation(work).conversationId !== null);

async function noteReached(tx: Tx, { orderingKey: name }: ClaimedWork, now: number): Promise<void> {
  const ordering = readOrderingKey(name ?? '');
  if (ordering.type === 'conversation' || ordering.type === 'edits') await tx.noteReached(ordering.conversationId, now);
}

/** Where the card is, and what it shows: a vote is about what this entry says was displayed there (T-41). */
async function recordCard(tx: Tx, { copy, shown, ...at }: Drawn, now: number): Promise<void> {
  const { cardId, requestId, personId } = copy;
  await tx.setCardMessage(cardId, at);
  if (shown !== null) await tx.appendAudit(postedEntry({ requestId, cardId, personId, ...at, digest: shown }, now)); // guard: posted-card-audited
}

/**
 * A card was drawn after the lease was over: it may stand over a newer one, or beside the one of whoever took over. Either way it is drawn
 * as the request now is; a second card gets a copy of its own, so that it is kept up to date like the first.
 */
export async function drawAgain(
  { store, clock, log }: OutcomeOptions,
  { copy, conversationId, activityId }: Drawn,
): Promise<void> {
  const { cardId: _, ...shared } = copy;
  await store
    .transact(async (tx) => {
      const present = await tx.card(copy.cardId);
      if (present?.activityId !== activityId) await tx.addCard({ ...shared, conversationId, activityId });
      await tx.refreshCards(copy.requestId, clock.now());
    })
    .catch((error: unknown) =>
      log.error(
        { requestId: copy.requestId, cardId: copy.cardId, code: error instanceof StoreError ? error.code : null },
        'late card not drawn again',
      ),
    );
}

/**
 * What a failure means for something that was said from memory: it is due again like a row that failed once, whatever it was that failed, so that
 * what comes of it is decided in one place. `holdUntil`: nothing else goes to the conversation before that either.
 */
export function judgeSaying(
  { clock, log, random }: Pick<OutcomeOptions, 'clock' | 'log' | 'random'>,
  { name }: PacedCall,
  error: unknown,
): { readonly dueAt: number; readonly holdUntil: number | null } {
  const now = clock.now();
  const failure = error instanceof TeamsError ? error : null;
  log.warn(
    {
      call: name,
      code: failure?.code ?? (error instanceof Error ? error.name : typeof error),
      status: failure?.status ?? null,
    },
    'not said, and queued',
  );
  const isThrottled = failure?.code === 'teams.throttled';
  const waitMs = isThrottled ? failure.retryAfterMs : null;
  const dueAt = now + (waitMs ?? backOffMs(1, random));
  return { dueAt, holdUntil: isThrottled ? dueAt : null };
}

interface Failed {
  readonly work: ClaimedWork;
  readonly failures: number;
  readonly error: unknown;
  /** Addresses that answered 400 to the row. */
  readonly tried: Set<string>;
}

/** What a failure means for the row: wait and try again without end, or never. */
export async function judge(sender: OutcomeOptions, { work, failures, error, tried }: Failed): Promise<Outcome> {
  const now = sender.clock.now();
  logFailure(sender.log, work, error);
  const failure = seenIn(error);
  const ofCard = async (): Promise<Failure> => ({ ...failure, copy: await copyOf(sender.store, work) });
  const isOld = (age: number): boolean => failures >= apartFrom && now - work.firstDueAt >= age;
  const again: Extract<Outcome, { type: 'retry' }> = {
    type: 'retry',
    at: now + backOffMs(failures, sender.random),
    problem: failure.code,
    holds: false,
    isApart: failures >= apartFrom,
    write: null,
    delayed: error instanceof TeamsError && isOld(toldAfterMs) ? await ofCard() : null,
  };
  switch (failure.code) {
    case 'teams.throttled': {
      const waitMs = (error as TeamsError).retryAfterMs;
      return { ...again, at: waitMs === null ? again.at : now + waitMs, holds: true, isApart: false, delayed: null };
    }
    case 'teams.unreachable':
      return again;
    case 'teams.goneConversation':
    case 'teams.doubtful': {
      if (isOld(believedAfterMs)) return { type: 'undeliverable', ...(await ofCard()) };
      const write = failure.code === 'teams.doubtful' ? null : await openAnew(sender.store, work);
      return write === null || failures > 1 ? { ...again, write } : { ...again, at: now, write };
    }
    case 'teams.bug':
      if (error instanceof StoreError || failures < maxBugs)
        return { ...again, problem: error instanceof Error ? error.name : 'unknown' };
      return { type: 'undeliverable', ...(await ofCard()) };
    case 'teams.tooLarge':
    case 'teams.refused': {
      const write = (await toOtherAddress(sender, work, { error, tried })) ?? replace(sender, work, await ofCard());
      if (write !== null) return { ...again, at: now, isApart: false, delayed: null, write };
      if (isAboutMessage(work, failure.code) || isOld(believedAfterMs))
        return { type: 'undeliverable', ...(await ofCard()) };
      const refused = standsFor(work) ?? work.work;
      const delayed = again.delayed && { ...again.delayed, copy: await copyOf(sender.store, { work: refused }) };
      return { ...again, delayed, write: (tx) => tx.replaceWork(work.workId, refused) }; // guard: plain-words-refused-blames-the-place
    }
    case 'teams.noPlace':
    case 'teams.goneMessage':
    case 'teams.forbidden':
      return { type: 'undeliverable', ...(await ofCard()) };
  }
}

type Write = (tx: Tx) => Promise<void>;

/** Teams answers so for a whole tenant at an address from which that has moved, and for a message that it does not understand. */
async function toOtherAddress(
  { store }: OutcomeOptions,
  work: ClaimedWork,
  { error, tried }: Pick<Failed, 'error' | 'tried'>,
): Promise<Write | null> {
  if (!(error instanceof TeamsError) || error.status !== 400 || error.serviceUrl === null) return null;
  tried.add(error.serviceUrl);
  const place = await placeOf(store, work);
  const moved = place === null ? null : await atUntriedAddress(store, place, tried);
  if (moved === null) return null;
  const refused = standsFor(work);
  return async (tx) => {
    await tx.savePlace(moved); // guard: other-addresses-before-giving-up
    if (refused !== null) await tx.replaceWork(work.workId, refused);
  };
}

function replace({ standIn }: OutcomeOptions, work: ClaimedWork, failure: Failure): Write | null {
  if (standIn === undefined || standsFor(work) !== null) return null;
  const { conversationId } = readConversation(work);
  if (conversationId === null) return null;
  const post = standIn({ work, ...failure });
  const insteadOf = work.work;
  return (tx) => tx.replaceWork(work.workId, { type: 'sendPost', conversationId, post, insteadOf }); // guard: what-is-refused-is-not-silent
}

/**
 * What the row was before plain words took its place: where those are refused too, the place is at fault or the tenant has moved, not what was to
 * be said, and that is said once its new address is known.
 */
const standsFor = ({ work }: ClaimedWork): ClaimedWork['work'] | null =>
  work.type === 'sendPost' ? (work.insteadOf ?? null) : null;

function readConversation({ orderingKey: name }: ClaimedWork): { readonly conversationId: string | null } {
  const ordering = readOrderingKey(name ?? '');
  return ordering.type === 'conversation' || ordering.type === 'edits' ? ordering : { conversationId: null };
}

function seenIn(error: unknown): Omit<Failure, 'copy'> {
  if (error instanceof NoPlace) return { code: 'teams.noPlace' };
  if (!(error instanceof TeamsError)) return { code: 'teams.bug' };
  const { code, status, detail } = error;
  return { code, status, detail };
}

const copyOf = async (store: Store, { work }: Pick<ClaimedWork, 'work'>): Promise<Card | null> =>
  work.type === 'sendCard' ? store.card(work.cardId) : null;

function logFailure(log: Log, { workId, requestId, work: { type } }: ClaimedWork, error: unknown): void {
  if (error instanceof NoPlace) return;
  const row = { workId, requestId, type };
  if (error instanceof TeamsError)
    log.warn({ ...row, code: error.code, status: error.status, detail: error.detail }, 'not sent');
  else log.error({ ...row, error: error instanceof Error ? error.name : typeof error }, 'sending failed');
}

/** Doubling from 2 seconds to 5 minutes, with up to half taken off at random so that rows do not come back together. */
function backOffMs(failures: number, random: RandomBytes): number {
  const fullMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20));
  return Math.round(fullMs * (1 - (random(1)[0] ?? 0) / 510));
}
