import type { Clock } from './clock';

/** One reading for all who ask within `ms`, also while it is under way; what failed is read again. A clock that was set back keeps nothing. */
export function keptFor<T>(clock: Pick<Clock, 'now'>, ms: number, read: () => Promise<T>): () => Promise<T> {
  let kept: { readonly value: Promise<T>; readonly at: number } | null = null;
  return () => {
    const age = kept === null ? ms : clock.now() - kept.at;
    if (kept !== null && age >= 0 && age < ms) return kept.value;
    const mine = { value: read(), at: clock.now() };
    kept = mine;
    mine.value.catch(() => {
      if (kept === mine) kept = null;
    });
    return mine.value;
  };
}
