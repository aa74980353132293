import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { exportedEntry } from '../audit/entry';
import { silentLog } from '../lib/log';
import { makeFolder } from '../lib/make-folder';
import { err, ok, type Result } from '../lib/result';
import type { RequestId } from '../request/request';
import { isPostgres } from '../store/engine/database-address';
import { pathOf } from '../store/engine/read-only';
import { readSnapshot } from '../store/offline/snapshot';
import { openStore } from '../store/open';
import { type Bundle, makeBundle } from './bundle';
import type { SigningKey } from './keys';
import type { Manifest } from './manifest';
import { readRecords } from './records';
import { writeZip } from './zip-file';

export interface ExportWish {
  readonly ids: readonly RequestId[];
  readonly incident: string | null;
  /** An existing folder, or one that is made. */
  readonly to: string;
  /** Where store and evidence lie. */
  readonly from: StorePlace;
  readonly key: SigningKey | null;
  readonly withPolicy: boolean;
  readonly now: number;
}

export interface StorePlace {
  readonly url: string;
  readonly evidenceDir: string;
  readonly store: Manifest['madeFrom']['store'];
}

/** The places inside a folder that `npm run backup` made. */
export const placesOfBackup = (folder: string): StorePlace => ({
  url: `sqlite:${path.join(folder, 'live-response.db')}`,
  evidenceDir: path.join(folder, 'evidence'),
  store: 'backup',
});

export interface Exported {
  readonly file: string;
  readonly bundle: Bundle;
}

/**
 * Writes one bundle for somebody outside. A PostgreSQL store audits it before a byte is written; a file is only read, so its manifest says from where,
 * when and by which account. Errors of the disk are Node's own, those of the store are `StoreError`s.
 */
export async function exportBundle(wish: ExportWish): Promise<Result<Exported, string>> {
  const { ids, to, from, key, now } = wish;
  const onServer = isPostgres(from.url);
  if (!onServer && !existsSync(pathOf(from.url)))
    return err(`There is no database at ${pathOf(from.url)}. Run this in the folder of the service, or name a backup.`);
  const records = await readSnapshot(from.url, (reader) => readRecords(reader, ids));
  if ('unknown' in records)
    return err(
      `${records.unknown.join(', ')} is not in this database. It may be older than its history is kept; then a backup from before has it.`,
    );
  const account = userInfo().username;
  const bundle = await makeBundle({
    ...wish,
    records,
    evidenceDir: from.evidenceDir,
    madeBy: { how: 'commandLine', account },
    madeFrom: { store: onServer ? 'postgres' : from.store, place: onServer ? '' : `${hostname()}:${pathOf(from.url)}` },
    withResults: true,
    trial: false,
  });
  const name = wish.incident === null ? (ids[0] ?? 'bundle') : 'incident';
  const file = path.join(to, `${name}.evidence.zip`);
  if (existsSync(file)) return err(`${file} exists already, and nothing was written over it. Name another folder.`);
  await makeFolder(to);
  if (onServer) await auditExport(from.url, { ids, account, sha256: bundle.sha256, isSigned: key !== null, now });
  await writeZip(file, bundle.parts);
  return ok({ file, bundle });
}

async function auditExport(
  url: string,
  { now, ...about }: { ids: readonly RequestId[]; account: string; sha256: string; isSigned: boolean; now: number },
): Promise<void> {
  const store = await openStore({ url, log: silentLog });
  try {
    await store.transact((tx) => tx.appendAudit(exportedEntry({ ...about, actor: 'bot', how: 'commandLine' }, now)));
  } finally {
    await store.close();
  }
}
