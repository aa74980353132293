import { type Anchor, anchorDueAt, anchorText } from '../audit/anchor';
import { anchoredEntry } from '../audit/entry';
import { type Clock, hours } from '../lib/clock';
import type { Log } from '../lib/log';
import type { DueWork } from '../lib/loop';
import type { Store } from '../store/store';
import { postRow } from '../store/work/ordering-key';
import { sentencePost } from '../thread/kit/sentence';

/** The name under which the last anchor is kept. */
export const anchorFact = 'audit.anchor';

/** How often it is looked whether the conversation has become known; the loop looks sooner when it wakes anyway. */
const lookAgainMs = hours(1);
const warnEveryMs = hours(24);

/**
 * Posts the head of the audit chain to a conversation once a day, where whoever can write the database cannot change it (T-40).
 * Two replicas at the same instant may both post; one more anchor does no harm.
 */
export function createAnchor(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly conversationId: string;
  readonly trial: boolean;
}): DueWork {
  const { store, clock, log, conversationId, trial } = options;
  let warnedAt: number | null = null;
  let lookAgainAt = 0;

  return {
    async startDue() {
      const now = clock.now();
      if (anchorDueAt(await store.fact<Anchor>(anchorFact), now) > now) return 0;
      if ((await store.place(conversationId)) === null) {
        lookAgainAt = now + lookAgainMs;
        if (warnedAt === null || now - warnedAt >= warnEveryMs) warn(now);
        return 0;
      }
      return (await post(now)) ? 1 : 0;
    },
    async nextDueAt() {
      return Math.max(anchorDueAt(await store.fact<Anchor>(anchorFact), clock.now()), lookAgainAt);
    },
  };

  function warn(now: number): void {
    warnedAt = now;
    log.warn(
      { conversationId },
      'No audit anchor could be posted, because the bot has not been written to in that conversation. Write to it there once, or set AUDIT_ANCHOR_CONVERSATION to one where it is.',
    );
  }

  function post(now: number): Promise<boolean> {
    return store.transact(async (tx) => {
      if (anchorDueAt(await tx.fact<Anchor>(anchorFact), now) > now) return false;
      const anchor: Anchor = { ...(await tx.auditHead()), at: now };
      const post = sentencePost(anchorText(anchor), { trial, summary: 'Audit anchor' });
      await tx.addWork([postRow(conversationId, post, { at: now })]);
      await tx.saveFact(anchorFact, anchor);
      await tx.appendAudit(anchoredEntry(anchor, conversationId));
      return true;
    });
  }
}
