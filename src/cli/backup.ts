import { resolve } from 'node:path';
import { BackupNotPossible, checkBackup, makeBackup } from '../backup';
import { parsePlaces } from '../config';
import { diskCodeOf } from '../lib/disk-code';
import { StoreError } from '../store/store-error';

/** Exit codes, for scripts: done, a fault in what was found, it could not be done. */
const done = 0;
const faulty = 1;
const failed = 2;

const usage = `npm run backup -- <folder>         copies the database and its evidence into a new folder, while the service runs
npm run backup -- check <folder>   says whether a backup is whole`;

async function main(): Promise<number> {
  const [first, second, ...more] = process.argv.slice(2);
  if (
    first === undefined ||
    more.length > 0 ||
    first.startsWith('-') ||
    (first === 'check') !== (second !== undefined)
  ) {
    console.error(usage);
    return failed;
  }
  try {
    return second === undefined ? await make(first) : await check(second);
  } catch (error) {
    const code = diskCodeOf(error);
    const isOurs = error instanceof StoreError || error instanceof BackupNotPossible;
    if (!isOurs && code === null) throw error;
    console.error(
      isOurs
        ? error.message
        : `The backup could not be written (${code}). Check that this account may write there and that there is room.`,
    );
    return error instanceof StoreError && error.code === 'store.corrupt' ? faulty : failed;
  }
}

async function make(folder: string): Promise<number> {
  const places = parsePlaces(process.env);
  if (!places.ok) {
    for (const line of places.error) console.error(line);
    return failed;
  }
  const { databaseUrl, evidenceDir } = places.value;
  const path = /^sqlite:(.+)$/i.exec(databaseUrl)?.[1];
  if (path === undefined) {
    console.error(`The database is on a PostgreSQL server, which brings a tool of its own. With the address in DATABASE_URL:
  mkdir -m 700 ${folder}
  pg_dump --format=custom --file=${folder}/live-response.dump "$DATABASE_URL"
  cp -a ${evidenceDir} ${folder}/evidence
The evidence second, so that whatever the dump refers to is there. How to restore it: docs/operations.md.`);
    return failed;
  }
  const made = await makeBackup({ databasePath: resolve(path), evidenceDir, folder, now: Date.now() });
  if (!made.ok) {
    for (const line of made.error) console.error(line);
    return faulty;
  }
  const { files, auditHead } = made.value;
  console.log(
    `The backup is in ${folder}: the database and ${files.length - 1} files of evidence. Its audit holds and ends with\n${auditHead}`,
  );
  return done;
}

async function check(folder: string): Promise<number> {
  const checked = await checkBackup(folder);
  if (!checked.ok) {
    for (const line of checked.error) console.error(line);
    return faulty;
  }
  const { madeAt, files, auditHead } = checked.value;
  console.log(
    `The backup of ${madeAt} is whole: the database and ${files.length - 1} files of evidence. Its audit holds and ends with\n${auditHead}`,
  );
  return done;
}

void main().then((code) => {
  process.exitCode = code;
});
