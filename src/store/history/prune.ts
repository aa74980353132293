import { type FileOffer, offerFacts } from '../../request/file-offer';
import { finalStates, type RequestId } from '../../request/request';
import { type UsedCard, usedCardFacts } from '../../request/used-card';
import type { Engine } from '../engine/engine';
import type { Db } from '../engine/tables';
import { leaveEvidenceFiles } from '../rows/evidence-files';
import type { HistoryTx, PrunedRequest } from './history';

export async function pruneRequests(
  db: Db,
  forUpdate: Engine['forUpdate'],
  { endedBefore, now, limit, keepPlaces }: Parameters<HistoryTx['pruneRequests']>[0],
): Promise<readonly PrunedRequest[]> {
  const rows = await forUpdate(
    db
      .selectFrom('requests')
      .select(['requests.id', 'requests.tenant_id', 'requests.conversation_id', 'requests.since'])
      .where('state', 'in', finalStates) // guard: open-requests-are-not-pruned
      .where('since', '<', endedBefore)
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
      )
      .limit(limit),
  ).execute();
  if (rows.length === 0) return [];
  const pruned = rows.map((row) => ({
    id: row.id as RequestId,
    tenantId: row.tenant_id,
    conversationId: row.conversation_id,
    endedAt: row.since,
    prunedAt: now,
  }));
  const ids = pruned.map(({ id }) => id);
  await leaveMarks(db, pruned);
  await leaveEvidenceFiles(db, ids, now);
  await forgetFacts(db, ids);
  for (const table of ['vote_tokens', 'work', 'results', 'submissions', 'reviews', 'copies'] as const)
    await db.deleteFrom(table).where('request_id', 'in', ids).execute();
  await db.deleteFrom('requests').where('id', 'in', ids).execute();
  await forgetPlaces(db, [...new Set(pruned.map(({ conversationId }) => conversationId))], keepPlaces);
  return pruned;
}

/** So that nobody gets the id again, and who clicks on a card of it is told what became of it. */
async function leaveMarks(db: Db, pruned: readonly PrunedRequest[]): Promise<void> {
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
        .selectFrom('copies')
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

/** What was noted by name of a copy or the request. */
async function forgetFacts(db: Db, ids: readonly RequestId[]): Promise<void> {
  const copies = await db.selectFrom('copies').select('id').where('request_id', 'in', ids).execute();
  await deleteFacts(db, [
    ...copies.flatMap((row) => [`unreached:${row.id}`, `delayed:${row.id}`]),
    ...ids.flatMap((id) => [`elsewhere:${id}`, `delayed:${id}`, misplacedFact(id)]),
  ]);
}

/** A thread that is written in again becomes known again; a person's own chat may not be forgotten, since nobody may write there first. */
async function forgetPlaces(db: Db, conversationIds: readonly string[], keep: readonly string[]): Promise<void> {
  const candidates = conversationIds.filter((id) => !keep.includes(id));
  if (candidates.length === 0) return;
  await db
    .deleteFrom('places')
    .where('conversation_id', 'in', candidates)
    .where('scope', '!=', 'personal')
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('requests')
            .select('requests.id')
            .whereRef('requests.conversation_id', '=', 'places.conversation_id'),
        ),
      ),
    )
    .where((e) =>
      e.not(
        e.exists(
          e
            .selectFrom('work')
            .select('work.id')
            .whereRef('work.lane', '=', 'places.conversation_id')
            .where('work.ended_at', 'is', null),
        ),
      ),
    )
    .execute();
}

export async function pruneMarks(
  db: Db,
  { doneBefore, givenUpBefore, activitiesBefore, limit }: Parameters<HistoryTx['pruneMarks']>[0],
): Promise<number> {
  let count = 0n;
  for (const [outcome, before] of [
    ['done', doneBefore],
    ['givenUp', givenUpBefore],
  ] as const) {
    const { numDeletedRows } = await db
      .deleteFrom('work')
      .where('id', 'in', (e) =>
        e
          .selectFrom('work')
          .select('id')
          .where('ended_at', 'is not', null)
          .where('outcome', '=', outcome)
          .where('ended_at', '<', before)
          .limit(limit),
      )
      .executeTakeFirst();
    count += numDeletedRows;
  }
  const { numDeletedRows } = await db
    .deleteFrom('activities')
    .where('id', 'in', (e) => e.selectFrom('activities').select('id').where('at', '<', activitiesBefore).limit(limit))
    .executeTakeFirst();
  const facts = await pruneFacts(db, { doneBefore, givenUpBefore, limit });
  return Number(count + numDeletedRows) + facts + (await pruneUsedCards(db, { activitiesBefore, limit }));
}

/** Offers of files that nobody can take any more. */
async function pruneFacts(
  db: Db,
  { doneBefore, givenUpBefore, limit }: Omit<Parameters<HistoryTx['pruneMarks']>[0], 'activitiesBefore'>,
): Promise<number> {
  const offers = await db.selectFrom('facts').selectAll().where('name', 'like', `${offerFacts}%`).execute();
  const isOver = (offer: FileOffer | null): boolean =>
    offer === null || offer.expiresAt < (offer.state === 'accepted' ? givenUpBefore : doneBefore);
  const names = offers
    .filter(({ value }) => isOver(JSON.parse(value) as FileOffer | null))
    .slice(0, limit)
    .map(({ name }) => name);
  await deleteFacts(db, names);
  return names.length;
}

/** Which cards were used; kept as long as the marks of what was pressed. */
async function pruneUsedCards(
  db: Db,
  { activitiesBefore, limit }: Pick<Parameters<HistoryTx['pruneMarks']>[0], 'activitiesBefore' | 'limit'>,
): Promise<number> {
  const used = await db.selectFrom('facts').selectAll().where('name', 'like', `${usedCardFacts}%`).execute();
  const isOver = (use: UsedCard | null): boolean => use === null || use.at < activitiesBefore;
  const names = used.filter(({ value }) => isOver(JSON.parse(value) as UsedCard | null)).map(({ name }) => name);
  await deleteFacts(db, names.slice(0, limit));
  return Math.min(names.length, limit);
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
