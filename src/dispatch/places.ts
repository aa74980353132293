import { seconds } from '../lib/clock';
import type { RequestId } from '../request/request';
import type { Store } from '../store/store';
import type { QueuePlace } from '../thread/kit/view';
import type { Admission } from './admission';

/** What the cards of waiting requests showed last, and when they were asked to show it. */
interface Shown {
  readonly at: number;
  readonly places: Readonly<Record<string, string>>;
}

export const placesFact = 'places.shown';

/** Places move with every admission; a card that moves more often than this is no easier to read. */
const soonestMs = seconds(15);
/** A conversation takes 1,800 messages an hour (teams.md E3): places take at most half of them, even when all cards are in one. */
const perCardMs = seconds(4);

/**
 * Has the cards of waiting requests drawn again when their places have moved: all at once, and not often. What was shown is a fact, so
 * that replicas do not repeat each other. A request's own changes are drawn at once by their effects, and do not come here.
 */
export function createPlaces(store: Store): {
  /** Resolves to when it must be asked again; null when all cards show what is. */
  show(plan: Admission, now: number): Promise<number | null>;
} {
  let shown: Shown = { at: 0, places: {} };

  return {
    async show(plan, now) {
      const places = wordsOf(plan);
      if (movedFrom(shown, places).length === 0) return null;
      if (now < dueAt(shown, now)) return dueAt(shown, now);
      return store.transact(async (tx) => {
        shown = (await tx.lockFact<Shown>(placesFact)) ?? { at: 0, places: {} };
        const moved = movedFrom(shown, places);
        if (moved.length === 0) return null;
        if (now < dueAt(shown, now)) return dueAt(shown, now);
        for (const id of moved) await tx.refreshCards(id, now);
        shown = { at: now, places };
        await tx.saveFact(placesFact, shown);
        return null;
      });
    },
  };
}

/** One that goes at once has no place to show. */
const wordsOf = (plan: Admission): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...plan.places].filter(([, { waitsFor }]) => waitsFor !== 'nothing').map(([id, place]) => [id, inWords(place)]),
  );

const inWords = ({ position, of, waitsFor }: QueuePlace): string => `${position}/${of}/${waitsFor}`;

const movedFrom = (shown: Shown, places: Readonly<Record<string, string>>): readonly RequestId[] =>
  Object.keys(places).filter((id) => shown.places[id] !== places[id]) as RequestId[];

/** In the future it was shown by a clock that has been set back. */
function dueAt({ at, places }: Shown, now: number): number {
  return at > now ? 0 : at + Math.max(soonestMs, Object.keys(places).length * perCardMs);
}
