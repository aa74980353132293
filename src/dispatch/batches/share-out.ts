import type { RequestId } from '../../request/request';

/** What one batch has under way, and what it would let go next, in its order. */
export interface BatchWish {
  readonly id: RequestId;
  readonly underWay: number;
  readonly next: readonly number[];
}

/** All batches together leave so many sessions to single requests. */
const leftForOthers = 5;

/**
 * Which targets are let go now: a batch holds at most half of the sessions and all together at most all but five, at least one each time; whoever
 * has the fewest under way is next, so that several batches take turns.
 */
export function shareOut(batches: readonly BatchWish[], sessions: number): ReadonlyMap<RequestId, readonly number[]> {
  const ofOne = Math.max(1, Math.floor(sessions / 2));
  const ofAll = Math.max(1, sessions - leftForOthers);
  const shares = batches.map(({ id, underWay, next }) => ({ id, underWay, next, given: 0 }));
  const load = (share: (typeof shares)[number]): number => share.underWay + share.given;
  for (let all = batches.reduce((sum, { underWay }) => sum + underWay, 0); all < ofAll; all++) {
    const able = shares.filter((share) => share.given < share.next.length && load(share) < ofOne);
    const least = able.reduce<(typeof shares)[number] | null>(
      (a, b) => (a === null || load(b) < load(a) ? b : a),
      null,
    );
    if (least === null) break;
    least.given++;
  }
  return new Map(shares.map(({ id, next, given }) => [id, next.slice(0, given)]));
}
