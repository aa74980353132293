import { readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../lib/make-folder';

/** When a file was last kept, by its own time stamp; null when there is none. */
export const readKeptAt = (dir: string, relativePath: string): Promise<number | null> =>
  stampOf(path.join(dir, relativePath));

/**
 * Removes a file unless it was kept anew since: another result may bring the same content at any moment, on another replica too. The
 * file is moved aside, looked at there, and moved back when its time stamp is another one; what a crash leaves aside is moved back by `restoreAside`.
 */
export async function removeContent(
  dir: string,
  relativePath: string,
  keptAt: number,
): Promise<'removed' | 'gone' | 'keptAnew'> {
  if (!isContentPath(relativePath)) return 'gone'; // guard: only-content-is-removed
  const file = path.join(dir, relativePath);
  const aside = path.join(dir, asideName, path.basename(relativePath));
  await makeFolder(path.dirname(aside));
  if ((await stampOf(file)) === null) return 'gone';
  await rename(file, aside);
  // guard: content-kept-anew-stays
  if ((await stampOf(aside)) !== keptAt) {
    await rename(aside, file);
    return 'keptAnew';
  }
  await rm(aside, { force: true });
  return 'removed';
}

/** Nothing is lost by a crash between the two steps; a file that should go is found again the next day. */
export async function restoreAside(dir: string): Promise<void> {
  for (const name of await readdir(path.join(dir, asideName)).catch(() => []))
    await rename(path.join(dir, asideName, name), path.join(dir, name.slice(0, 2), name));
}

const asideName = 'leaving';

/** As `content-store` makes them, and nothing else, whatever the database says. */
const isContentPath = (relativePath: string): boolean => /^([0-9a-f]{2})\/\1[0-9a-f]{62}$/.test(relativePath);

async function stampOf(file: string): Promise<number | null> {
  try {
    return Math.floor((await stat(file)).mtimeMs);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
