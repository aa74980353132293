import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { FolderLook } from './judge-storage';

/** Looks at a folder, or at the nearest one above it that is there, and makes nothing. */
export async function lookAtFolder(path: string): Promise<FolderLook> {
  const wanted = resolve(path);
  for (let at = wanted; ; at = dirname(at)) {
    const found = await stat(at).catch(() => null);
    if (found === null && at !== dirname(at)) continue;
    const isFolder = found?.isDirectory() ?? false;
    const writable = await access(at, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    );
    const space = await statfs(at).catch(() => null);
    return {
      path,
      exists: at === wanted,
      isFolder,
      writable,
      freeBytes: space === null ? null : space.bavail * space.bsize,
    };
  }
}
