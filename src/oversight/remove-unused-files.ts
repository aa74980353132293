import { removedEvidenceEntry } from '../audit/entry';
import { readKeptAt, removeContent } from '../evidence/remove-content';
import { hours } from '../lib/clock';
import { diskCodeOf } from '../lib/disk-code';
import type { Log } from '../lib/log';
import type { LeavingFile } from '../store/rows/results';
import type { Store } from '../store/store';

/** Far longer than a result takes from its file to its row, so that content which comes again is never taken from under it. */
const keepUnusedMs = hours(24);
/** A batch holds the writer for some milliseconds each. */
const filesAtOnce = 100;

interface UnusedFilesOptions {
  readonly store: Store;
  readonly log: Log;
  readonly evidenceDir: string;
}

/** Removes the next files of the evidence folder that no kept result needs any more; `areMore` where another batch waits. */
export async function removeUnusedFiles(
  options: UnusedFilesOptions,
  { by, now }: { readonly by: number; readonly now: number },
): Promise<{ readonly looked: number; readonly removed: number; readonly areMore: boolean }> {
  const { store, log } = options;
  const files = await store.leavingFiles({ notedBefore: by - keepUnusedMs, limit: filesAtOnce });
  let removed = 0;
  for (const file of files) {
    try {
      if (await removeUnusedFile(options, file, now)) removed += 1;
    } catch (error) {
      const code = diskCodeOf(error);
      if (code === null) throw error;
      log.error(
        { path: file.path, code },
        'A file of the evidence folder that nothing needs any more could not be removed; tried again tomorrow',
      );
      await store.transact((tx) => tx.watchLeavingFile(file.path, { keptAt: file.keptAt, now }));
    }
  }
  return { looked: files.length, removed, areMore: files.length === filesAtOnce };
}

/** Looked at one day, removed the next, and only if nothing has brought or used the same content in between. True: it is gone. */
async function removeUnusedFile(
  { store, evidenceDir }: UnusedFilesOptions,
  { path, keptAt, isUnused }: LeavingFile,
  now: number,
): Promise<boolean> {
  const forget = (): Promise<boolean> => store.transact((tx) => tx.forgetLeavingFile(path)).then(() => false);
  if (!isUnused) return forget(); // guard: evidence-used-again-stays
  if (keptAt === null) {
    const found = await readKeptAt(evidenceDir, path);
    if (found === null) return forget();
    await store.transact((tx) => tx.watchLeavingFile(path, { keptAt: found, now }));
    return false;
  }
  const outcome = await removeContent(evidenceDir, path, keptAt);
  await store.transact(async (tx) => {
    if (outcome === 'keptAnew') return tx.watchLeavingFile(path, { keptAt: null, now });
    if (outcome === 'removed') await tx.appendAudit(removedEvidenceEntry(path, now)); // guard: removed-evidence-is-audited
    return tx.forgetLeavingFile(path);
  });
  return outcome === 'removed';
}
