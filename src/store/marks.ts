import type { KeptResult } from '../evidence/keep-result';
import type { RequestId } from '../request/request';
import type { Submission, SubmissionAnswer } from '../request/submission';
import type { Engine } from './engine';
import { saveEvidenceFiles } from './evidence-files';
import { StoreError } from './store';
import type { Db } from './tables';

/** Small marks beside the requests: what was handled, sent, kept and noted. */

export async function claimActivity(db: Db, activityId: string, now: number): Promise<boolean> {
  const inserted = await db
    .insertInto('activities')
    .values({ id: activityId, at: now })
    .onConflict((c) => c.column('id').doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Throws when this attempt was counted before: two workers on one submission must not both go on. */
export async function addSubmission(db: Db, id: RequestId, attempt: number, at: number): Promise<void> {
  const inserted = await db
    .insertInto('submissions')
    .values({ request_id: id, attempt, at })
    .onConflict((c) => c.columns(['request_id', 'attempt']).doNothing())
    .returning('attempt')
    .executeTakeFirst();
  if (inserted === undefined) {
    throw new StoreError(
      'store.conflict',
      `Attempt ${attempt} of request ${id} was counted already, so another worker has it. Leave it to that worker.`,
    );
  }
}

export async function findSubmissionsSince(db: Db, since: number): Promise<readonly Submission[]> {
  const rows = await db
    .selectFrom('submissions')
    .select(['at', 'answered_at', 'answer'])
    .where('at', '>=', since)
    .orderBy('at')
    .execute();
  return rows.map((row) => ({
    at: row.at,
    answeredAt: row.answered_at,
    answer: row.answer as SubmissionAnswer | null,
  }));
}

export async function answerSubmission(
  db: Db,
  given: {
    readonly id: RequestId;
    readonly attempt: number;
    readonly answer: SubmissionAnswer;
    readonly at: number | null;
  },
): Promise<void> {
  await db
    .updateTable('submissions')
    .set({ answer: given.answer, answered_at: given.at })
    .where('request_id', '=', given.id)
    .where('attempt', '=', given.attempt)
    .execute();
}

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
  const rows = await db
    .selectFrom('results')
    .select('body')
    .where('request_id', '=', id)
    .orderBy('command_index')
    .execute();
  return rows.map((row) => JSON.parse(row.body) as KeptResult);
}

export async function saveFact(db: Db, name: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value ?? null);
  await db
    .insertInto('facts')
    .values({ name, value: text })
    .onConflict((c) => c.column('name').doUpdateSet({ value: text }))
    .execute();
}

export async function findFact<T>(db: Db, name: string): Promise<T | null> {
  const row = await db.selectFrom('facts').select('value').where('name', '=', name).executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.value) as T);
}

/** The row is made first, since what is not there cannot be locked. */
export async function lockFact<T>(db: Db, forUpdate: Engine['forUpdate'], name: string): Promise<T | null> {
  await db
    .insertInto('facts')
    .values({ name, value: 'null' })
    .onConflict((c) => c.column('name').doNothing())
    .execute();
  const row = await forUpdate(db.selectFrom('facts').select('value').where('name', '=', name)).executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.value) as T | null);
}
