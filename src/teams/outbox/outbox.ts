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
import { createSayings, type Sayings } from './sayings';

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

/** The `Outbox` of one process: what it has under way, and what is to be recorded of it. */
class LeasedOutbox implements Outbox {
  readonly #options: OutboxOptions;
  readonly #name: string;
  readonly #limit: number;
  #claims = 0;
  readonly #underWay = new Set<Promise<void>>();
  /** Consecutive failures by row; forgotten by a restart, which starts the back-off anew. */
  readonly #failures = new Map<number, number>();
  /** The service addresses that answered 400, by row. */
  readonly #tried = new Map<number, Set<string>>();
  /** What waits for the turnover, which is the one commit that is under way or waits for its turn. */
  readonly #waiting: { ended: EndedTask[]; isDue: boolean } = { ended: [], isDue: false };
  #turnover: Promise<void> | null = null;
  #isStopping = false;
  #forgetAt: number;
  readonly #sayings: Sayings;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#name = Buffer.from(options.random(16)).toString('hex');
    this.#limit = options.limit ?? defaultLimit;
    this.#forgetAt = options.clock.now();
    this.#sayings = createSayings({
      ...options,
      newKey: () => this.#newKey(),
      take: (tx, over) => this.#take(tx, over),
      turnOver: () => this.#turnOver(),
      lookAgain: () => this.#lookAgain(),
    });
  }

  async startDue(): Promise<number> {
    const { store, clock } = this.#options;
    const recorded = await this.#sayings.recordKept();
    const now = clock.now();
    if (this.#isFull() || !(await store.isWorkDue(teamsWork, now))) return recorded;
    if (now >= this.#forgetAt) {
      await store.transact((tx) => tx.forgetRates(now), 'process');
      this.#forgetAt = now + forgetEveryMs;
    }
    const taken = await store.transact((tx) => this.#take(tx, []), 'process');
    taken.start();
    return recorded + taken.count;
  }

  async takeDue(tx: Tx): Promise<Start> {
    if (this.#turnover === null) {
      const taken = await this.#take(tx, []);
      return () => {
        taken.start();
        this.#lookAgain();
      };
    }
    // Many answers at once are taken together by the next turnover, rather than one by one.
    return () => {
      this.#waiting.isDue = true;
      void this.#turnOver();
    };
  }

  async sayAfter(tx: Tx, place: Place, post: Post): Promise<Start | null> {
    if (this.#isFull()) return null;
    const say = await this.#sayings.sayAfter(tx, place, post);
    return say === null ? null : () => this.#track(say(), { type: 'sendPost' });
  }

  async idle(): Promise<void> {
    while (this.#underWay.size > 0 || this.#turnover !== null) await Promise.all([...this.#underWay, this.#turnover]);
  }

  stop(): Promise<void> {
    this.#isStopping = true;
    return this.idle();
  }

  #isFull(): boolean {
    return this.#isStopping || this.#underWay.size >= this.#limit;
  }

  #newKey(): string {
    return `${this.#name}-${++this.#claims}`;
  }

  #onLeft(): void {
    this.#options.onLeft?.();
  }

  /** What another transaction adds while one that takes or ends is under way, that one does not see, nor the other its end: somebody must look after both. */
  #lookAgain(): void {
    if (this.#options.store.databaseNow !== null) this.#onLeft();
  }

  /** A lease or an end that is lost with the power is a message that is sent once more, as after any crash in between. */
  async #take(tx: Tx, over: readonly EndedCall[]): Promise<Taken> {
    const limit = this.#isStopping ? 0 : this.#limit - this.#underWay.size + over.length;
    const { clock, leaseMs } = this.#options;
    const { claimed, postponed } = await claimWithinPace(
      tx,
      { now: clock.now(), leaseMs, leaseToken: this.#newKey(), limit },
      over,
    );
    return {
      count: claimed.length + postponed,
      start: () => {
        if (postponed > 0) this.#onLeft();
        // Should it throw, a row stays leased until its time is up, and is sent again then.
        for (const paced of claimed) this.#track(this.#perform(paced), fieldsOf(paced));
      },
    };
  }

  #track(work: Promise<void>, fields: Readonly<Record<string, unknown>>): void {
    const task = work
      .catch((error: unknown) => {
        this.#options.log.error(
          { ...fields, error: error instanceof Error ? error.name : typeof error },
          'sending failed',
        );
        this.#onLeft();
      })
      .finally(() => this.#underWay.delete(task));
    this.#underWay.add(task);
  }

  async #perform(paced: PacedWork): Promise<void> {
    const { clock, callMs, log } = this.#options;
    const call = createCall(paced, { clock, longestMs: callMs });
    let outcome: EndedTask['outcome'];
    try {
      outcome = await deliver(this.#options, paced, call);
    } catch (error) {
      if (error instanceof LeaseOver) {
        log.warn(fieldsOf(paced), 'lease ran out before it was sent, left to whoever holds it now');
        return this.#onLeft();
      }
      outcome = await this.#judgeFailure(paced, error);
    }
    this.#waiting.ended.push({ paced, outcome, endedAt: call.endedAt() });
    await this.#turnOver();
  }

  #judgeFailure({ work }: PacedWork, error: unknown): Promise<EndedTask['outcome']> {
    const failures = (this.#failures.get(work.workId) ?? 0) + 1;
    this.#failures.set(work.workId, failures);
    const tried = this.#tried.get(work.workId) ?? new Set<string>();
    this.#tried.set(work.workId, tried);
    return judge(this.#options, { work, failures, error, tried });
  }

  /** Calls that end close together are recorded by one commit, which also takes what may go next. */
  #turnOver(): Promise<void> {
    this.#turnover ??= Promise.resolve().then(() => this.#recordWaiting());
    return this.#turnover;
  }

  async #recordWaiting(): Promise<void> {
    while (this.#waiting.ended.length > 0 || this.#sayings.isWaiting() || this.#waiting.isDue) {
      if (this.#sayings.isWaiting()) await this.#sayings.record();
      if (this.#waiting.ended.length > 0 || this.#waiting.isDue) await this.#recordEnded();
    }
    // In the same turn in which nothing waited: what ends from now on begins a new one.
    this.#turnover = null;
  }

  async #recordEnded(): Promise<void> {
    let over: readonly EndedTask[] = [];
    try {
      await this.#recordAll(() => {
        this.#waiting.isDue = false;
        over = [...over, ...this.#waiting.ended.splice(0)];
        return over;
      });
    } catch (error) {
      // It may have failed before it collected anything, and what nobody takes would be tried without end.
      if (over.length === 0) over = this.#waiting.ended.splice(0);
      this.#waiting.isDue = false;
      const [only, ...others] = over;
      if (only === undefined) this.#onLeft();
      else if (others.length === 0) await this.#tellUnrecorded(only, error);
      // One that another replica has taken over must not keep back the others.
      else
        for (const task of over)
          await this.#recordAll(() => [task]).catch((alone) => this.#tellUnrecorded(task, alone));
    }
  }

  async #recordAll(collect: () => readonly EndedTask[]): Promise<void> {
    const { store, log } = this.#options;
    let over: readonly EndedTask[] = [];
    const next = await store.transact(async (tx) => {
      over = collect();
      for (const task of over) await record(this.#options, tx, task);
      return this.#take(tx, over.map(toEndedCall));
    }, 'process');
    next.start();
    this.#lookAgain();
    for (const { paced, outcome } of over) {
      if (outcome.type === 'retry') this.#onLeft();
      else if (outcome.type !== 'again') {
        this.#failures.delete(paced.work.workId);
        this.#tried.delete(paced.work.workId);
      }
      if (outcome.type === 'undeliverable') log.error({ ...fieldsOf(paced), code: outcome.code }, 'given up');
    }
  }

  /** The row stays leased until its time is up, and is sent again then. */
  async #tellUnrecorded({ paced, outcome }: EndedTask, error: unknown): Promise<void> {
    const code = error instanceof StoreError ? error.code : null;
    this.#options.log.error({ ...fieldsOf(paced), outcome: outcome.type, code }, 'outcome not recorded');
    if (code === 'store.leaseLost' && outcome.type === 'done' && outcome.drawn !== null)
      await drawAgain(this.#options, outcome.drawn); // guard: late-card-is-drawn-again
    this.#onLeft();
  }
}

export const createOutbox = (options: OutboxOptions): Outbox => new LeasedOutbox(options);

const fieldsOf = ({ work }: PacedWork) => ({
  workId: work.workId,
  requestId: work.requestId,
  type: work.work.type,
});
