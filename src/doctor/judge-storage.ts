import type { StoreInspection } from '../store/offline/inspect';
import { formatSize } from '../thread/kit/words';
import { fail, fine, type Judged, warn } from './finding';

/** A folder as this account finds it. */
export interface FolderLook {
  readonly path: string;
  /** False: it is not there yet; then the rest is about the nearest folder above that is. */
  readonly exists: boolean;
  readonly isFolder: boolean;
  readonly writable: boolean;
  /** For this account; null where the system does not say. */
  readonly freeBytes: number | null;
}

const mebibyte = 1024 ** 2;
/** The database of a busy year is a few hundred megabytes. */
const databaseNeeds = { warn: 1024 * mebibyte, fail: 100 * mebibyte };
/** GetFile takes files of up to 3 GB (live-response page), and a full disk loses the result of a script that ran. */
const evidenceNeeds = { warn: 10 * 1024 * mebibyte, fail: 1024 * mebibyte };

export function judgeStore(look: StoreInspection): readonly Judged[] {
  if (look.unknown.length > 0)
    return [
      fail(
        `The database was used by a newer version of this program (${look.unknown.join(', ')}), and this one does not start on it.`,
        'Run the newer version, or restore a backup from before the update.',
      ),
    ];
  if (!look.exists) return [fine('There is no database yet; the first start makes it.')];
  if (look.toTake.length > 0)
    return [
      warn(
        `The schema of the database is older than this program, which brings it up to date at its start (${look.toTake.join(', ')}). An older version cannot use it any more after that.`,
        'Make a backup before you start this version.',
      ),
    ];
  if (look.inUse) return [fine('The database can be read, its schema is current, and a running service has it open.')];
  return [fine('The database can be read, and its schema is current.')];
}

/** `mode` as the file system tells it; null where it does not. The service takes the rights of others at each start. */
export function judgeRights(path: string, mode: number | null): readonly Judged[] {
  if (mode === null || (mode & 0o077) === 0) return [];
  return [
    warn(
      `The database file ${path} can be used by other accounts of this machine (mode ${(mode & 0o777).toString(8)}), and in it is every request with its arguments and reasons.`,
      'Restart the service as the account that owns the file, which takes that right from them; on a file system without rights, let nobody else reach the folder.',
    ),
  ];
}

export const judgeDatabaseFolder = (look: FolderLook): readonly Judged[] =>
  judgeFolder(look, 'DATABASE_URL', 'The folder of the database', 'requests and approvals', databaseNeeds);

export const judgeEvidence = (look: FolderLook): readonly Judged[] =>
  judgeFolder(look, 'EVIDENCE_DIR', 'The evidence folder', 'results of scripts', evidenceNeeds);

function judgeFolder(
  { path, exists, isFolder, writable, freeBytes }: FolderLook,
  variable: string,
  what: string,
  contents: string,
  needs: { readonly warn: number; readonly fail: number },
): readonly Judged[] {
  if (!isFolder)
    return [
      fail(`${what} ${path} is no folder, so ${contents} could not be kept.`, `Set ${variable} to another place.`),
    ];
  if (!writable)
    return [
      fail(
        `${what} ${path} cannot be ${exists ? 'written' : 'made'} by this account, so ${contents} could not be kept.`,
        `Give it to the account that runs the service, or set ${variable} to another place. If the doctor runs as another account than the service, run it as that one.`,
      ),
    ];
  if (freeBytes !== null && freeBytes < needs.warn) {
    const found = `${what} ${path} has ${formatSize(freeBytes)} left; when it is full, ${contents} cannot be kept.`;
    const cure = `Make room, or set ${variable} to a larger disk.`;
    return [freeBytes < needs.fail ? fail(found, cure) : warn(found, cure)];
  }
  const room = freeBytes === null ? '' : ` and has ${formatSize(freeBytes)} left`;
  return [fine(`${what} ${path} can be ${exists ? 'written' : 'made'}${room}.`)];
}
