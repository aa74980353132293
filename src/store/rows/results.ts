import type { KeptResult } from '../../evidence/keep-result';
import type { RequestId } from '../../request/request';
import { prepared } from '../engine/prepared';
import type { Db } from '../engine/tables';
import type { ReaderMethods, WriterMethods } from './methods';

export interface ResultReader {
  results(id: RequestId): Promise<readonly KeptResult[]>;
  /** Evidence files that wait for their removal: those not looked at yet, and those looked at before; oldest first. */
  leavingFiles(of: { readonly notedBefore: number; readonly limit: number }): Promise<readonly LeavingFile[]>;
}

export interface ResultWriter {
  /** A result that is fetched again after a crash replaces the one that was kept. */
  saveResult(id: RequestId, result: KeptResult): Promise<void>;
  /** A file of the evidence folder that no result refers to: it goes a day after it was looked at. */
  noteLeavingFile(path: string, now: number): Promise<void>;
  /** When the file was last kept, as its own time stamp says; its day begins `now`. */
  watchLeavingFile(path: string, at: { readonly keptAt: number | null; readonly now: number }): Promise<void>;
  forgetLeavingFile(path: string): Promise<void>;
}

export interface LeavingFile {
  /** Below the evidence folder. */
  readonly path: string;
  readonly notedAt: number;
  /** Null until its time stamp was read. */
  readonly keptAt: number | null;
  /** False once a result refers to it again. */
  readonly isUnused: boolean;
}

export const resultReader: ReaderMethods<ResultReader> = {
  async results(id) {
    const { rows } = await selectResults(this.db, { id });
    return rows.map((row) => JSON.parse(row.body));
  },
  async leavingFiles({ notedBefore, limit }) {
    const rows = await this.db
      .selectFrom('evidence_leaving')
      .select((e) => [
        'path',
        'noted_at',
        'kept_at',
        e
          .selectFrom('evidence_files')
          .select((of) => of.fn.countAll<number>().as('count'))
          .whereRef('evidence_files.path', '=', 'evidence_leaving.path')
          .as('uses'),
      ])
      .where((e) => e.or([e('kept_at', 'is', null), e('noted_at', '<=', notedBefore)]))
      .orderBy('noted_at')
      .orderBy('path')
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      path: row.path,
      notedAt: row.noted_at,
      keptAt: row.kept_at,
      isUnused: Number(row.uses ?? 0) === 0,
    }));
  },
};

export const resultWriter: WriterMethods<ResultWriter> = {
  async saveResult(id, result) {
    const body = JSON.stringify(result);
    await this.db
      .insertInto('results')
      .values({ request_id: id, command_index: result.index, body })
      .onConflict((c) => c.columns(['request_id', 'command_index']).doUpdateSet({ body }))
      .execute();
    await saveEvidenceFiles(this.db, id, result);
  },
  async noteLeavingFile(path, now) {
    await noteLeaving(this.db, [path], now);
  },
  async watchLeavingFile(path, { keptAt, now }) {
    const row = { kept_at: keptAt, noted_at: now };
    await this.db.updateTable('evidence_leaving').set(row).where('path', '=', path).execute();
  },
  async forgetLeavingFile(path) {
    await this.db.deleteFrom('evidence_leaving').where('path', '=', path).execute();
  },
};

const selectResults = prepared((db, { id }: { id: RequestId }) =>
  db.selectFrom('results').select('body').where('request_id', '=', id).orderBy('command_index'),
);

/** Which files a result needs; the same content is one file, however many results have it. */
async function saveEvidenceFiles(db: Db, id: RequestId, result: KeptResult): Promise<void> {
  const paths = [result.rawRelativePath, result.file?.relativePath ?? null].filter((path) => path != null);
  await db
    .deleteFrom('evidence_files')
    .where('request_id', '=', id)
    .where('command_index', '=', result.index)
    .execute();
  if (paths.length === 0) return;
  await db
    .insertInto('evidence_files')
    .values([...new Set(paths)].map((path) => ({ path, request_id: id, command_index: result.index })))
    .execute();
}

/** Forgets what these requests needed, and notes what nothing else does. */
export async function leaveEvidenceFiles(db: Db, ids: readonly RequestId[], now: number): Promise<void> {
  const rows = await db.deleteFrom('evidence_files').where('request_id', 'in', ids).returning('path').execute();
  const paths = [...new Set(rows.map((row) => row.path))];
  if (paths.length === 0) return;
  const used = await db.selectFrom('evidence_files').select('path').where('path', 'in', paths).distinct().execute();
  const stillUsed = new Set(used.map((row) => row.path));
  const leaving: string[] = [];
  for (const path of paths) {
    if (stillUsed.has(path)) continue; // guard: evidence-in-use-stays
    leaving.push(path);
  }
  if (leaving.length === 0) return;
  await noteLeaving(db, leaving, now);
}

async function noteLeaving(db: Db, paths: readonly string[], now: number): Promise<void> {
  await db
    .insertInto('evidence_leaving')
    .values(paths.map((path) => ({ path, noted_at: now, kept_at: null })))
    .onConflict((c) => c.column('path').doNothing())
    .execute();
}
