import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { formatAnchor, readAnchors } from '../../audit/anchor';
import type { ChainHead } from '../../audit/chain';

/** The last committed entry of the audit, noted beside the database: a backup that is restored does not know it (T-44). */
export interface HeadNote {
  /** Null when there is none, or none that can be read. */
  read(): ChainHead | null;
  write(head: ChainHead): void;
  /** Whatever is still to be written is on disk when it returns. */
  flush(): void;
  /** A backup was restored, so what follows may count less than what was noted. */
  forget(): void;
}

/** Real time: who commits should not wait for the note, and a backup that is restored is much older than this. */
const writeAfterMs = 100;

/**
 * A small file, exchanged as a whole. Written some time after the commit and without a sync, so that it can only be older than the database,
 * never newer: only a database that was exchanged lacks the entry that is noted.
 */
export function createHeadNote(file: string): HeadNote {
  let noted = 0;
  let next: ChainHead | null = null;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (next === null) return;
    try {
      writeFileSync(`${file}.new`, `${formatAnchor(next)}\n`, { mode: 0o600 });
      renameSync(`${file}.new`, file);
    } catch {
      // What is committed is committed; an older note is harmless.
    }
    next = null;
  }

  return {
    read() {
      if (next !== null) return next;
      try {
        return readAnchors(readFileSync(file, 'utf8'))[0] ?? null;
      } catch {
        return null;
      }
    },
    write(head) {
      if (head.seq <= noted) return;
      noted = head.seq;
      next = head;
      timer ??= setTimeout(flush, writeAfterMs).unref();
    },
    flush,
    forget() {
      noted = 0;
      next = null;
    },
  };
}

/** The same for a database that others share: this service knows what it has written itself, until it ends. */
export function createMemoryNote(): HeadNote {
  let noted: ChainHead | null = null;
  return {
    read: () => noted,
    write(head) {
      if (noted === null || head.seq > noted.seq) noted = head;
    },
    flush() {},
    forget() {
      noted = null;
    },
  };
}
