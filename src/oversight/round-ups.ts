import type { Views } from '../dispatch/views';
import type { Clock } from '../lib/clock';
import type { DueWork } from '../lib/loop';
import { type RoundUpNews, roundUpEveryMs } from '../request/round-up';
import type { Stored } from '../store/rows/requests';
import type { Store, Tx } from '../store/store';
import { postRow } from '../store/work/ordering-key';
import { roundUpPosts } from '../thread/posts/round-up-post';

/**
 * Tells a war room every so often, in one reply, what was gathered for it. Taking the news and storing the reply is one transaction: nothing is
 * untold, and nothing is told twice.
 */
export function createRoundUps(options: {
  readonly store: Store;
  readonly views: Views;
  readonly clock: Clock;
  readonly trial: boolean;
}): DueWork {
  const { store, views, clock, trial } = options;

  async function tell(tx: Tx, conversationId: string, now: number): Promise<void> {
    const gathered = await tx.takeRoundUp(conversationId);
    const stored = await Promise.all(idsOf(gathered).map((id) => tx.request(id)));
    const list = await views.list(
      tx,
      stored.filter((one): one is Stored => one !== null),
    );
    const posts = roundUpPosts(gathered, list, { now, trial });
    await tx.addWork(posts.map((post) => postRow(conversationId, post, { at: now })));
  }

  return {
    async startDue() {
      const now = clock.now();
      const due = [...(await store.roundUps())].filter(([, since]) => since + roundUpEveryMs <= now);
      for (const [conversationId] of due) await store.transact((tx) => tell(tx, conversationId, now));
      return due.length;
    },
    async nextDueAt() {
      const since = [...(await store.roundUps()).values()];
      return since.length === 0 ? null : Math.min(...since) + roundUpEveryMs;
    },
  };
}

const idsOf = (gathered: readonly RoundUpNews[]) => [...new Set(gathered.map(({ requestId }) => requestId))];
