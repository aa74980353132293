import type { LibraryFile } from '../request/request';
import type { CallContext } from './call';
import { absenceWaits, type List, readList } from './read-list';
import { readLibraryFile } from './schema';

/** Defender's list lags behind, so a file that is needed is asked for again before it is believed gone. */
export async function listLibrary(context: CallContext, needed: readonly string[]): Promise<readonly LibraryFile[]> {
  let { items } = await readLibrary(context);
  for (const waitMs of absenceWaits(context)) {
    if (needed.every((name) => items.some(({ fileName }) => fileName === name))) return items;
    await context.clock.sleep(waitMs);
    items = (await readLibrary(context)).items; // guard: missing-file-is-asked-for-again
  }
  return items;
}

/** A file without a readable hash cannot be pinned by a digest, so it is left out and cannot be asked for. */
async function readLibrary(context: CallContext): Promise<List<LibraryFile>> {
  const call = { name: 'listLibrary', api: 'listLibrary' } as const;
  return readList(context, call, 'libraryfiles', { readItem: readLibraryFile, unreadable: 'skip' });
}
