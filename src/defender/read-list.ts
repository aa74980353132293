import { seconds } from '../lib/clock';
import type { Api } from './budget';
import { type CallContext, get, type Reply } from './call';
import { DefenderError, readEnvelope } from './errors';
import { readPage } from './schema';

/** 50 pages of anything are a loop or a mistake. */
const maxPages = 50;

/** Short enough for somebody who waits for the answer. */
export const absenceWaits = ({ longestWaitMs }: CallContext): readonly number[] =>
  [seconds(1), seconds(2)].filter((ms) => ms <= longestWaitMs);
/** Defender answers 404 for a while for what is there (defender-api.md §1.2, §3), so it is asked again; null when each try said 404. */
export async function getUnlessGone(context: CallContext, call: ReturnType<typeof at>): Promise<Reply | null> {
  for (const waitMs of absenceWaits(context)) {
    const reply = await get(context, call, [404]);
    if (reply.status !== 404) return reply;
    await context.clock.sleep(waitMs);
  }
  const last = await get(context, call, [404]);
  return last.status === 404 ? null : last; // guard: one-404-is-asked-again
}

/** How the items of a list are read. */
export interface ItemReading<T> {
  readonly readItem: (item: unknown) => T | null;
  readonly unreadable: 'skip' | 'throw';
  /** An empty list of machines comes as 404 (get-machines); for every other list a 404 proves nothing. */
  readonly emptyIs404?: boolean;
}

export interface List<T> {
  readonly items: readonly T[];
  readonly pages: number;
  /** Defender's own on the first page. */
  readonly date: number | null;
}

/** A whole list, page by page, or an error: never the first part of one. */
export async function readList<T>(
  context: CallContext,
  call: { readonly name: string; readonly api: Api },
  path: string,
  reading: ItemReading<T>,
): Promise<List<T>> {
  const { name } = call;
  const items: T[] = [];
  const first = new URL(path, context.base);
  let url: URL | null = first;
  let pages = 0;
  let date: number | null = null;
  for (; url !== null; pages++) {
    if (pages === maxPages) throw new DefenderError(name, 'defender.answerTooLarge');
    const reply = await get(context, { ...call, url }, reading.emptyIs404 && pages === 0 ? [404] : []);
    if (reply.status === 404) return { items: [], pages: 1, date: reply.date };
    if (pages === 0) date = reply.date;
    const page = readPage(reply.body, reading.readItem);
    if (page === null) throw unreadable(name, reply);
    if (page.unreadable > 0) {
      if (reading.unreadable === 'throw') throw unreadable(name, reply);
      context.log.warn(
        { call: name, unreadable: page.unreadable },
        'Items of a Defender list cannot be read and are left out',
      );
    }
    items.push(...page.items);
    url = page.nextLink === null ? null : followNext(name, page.nextLink, first);
  }
  return { items, pages, date };
}

/**
 * The next page, on our own host whatever host the link names: regional servers name themselves in their answers, and the token goes to one
 * host only. It must continue the list that was asked for.
 */
function followNext(name: string, nextLink: string, first: URL): URL {
  const next = parseUrl(nextLink, first);
  if (next === null || next.pathname.toLowerCase().replace('/api/v1.0/', '/api/') !== first.pathname.toLowerCase()) {
    throw new DefenderError(name, 'defender.badAnswer', { detail: 'the next page leads elsewhere' });
  }
  return new URL(`${first.pathname}${next.search}`, first.origin);
}

function parseUrl(text: string, base: URL): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}

/** A call by the name of its API. */
export const at = (context: CallContext, api: Api, path: string) => ({
  name: api,
  api,
  url: new URL(path, context.base),
});

/** An answer that is not what it should be. */
export const unreadable = (call: string, reply: Reply): DefenderError =>
  new DefenderError(call, 'defender.badAnswer', { status: reply.status, ...envelopeFacts(reply) });

function envelopeFacts(reply: Reply) {
  const { code, target } = readEnvelope(reply.body);
  return { defenderCode: code, target };
}
