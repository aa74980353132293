import { seconds } from '../lib/clock';
import type { RequestId } from '../request/request';
import type { Store } from '../store/store';
import type { QueuePlace } from '../thread/kit/view';
import type { Admission } from './admission';

/** What the cards of waiting requests showed last, and when they were asked to show it. */
interface Shown {
  readonly at: number;
  readonly positions: Readonly<Record<string, string>>;
}

/** The name of the fact that holds what was shown. */
export const positionsFact = 'queue.shown';

/** Positions move with every admission; a card that moves more often than this is no easier to read. */
const soonestMs = seconds(15);
/** A conversation takes 1,800 messages an hour (teams.md E3): positions take at most half of them, even when all cards are in one. */
const perCardMs = seconds(4);

/**
 * Has the cards of waiting requests drawn again when their positions have moved: all at once, and not often. What was shown is a fact, so
 * that replicas do not repeat each other. A request's own changes are drawn at once by their effects, and do not come here.
 */
export function createQueuePositions(store: Store): {
  /** Resolves to when it must be asked again (epoch ms); null when all cards show what is. */
  show(plan: Admission, now: number): Promise<number | null>;
} {
  let shown: Shown = { at: 0, positions: {} };

  return {
    async show(plan, now) {
      const positions = wordsOf(plan);
      if (movedFrom(shown, positions).length === 0) return null;
      if (now < dueAt(shown, now)) return dueAt(shown, now);
      return store.transact(async (tx) => {
        shown = (await tx.lockFact<Shown>(positionsFact)) ?? { at: 0, positions: {} };
        const moved = movedFrom(shown, positions);
        if (moved.length === 0) return null;
        if (now < dueAt(shown, now)) return dueAt(shown, now);
        for (const id of moved) await tx.refreshCards(id, now);
        shown = { at: now, positions };
        await tx.saveFact(positionsFact, shown);
        return null;
      });
    },
  };
}

/** One that goes at once has no position to show. */
const wordsOf = (plan: Admission): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...plan.positions].filter(([, { waitsFor }]) => waitsFor !== 'nothing').map(([id, at]) => [id, inWords(at)]),
  );

const inWords = ({ position, of, waitsFor }: QueuePlace): string => `${position}/${of}/${waitsFor}`;

const movedFrom = (shown: Shown, positions: Readonly<Record<string, string>>): readonly RequestId[] =>
  Object.keys(positions).filter((id) => shown.positions[id] !== positions[id]) as RequestId[];

/** In the future it was shown by a clock that has been set back. */
function dueAt({ at, positions }: Shown, now: number): number {
  return at > now ? 0 : at + Math.max(soonestMs, Object.keys(positions).length * perCardMs);
}
