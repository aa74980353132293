import { postedEntry } from '../audit/entry';
import type { Clock } from '../lib/clock';
import type { RandomBytes } from '../lib/random';
import type { Place } from '../request/place';
import { type ClaimedWork, type Copy, type Store, StoreError, type Tx, teamsWork } from '../store/store';
import type { Post } from '../thread/post';
import { createCall, type DeliveryOptions, type Drawn, deliver, LeaseOver, NoPlace, type Step } from './delivery';
import { claimWithinPace, type PacedWork, recordPace } from './paced-claim';
import { TeamsError, type TeamsErrorCode } from './teams';

export interface OutboxOptions extends DeliveryOptions {
  readonly random: RandomBytes;
  /** Told in the transaction that gives the row up, so that the thread can say who was not reached. */
  readonly onUndeliverable: (tx: Tx, undelivered: Undelivered) => Promise<void>;
  /** Long enough to draw what is sent and for one call to Teams. */
  readonly leaseMs: number;
  /** The longest that one call takes. */
  readonly callMs: number;
  /** How many rows may be under way at once. */
  readonly limit?: number;
  /** Told each time that a row has ended: the next one of its lane may be due. */
  readonly onTaskEnded?: () => void;
}

export interface Undelivered {
  readonly work: ClaimedWork;
  /** The card that could not be shown; null for news and answers. */
  readonly copy: Copy | null;
  readonly code: TeamsErrorCode | 'teams.noPlace' | 'teams.bug';
}

/**
 * Sends what the store holds for Teams, never faster than Teams takes it from all replicas together. At least once: a post whose answer got
 * lost, or a crash between the post and its record, is repeated; a card is repeated as a whole and an update is the same however often it
 * is made. Nothing is dropped while Teams cannot be reached.
 */
export interface Outbox {
  /** Starts what is due: conversations side by side, each in its own order. Resolves to how many rows it took in hand or put off. */
  startDue(): Promise<number>;
  /** Resolves when all that was started has ended. */
  idle(): Promise<void>;
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
const forgetEveryMs = 600_000;

export function createOutbox(options: OutboxOptions): Outbox {
  const sender: Sender = { ...options, failures: new Map() };
  const { store, clock, random, leaseMs, limit = defaultLimit, onTaskEnded = () => {} } = options;
  const underWay = new Set<Promise<void>>();
  let forgetAt = clock.now();

  return {
    async startDue() {
      const room = limit - underWay.size;
      const now = clock.now();
      if (room <= 0 || !(await store.isWorkDue(teamsWork, now))) return 0;
      const leaseToken = Buffer.from(random(16)).toString('hex');
      if (now >= forgetAt) {
        await store.transact((tx) => tx.forgetPaces(now), 'process');
        forgetAt = now + forgetEveryMs;
      }
      // A lease or an end that is lost with the power is a message that is sent once more, as after any crash in between.
      const { claimed, postponed } = await store.transact(
        (tx) => claimWithinPace(tx, { now, leaseMs, leaseToken, limit: room }),
        'process',
      );
      for (const paced of claimed) {
        const task = perform(sender, paced).finally(() => {
          underWay.delete(task);
          onTaskEnded();
        });
        underWay.add(task);
      }
      return claimed.length + postponed;
    },
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

interface Sender extends OutboxOptions {
  /** Consecutive failures by row; forgotten by a restart, which starts the back-off anew. */
  readonly failures: Map<number, number>;
}

type Outcome =
  | Step
  | {
      readonly type: 'retry';
      readonly at: number;
      readonly problem: string;
      /** Nothing else goes to the conversation before `at` either. */
      readonly holds: boolean;
    }
  | { readonly type: 'undeliverable'; readonly code: Undelivered['code'] }
  /** Somebody else's by now: nothing is recorded. */
  | { readonly type: 'left' };

async function perform(sender: Sender, paced: PacedWork): Promise<void> {
  const { store, clock, log } = sender;
  const { work } = paced;
  const fields = { workId: work.workId, requestId: work.requestId, type: work.work.type };
  const call = createCall(paced, { clock, longestMs: sender.callMs });
  const outcome = await deliver(sender, paced, call).catch((error: unknown) => judge(sender, work, error));
  if (outcome.type === 'left')
    return log.warn(fields, 'lease ran out before it was sent, left to whoever holds it now');
  try {
    const copy =
      outcome.type === 'undeliverable' && work.work.type === 'sendCard' ? await store.copy(work.work.copyId) : null;
    await store.transact(async (tx) => {
      await record(sender, tx, { work, copy, outcome });
      const holdUntil = outcome.type === 'retry' && outcome.holds ? outcome.at : null;
      await recordPace(tx, paced, { endedAt: call.endedAt(), holdUntil });
    }, 'process');
    if (outcome.type !== 'retry') sender.failures.delete(work.workId);
    if (outcome.type === 'undeliverable') log.error({ ...fields, code: outcome.code }, 'given up');
  } catch (error) {
    // The row stays leased until its time is up, and is sent again then.
    const code = error instanceof StoreError ? error.code : null;
    log.error({ ...fields, outcome: outcome.type, code }, 'outcome not recorded');
    if (code === 'store.leaseLost' && outcome.type === 'done' && outcome.drawn !== null)
      await drawAgain(sender, outcome.drawn); // guard: late-card-is-drawn-again
  }
}

async function record(
  { clock, onUndeliverable }: Sender,
  tx: Tx,
  {
    work,
    copy,
    outcome,
  }: { readonly work: ClaimedWork; readonly copy: Copy | null; readonly outcome: Exclude<Outcome, { type: 'left' }> },
): Promise<void> {
  const now = clock.now();
  switch (outcome.type) {
    case 'done':
      await tx.finishWork(work, now);
      if (outcome.drawn !== null) await recordCard(tx, outcome.drawn, now);
      return;
    case 'again':
      await tx.retryWork(work, now, 'oneMoreStep');
      return outcome.write(tx);
    case 'retry':
      return tx.retryWork(work, outcome.at, outcome.problem);
    case 'undeliverable':
      await tx.giveUpWork(work, now, outcome.code);
      return onUndeliverable(tx, { work, copy, code: outcome.code });
  }
}

/** Where the card is, and what it shows: a vote is about what this entry says was displayed there (T-41). */
async function recordCard(tx: Tx, { copy, shown, ...at }: Drawn, now: number): Promise<void> {
  const { copyId, requestId, personId } = copy;
  await tx.placeCopy(copyId, at);
  if (shown !== null) await tx.appendAudit(postedEntry({ requestId, copyId, personId, ...at, digest: shown }, now)); // guard: posted-card-audited
}

/**
 * A card was drawn after the lease was over: it may stand over a newer one, or beside the one of whoever took over. Either way it is drawn
 * as the request now is; a second card gets a copy of its own, so that it is kept up to date like the first.
 */
async function drawAgain({ store, clock, log }: Sender, { copy, conversationId, activityId }: Drawn): Promise<void> {
  const { copyId: _, ...shared } = copy;
  await store
    .transact(async (tx) => {
      const present = await tx.copy(copy.copyId);
      if (present?.activityId !== activityId) await tx.addCopy({ ...shared, conversationId, activityId });
      await tx.refreshCopies(copy.requestId, clock.now());
    })
    .catch((error: unknown) =>
      log.error(
        { requestId: copy.requestId, copyId: copy.copyId, code: error instanceof StoreError ? error.code : null },
        'late card not drawn again',
      ),
    );
}

/** What a failure means for the row: wait and try again without end, or never. */
function judge(sender: Sender, work: ClaimedWork, error: unknown): Outcome {
  const now = sender.clock.now();
  if (error instanceof LeaseOver) return { type: 'left' };
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
          holds: true,
        };
      case 'teams.unreachable':
        return { type: 'retry', at: later, problem: error.code, holds: false };
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
    return { type: 'retry', at: later, problem: error instanceof Error ? error.name : 'unknown', holds: false };
  return { type: 'undeliverable', code: 'teams.bug' };
}

/** Doubling from 2 seconds to 5 minutes, with up to half taken off at random so that rows do not come back together. */
function backOffMs(failures: number, random: RandomBytes): number {
  const fullMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20));
  return Math.round(fullMs * (1 - (random(1)[0] ?? 0) / 510));
}
