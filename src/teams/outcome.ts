import { postedEntry } from '../audit/entry';
import type { Clock } from '../lib/clock';
import type { Log } from '../lib/log';
import type { RandomBytes } from '../lib/random';
import { type ClaimedWork, type Copy, type Store, StoreError, type Tx } from '../store/store';
import { type Drawn, NoPlace, type Step } from './delivery';
import type { EndedCall, PacedCall, PacedWork } from './paced-claim';
import { TeamsError, type TeamsErrorCode } from './teams';

export interface Undelivered {
  readonly work: ClaimedWork;
  /** The card that could not be shown; null for news and answers. */
  readonly copy: Copy | null;
  readonly code: TeamsErrorCode | 'teams.noPlace' | 'teams.bug';
}

export type Outcome =
  | Step
  | {
      readonly type: 'retry';
      readonly at: number;
      readonly problem: string;
      /** Nothing else goes to the conversation before `at` either. */
      readonly holds: boolean;
    }
  | { readonly type: 'undeliverable'; readonly code: Undelivered['code']; readonly copy: Copy | null };

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
}

const firstDelayMs = 2_000;
const longestDelayMs = 300_000;
/** For what is neither Teams' nor the store's fault: a row that fails this often would block its lane for ever. */
const maxBugs = 10;

export const toEndedCall = ({ paced, outcome, endedAt }: EndedTask): EndedCall => ({
  paced,
  endedAt,
  holdUntil: outcome.type === 'retry' && outcome.holds ? outcome.at : null,
});

export async function record(
  { clock, onUndeliverable }: OutcomeOptions,
  tx: Tx,
  { paced: { work }, outcome }: EndedTask,
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
      return onUndeliverable(tx, { work, copy: outcome.copy, code: outcome.code });
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
export async function drawAgain(
  { store, clock, log }: OutcomeOptions,
  { copy, conversationId, activityId }: Drawn,
): Promise<void> {
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

/** What a failure means for the row: wait and try again without end, or never. */
export async function judge(
  sender: OutcomeOptions,
  { work, failures, error }: { readonly work: ClaimedWork; readonly failures: number; readonly error: unknown },
): Promise<Outcome> {
  const now = sender.clock.now();
  const undeliverable = async (code: Undelivered['code']): Promise<Outcome> => ({
    type: 'undeliverable',
    code,
    copy: work.work.type === 'sendCard' ? await sender.store.copy(work.work.copyId) : null,
  });
  if (error instanceof NoPlace) return undeliverable('teams.noPlace');
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
        return undeliverable(error.code);
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
  return undeliverable('teams.bug');
}

/** Doubling from 2 seconds to 5 minutes, with up to half taken off at random so that rows do not come back together. */
function backOffMs(failures: number, random: RandomBytes): number {
  const fullMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 20));
  return Math.round(fullMs * (1 - (random(1)[0] ?? 0) / 510));
}
