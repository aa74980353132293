import type { Clock } from '../lib/clock';
import type { Place } from '../request/place';
import { isOutage, type NewWork, type Store, StoreError, type Tx, teamsWork } from '../store/store';
import { answers } from '../thread/answers';
import type { Post } from '../thread/post';
import { createCall, type DeliveryOptions, deliver, LeaseOver } from './delivery';
import {
  drawAgain,
  type EndedSaying,
  type EndedTask,
  judge,
  judgeSaying,
  type OutcomeOptions,
  record,
  toEndedCall,
} from './outcome';
import { beginWithinPace, claimWithinPace, type EndedCall, type PacedCall, type PacedWork } from './paced-claim';

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

export type Start = () => void;

/** Posts durably, in the order of the conversation. */
export const queuePost =
  ({ store, clock }: { readonly store: Store; readonly clock: Clock }) =>
  (place: Place, post: Post): Promise<void> =>
    store.transact(async (tx) => {
      await tx.savePlace(place);
      await tx.addWork([rowOf(place, post, clock.now())]);
    });

const rowOf = ({ conversationId }: Place, post: Post, dueAt: number): NewWork => ({
  requestId: null,
  work: { type: 'sendPost', conversationId, post },
  lane: conversationId,
  dueAt,
});

/** What was not said, and until when it may be: before that nobody else has sent anything in its conversation. */
interface Unsaid {
  readonly row: NewWork;
  readonly goodUntil: number;
}

const unsaidOf = ({ paced, again }: EndedSaying): readonly Unsaid[] =>
  again === null ? [] : [{ row: again, goodUntil: paced.leaseUntil }];

/** In place of an answer that would show below newer messages how things were before them. */
const inDoubt = (row: NewWork): NewWork =>
  row.work.type !== 'sendPost'
    ? row
    : {
        ...row,
        work: { ...row.work, post: { text: answers.inDoubt, mention: null, card: null, summary: answers.inDoubt } },
      };

/** Ends of what was said from memory hold nobody up, so they wait for each other. */
const endsTogetherMs = 25;
const defaultLimit = 50;
const forgetEveryMs = 600_000;

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, clock, log, random, leaseMs, callMs, limit = defaultLimit, onLeft = () => {} } = options;
  const name = Buffer.from(random(16)).toString('hex');
  let claims = 0;
  const underWay = new Set<Promise<void>>();
  /** Consecutive failures by row; forgotten by a restart, which starts the back-off anew. */
  const failures = new Map<number, number>();
  /** What waits for the turnover, which is the one commit that is under way or waits for its turn. */
  const waiting: { ended: EndedTask[]; said: EndedSaying[]; unsaid: Unsaid[]; isDue: boolean } = {
    ended: [],
    said: [],
    unsaid: [],
    isDue: false,
  };
  /** What could not be recorded, until the store is back; `failure` is why. */
  const kept: { said: EndedSaying[]; unsaid: Unsaid[]; failure: unknown } = { said: [], unsaid: [], failure: null };
  /** Where something is being said from memory. */
  const saying = new Set<string>();
  let turnover: Promise<void> | null = null;
  /** What another transaction adds while one that takes or ends is under way, that one does not see, nor the other its end: somebody must look after both. */
  const lookAgain = store.databaseNow === null ? () => {} : onLeft;
  let isStopping = false;
  let forgetAt = clock.now();

  return {
    async startDue() {
      const recorded = await recordKept();
      const now = clock.now();
      if (isStopping || underWay.size >= limit || !(await store.isWorkDue(teamsWork, now))) return recorded;
      if (now >= forgetAt) {
        await store.transact((tx) => tx.forgetPaces(now), 'process');
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
      const { conversationId } = place;
      if (isStopping || underWay.size >= limit || saying.has(conversationId)) return null;
      if (await tx.isLaneBusy(conversationId)) return null; // guard: nothing-is-said-before-what-waits
      const now = clock.now();
      const paced = await beginWithinPace(tx, place, { key: `${name}-${++claims}`, now, leaseMs });
      const row = rowOf(place, post, now);
      // Not in this transaction: nothing may be locked after the paces, and whoever adds a row takes what is due.
      return () =>
        track(paced === null ? queue({ row, goodUntil: now + leaseMs }) : say(paced, place, post), {
          type: row.work.type,
        });
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

  function queue(unsaid: Unsaid): Promise<void> {
    waiting.unsaid.push(unsaid);
    return turnOver();
  }

  function say(paced: PacedCall, place: Place, post: Post): Promise<void> {
    saying.add(place.conversationId);
    return sayNow(paced, place, post).finally(() => saying.delete(place.conversationId));
  }

  async function sayNow(paced: PacedCall, place: Place, post: Post): Promise<void> {
    const call = createCall(paced, { clock, longestMs: callMs });
    let came: Pick<EndedSaying, 'again' | 'holdUntil'> = { again: null, holdUntil: null };
    try {
      await call(() => options.teams.post(place, post));
    } catch (error) {
      came = judgeSaying(options, { paced, row: rowOf(place, post, clock.now()), error });
    }
    waiting.said.push({ paced, endedAt: call.endedAt(), ...came });
    await clock.sleep(endsTogetherMs);
    await turnOver();
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
      outcome = await judge(options, { work, failures: failures.get(work.workId) ?? 1, error });
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
    while (waiting.ended.length > 0 || waiting.said.length > 0 || waiting.unsaid.length > 0 || waiting.isDue) {
      if (waiting.said.length > 0 || waiting.unsaid.length > 0) await recordSaid();
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
      else failures.delete(paced.work.workId);
      if (outcome.type === 'undeliverable') log.error({ ...fieldsOf(paced), code: outcome.code }, 'given up');
    }
  }

  async function recordSaid(): Promise<void> {
    let said: readonly EndedSaying[] = [];
    let unsaid: readonly Unsaid[] = [];
    const collect = () => {
      said = [...said, ...waiting.said.splice(0)];
      unsaid = [...unsaid, ...waiting.unsaid.splice(0)];
    };
    const isQueueing = () => unsaid.length > 0 || said.some(({ again }) => again !== null);
    try {
      const next = await store.transact(async (tx) => {
        collect();
        await queueAgain(tx, [...said.flatMap(unsaidOf), ...unsaid]);
        return take(tx, said);
      }, 'process');
      next.start();
      lookAgain();
    } catch (error) {
      collect();
      const code = error instanceof StoreError ? error.code : null;
      const fields = { said: said.length, queued: unsaid.length, code };
      // What it was not the store's outage that kept from being recorded would be so for ever.
      if (!isOutage(error)) log.error(fields, 'ends of what was said not recorded');
      else {
        if (kept.failure === null) log.warn(fields, 'ends of what was said are kept until they can be recorded');
        kept.said.push(...said);
        kept.unsaid.push(...unsaid);
        kept.failure = error;
      }
    }
    if (isQueueing()) onLeft();
  }

  /** In order; what is too old to be shown, or has been overtaken, is not. */
  async function queueAgain(tx: Tx, unsaid: readonly Unsaid[]): Promise<void> {
    const now = clock.now();
    const rows: NewWork[] = [];
    for (const { row, goodUntil } of unsaid) {
      let isOld = now >= goodUntil; // guard: no-view-after-its-time
      if (await tx.isLaneBusy(row.lane ?? '')) isOld = true; // guard: no-view-below-what-came-after-it
      rows.push(isOld ? { ...inDoubt(row), dueAt: now } : row);
    }
    await tx.addWork(rows);
  }

  /** Throws while the store is away, so that the loop looks ever more seldom. */
  async function recordKept(): Promise<number> {
    if (kept.failure === null) return 0;
    const count = kept.said.length + kept.unsaid.length;
    waiting.said.push(...kept.said.splice(0));
    waiting.unsaid.push(...kept.unsaid.splice(0));
    await turnOver();
    if (kept.said.length > 0 || kept.unsaid.length > 0) throw kept.failure;
    kept.failure = null;
    return count;
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

interface Taken {
  /** Of rows that were leased or put off. */
  readonly count: number;
  readonly start: Start;
}

const fieldsOf = ({ work }: PacedWork) => ({
  workId: work.workId,
  requestId: work.requestId,
  type: work.work.type,
});
