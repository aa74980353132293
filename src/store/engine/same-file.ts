import { statSync } from 'node:fs';
import { StoreError } from '../store-error';

/** Throws when a path no longer leads to the file that was opened. */
export type SameFile = () => void;

/**
 * A file that is moved, removed or replaced stays writable for whoever has it open, and all of that is lost with the process. Cheap
 * enough to be asked before each commit. The log beside a database counts as well: the newest commits are only there.
 */
export function createSameFile(path: string): SameFile {
  const known = new Map<string, string>();
  return () => {
    for (const part of [path, `${path}-wal`]) {
      const found = identityOf(part);
      const before = known.get(part);
      if (before === undefined && found !== null) known.set(part, found);
      if (before !== undefined && before !== found) throw replaced(part); // guard: nothing-is-written-to-a-lost-file
    }
  };
}

function identityOf(file: string): string | null {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}

const replaced = (path: string): StoreError =>
  new StoreError(
    'store.unavailable',
    `The database file ${path} was moved, removed or replaced while the service has it open. What it wrote now would be lost, so it writes nothing. Put the same file back and it goes on; to restore a backup, stop the service first.`,
  );
