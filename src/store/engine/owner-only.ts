import { chmodSync, closeSync, existsSync, openSync } from 'node:fs';
import { diskCodeOf } from '../../lib/disk-code';

/** SQLite would make the file readable by everybody; the files that it puts beside it get the rights of this one. */
export function createOwnerOnly(file: string): void {
  try {
    closeSync(openSync(file, 'ax', 0o600));
  } catch (error) {
    if (diskCodeOf(error) !== 'EEXIST') throw error;
  }
}

/**
 * Takes the rights of others from files that an older version, or a copy, has left readable: it costs them nothing that they should have.
 * Where the account may not, or the file system knows no rights, they stay, and the doctor says so.
 */
export function takeFromOthers(files: readonly string[]): void {
  for (const file of files) {
    try {
      if (existsSync(file)) chmodSync(file, 0o600);
    } catch {
      // Nothing is lost by it that was not lost already.
    }
  }
}
