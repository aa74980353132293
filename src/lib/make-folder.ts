import { mkdirSync, statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { diskCodeOf } from './disk-code';

/**
 * Makes a folder and those above it, one after the other: Node's recursive mkdir never ends where a file system denies that a folder
 * is there in which it makes none, as below /proc (measured with 20.20). Throws what the file system says of the first that
 * cannot be made. Nobody else may read what is made.
 */
export async function makeFolder(folder: string): Promise<void> {
  const isThere = () =>
    stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
  try {
    await mkdir(folder, ownerOnly);
  } catch (error) {
    if (await isThere()) return;
    if (!isParentMissing(error, folder)) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder, ownerOnly).catch(async (again: unknown) => {
      if (!(await isThere())) throw again;
    });
  }
}

/** The same for those who cannot wait. */
export function makeFolderSync(folder: string): void {
  const isThere = () => statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  try {
    mkdirSync(folder, ownerOnly);
  } catch (error) {
    if (isThere()) return;
    if (!isParentMissing(error, folder)) throw error;
    makeFolderSync(dirname(folder));
    try {
      mkdirSync(folder, ownerOnly);
    } catch (again) {
      if (!isThere()) throw again;
    }
  }
}

const ownerOnly = { mode: 0o700 };

const isParentMissing = (error: unknown, folder: string): boolean =>
  diskCodeOf(error) === 'ENOENT' && dirname(folder) !== folder;
