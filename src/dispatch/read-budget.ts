import {
  type Api,
  apis,
  leftOf,
  nothingSpent,
  type Purpose,
  purposes,
  type ReadBudget,
  type Spent,
  waitFor,
  withCall,
  withHold,
} from '../defender/budget';
import { type Clock, seconds } from '../lib/clock';
import type { Log } from '../lib/log';
import type { Store, Tx } from '../store/store';
import { lockSpent, readSpent, saveSpent } from './reads-left';

/** While so much of a quota is left, and we looked so lately, a read goes at once and is written down a little later: other replicas cannot use up the rest meanwhile. */
const plenty = { minute: 75, hour: 600 } as const;
const knownForMs = seconds(5);
/** Real time: a commit waits for the disk, and what the read is for should not wait for that. */
const writeAfterMs = 100;
/** An hour's quota of one API: while the store cannot be written, older reads than these are forgotten. */
const mostUnwritten = 1_500;

interface Ask {
  readonly api: Api;
  readonly purpose: Purpose;
  readonly answer: (waitMs: number | null) => void;
  readonly fail: (error: unknown) => void;
}

interface BudgetOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}

/** What this process knows of the quota, and what it has not written down yet. */
interface Book extends BudgetOptions {
  readonly known: Map<Api, { readonly spent: Spent; readonly at: number }>;
  /** Reads that went already and are not written down yet. */
  unwritten: Api[];
  /** Those of them whose transaction is under way: a read of the store may miss them, and counting one twice does no harm. */
  beingWritten: readonly Api[];
  asks: Ask[];
  isWritePlanned: boolean;
  isServing: boolean;
}

/**
 * Defender counts all replicas as one app, so their budget is one, kept in the store: a fact for each API, locked while it is counted. Whatever
 * is asked for in the same turn is served by one transaction, the most important first.
 */
export function createReadBudget(options: BudgetOptions): ReadBudget {
  const { store, clock, log } = options;
  const state = { unwritten: [], beingWritten: [], asks: [], isWritePlanned: false, isServing: false };
  const book: Book = { ...options, known: new Map(), ...state };

  return {
    async take(api, purpose) {
      if (await isPlentyLeft(book, api, purpose)) {
        countUnwritten(book, api);
        return null;
      }
      return new Promise((answer, fail) => {
        book.asks.push({ api, purpose, answer, fail });
        void serveAll(book);
      });
    },
    async refused(api, waitMs) {
      const spent = await store.transact(async (tx) => {
        const held = withHold(await lockSpent(tx, api), waitMs, clock.now());
        await saveSpent(tx, api, held);
        return held;
      });
      book.known.set(api, { spent, at: clock.now() });
      log.warn({ api, waitMs }, 'Defender refused a call although its quota had room: somebody else uses this app');
    },
  };
}

async function isPlentyLeft(book: Book, api: Api, purpose: Purpose): Promise<boolean> {
  const { store, clock, known } = book;
  const age = clock.now() - (known.get(api)?.at ?? Number.NEGATIVE_INFINITY);
  if (age < 0 || age > knownForMs) {
    const spent = await readSpent(store, api);
    const now = clock.now();
    const ours = [...book.beingWritten, ...book.unwritten].filter((a) => a === api);
    known.set(api, { spent: ours.reduce((sum) => withCall(sum, now), spent), at: now });
  }
  const { spent } = known.get(api) ?? { spent: nothingSpent };
  const now = clock.now();
  const left = leftOf(spent, now);
  return left.minute >= plenty.minute && left.hour >= plenty.hour && waitFor(spent, purpose, now) === 0;
}

function countUnwritten(book: Book, api: Api): void {
  const seen = book.known.get(api);
  if (seen !== undefined) book.known.set(api, { ...seen, spent: withCall(seen.spent, book.clock.now()) });
  book.unwritten.push(api);
  if (book.isWritePlanned) return;
  book.isWritePlanned = true;
  setTimeout(() => {
    book.isWritePlanned = false;
    if (book.unwritten.length > 0) void serveAll(book);
  }, writeAfterMs).unref();
}

async function serveAll(book: Book): Promise<void> {
  // What comes meanwhile is served by the round after this one.
  if (book.isServing) return;
  book.isServing = true;
  // One turn later, so that what is asked for together is counted together.
  await Promise.resolve();
  let failed = false;
  do {
    const [batch, counts] = [book.asks, book.unwritten];
    [book.asks, book.unwritten] = [[], []];
    book.beingWritten = counts;
    try {
      const answers = await book.store.transact((tx) => serve(book, tx, batch, counts), 'process');
      for (const [ask, waitMs] of answers) ask.answer(waitMs);
    } catch (error) {
      // Written with the next ones: who must ask hears of the store, and nobody else waits for it.
      book.unwritten = [...counts, ...book.unwritten].slice(-mostUnwritten);
      for (const ask of batch) ask.fail(error);
      failed = true;
    }
    book.beingWritten = [];
  } while (book.asks.length > 0 || (book.unwritten.length > 0 && !failed));
  book.isServing = false;
}

async function serve(
  { known, clock }: Book,
  tx: Tx,
  batch: readonly Ask[],
  counts: readonly Api[],
): Promise<ReadonlyMap<Ask, number | null>> {
  const answers = new Map<Ask, number | null>();
  for (const api of apis.filter((a) => counts.includes(a) || batch.some((ask) => ask.api === a))) {
    const before = await lockSpent(tx, api);
    const now = clock.now();
    let spent = before;
    for (const _ of counts.filter((a) => a === api)) spent = withCall(spent, now);
    for (const ask of batch.filter((a) => a.api === api).sort(byImportance)) {
      const waitMs = waitFor(spent, ask.purpose, now);
      if (waitMs === 0) spent = withCall(spent, now);
      answers.set(ask, waitMs === 0 ? null : waitMs);
    }
    if (spent !== before) await saveSpent(tx, api, spent);
    known.set(api, { spent, at: now });
  }
  return answers;
}

const byImportance = (a: Ask, b: Ask): number => purposes.indexOf(a.purpose) - purposes.indexOf(b.purpose);
