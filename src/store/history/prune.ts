import { type FileOffer, offerFacts } from '../../request/file-offer';
import { finalStates, type RequestId } from '../../request/request';
import { type UsedCard, usedCardFacts } from '../../request/used-card';
import type { Db } from '../engine/tables';
import type { WriterMethods } from '../rows/methods';
import { leaveEvidenceFiles } from '../rows/results';
import { isUnneeded, pruneIdleConversations } from './idle-conversations';
import type { PrunedRequest } from './pruned';

interface Limits {
  readonly doneBefore: number;
  readonly givenUpBefore: number;
  readonly activitiesBefore: number;
  readonly limit: number;
}

/** What the retention takes away. */
export interface PruneWriter {
  /**
   * Removes up to `limit` requests that ended before, with all that belongs to them but their audit. What is not over stays: a request
   * with an open review, or with work that is not done.
   */
  pruneRequests(options: {
    readonly endedBefore: number;
    readonly now: number;
    readonly limit: number;
    /** Conversations that are written to although no request is left in them. */
    readonly keepPlaces: readonly string[];
  }): Promise<readonly PrunedRequest[]>;
  /**
   * Removes up to `limit` of each: work that is done, dead letters, marks of handled activities, offers of files that are over, and which tokens were
   * used on a request that has ended. Gives how many.
   */
  pruneLeftovers(limits: Limits): Promise<number>;
  /** Resolves to how many threads and group chats were removed that nothing has needed since `idleBefore`. */
  pruneIdleConversations(options: {
    readonly now: number;
    readonly idleBefore: number;
    readonly keepPlaces: readonly string[];
  }): Promise<number>;
}

export const pruneWriter: WriterMethods<PruneWriter> = {
  async pruneRequests({ endedBefore, now, limit, keepPlaces }) {
    const rows = await this.engine.forUpdate(prunable(this.db, endedBefore).limit(limit)).execute();
    if (rows.length === 0) return [];
    const gone = rows.map(({ id }) => id);
    const targets = await this.db
      .selectFrom('requests')
      .select(['requests.id', 'requests.tenant_id', 'requests.conversation_id', 'requests.state_since'])
      .where('batch_id', 'in', gone)
      .execute();
    const ids = [...targets, ...rows].map((row) => row.id as RequestId);
    const pruned = [...rows, ...targets].map((row) => ({
      id: row.id as RequestId,
      tenantId: row.tenant_id,
      conversationId: row.conversation_id,
      endedAt: row.state_since,
      prunedAt: now,
    }));
    await notePruned(this.db, pruned);
    await leaveEvidenceFiles(this.db, ids, now);
    await forgetFacts(this.db, ids);
    for (const table of ['vote_tokens', 'work', 'results', 'submissions', 'reviews', 'cards'] as const)
      await this.db.deleteFrom(table).where('request_id', 'in', ids).execute();
    await this.db.deleteFrom('requests').where('batch_id', 'in', gone).execute();
    await this.db.deleteFrom('requests').where('id', 'in', gone).execute();
    await forgetConversations(this.db, [...new Set(pruned.map(({ conversationId }) => conversationId))], keepPlaces);
    return pruned;
  },
  async pruneLeftovers({ doneBefore, givenUpBefore, activitiesBefore, limit }) {
    const ended = [
      ['done', doneBefore],
      ['givenUp', givenUpBefore],
    ] as const;
    let count = 0n;
    for (const [outcome, before] of ended) {
      const old = this.db.selectFrom('work').select('id').where('ended_at', 'is not', null);
      const some = old.where('outcome', '=', outcome).where('ended_at', '<', before).limit(limit);
      count += (await this.db.deleteFrom('work').where('id', 'in', some).executeTakeFirst()).numDeletedRows;
    }
    const handled = this.db.selectFrom('activities').select('id').where('at', '<', activitiesBefore).limit(limit);
    count += (await this.db.deleteFrom('activities').where('id', 'in', handled).executeTakeFirst()).numDeletedRows;
    const offers = await pruneFacts<FileOffer>(this.db, offerFacts, limit, ({ state, expiresAt }) =>
      state === 'accepted' ? expiresAt < givenUpBefore : expiresAt < doneBefore,
    );
    return (
      Number(count) +
      offers +
      (await pruneFacts<UsedCard>(this.db, usedCardFacts, limit, ({ at }) => at < activitiesBefore))
    );
  },
  pruneIdleConversations(options) {
    return pruneIdleConversations(this.db, options);
  },
};

const prunable = (db: Db, endedBefore: number) =>
  db
    .selectFrom('requests')
    .select(['requests.id', 'requests.tenant_id', 'requests.conversation_id', 'requests.state_since'])
    .where('state', 'in', finalStates) // guard: open-requests-are-not-pruned
    .where('state_since', '<', endedBefore)
    // They go with their batch, which is told by them.
    .where('batch_id', 'is', null)
    // guard: open-reviews-are-not-pruned
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('reviews')
            .select('reviews.request_id')
            .whereRef('reviews.request_id', '=', 'requests.id')
            .where('reviews.closed_at', 'is', null),
        ),
      ),
    )
    // guard: unfinished-work-is-not-pruned
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('work')
            .select('work.id')
            .whereRef('work.request_id', '=', 'requests.id')
            .where('work.ended_at', 'is', null),
        ),
      ),
    );

/** So that nobody gets the id again, and who clicks on a card of it is told what became of it. */
async function notePruned(db: Db, pruned: readonly PrunedRequest[]): Promise<void> {
  await db
    .insertInto('pruned_requests')
    .values(
      pruned.map(({ id, tenantId, conversationId, endedAt, prunedAt }) => ({
        id,
        tenant_id: tenantId,
        conversation_id: conversationId,
        ended_at: endedAt,
        pruned_at: prunedAt,
      })),
    )
    .execute();
  await db
    .insertInto('pruned_cards')
    .columns(['conversation_id', 'activity_id', 'request_id'])
    .expression((e) =>
      e
        .selectFrom('cards')
        .select((c) => [
          c.ref('conversation_id').$notNull().as('conversation_id'),
          c.ref('activity_id').$notNull().as('activity_id'),
          'request_id',
        ])
        .where(
          'request_id',
          'in',
          pruned.map(({ id }) => id),
        )
        .where('conversation_id', 'is not', null)
        .where('activity_id', 'is not', null),
    )
    .onConflict((c) => c.columns(['conversation_id', 'activity_id']).doNothing())
    .execute();
}

/** Who was told of in the thread of a request because they tried to decide it from elsewhere. */
export const misplacedFact = (id: RequestId): string => `misplaced:${id}`;

/** What was noted by name of a card or the request. */
async function forgetFacts(db: Db, ids: readonly RequestId[]): Promise<void> {
  const cards = await db.selectFrom('cards').select('id').where('request_id', 'in', ids).execute();
  await deleteFacts(db, [
    ...cards.flatMap((row) => [`unreached:${row.id}`, `delayed:${row.id}`]),
    ...ids.flatMap((id) => [`elsewhere:${id}`, `delayed:${id}`, misplacedFact(id)]),
  ]);
}

/** A thread that is written in again becomes known again; a person's own chat may not be forgotten, since nobody may write there first. */
async function forgetConversations(db: Db, conversationIds: readonly string[], keep: readonly string[]): Promise<void> {
  const candidates = conversationIds.filter((id) => !keep.includes(id));
  if (candidates.length === 0) return;
  await db.deleteFrom('conversations').where('conversation_id', 'in', candidates).where(isUnneeded).execute();
}

/** Facts of one kind that nobody needs any more; offers of files that are over, or which cards were used. */
async function pruneFacts<T>(db: Db, prefix: string, limit: number, isOver: (value: T) => boolean): Promise<number> {
  const rows = await db.selectFrom('facts').selectAll().where('name', 'like', `${prefix}%`).execute();
  const isDone = (value: T | null): boolean => value === null || isOver(value);
  const names = rows
    .filter(({ value }) => isDone(JSON.parse(value)))
    .slice(0, limit)
    .map(({ name }) => name);
  await deleteFacts(db, names);
  return names.length;
}

async function deleteFacts(db: Db, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += maxNames)
    await db
      .deleteFrom('facts')
      .where('name', 'in', names.slice(from, from + maxNames))
      .execute();
}

/** Well below what either engine takes as parameters of one statement. */
const maxNames = 1_000;
