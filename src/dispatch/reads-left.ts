import { type Api, apis, leftOf, loadOf, nothingSpent, type Spent } from '../defender/budget';
import type { Reader, Tx } from '../store/store';

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

/** What all replicas have spent of an API's quota: one fact each. */
export const readSpent = async (reader: Reader, api: Api): Promise<Spent> =>
  (await reader.fact<Spent>(factOf(api))) ?? nothingSpent;

/** The same for whoever counts: nobody else does before this transaction is over. */
export const lockSpent = async (tx: Tx, api: Api): Promise<Spent> =>
  (await tx.lockFact<Spent>(factOf(api))) ?? nothingSpent;

export const saveSpent = (tx: Tx, api: Api, spent: Spent): Promise<void> => tx.saveFact(factOf(api), spent);

const factOf = (api: Api): string => `reads.${api}`;
