import { type Clock, hours } from '../lib/clock';
import type { DueWork } from '../lib/loop';
import type { Groups, Policy } from '../policy/policy';
import type { Review } from '../request/review';
import type { Store } from '../store/store';
import { postRow } from '../store/work/ordering-key';
import { reviewsCard } from '../thread/posts/review-cards';

/** The name under which it is kept when the list last went out. */
const listedFact = 'reviews.listedAt';
const listEveryMs = hours(24 * 7);
const lookEveryMs = hours(1);

/** Tells the owners of each rule once a week which reviews of break-glass nobody has closed (T-24). */
export function createWeeklyReviews(options: {
  readonly store: Store;
  readonly policy: () => Policy;
  readonly groups: () => Promise<Groups>;
  readonly clock: Clock;
  readonly trial: boolean;
}): DueWork {
  const { store, clock, trial } = options;
  let lookAt = 0;
  return {
    async startDue() {
      const now = clock.now();
      if (now < lookAt) return 0;
      lookAt = now + lookEveryMs;
      const listedAt = (await store.fact<number>(listedFact)) ?? null;
      if (listedAt !== null && now - listedAt < listEveryMs) return 0;
      const open = await store.openReviews({});
      const groups = await options.groups();
      await store.transact(async (tx) => {
        // Once for all replicas.
        if (!(await tx.claimActivity(`${listedFact}:${Math.floor(now / listEveryMs)}`, now))) return;
        for (const [personId, reviews] of byOwner(options.policy(), groups, open)) {
          const place = await tx.personalPlace(personId);
          const own = reviews.filter(({ tenantId }) => tenantId === place?.tenantId);
          if (place === null || own.length === 0) continue;
          const post = reviewsCard(own, { now, trial, page: 1 });
          await tx.addWork([postRow(place.conversationId, post, { at: now })]);
        }
        await tx.saveFact(listedFact, now);
      });
      return open.length;
    },
    nextDueAt: async () => lookAt,
  };
}

function byOwner(policy: Policy, groups: Groups, open: readonly Review[]): ReadonlyMap<string, readonly Review[]> {
  const lists = new Map<string, Review[]>();
  for (const review of open) {
    const rule = policy.rules.find(({ name }) => name === review.rule);
    const owners = rule?.outcome.type === 'approve' ? rule.outcome.bar.breakGlass?.owners : undefined;
    for (const id of groups.get(owners ?? '') ?? []) lists.set(id, [...(lists.get(id) ?? []), review]);
  }
  return lists;
}
