import { existsSync } from 'node:fs';
import Database from 'libsql';
import type { ChainHead } from '../../audit/chain';
import { describeVerification } from '../../audit/describe';
import { verifyAudit } from '../../audit/verify';
import { createOwnerOnly } from '../engine/owner-only';
import { openFileReadOnly } from '../engine/read-only';
import { StoreError } from '../store-error';
import { openAuditCopy } from './audit-copy';
import { copiedFact } from './continuity';

/** A database file that was copied while the service may be writing to it. */
export interface DatabaseCopy {
  readonly head: ChainHead;
  /** The files of the evidence folder that its results refer to. */
  readonly evidence: readonly string[];
}

/**
 * Copies the last committed state into a new file by one reading transaction, which no writer waits for. The copy knows that it is one,
 * so that whoever starts a service on it finds nothing left to approve in it; and its audit is verified before it is called a backup.
 */
export function copyDatabase(path: string, target: string, now: number): DatabaseCopy {
  if (!existsSync(path))
    throw new StoreError(
      'store.unavailable',
      `There is no database at ${path}, so there is nothing to back up. Run this with the DATABASE_URL of the service, in its folder.`,
    );
  createOwnerOnly(target);
  copyInto(path, target);
  return { evidence: markAsCopy(target, now), head: checkAudit(target) };
}

function copyInto(path: string, target: string): void {
  const { database: source, close } = openFileReadOnly(path);
  try {
    source.prepare('vacuum into ?').run([target]);
  } catch (cause) {
    throw new StoreError(
      'store.unavailable',
      `The database ${path} could not be copied to ${target}. Check that it is a database of this service, that this account may read it, and that there is room for the copy.`,
      { cause },
    );
  } finally {
    close();
  }
}

function markAsCopy(target: string, now: number): readonly string[] {
  const copy = new Database(target);
  try {
    copy.exec('pragma synchronous = full');
    copy.prepare('insert or replace into facts (name, value) values (?, ?)').run([copiedFact, JSON.stringify(now)]);
    const rows = copy.prepare('select distinct path from evidence_files order by path').all([]);
    return (rows as Array<{ path: string }>).map((row) => row.path);
  } catch (cause) {
    throw new StoreError(
      'store.corrupt',
      `The database was copied to ${target}, but it is not of this version of the program. Start the service of this version once, then make the backup.`,
      { cause },
    );
  } finally {
    copy.close();
  }
}

/** Throws when the copy is damaged or its audit does not hold: that would be no backup. */
export function checkAudit(path: string): ChainHead {
  const { database, close } = openFileReadOnly(path);
  try {
    const [row] = database.prepare('pragma quick_check(1)').all([]) as Array<{ quick_check: string }>;
    if (row?.quick_check !== 'ok')
      throw new StoreError('store.corrupt', `The database ${path} is damaged, so it is no backup. Make another one.`);
  } finally {
    close();
  }
  const copy = openAuditCopy(path);
  try {
    const verified = verifyAudit({ rows: copy.rows(), count: copy.count, recordedHead: copy.recordedHead }, []);
    if (!verified.ok) throw new StoreError('store.corrupt', describeVerification(verified, { path, anchors: 0 }));
    return verified.value.head;
  } finally {
    copy.close();
  }
}
