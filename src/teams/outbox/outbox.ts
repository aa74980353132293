import type { Clock } from '../../lib/clock';
import type { Place } from '../../request/place';
import type { Store, Tx } from '../../store/store';
import { StoreError } from '../../store/store-error';
import { postRow } from '../../store/work/ordering-key';
import { teamsWork } from '../../store/work/work';
import type { Post } from '../../thread/kit/post';
import { createCall, type DeliveryOptions, deliver, LeaseOver } from './delivery';
import { drawAgain, type EndedTask, judge, type OutcomeOptions, record, toEndedCall } from './outcome';
import { claimWithinPace, type EndedCall, type PacedWork, type Start, type Taken } from './paced-claim';
import { createSayings } from './sayings';

export interface OutboxOptions extends DeliveryOptions, OutcomeOptions {
  /** Long enough to draw what is sent and for one call to Teams. */
  readonly leaseMs: number;
  /** The longest that one call takes. */
  readonly callMs: number;
  /** How many rows may be under way at once. */
  readonly limit?: number;
  /** Told when something is due, now or later, that was not taken in hand. */
  readonly onLeft?: () => void;
}

/**
 * Sends what the store holds for Teams, never faster than Teams takes it from all replicas together. At least once: a post whose answer got
 * lost, or a crash between the post and its record, is repeated; a card is repeated as a whole and an update is the same however often it
 * is made. Nothing is dropped while Teams cannot be reached.
 */
export interface Outbox {
  /** Starts what is due: conversations side by side, each in its own order. Resolves to how many rows it took in hand or put off. */
  startDue(): Promise<number>;
  /** Leases what is due in a transaction that has just made it so, as its last act; `Start` is for after the commit. */
  takeDue(tx: Tx): Promise<Start>;
  /**
   * Lets a transaction, as its last act, have something said from memory after its commit, rather than store it, lease it and store that it was
   * said: for what is of no use to anybody once this process is gone. Where Teams does not take it, it is queued then. Null: it has to be queued
   * now, since something else waits in its conversation.
   */
  sayAfter(tx: Tx, place: Place, post: Post): Promise<Start | null>;
  /** Resolves when all that was started has ended. */
  idle(): Promise<void>;
  /** Takes nothing more in hand; resolves when all that was started has ended. */
  stop(): Promise<void>;
}

/** Posts durably, in the order of the conversation. */
export const queuePost =
  ({ store, clock }: { readonly store: Store; readonly clock: Clock }) =>
  (place: Place, post: Post): Promise<void> =>
    store.transact(async (tx) => {
      await tx.savePlace(place);
      await tx.addWork([postRow(place.conversationId, post, { at: clock.now() })]);
    });

const defaultLimit = 50;
const forgetEveryMs = 600_000;

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, clock, log, random, leaseMs, callMs, limit = defaultLimit, onLeft = () => {} } = options;
  const name = Buffer.from(random(16)).toString('hex');
  let claims = 0;
  const underWay = new Set<Promise<void>>();
  /** Consecutive failures by row; forgotten by a restart, which starts the back-off anew. */
  const failures = new Map<number, number>();
  /** The service addresses that answered 400, by row. */
  const tried = new Map<number, Set<string>>();
  /** What waits for the turnover, which is the one commit that is under way or waits for its turn. */
  const waiting: { ended: EndedTask[]; isDue: boolean } = { ended: [], isDue: false };
  let turnover: Promise<void> | null = null;
  /** What another transaction adds while one that takes or ends is under way, that one does not see, nor the other its end: somebody must look after both. */
  const lookAgain = store.databaseNow === null ? () => {} : onLeft;
  let isStopping = false;
  let forgetAt = clock.now();
  const sayings = createSayings({ ...options, newKey: () => `${name}-${++claims}`, take, turnOver, lookAgain });

  return {
    async startDue() {
      const recorded = await sayings.recordKept();
      const now = clock.now();
      if (isStopping || underWay.size >= limit || !(await store.isWorkDue(teamsWork, now))) return recorded;
      if (now >= forgetAt) {
        await store.transact((tx) => tx.forgetRates(now), 'process');
        forgetAt = now + forgetEveryMs;
      }
      const taken = await store.transact((tx) => take(tx, []), 'process');
      taken.start();
      return recorded + taken.count;
    },
    async takeDue(tx) {
      if (turnover === null) {
        const taken = await take(tx, []);
        return () => {
          taken.start();
          lookAgain();
        };
      }
      // Many answers at once are taken together by the next turnover, rather than one by one.
      return () => {
        waiting.isDue = true;
        void turnOver();
      };
    },
    async sayAfter(tx, place, post) {
      if (isStopping || underWay.size >= limit) return null;
      const say = await sayings.sayAfter(tx, place, post);
      return say === null ? null : () => track(say(), { type: 'sendPost' });
    },
    idle,
    stop() {
      isStopping = true;
      return idle();
    },
  };

  async function idle(): Promise<void> {
    while (underWay.size > 0 || turnover !== null) await Promise.all([...underWay, turnover]);
  }

  /** A lease or an end that is lost with the power is a message that is sent once more, as after any crash in between. */
  async function take(tx: Tx, over: readonly EndedCall[]): Promise<Taken> {
    const { claimed, postponed } = await claimWithinPace(
      tx,
      {
        now: clock.now(),
        leaseMs,
        leaseToken: `${name}-${++claims}`,
        limit: isStopping ? 0 : limit - underWay.size + over.length,
      },
      over,
    );
    return {
      count: claimed.length + postponed,
      start() {
        if (postponed > 0) onLeft();
        claimed.forEach(start);
      },
    };
  }

  /** Should it throw, a row stays leased until its time is up, and is sent again then. */
  function start(paced: PacedWork): void {
    track(perform(paced), fieldsOf(paced));
  }

  function track(work: Promise<void>, fields: Readonly<Record<string, unknown>>): void {
    const task = work
      .catch((error: unknown) => {
        log.error({ ...fields, error: error instanceof Error ? error.name : typeof error }, 'sending failed');
        onLeft();
      })
      .finally(() => underWay.delete(task));
    underWay.add(task);
  }

  async function perform(paced: PacedWork): Promise<void> {
    const { work } = paced;
    const call = createCall(paced, { clock, longestMs: callMs });
    let outcome: EndedTask['outcome'];
    try {
      outcome = await deliver(options, paced, call);
    } catch (error) {
      if (error instanceof LeaseOver) {
        log.warn(fieldsOf(paced), 'lease ran out before it was sent, left to whoever holds it now');
        return onLeft();
      }
      failures.set(work.workId, (failures.get(work.workId) ?? 0) + 1);
      const addresses = tried.get(work.workId) ?? new Set<string>();
      tried.set(work.workId, addresses);
      outcome = await judge(options, { work, failures: failures.get(work.workId) ?? 1, error, tried: addresses });
    }
    waiting.ended.push({ paced, outcome, endedAt: call.endedAt() });
    await turnOver();
  }

  /** Calls that end close together are recorded by one commit, which also takes what may go next. */
  function turnOver(): Promise<void> {
    turnover ??= Promise.resolve().then(recordWaiting);
    return turnover;
  }

  async function recordWaiting(): Promise<void> {
    while (waiting.ended.length > 0 || sayings.isWaiting() || waiting.isDue) {
      if (sayings.isWaiting()) await sayings.record();
      if (waiting.ended.length === 0 && !waiting.isDue) continue;
      let over: readonly EndedTask[] = [];
      try {
        await recordAll(() => {
          waiting.isDue = false;
          over = [...over, ...waiting.ended.splice(0)];
          return over;
        });
      } catch (error) {
        // It may have failed before it collected anything, and what nobody takes would be tried without end.
        if (over.length === 0) over = waiting.ended.splice(0);
        waiting.isDue = false;
        const [only, ...others] = over;
        if (only === undefined) onLeft();
        else if (others.length === 0) await tellUnrecorded(only, error);
        // One that another replica has taken over must not keep back the others.
        else for (const task of over) await recordAll(() => [task]).catch((alone) => tellUnrecorded(task, alone));
      }
    }
    // In the same turn in which nothing waited: what ends from now on begins a new one.
    turnover = null;
  }

  async function recordAll(collect: () => readonly EndedTask[]): Promise<void> {
    let over: readonly EndedTask[] = [];
    const next = await store.transact(async (tx) => {
      over = collect();
      for (const task of over) await record(options, tx, task);
      return take(tx, over.map(toEndedCall));
    }, 'process');
    next.start();
    lookAgain();
    for (const { paced, outcome } of over) {
      if (outcome.type === 'retry') onLeft();
      else if (outcome.type !== 'again') {
        failures.delete(paced.work.workId);
        tried.delete(paced.work.workId);
      }
      if (outcome.type === 'undeliverable') log.error({ ...fieldsOf(paced), code: outcome.code }, 'given up');
    }
  }

  /** The row stays leased until its time is up, and is sent again then. */
  async function tellUnrecorded({ paced, outcome }: EndedTask, error: unknown): Promise<void> {
    const code = error instanceof StoreError ? error.code : null;
    log.error({ ...fieldsOf(paced), outcome: outcome.type, code }, 'outcome not recorded');
    if (code === 'store.leaseLost' && outcome.type === 'done' && outcome.drawn !== null)
      await drawAgain(options, outcome.drawn); // guard: late-card-is-drawn-again
    onLeft();
  }
}

const fieldsOf = ({ work }: PacedWork) => ({
  workId: work.workId,
  requestId: work.requestId,
  type: work.work.type,
});
