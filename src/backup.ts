import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, open, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod/v4';
import { formatAnchor } from './audit/anchor';
import { diskCodeOf } from './lib/disk-code';
import { makeFolder } from './lib/make-folder';
import { err, ok, type Result } from './lib/result';
import { checkAudit, copyDatabase } from './store/offline/backup';

/** What a backup holds; written last, so that a folder without it is no backup. */
const Manifest = z.object({
  schema: z.literal('live-response-backup/1'),
  /** ISO 8601. */
  madeAt: z.string(),
  /** The head of the audit chain, as an anchor. */
  auditHead: z.string(),
  files: z.array(z.object({ path: z.string(), sha256: z.string(), bytes: z.number() })),
});
type Manifest = z.infer<typeof Manifest>;

export const manifestName = 'manifest.json';
export const databaseName = 'live-response.db';
const evidenceName = 'evidence';

/** It could not be tried at all, which says nothing of what would have been found. */
export class BackupNotPossible extends Error {
  override readonly name = 'BackupNotPossible';
  readonly code = 'backup.notPossible';
}

/** Faults that the operator can do something about, one sentence each. */
type Made = Result<Manifest, readonly string[]>;

/** Copies the database and the evidence that it refers to into a new folder, while the service runs. Nothing is ever written over. */
export async function makeBackup(options: {
  readonly databasePath: string;
  readonly evidenceDir: string;
  readonly folder: string;
  readonly now: number;
}): Promise<Made> {
  const { databasePath, evidenceDir, folder, now } = options;
  await makeFolder(folder);
  if ((await readdir(folder)).length > 0)
    throw new BackupNotPossible(`The folder ${folder} is not empty, and a backup writes over nothing. Name a new one.`);
  const database = copyDatabase(databasePath, path.join(folder, databaseName), now);
  await makeFolder(path.join(folder, evidenceName));
  const files = [await describe(folder, databaseName)];
  const faults: string[] = [];
  for (const relative of database.evidence) {
    const copied = await copyEvidence(evidenceDir, folder, relative);
    if (copied.ok) files.push(copied.value);
    else faults.push(copied.error);
  }
  if (faults.length > 0) return err(faults);
  const manifest: Manifest = {
    schema: 'live-response-backup/1',
    madeAt: new Date(now).toISOString(),
    auditHead: formatAnchor(database.head),
    files,
  };
  await writeSynced(path.join(folder, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
  return ok(manifest);
}

/** Whether a backup is still what was made: every file by its hash, the database's integrity and its audit. */
export async function checkBackup(folder: string): Promise<Made> {
  await readdir(folder).catch((cause: unknown) => {
    throw new BackupNotPossible(
      `${folder} is no folder that this account can read (${diskCodeOf(cause) ?? 'unknown'}). Name the folder of a backup.`,
      { cause },
    );
  });
  const text = await readFile(path.join(folder, manifestName), 'utf8').catch(() => null);
  const read = text === null ? null : Manifest.safeParse(parse(text));
  if (!read?.success)
    return err([
      `${folder} has no ${manifestName} that can be read, so it is no backup, or one that was not finished. Take another one.`,
    ]);
  const faults: string[] = [];
  for (const file of read.data.files) {
    const found = await describe(folder, file.path).catch(() => null);
    if (found === null) faults.push(`${file.path} is missing or cannot be read.`);
    else if (found.sha256 !== file.sha256) faults.push(`${file.path} is not what was copied: its SHA-256 differs.`);
  }
  if (faults.length > 0) return err([...faults, 'Do not restore this backup; take another one.']);
  const head = formatAnchor(checkAudit(path.join(folder, databaseName)));
  if (head !== read.data.auditHead)
    return err([`The audit ends with ${head} and not with ${read.data.auditHead}, as the manifest says.`]);
  return ok(read.data);
}

/** The name of a file of the evidence is its SHA-256: what does not fit it is damaged already. */
async function copyEvidence(
  evidenceDir: string,
  folder: string,
  relative: string,
): Promise<Result<Manifest['files'][number], string>> {
  const target = path.join(evidenceName, relative);
  try {
    await makeFolder(path.dirname(path.join(folder, target)));
    await copyFile(path.join(evidenceDir, relative), path.join(folder, target));
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    return err(
      `The evidence file ${path.join(evidenceDir, relative)}, which a result refers to, cannot be copied (${code}). Check EVIDENCE_DIR and what became of the file; then make the backup again in a new folder.`,
    );
  }
  const copied = await describe(folder, target);
  if (copied.sha256 === path.basename(relative)) return ok(copied);
  return err(
    `The evidence file ${path.join(evidenceDir, relative)} is not what was collected: its SHA-256 is not its name. Keep it as it is and find out who could write to that folder.`,
  );
}

async function describe(folder: string, relative: string): Promise<Manifest['files'][number]> {
  const file = path.join(folder, relative);
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { path: relative.split(path.sep).join('/'), sha256: hash.digest('hex'), bytes: (await stat(file)).size };
}

async function writeSynced(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
