import { type Api, nothingSpent, type Spent, waitForOne, withCall } from '../../defender/budget';
import type { Defender } from '../../defender/client';
import { DefenderError } from '../../defender/errors';
import type { Clock } from '../../lib/clock';
import type { Person } from '../../request/request';

/** What people have read of Defender for them. */
export type PersonReads = Pick<
  Defender,
  'findMachines' | 'findMany' | 'machinesBeginning' | 'listLibrary' | 'lastDate'
>;

/** `people`: they ask for something; `browse`: they look something up, which gives way to that. */
export type PeopleReads = (person: Person, purpose: 'people' | 'browse') => PersonReads;

/** More than people read within an hour; who was silent longest is forgotten. */
const mostKept = 5_000;

/**
 * Defender for one person, within their own share of each API and purpose: what one looks up never spends what another needs to ask. The shares are kept in
 * memory, by each replica for itself: over all replicas together every purpose stays within the budget in the store, so nothing that is approved rests on them.
 */
export function createPeopleReads({
  defender,
  clock,
}: {
  readonly defender: Defender;
  readonly clock: Clock;
}): PeopleReads {
  const spentBy = new Map<string, Spent>();

  /** Counted before it is asked whether all together have room: many at the same instant are not let through by one count. */
  function take(personId: string, api: Api, purpose: 'people' | 'browse'): void {
    const now = clock.now();
    const key = `${personId} ${purpose} ${api}`;
    const spent = spentBy.get(key) ?? nothingSpent;
    const waitMs = waitForOne(spent, purpose, now);
    if (waitMs > 0) throw new DefenderError(api, 'defender.shareSpent', { retryAfterMs: waitMs }); // guard: reads-are-shared-between-people
    spentBy.delete(key);
    spentBy.set(key, withCall(spent, now));
    const [oldest] = spentBy.keys();
    if (spentBy.size > mostKept && oldest !== undefined) spentBy.delete(oldest);
  }

  return ({ id }, purpose) =>
    defender.forPurpose(purpose, (budget) => ({
      ...budget,
      async take(api, of) {
        take(id, api, purpose);
        return budget.take(api, of);
      },
    }));
}
