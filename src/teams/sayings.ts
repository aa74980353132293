import type { Clock } from '../lib/clock';
import type { Log } from '../lib/log';
import type { RandomBytes } from '../lib/random';
import type { Place } from '../request/place';
import { isOutage, type NewWork, type Store, StoreError, type Tx } from '../store/store';
import { answers } from '../thread/answers';
import type { Post } from '../thread/post';
import { createCall } from './delivery';
import { type EndedSaying, judgeSaying } from './outcome';
import { beginWithinPace, type EndedCall, type PacedCall, type Taken } from './paced-claim';
import type { Teams } from './teams';

/** A post as it is stored, in the order of its conversation. */
export const rowOf = ({ conversationId }: Place, post: Post, dueAt: number): NewWork => ({
  requestId: null,
  work: { type: 'sendPost', conversationId, post },
  lane: conversationId,
  dueAt,
});

/** Ends of what was said from memory hold nobody up, so they wait for each other. */
const endsTogetherMs = 25;

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

export interface SayingOptions {
  readonly store: Store;
  readonly teams: Teams;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly log: Log;
  readonly leaseMs: number;
  readonly callMs: number;
  /** A name that no call has had. */
  readonly newKey: () => string;
  /** Leases what may go once these calls are over, as the last act of a transaction. */
  readonly take: (tx: Tx, over: readonly EndedCall[]) => Promise<Taken>;
  /** Has what waits here recorded, in turn with all else that is. */
  readonly turnOver: () => Promise<void>;
  readonly lookAgain: () => void;
  readonly onLeft?: () => void;
}

/** What is said from memory, without a row: its call, its end, and what becomes of it when Teams does not take it. */
export interface Sayings {
  /** As `Outbox.sayAfter`; what it gives is to be called after the commit, and resolves when its end is recorded. */
  sayAfter(tx: Tx, place: Place, post: Post): Promise<(() => Promise<void>) | null>;
  isWaiting(): boolean;
  /** Records what waits. */
  record(): Promise<void>;
  /** The same for what could not be recorded; throws while the store is away, so that the loop looks ever more seldom. Resolves to how much that was. */
  recordKept(): Promise<number>;
}

export function createSayings(options: SayingOptions): Sayings {
  const { store, clock, log, leaseMs, callMs, newKey, take, turnOver, lookAgain, onLeft = () => {} } = options;
  const waiting: { said: EndedSaying[]; unsaid: Unsaid[] } = { said: [], unsaid: [] };
  /** What could not be recorded, until the store is back; `failure` is why. */
  const kept: { said: EndedSaying[]; unsaid: Unsaid[]; failure: unknown } = { said: [], unsaid: [], failure: null };
  /** Where something is being said. */
  const saying = new Set<string>();

  return {
    async sayAfter(tx, place, post) {
      const { conversationId } = place;
      if (saying.has(conversationId)) return null;
      if (await tx.isLaneBusy(conversationId)) return null; // guard: nothing-is-said-before-what-waits
      const now = clock.now();
      const paced = await beginWithinPace(tx, place, { key: newKey(), now, leaseMs });
      // Not in this transaction: nothing may be locked after the paces, and whoever adds a row takes what is due.
      return () =>
        paced === null ? queue({ row: rowOf(place, post, now), goodUntil: now + leaseMs }) : say(paced, place, post);
    },
    isWaiting: () => waiting.said.length > 0 || waiting.unsaid.length > 0,
    record,
    async recordKept() {
      if (kept.failure === null) return 0;
      const count = kept.said.length + kept.unsaid.length;
      waiting.said.push(...kept.said.splice(0));
      waiting.unsaid.push(...kept.unsaid.splice(0));
      await turnOver();
      if (kept.said.length > 0 || kept.unsaid.length > 0) throw kept.failure;
      kept.failure = null;
      return count;
    },
  };

  function queue(one: Unsaid): Promise<void> {
    waiting.unsaid.push(one);
    return turnOver();
  }

  async function say(paced: PacedCall, place: Place, post: Post): Promise<void> {
    saying.add(place.conversationId);
    try {
      waiting.said.push(await call(paced, place, post));
      await clock.sleep(endsTogetherMs);
      await turnOver();
    } finally {
      saying.delete(place.conversationId);
    }
  }

  async function call(paced: PacedCall, place: Place, post: Post): Promise<EndedSaying> {
    const once = createCall(paced, { clock, longestMs: callMs });
    try {
      await once(() => options.teams.post(place, post));
      return { paced, endedAt: once.endedAt(), again: null, holdUntil: null };
    } catch (error) {
      const came = judgeSaying(options, { paced, row: rowOf(place, post, clock.now()), error });
      return { paced, endedAt: once.endedAt(), ...came };
    }
  }

  async function record(): Promise<void> {
    let said: readonly EndedSaying[] = [];
    let unsaid: readonly Unsaid[] = [];
    const collect = () => {
      said = [...said, ...waiting.said.splice(0)];
      unsaid = [...unsaid, ...waiting.unsaid.splice(0)];
    };
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
      keep(said, unsaid, error);
    }
    if (unsaid.length > 0 || said.some(({ again }) => again !== null)) onLeft();
  }

  function keep(said: readonly EndedSaying[], unsaid: readonly Unsaid[], error: unknown): void {
    const fields = { said: said.length, queued: unsaid.length, code: error instanceof StoreError ? error.code : null };
    // What anything but the store's outage keeps from being recorded would be kept for ever.
    if (!isOutage(error)) {
      log.error(fields, 'ends of what was said not recorded');
      return;
    }
    if (kept.failure === null) log.warn(fields, 'ends of what was said are kept until they can be recorded');
    kept.said.push(...said);
    kept.unsaid.push(...unsaid);
    kept.failure = error;
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
}
