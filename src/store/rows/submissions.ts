import type { Submission, SubmissionAnswer } from '../../request/doubt/submission';
import type { RequestId } from '../../request/request';
import { firstOf, prepared } from '../engine/prepared';
import { StoreError } from '../store-error';
import type { ReaderMethods, WriterMethods } from './methods';

export interface SubmissionReader {
  /** Submissions that were claimed at or after `since`, oldest first. */
  submissionsSince(since: number): Promise<readonly Submission[]>;
}

export interface SubmissionWriter {
  /** Throws when this attempt was counted before: two workers on one submission must not both go on. */
  addSubmission(id: RequestId, attempt: number, at: number): Promise<void>;
  /** `at`: when its answer was there; null when it may still arrive. */
  answerSubmission(id: RequestId, attempt: number, answer: SubmissionAnswer, at: number | null): Promise<void>;
  /** Counts submissions that a clock dated into the future as made now: it has been set right since, and they must not count for longer. */
  pullBackSubmissions(now: number): Promise<void>;
}

export const submissionReader: ReaderMethods<SubmissionReader> = {
  async submissionsSince(since) {
    const { rows } = await selectSince(this.db, { since });
    return rows.map(({ at, answered_at: answeredAt, answer }) => ({
      at,
      answeredAt,
      answer: answer as SubmissionAnswer | null,
    }));
  },
};

export const submissionWriter: WriterMethods<SubmissionWriter> = {
  async addSubmission(id, attempt, at) {
    const inserted = await firstOf(insertSubmission(this.db, { request_id: id, attempt, at }));
    if (inserted === undefined)
      throw new StoreError(
        'store.conflict',
        `Attempt ${attempt} of request ${id} was counted already, so another worker has it. Leave it to that worker.`,
      );
  },
  async answerSubmission(id, attempt, answer, at) {
    await updateAnswer(this.db, { id, attempt, answer, at });
  },
  async pullBackSubmissions(now) {
    await this.db.updateTable('submissions').set({ at: now }).where('at', '>', now).execute();
    await this.db.updateTable('submissions').set({ answered_at: now }).where('answered_at', '>', now).execute();
  },
};

const selectSince = prepared((db, { since }: { since: number }) =>
  db.selectFrom('submissions').select(['at', 'answered_at', 'answer']).where('at', '>=', since).orderBy('at'),
);

const insertSubmission = prepared((db, row: { request_id: RequestId; attempt: number; at: number }) =>
  db
    .insertInto('submissions')
    .values(row)
    .onConflict((c) => c.columns(['request_id', 'attempt']).doNothing())
    .returning('attempt'),
);

const updateAnswer = prepared(
  (db, given: { id: RequestId; attempt: number; answer: SubmissionAnswer; at: number | null }) =>
    db
      .updateTable('submissions')
      .set({ answer: given.answer, answered_at: given.at })
      .where('request_id', '=', given.id)
      .where('attempt', '=', given.attempt),
);
