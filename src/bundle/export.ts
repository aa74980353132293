import { existsSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import path from 'node:path';
import { exportedEntry } from '../audit/entry';
import { silentLog } from '../lib/log';
import { makeFolder } from '../lib/make-folder';
import { err, ok, type Result } from '../lib/result';
import { visible } from '../lib/visible';
import type { RequestId } from '../request/request';
import { isPostgres } from '../store/engine/database-address';
import { pathOf } from '../store/engine/read-only';
import { readSnapshot } from '../store/offline/snapshot';
import { openStore } from '../store/open';
import type { Reader } from '../store/store';
import { type Bundle, makeBundle } from './bundle';
import type { SigningKey } from './keys';
import type { Manifest } from './manifest';
import { readRecords } from './records';
import { writeZip } from './zip-file';

export interface ExportWish {
  readonly what: EvidenceOf;
  /** An existing folder, or one that is made. */
  readonly to: string;
  /** Where store and evidence lie. */
  readonly from: StorePlace;
  readonly key: SigningKey | null;
  readonly withPolicy: boolean;
  readonly now: number;
}

/** One request, or all that belong to an incident; they are of one tenant. */
export type EvidenceOf = { readonly id: RequestId } | { readonly incident: string; readonly tenantId: string | null };

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
  const { what, to, from, key, now } = wish;
  const incident = 'incident' in what ? what.incident : null;
  const onServer = isPostgres(from.url);
  if (!onServer && !existsSync(pathOf(from.url)))
    return err(`There is no database at ${pathOf(from.url)}. Run this in the folder of the service, or name a backup.`);
  const records = await readSnapshot(from.url, (reader) => readWanted(reader, what));
  if ('problem' in records) return err(records.problem);
  if ('unknown' in records)
    return err(
      `${records.unknown.join(', ')} is not in this database. It may be older than its history is kept; then a backup from before has it.`,
    );
  const account = userInfo().username;
  const bundle = await makeBundle({
    ...wish,
    incident,
    records,
    evidenceDir: from.evidenceDir,
    madeBy: { how: 'commandLine', account },
    madeFrom: { store: onServer ? 'postgres' : from.store, place: onServer ? '' : `${hostname()}:${pathOf(from.url)}` },
    withResults: true,
    trial: false,
  });
  const ids = records.requests.map(({ request }) => request.id);
  // Of an incident's id only what every file system can hold.
  const name = incident === null ? ids[0] : `incident-${incident.replace(/[^A-Za-z0-9-]/g, '_').slice(0, 60)}`;
  const file = path.join(to, `${name}.evidence.zip`);
  if (existsSync(file)) return err(`${file} exists already, and nothing was written over it. Name another folder.`);
  await makeFolder(to);
  if (onServer) await auditExport(from.url, { ids, account, sha256: bundle.sha256, isSigned: key !== null, now });
  await writeZip(file, bundle.parts);
  return ok({ file, bundle });
}

/** More than an incident has; each is a folder of the bundle. */
const mostRequests = 1_000;

async function readWanted(reader: Reader, what: EvidenceOf) {
  if ('id' in what) return readRecords(reader, [what.id]);
  const { incident, tenantId } = what;
  const found = await reader.recentRequests({ incident, ...(tenantId === null ? {} : { tenantId }) }, mostRequests + 1);
  const tenants = [...new Set(found.map(({ request }) => request.tenantId))].sort();
  if (found.length === 0) return { problem: `No request of incident ${visible(incident)} is in this database.` };
  if (found.length > mostRequests)
    return { problem: `More than ${mostRequests} requests belong to ${visible(incident)}. Export them one by one.` };
  // guard: tenants-of-an-incident-stay-apart
  if (tenants.length > 1)
    return {
      problem: `Requests of incident ${visible(incident)} are of several tenants. Name one with --tenant: ${tenants.join(', ')}`,
    };
  return readRecords(reader, found.map(({ request }) => request.id).reverse());
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
