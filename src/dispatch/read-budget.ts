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

/** While so little of a quota is used, and we looked so lately, a read need not wait until it is written down: other replicas cannot use up the rest meanwhile. */
const plentyBelow = 0.25;
const knownForMs = seconds(5);

interface Ask {
  readonly api: Api;
  /** Null: it goes already, and is only to be counted. */
  readonly purpose: Purpose | null;
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
  let asks: Ask[] = [];
  let serving = false;

  return {
    async take(api, purpose) {
      const seen = known.get(api);
      if (seen !== undefined && hasPlenty(seen, purpose)) {
        known.set(api, { ...seen, spent: withCall(seen.spent, clock.now()) });
        enqueue({
          api,
          purpose: null,
          answer: () => {},
          fail: (error) =>
            log.warn({ api, error: error instanceof Error ? error.name : typeof error }, 'A read was not counted'),
        });
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

  function hasPlenty({ spent, at }: { readonly spent: Spent; readonly at: number }, purpose: Purpose): boolean {
    const now = clock.now();
    const age = now - at;
    return age >= 0 && age <= knownForMs && loadOf(spent, now) < plentyBelow && waitFor(spent, purpose, now) === 0;
  }

  function enqueue(ask: Ask): void {
    asks.push(ask);
    if (serving) return;
    serving = true;
    void serveAll();
  }

  async function serveAll(): Promise<void> {
    // One turn later, so that what is asked for together is counted together.
    await Promise.resolve();
    while (asks.length > 0) {
      const batch = asks;
      asks = [];
      try {
        const answers = await store.transact((tx) => serve(tx, batch));
        for (const [ask, waitMs] of answers) ask.answer(waitMs);
      } catch (error) {
        for (const ask of batch) ask.fail(error);
      }
    }
    serving = false;
  }

  async function serve(tx: Tx, batch: readonly Ask[]): Promise<ReadonlyMap<Ask, number | null>> {
    const answers = new Map<Ask, number | null>();
    for (const api of apis.filter((a) => batch.some((ask) => ask.api === a))) {
      const before = await lockSpent(tx, api);
      const now = clock.now();
      let spent = before;
      for (const ask of batch.filter((a) => a.api === api).sort(byImportance)) {
        const waitMs = ask.purpose === null ? 0 : waitFor(spent, ask.purpose, now);
        if (waitMs === 0) spent = withCall(spent, now);
        answers.set(ask, waitMs === 0 ? null : waitMs);
      }
      if (spent !== before) await tx.saveFact(factOf(api), spent);
      known.set(api, { spent, at: now });
    }
    return answers;
  }
}

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

const byImportance = (a: Ask, b: Ask): number => rankOf(a.purpose) - rankOf(b.purpose);
const rankOf = (purpose: Purpose | null): number => (purpose === null ? -1 : purposes.indexOf(purpose));
