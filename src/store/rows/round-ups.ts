import type { RequestId } from '../../request/request';
import type { RoundUpNews } from '../../request/round-up';
import { prepared } from '../engine/prepared';
import type { ReaderMethods, WriterMethods } from './methods';

export interface RoundUpReader {
  /** Since when each conversation has news that waits for its round-up. */
  roundUps(): Promise<ReadonlyMap<string, number>>;
}

export interface RoundUpWriter {
  addToRoundUp(conversationId: string, gathered: RoundUpNews): Promise<void>;
  /** Oldest first; what is taken is gone: two that try at the same time never both get a piece. */
  takeRoundUp(conversationId: string): Promise<readonly RoundUpNews[]>;
}

export const roundUpReader: ReaderMethods<RoundUpReader> = {
  async roundUps() {
    const { rows } = await selectWaiting(this.db, {});
    return new Map(rows.map((row) => [row.conversation_id, Number(row.since)]));
  },
};

export const roundUpWriter: WriterMethods<RoundUpWriter> = {
  async addToRoundUp(conversationId, { news, requestId, at }) {
    await this.db
      .insertInto('round_up_news')
      .values({ conversation_id: conversationId, request_id: requestId, body: JSON.stringify(news), at })
      .execute();
  },
  async takeRoundUp(conversationId) {
    const rows = await this.db
      .deleteFrom('round_up_news')
      .where('conversation_id', '=', conversationId)
      .returning(['id', 'request_id', 'body', 'at'])
      .execute();
    return rows
      .sort((a, b) => a.id - b.id)
      .map(({ request_id, body, at }) => ({ news: JSON.parse(body), requestId: request_id as RequestId, at }));
  },
};

const selectWaiting = prepared((db) =>
  db
    .selectFrom('round_up_news')
    .select((e) => ['conversation_id', e.fn.min('at').as('since')])
    .groupBy('conversation_id'),
);
