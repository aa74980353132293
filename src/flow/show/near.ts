import { nearestWord } from '../../chat/words';
import { DefenderError } from '../../defender/errors';
import { parseRequestId } from '../../request/id';
import type { Reader } from '../../store/store';
import type { Turn } from '../../thread/kit/turn';
import { nearestNames } from '../../thread/sentences/nearest-names';
import type { Refusal } from '../../thread/sentences/refusals';
import type { FlowOptions } from '../answer';
import type { PersonReads } from '../ask/people-reads';
import { findMissing } from './pruned';

/** As far back as people remember. */
const lookBack = 200;

/** That there is no such request any more, or that there was none, with the id that was probably meant: only one that this person may see from here (T-38). */
export async function unknownRequest(
  reader: Reader,
  { id, turn, hasRole }: { readonly id: string; readonly turn: Turn; readonly hasRole: boolean },
): Promise<Refusal> {
  const { conversationId } = turn.place;
  const missing = await findMissing(reader, turn, id);
  const asked = parseRequestId(id);
  const pruned = asked === null ? null : await reader.prunedRequest(asked);
  if (missing.type === 'prunedRequest' && (hasRole || pruned?.conversationId === conversationId)) return missing;
  const seen = await reader.recentRequests(
    { tenantId: turn.tenantId, ...(hasRole ? {} : { conversationId }) }, // guard: ids-from-elsewhere-are-not-suggested
    lookBack,
  );
  const ids = seen.map(({ request }) => request.id.toLowerCase());
  const near = nearestWord(id, ids, 1);
  return { type: 'unknownRequest', id, near: near === null ? [] : [near.toUpperCase()] };
}

/** That there is no such device, with the names that come nearest, of those that this bot or Defender knows. */
export async function unknownDevice(
  options: FlowOptions,
  turn: Turn,
  query: string,
): Promise<Extract<Refusal, { type: 'unknownDevice' }>> {
  const recent = await options.store.recentRequests({ tenantId: turn.tenantId }, lookBack);
  const names = new Set([
    ...recent.map(({ request }) => request.device.name),
    ...(await namesLike(options.reads(turn.person, 'browse'), query)),
  ]);
  const isShort = !query.includes('.');
  const known = [...new Set([...names].map((name) => (isShort ? (name.split('.')[0] ?? name) : name)))];
  return { type: 'unknownDevice', query, near: nearestNames(query, known, 3) };
}

/** A suggestion is a courtesy: without it the answer is still right. */
async function namesLike(reads: PersonReads, query: string): Promise<readonly string[]> {
  const start = /^[a-z0-9-]+/i.exec(query)?.[0].slice(0, Math.max(2, Math.floor(query.length / 2))) ?? '';
  if (start.length < 2) return [];
  try {
    return (await reads.machinesBeginning(start)).map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof DefenderError)) throw error;
    return [];
  }
}
