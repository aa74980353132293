import {
  type Api,
  apis,
  leftOf,
  loadOf,
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
import type { Reader, Store, Tx } from '../store/store';

/** While so much of a quota is left, and we looked so lately, a read goes at once and is written down a little later: other replicas cannot use up the rest meanwhile. */
const plenty = { minute: 75, hour: 600 } as const;
const knownForMs = seconds(5);
/** Real time: a commit waits for the disk, and what the read is for should not wait for that. */
const writeAfterMs = 100;

interface Ask {
  readonly api: Api;
  readonly purpose: Purpose;
  readonly answer: (waitMs: number | null) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * The budget of all replicas, kept in the store: one fact for each API, locked while it is counted. Whatever is asked for in the same turn
 * is served by one transaction, the most important first.
 */
export function createReadBudget(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
}): ReadBudget {
  const { store, clock, log } = options;
  const known = new Map<Api, { readonly spent: Spent; readonly at: number }>();
  /** Reads that went already and are not written down yet. */
  let unwritten: Api[] = [];
  /** Those of them whose transaction is under way: a look at the store may miss them, and counting one twice does no harm. */
  let beingWritten: readonly Api[] = [];
  let isPlanned = false;
  let asks: Ask[] = [];
  let serving = false;

  return {
    async take(api, purpose) {
      if ((await lookUp(api, purpose)) === 'plenty') {
        count(api);
        return null;
      }
      return new Promise((answer, fail) => enqueue({ api, purpose, answer, fail }));
    },
    async refused(api, waitMs) {
      const spent = await store.transact(async (tx) => {
        const now = clock.now();
        const held = withHold(await lockSpent(tx, api), waitMs, now);
        await tx.saveFact(factOf(api), held);
        return held;
      });
      known.set(api, { spent, at: clock.now() });
      log.warn({ api, waitMs }, 'Defender refused a call although its quota had room: somebody else uses this app');
    },
  };

  async function lookUp(api: Api, purpose: Purpose): Promise<'plenty' | 'scarce'> {
    const age = clock.now() - (known.get(api)?.at ?? Number.NEGATIVE_INFINITY);
    if (age < 0 || age > knownForMs) {
      const spent = await readSpent(store, api);
      const now = clock.now();
      const ours = [...beingWritten, ...unwritten].filter((a) => a === api);
      known.set(api, { spent: ours.reduce((sum) => withCall(sum, now), spent), at: now });
    }
    const { spent } = known.get(api) ?? { spent: nothingSpent };
    const now = clock.now();
    const left = leftOf(spent, now);
    const isPlenty = left.minute >= plenty.minute && left.hour >= plenty.hour && waitFor(spent, purpose, now) === 0;
    return isPlenty ? 'plenty' : 'scarce';
  }

  function count(api: Api): void {
    const seen = known.get(api);
    if (seen !== undefined) known.set(api, { ...seen, spent: withCall(seen.spent, clock.now()) });
    unwritten.push(api);
    if (!isPlanned) writeLater();
  }

  function writeLater(): void {
    isPlanned = true;
    setTimeout(() => {
      isPlanned = false;
      if (unwritten.length > 0) void serveAll();
    }, writeAfterMs).unref();
  }

  function enqueue(ask: Ask): void {
    asks.push(ask);
    void serveAll();
  }

  async function serveAll(): Promise<void> {
    // What comes meanwhile is served by the round after this one.
    if (serving) return;
    serving = true;
    // One turn later, so that what is asked for together is counted together.
    await Promise.resolve();
    let failed = false;
    do {
      const [batch, counts] = [asks, unwritten];
      [asks, unwritten] = [[], []];
      beingWritten = counts;
      try {
        const answers = await store.transact((tx) => serve(tx, batch, counts), 'process');
        for (const [ask, waitMs] of answers) ask.answer(waitMs);
      } catch (error) {
        // Written with the next ones: who must ask hears of the store, and nobody else waits for it.
        unwritten = [...counts, ...unwritten].slice(-mostUnwritten);
        for (const ask of batch) ask.fail(error);
        failed = true;
      }
      beingWritten = [];
    } while (asks.length > 0 || (unwritten.length > 0 && !failed));
    serving = false;
  }

  async function serve(
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
      if (spent !== before) await tx.saveFact(factOf(api), spent);
      known.set(api, { spent, at: now });
    }
    return answers;
  }
}

/** An hour's quota of one API: while the store cannot be written, older reads than these are forgotten. */
const mostUnwritten = 1_500;

/** What is left of each API's quota, for those who watch over it. */
export async function readQuotaLeft(
  reader: Reader,
  now: number,
): Promise<ReadonlyMap<Api, { readonly minute: number; readonly hour: number }>> {
  const left = new Map<Api, { readonly minute: number; readonly hour: number }>();
  for (const api of apis) left.set(api, leftOf(await readSpent(reader, api), now));
  return left;
}

/** How full the fuller window of an API is, from 0 to 1. */
export const readLoad = async (reader: Reader, api: Api, now: number): Promise<number> =>
  loadOf(await readSpent(reader, api), now);

const factOf = (api: Api): string => `reads.${api}`;
const readSpent = async (reader: Reader, api: Api): Promise<Spent> =>
  (await reader.fact<Spent>(factOf(api))) ?? nothingSpent;
const lockSpent = async (tx: Tx, api: Api): Promise<Spent> => (await tx.lockFact<Spent>(factOf(api))) ?? nothingSpent;

const byImportance = (a: Ask, b: Ask): number => purposes.indexOf(a.purpose) - purposes.indexOf(b.purpose);
