import { postedEntry } from '../audit/entry';
import type { Clock } from '../lib/clock';
import type { Log } from '../lib/log';
import type { RandomBytes } from '../lib/random';
import { exhaustive } from '../lib/result';
import type { News } from '../request/effect';
import type { Place } from '../request/place';
import type { Digest, RequestId } from '../request/request';
import { type ClaimedWork, type Copy, type Store, StoreError, type Tx, teamsWork } from '../store/store';
import type { Post } from '../thread/post';
import { createPace, type Pace } from './pace';
import { type Teams, TeamsError, type TeamsErrorCode } from './teams';

export interface OutboxOptions {
  readonly store: Store;
  readonly teams: Teams;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: RandomBytes;
  readonly render: {
    /** The copy as the request is now, with the digest that people may vote on by it; null when there is nothing to show. */
    card(copy: Copy): Promise<{ readonly post: Post; readonly shown: Digest | null } | null>;
    news(requestId: RequestId, news: News): Promise<{ readonly place: Place; readonly post: Post } | null>;
  };
  /** Told in the transaction that gives the row up, so that the thread can say who was not reached. */
  readonly onUndeliverable: (tx: Tx, undelivered: Undelivered) => Promise<void>;
  /** Longer than four calls to Teams may take. */
  readonly leaseMs: number;
  readonly limit?: number;
}

export interface Undelivered {
  readonly work: ClaimedWork;
  /** The card that could not be shown; null for news and answers. */
  readonly copy: Copy | null;
  readonly code: TeamsErrorCode | 'teams.noPlace' | 'teams.bug';
}

/**
 * Sends what the store holds for Teams. At least once: a post whose answer got lost, or a crash between the post and its record, is repeated;
 * a card is repeated as a whole and an update is the same however often it is made. Nothing is dropped while Teams cannot be reached.
 */
export interface Outbox {
  /** One pass over what is due: conversations side by side, each in its own order. Gives the number of rows handled. */
  runDue(): Promise<number>;
}

/** Posts durably, in the order of the conversation. */
export const queuePost =
  ({ store, clock }: { readonly store: Store; readonly clock: Clock }) =>
  (place: Place, post: Post): Promise<void> =>
    store.transact(async (tx) => {
      await tx.savePlace(place);
      const work = { type: 'sendPost', conversationId: place.conversationId, post } as const;
      await tx.addWork([{ requestId: null, work, lane: place.conversationId, dueAt: clock.now() }]);
    });

const defaultLimit = 50;
const firstDelayMs = 2_000;
const longestDelayMs = 300_000;
/** For what is neither Teams' nor the store's fault: a row that fails this often would block its lane for ever. */
const maxBugs = 10;

export function createOutbox(options: OutboxOptions): Outbox {
  const sender = { ...options, pace: createPace(), failures: new Map<number, number>() };
  return {
    async runDue() {
      const { store, clock, random, leaseMs, limit = defaultLimit } = options;
      const leaseToken = Buffer.from(random(16)).toString('hex');
      const due = await store.transact((tx) =>
        tx.claimWork({ types: teamsWork, now: clock.now(), leaseMs, limit, leaseToken }),
      );
      await Promise.all(due.map((work) => perform(sender, work)));
      return due.length;
    },
  };
}

interface Sender extends OutboxOptions {
  readonly pace: Pace;
  /** Consecutive failures by row; forgotten by a restart, which starts the back-off anew. */
  readonly failures: Map<number, number>;
}

type Outcome =
  | {
      readonly type: 'done';
      /** The card as it now is in Teams; null for all else. */
      readonly drawn: Drawn | null;
    }
  | { readonly type: 'retry'; readonly at: number; readonly problem: string }
  | { readonly type: 'undeliverable'; readonly code: Undelivered['code'] };

interface Drawn {
  readonly copy: Copy;
  readonly conversationId: string;
  readonly activityId: string;
  readonly shown: Digest | null;
}

/** Thrown before a call that would be over the rate. */
class Paced extends Error {
  override readonly name = 'Paced';
  readonly retryAt: number;
  constructor(retryAt: number) {
    super('paced');
    this.retryAt = retryAt;
  }
}

class NoPlace extends Error {
  override readonly name = 'NoPlace';
}

async function perform(sender: Sender, work: ClaimedWork): Promise<void> {
  const { store, clock, log } = sender;
  const fields = { workId: work.workId, requestId: work.requestId, type: work.work.type };
  const outcome = await deliver(sender, work).catch((error: unknown) => judge(sender, work, error));
  try {
    const copy =
      outcome.type === 'undeliverable' && work.work.type === 'sendCard' ? await store.copy(work.work.copyId) : null;
    await store.transact(async (tx) => {
      if (outcome.type === 'retry') return tx.retryWork(work, outcome.at, outcome.problem);
      if (outcome.type === 'undeliverable') {
        await sender.onUndeliverable(tx, { work, copy, code: outcome.code });
        return tx.giveUpWork(work, clock.now(), outcome.code);
      }
      if (outcome.drawn !== null) await recordCard(tx, outcome.drawn, clock.now());
      return tx.finishWork(work, clock.now());
    });
    if (outcome.type !== 'retry') sender.failures.delete(work.workId);
    if (outcome.type === 'undeliverable') log.error({ ...fields, code: outcome.code }, 'given up');
  } catch (error) {
    // The row stays leased until its time is up, and is sent again then.
    log.error(
      { ...fields, outcome: outcome.type, code: error instanceof StoreError ? error.code : null },
      'outcome not recorded',
    );
  }
}

async function deliver(sender: Sender, claimed: ClaimedWork): Promise<Outcome> {
  const { work } = claimed;
  switch (work.type) {
    case 'sendCard':
      return deliverCard(sender, claimed, work.copyId);
    case 'sendNews': {
      const rendered = claimed.requestId === null ? null : await sender.render.news(claimed.requestId, work.news);
      if (rendered === null) return done;
      const place =
        work.personId === undefined ? rendered.place : await findPersonalPlace(sender, work.personId, rendered.place);
      await post(sender, place, rendered.post);
      return done;
    }
    case 'sendPost': {
      const place = await sender.store.place(work.conversationId);
      if (place === null) throw new NoPlace();
      await post(sender, place, work.post);
      return done;
    }
    case 'submit':
    case 'lookUp':
    case 'cancelAction':
    case 'fetchResult':
    case 'recheckLibrary':
      throw new Error(`The outbox does not do ${work.type}.`);
    default:
      return exhaustive(work);
  }
}

const done: Outcome = { type: 'done', drawn: null };

/** Where the card is, and what it shows: a vote is about what this entry says was displayed there (T-41). */
async function recordCard(tx: Tx, { copy, shown, ...at }: Drawn, now: number): Promise<void> {
  const { copyId, requestId, personId } = copy;
  await tx.placeCopy(copyId, at);
  if (shown !== null) await tx.appendAudit(postedEntry({ requestId, copyId, personId, ...at, digest: shown }, now)); // guard: posted-card-audited
}

async function deliverCard(sender: Sender, claimed: ClaimedWork, copyId: number): Promise<Outcome> {
  const { store, render, teams } = sender;
  const copy = await store.copy(copyId);
  if (copy === null) return done;
  const place = await findPlace(sender, copy);
  const rendered = await render.card(copy);
  if (rendered === null) return done;
  const { activityId } = copy;
  if (activityId !== null) {
    try {
      await call(sender, place, () => teams.update(place, activityId, rendered.post));
      const { conversationId } = place;
      return { type: 'done', drawn: { copy, conversationId, activityId, shown: rendered.shown } };
    } catch (error) {
      if (!isTeams(error, 'teams.goneMessage')) throw error;
      sender.log.warn({ workId: claimed.workId, requestId: claimed.requestId, copyId }, 'card is gone, posting anew');
      await store.transact((tx) => tx.placeCopy(copyId, { conversationId: place.conversationId, activityId: null }));
    }
  }
  const sent = await post(sender, place, rendered.post);
  return { type: 'done', drawn: { copy, ...sent, shown: rendered.shown } };
}

/** Where the copy lives; an approver's own chat is opened through the conversation of the request when nothing else is known. */
async function findPlace(sender: Sender, copy: Copy): Promise<Place> {
  const { store } = sender;
  const known = copy.conversationId === null ? null : await store.place(copy.conversationId);
  if (known !== null) return known;
  if (copy.personId === null) throw new NoPlace();
  const stored = await store.request(copy.requestId);
  const via = stored === null ? null : await store.place(stored.request.conversationId);
  if (via === null) throw new NoPlace();
  return findPersonalPlace(sender, copy.personId, via);
}

/** A person's own chat, opened through the conversation of the request when nothing else is known. */
const findPersonalPlace = async (sender: Sender, personId: string, via: Place): Promise<Place> =>
  (await sender.store.personalPlace(personId)) ?? openPersonal(sender, personId, via);

/** A person who clears the chat's history makes its conversation id die; opening the chat again gives the living one (msteams-docs #14079). */
async function post(
  sender: Sender,
  place: Place,
  what: Post,
): Promise<{ readonly conversationId: string; readonly activityId: string }> {
  const send = async (to: Place) => {
    const { activityId } = await call(sender, to, () => sender.teams.post(to, what));
    return { conversationId: to.conversationId, activityId };
  };
  try {
    return await send(place);
  } catch (error) {
    if (!isTeams(error, 'teams.goneConversation') || place.personId === null) throw error;
    const reopened = await openPersonal(sender, place.personId, place);
    if (reopened.conversationId === place.conversationId) throw error;
    return send(reopened);
  }
}

async function openPersonal(sender: Sender, personId: string, via: Place): Promise<Place> {
  const opening = { conversationId: `new:${personId}`, tenantId: via.tenantId };
  const place = await call(sender, opening, () => sender.teams.openPersonal(personId, via));
  await sender.store.transact((tx) => tx.savePlace(place));
  return place;
}

/** One call to Teams within the rates; a wait that Teams asks for holds the whole conversation, whichever lane its next row is in. */
async function call<T>(
  { pace, clock }: Sender,
  at: { readonly conversationId: string; readonly tenantId: string },
  perform: () => Promise<T>,
): Promise<T> {
  const taken = pace.take(at, clock.now());
  if (!taken.ok) throw new Paced(taken.retryAt);
  try {
    return await perform();
  } catch (error) {
    if (isTeams(error, 'teams.throttled') && error.retryAfterMs !== null)
      pace.hold(at.conversationId, clock.now() + error.retryAfterMs);
    throw error;
  }
}

/** What a failure means for the row: wait and try again without end, or never. */
function judge(sender: Sender, work: ClaimedWork, error: unknown): Outcome {
  const now = sender.clock.now();
  if (error instanceof Paced) return { type: 'retry', at: error.retryAt, problem: 'paced' };
  if (error instanceof NoPlace) return { type: 'undeliverable', code: 'teams.noPlace' };
  const failures = (sender.failures.get(work.workId) ?? 0) + 1;
  sender.failures.set(work.workId, failures);
  const later = now + backOffMs(failures, sender.random);
  if (error instanceof TeamsError) {
    sender.log.warn(
      {
        workId: work.workId,
        requestId: work.requestId,
        type: work.work.type,
        code: error.code,
        status: error.status,
        detail: error.detail,
      },
      'not sent',
    );
    switch (error.code) {
      case 'teams.throttled':
        return {
          type: 'retry',
          at: error.retryAfterMs === null ? later : now + error.retryAfterMs,
          problem: error.code,
        };
      case 'teams.unreachable':
        return { type: 'retry', at: later, problem: error.code };
      case 'teams.goneMessage':
      case 'teams.goneConversation':
      case 'teams.forbidden':
      case 'teams.tooLarge':
      case 'teams.refused':
        return { type: 'undeliverable', code: error.code };
    }
  }
  sender.log.error(
    {
      workId: work.workId,
      requestId: work.requestId,
      type: work.work.type,
      error: error instanceof Error ? error.name : typeof error,
    },
    'sending failed',
  );
  if (error instanceof StoreError || failures < maxBugs)
    return { type: 'retry', at: later, problem: error instanceof Error ? error.name : 'unknown' };
  return { type: 'undeliverable', code: 'teams.bug' };
}

/** Doubling from 2 seconds to 5 minutes, with up to half taken off at random so that rows do not come back together. */
function backOffMs(failures: number, random: RandomBytes): number {
  const fullMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20));
  return Math.round(fullMs * (1 - (random(1)[0] ?? 0) / 510));
}

const isTeams = (error: unknown, code: TeamsErrorCode): error is TeamsError =>
  error instanceof TeamsError && error.code === code;
