import type { KeptResult } from '../../evidence/keep-result';
import type { RequestId } from '../../request/request';
import type { Db } from '../engine/tables';
import type { LeavingFile } from '../history/history';

/** Which files a result needs; the same content is one file, however many results have it. */
export async function saveEvidenceFiles(db: Db, id: RequestId, result: KeptResult): Promise<void> {
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
  await db
    .insertInto('evidence_leaving')
    .values(leaving.map((path) => ({ path, noted_at: now, kept_at: null })))
    .onConflict((c) => c.column('path').doNothing())
    .execute();
}

export async function findLeavingFiles(
  db: Db,
  { notedBefore, limit }: { readonly notedBefore: number; readonly limit: number },
): Promise<readonly LeavingFile[]> {
  const rows = await db
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
}

export async function watchLeavingFile(
  db: Db,
  path: string,
  { keptAt, now }: { readonly keptAt: number | null; readonly now: number },
): Promise<void> {
  await db.updateTable('evidence_leaving').set({ kept_at: keptAt, noted_at: now }).where('path', '=', path).execute();
}

export async function forgetLeavingFile(db: Db, path: string): Promise<void> {
  await db.deleteFrom('evidence_leaving').where('path', '=', path).execute();
}
