import type { Insertable } from 'kysely';
import type { Effect } from '../../request/effect';
import type { RequestId } from '../../request/request';
import type { SentNews } from '../../request/telling';
import type { Post } from '../../thread/kit/post';
import type { Engine } from '../engine/engine';
import { firstOf, prepared } from '../engine/prepared';
import type { Db, WorkTable } from '../engine/tables';
import type { ReaderMethods, WriterMethods } from '../rows/methods';

/** What the worker of Defender effects and the outbox perform. */
export type Work =
  | Extract<Effect, { type: 'submit' | 'lookUp' | 'cancelAction' | 'fetchResult' | 'recheckLibrary' }>
  /** Draws the card from the request as it then is, so that several changes become one update. */
  | { readonly type: 'sendCard'; readonly cardId: number }
  /** `personId` given: in that person's own chat, else where the request was asked. */
  | { readonly type: 'sendNews'; readonly news: SentNews; readonly personId?: string }
  /** A message that is complete already: the answer to a command, a result. */
  | {
      readonly type: 'sendPost';
      readonly conversationId: string;
      readonly post: Post;
      /** It is tried in the place of what Teams refused for what it was; nothing stands in for it. */
      readonly insteadOf?: Work;
    }
  /** Puts a collected file where the person who agreed to have it let it be put. */
  | { readonly type: 'sendFile'; readonly offerId: string };

export type WorkType = Work['type'];
export const defenderWork = [
  'submit',
  'lookUp',
  'cancelAction',
  'fetchResult',
  'recheckLibrary',
] as const satisfies readonly WorkType[];
export const fileWork = ['sendFile'] as const satisfies readonly WorkType[];
export const teamsWork = ['sendCard', 'sendNews', 'sendPost'] as const satisfies readonly WorkType[];

export interface NewWork {
  readonly requestId: RequestId | null;
  readonly work: Work;
  /** Of the undone rows with one key only the oldest may be claimed. Null: no order with others. Teams work always has one (`Ordering`). */
  readonly orderingKey: string | null;
  readonly dueAt: number;
}

export interface WorkReader {
  /** Whether anything is undone with this key, be it due, leased or put off; not what is set apart. */
  isAnythingBefore(orderingKey: string): Promise<boolean>;
  /** Work rows that are neither done nor given up, by type. */
  waitingWork(): Promise<Readonly<Partial<Record<WorkType, number>>>>;
}

export interface WorkWriter {
  addWork(rows: readonly NewWork[]): Promise<void>;
  /** Due later, at the same place of its order; not counted as a claim. */
  postponeWork(workIds: readonly number[], dueAt: number): Promise<void>;
  /** Gives all undone rows of one key another one, under which they keep their age. */
  moveWork(from: string, to: string): Promise<void>;
  /** Something else is sent in its place; its claims, its age and its key stay. */
  replaceWork(workId: number, work: Work): Promise<void>;
}

export const workReader: ReaderMethods<WorkReader> = {
  async isAnythingBefore(orderingKey) {
    return (await firstOf(lookForUndone(this.db, { orderingKey }))) !== undefined;
  },
  async waitingWork() {
    const rows = await this.db
      .selectFrom('work')
      .select((e) => ['type', e.fn.countAll<number>().as('count')])
      .where('ended_at', 'is', null)
      .groupBy('type')
      .execute();
    return Object.fromEntries(rows.map((row) => [row.type, row.count]));
  },
};

export const workWriter: WriterMethods<WorkWriter> = {
  addWork(rows) {
    return addWork(this.db, rows);
  },
  async postponeWork(ids, dueAt) {
    if (ids.length > 0) await this.db.updateTable('work').set({ due_at: dueAt }).where('id', 'in', ids).execute();
  },
  moveWork(from, to) {
    return moveWork(this.db, from, to);
  },
  async replaceWork(workId, work) {
    await this.db.updateTable('work').set(bodyOf(work)).where('id', '=', workId).execute();
  },
};

const bodyOf = (work: Work) => ({
  type: work.type,
  card_id: work.type === 'sendCard' ? work.cardId : null,
  body: JSON.stringify(work),
});

export async function addWork(db: Db, rows: readonly NewWork[]): Promise<void> {
  for (const { requestId, work, orderingKey, dueAt } of rows)
    await insertWork(db, {
      request_id: requestId,
      ordering_key: orderingKey,
      due_at: dueAt,
      first_due_at: dueAt,
      claims: 0,
      ...bodyOf(work),
    });
}

type AddedWork = Pick<
  Insertable<WorkTable>,
  'request_id' | 'type' | 'ordering_key' | 'card_id' | 'due_at' | 'first_due_at' | 'body' | 'claims'
>;

/** What is added behind a row of its request that is set apart keeps its order behind that, and is set apart with it. */
const insertWork = prepared((db, row: AddedWork) =>
  db.insertInto('work').values({
    ...row,
    apart: db
      .selectFrom('work as before')
      .select((e) => e.fn.coalesce(e.fn.max('before.apart'), e.lit(0)).as('apart'))
      .where('before.ended_at', 'is', null)
      .where('before.ordering_key', '=', row.ordering_key ?? '')
      .where('before.request_id', '=', row.request_id ?? ''),
  }),
);

const lookForUndone = prepared((db, { orderingKey }: { orderingKey: string }) =>
  db
    .selectFrom('work')
    .select('id')
    .where('ended_at', 'is', null)
    .where('ordering_key', '=', orderingKey)
    .where('apart', '=', 0)
    .limit(1),
);

export async function moveWork(db: Db, from: string, to: string): Promise<void> {
  const undone = db.updateTable('work').where('ended_at', 'is', null).where('ordering_key', '=', from);
  await undone.set({ ordering_key: to }).execute();
}

/** A card's rows follow it. */
export const moveWorkOfCard = prepared((db, { cardId, orderingKey }: { cardId: number; orderingKey: string }) =>
  db
    .updateTable('work')
    .set({ ordering_key: orderingKey })
    .where('ended_at', 'is', null)
    .where('card_id', '=', cardId)
    .where('ordering_key', '<>', orderingKey),
);

/**
 * Rows that a later change can ride on: what is leased may have been rendered already. Locked, so that nobody leases and renders one
 * before that change is committed.
 */
export async function findWaitingCards(
  db: Db,
  forUpdate: Engine['forUpdate'],
  cardIds: readonly number[],
): Promise<ReadonlySet<number>> {
  if (cardIds.length === 0) return new Set();
  const { rows } = await selectUnclaimedCards(db, { cardIds }, forUpdate);
  return new Set(rows.flatMap((row) => (row.card_id === null ? [] : [row.card_id])));
}

const selectUnclaimedCards = prepared((db, { cardIds }: { cardIds: readonly number[] }, forUpdate) =>
  forUpdate(
    db
      .selectFrom('work')
      .select('card_id')
      .where('ended_at', 'is', null)
      .where('lease_token', 'is', null)
      .where('card_id', 'in', cardIds)
      .orderBy('id'),
  ),
);
