import type { Clock } from '../../lib/clock';
import type { Log } from '../../lib/log';
import type { RandomBytes } from '../../lib/random';
import type { Place } from '../../request/place';
import type { Store, Tx } from '../../store/store';
import { isOutage, StoreError } from '../../store/store-error';
import { postRow } from '../../store/work/ordering-key';
import type { NewWork } from '../../store/work/work';
import type { Post } from '../../thread/kit/post';
import { answers } from '../../thread/sentences/answers';
import type { Teams } from '../teams';
import { createCall } from './delivery';
import { judgeSaying } from './outcome';
import { beginWithinPace, type EndedCall, type PacedCall, type Taken } from './paced-claim';

/** Ends of what was said from memory hold nobody up, so they wait for each other. */
const endsTogetherMs = 25;

/** What was not said, and until when it may be: before that nobody else has sent anything in its conversation. */
interface Unsaid {
  readonly place: Place;
  readonly post: Post;
  readonly dueAt: number;
  readonly goodUntil: number;
}

/** In place of an answer that would show below newer messages how things were before them. */
const inDoubt: Post = { text: answers.inDoubt, mention: null, card: null, summary: answers.inDoubt };

/** What has to be recorded. */
interface Ends {
  readonly calls: EndedCall[];
  /** Conversations in which something has arrived. */
  readonly reached: string[];
  readonly unsaid: Unsaid[];
}

const newEnds = (): Ends => ({ calls: [], reached: [], unsaid: [] });

const isNone = ({ calls, unsaid }: Ends): boolean => calls.length === 0 && unsaid.length === 0;

/** Leaves nothing in `from`. */
function move(from: Ends, to: Ends): void {
  to.calls.push(...from.calls.splice(0));
  to.reached.push(...from.reached.splice(0));
  to.unsaid.push(...from.unsaid.splice(0));
}

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

export const createSayings = (options: SayingOptions): Sayings => new MemorySayings(options);

class MemorySayings implements Sayings {
  readonly #options: SayingOptions;
  readonly #waiting = newEnds();
  /** What could not be recorded, until the store is back; `#failure` is why. */
  readonly #kept = newEnds();
  #failure: unknown = null;
  /** Where something is being said. */
  readonly #saying = new Set<string>();

  constructor(options: SayingOptions) {
    this.#options = options;
  }

  async sayAfter(tx: Tx, place: Place, post: Post): Promise<(() => Promise<void>) | null> {
    const { clock, newKey, leaseMs } = this.#options;
    const { conversationId } = place;
    if (this.#saying.has(conversationId)) return null;
    if (await tx.isAnythingBefore(conversationId)) return null; // guard: nothing-is-said-before-what-waits
    const now = clock.now();
    const paced = await beginWithinPace(tx, place, { key: newKey(), now, leaseMs });
    // Not in this transaction: nothing may be locked after the paces, and whoever adds a row takes what is due.
    return () =>
      paced === null
        ? this.#queue({ place, post, dueAt: now, goodUntil: now + leaseMs })
        : this.#say(paced, place, post);
  }

  isWaiting(): boolean {
    return !isNone(this.#waiting);
  }

  async recordKept(): Promise<number> {
    if (this.#failure === null) return 0;
    const count = this.#kept.calls.length + this.#kept.unsaid.length;
    move(this.#kept, this.#waiting);
    await this.#options.turnOver();
    if (!isNone(this.#kept)) throw this.#failure;
    this.#failure = null;
    return count;
  }

  async record(): Promise<void> {
    const { store, clock, take, lookAgain, onLeft = () => {} } = this.#options;
    const ends = newEnds();
    try {
      const next = await store.transact(async (tx) => {
        move(this.#waiting, ends);
        for (const conversationId of new Set(ends.reached)) await tx.noteReached(conversationId, clock.now());
        await this.#queueAgain(tx, ends.unsaid);
        return take(tx, ends.calls);
      }, 'process');
      next.start();
      lookAgain();
    } catch (error) {
      // It may have failed before it collected anything, and what nobody takes would be tried without end.
      move(this.#waiting, ends);
      this.#keep(ends, error);
      return onLeft();
    }
    if (ends.unsaid.length > 0) onLeft();
  }

  #queue(one: Unsaid): Promise<void> {
    this.#waiting.unsaid.push(one);
    return this.#options.turnOver();
  }

  async #say(paced: PacedCall, place: Place, post: Post): Promise<void> {
    this.#saying.add(place.conversationId);
    try {
      await this.#call(paced, place, post);
      await this.#options.clock.sleep(endsTogetherMs);
      await this.#options.turnOver();
    } finally {
      this.#saying.delete(place.conversationId);
    }
  }

  async #call(paced: PacedCall, place: Place, post: Post): Promise<void> {
    const { clock, callMs, teams } = this.#options;
    const once = createCall(paced, { clock, longestMs: callMs });
    let holdUntil: number | null = null;
    try {
      await once(() => teams.post(place, post));
      this.#waiting.reached.push(place.conversationId);
    } catch (error) {
      const judged = judgeSaying(this.#options, paced, error);
      holdUntil = judged.holdUntil;
      this.#waiting.unsaid.push({ place, post, dueAt: judged.dueAt, goodUntil: paced.leaseUntil });
    }
    this.#waiting.calls.push({ paced, endedAt: once.endedAt(), holdUntil });
  }

  #keep(ends: Ends, error: unknown): void {
    const { log } = this.#options;
    const code = error instanceof StoreError ? error.code : null;
    const fields = { calls: ends.calls.length, unsaid: ends.unsaid.length, code };
    // What anything but the store's outage keeps from being recorded would be kept for ever.
    if (!isOutage(error)) {
      log.error(fields, 'ends of what was said not recorded');
      return;
    }
    if (this.#failure === null) log.warn(fields, 'ends of what was said are kept until they can be recorded');
    move(ends, this.#kept);
    this.#failure = error;
  }

  /** In order; what is too old to be shown, or has been overtaken, is not. */
  async #queueAgain(tx: Tx, unsaid: readonly Unsaid[]): Promise<void> {
    const now = this.#options.clock.now();
    const rows: NewWork[] = [];
    for (const { place, post, dueAt, goodUntil } of unsaid) {
      let isOld = now >= goodUntil; // guard: no-view-after-its-time
      if (await tx.isAnythingBefore(place.conversationId)) isOld = true; // guard: no-view-below-what-came-after-it
      rows.push(postRow(place.conversationId, isOld ? inDoubt : post, { at: isOld ? now : dueAt }));
    }
    await tx.addWork(rows);
  }
}
