import type { KeptResult } from '../../evidence/keep-result';
import type { Submission, SubmissionAnswer } from '../../request/doubt/submission';
import type { RequestId } from '../../request/request';
import type { Engine } from '../engine/engine';
import { firstOf, prepared } from '../engine/prepared';
import type { Db } from '../engine/tables';
import { StoreError } from '../store';
import { saveEvidenceFiles } from './evidence-files';

/** Small marks beside the requests: what was handled, sent, kept and noted. */

export async function claimActivity(db: Db, activityId: string, now: number): Promise<boolean> {
  return (await firstOf(markActivity(db, { id: activityId, at: now }))) !== undefined;
}

const markActivity = prepared((db, mark: { id: string; at: number }) =>
  db
    .insertInto('activities')
    .values(mark)
    .onConflict((c) => c.column('id').doNothing())
    .returning('id'),
);

/** Throws when this attempt was counted before: two workers on one submission must not both go on. */
export async function addSubmission(db: Db, id: RequestId, attempt: number, at: number): Promise<void> {
  const inserted = await firstOf(insertSubmission(db, { request_id: id, attempt, at }));
  if (inserted === undefined) {
    throw new StoreError(
      'store.conflict',
      `Attempt ${attempt} of request ${id} was counted already, so another worker has it. Leave it to that worker.`,
    );
  }
}

const insertSubmission = prepared((db, row: { request_id: RequestId; attempt: number; at: number }) =>
  db
    .insertInto('submissions')
    .values(row)
    .onConflict((c) => c.columns(['request_id', 'attempt']).doNothing())
    .returning('attempt'),
);

export async function findSubmissionsSince(db: Db, since: number): Promise<readonly Submission[]> {
  const { rows } = await selectSubmissionsSince(db, { since });
  return rows.map((row) => ({
    at: row.at,
    answeredAt: row.answered_at,
    answer: row.answer as SubmissionAnswer | null,
  }));
}

const selectSubmissionsSince = prepared((db, { since }: { since: number }) =>
  db.selectFrom('submissions').select(['at', 'answered_at', 'answer']).where('at', '>=', since).orderBy('at'),
);

interface AnsweredSubmission {
  readonly id: RequestId;
  readonly attempt: number;
  readonly answer: SubmissionAnswer;
  readonly at: number | null;
}

export async function answerSubmission(db: Db, given: AnsweredSubmission): Promise<void> {
  await updateSubmission(db, given);
}

const updateSubmission = prepared((db, { id, attempt, answer, at }: AnsweredSubmission) =>
  db
    .updateTable('submissions')
    .set({ answer, answered_at: at })
    .where('request_id', '=', id)
    .where('attempt', '=', attempt),
);

export async function pullBackSubmissions(db: Db, now: number): Promise<void> {
  await db.updateTable('submissions').set({ at: now }).where('at', '>', now).execute();
  await db.updateTable('submissions').set({ answered_at: now }).where('answered_at', '>', now).execute();
}

/** A result that is fetched again after a crash replaces the one that was kept. */
export async function saveResult(db: Db, id: RequestId, result: KeptResult): Promise<void> {
  const body = JSON.stringify(result);
  await db
    .insertInto('results')
    .values({ request_id: id, command_index: result.index, body })
    .onConflict((c) => c.columns(['request_id', 'command_index']).doUpdateSet({ body }))
    .execute();
  await saveEvidenceFiles(db, id, result);
}

export async function findResults(db: Db, id: RequestId): Promise<readonly KeptResult[]> {
  const { rows } = await selectResults(db, { id });
  return rows.map((row) => JSON.parse(row.body) as KeptResult);
}

const selectResults = prepared((db, { id }: { id: RequestId }) =>
  db.selectFrom('results').select('body').where('request_id', '=', id).orderBy('command_index'),
);

export async function saveFact(db: Db, name: string, value: unknown): Promise<void> {
  await upsertFact(db, { name, value: JSON.stringify(value ?? null) });
}

const upsertFact = prepared((db, { name, value }: { name: string; value: string }) =>
  db
    .insertInto('facts')
    .values({ name, value })
    .onConflict((c) => c.column('name').doUpdateSet({ value })),
);

export async function findFact<T>(db: Db, name: string): Promise<T | null> {
  const row = await firstOf(selectFact(db, { name }));
  return row === undefined ? null : (JSON.parse(row.value) as T);
}

const selectFact = prepared((db, { name }: { name: string }) =>
  db.selectFrom('facts').select('value').where('name', '=', name),
);

/** The row is made first, since what is not there cannot be locked. */
export async function lockFact<T>(db: Db, forUpdate: Engine['forUpdate'], name: string): Promise<T | null> {
  await ensureFact(db, { name });
  const row = await firstOf(selectFactToChange(db, { name }, forUpdate));
  return row === undefined ? null : (JSON.parse(row.value) as T | null);
}

const ensureFact = prepared((db, { name }: { name: string }) =>
  db
    .insertInto('facts')
    .values({ name, value: 'null' })
    .onConflict((c) => c.column('name').doNothing()),
);

const selectFactToChange = prepared((db, { name }: { name: string }, forUpdate) =>
  forUpdate(db.selectFrom('facts').select('value').where('name', '=', name)),
);
