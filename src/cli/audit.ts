import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { readAnchors } from '../audit/anchor';
import { type AuditCommand, parseAuditCommand, usage } from '../audit/command-line';
import { describeVerification } from '../audit/describe';
import { exportLine } from '../audit/export';
import { verifyAudit } from '../audit/verify';
import { readConfig } from '../config';
import { createDatabasePassword } from '../defender/database-password';
import { systemClock } from '../lib/clock';
import { isPostgres } from '../store/engine/database-address';
import { openAuditCopy } from '../store/offline/audit-copy';
import { copyPostgresAudit } from '../store/offline/postgres-audit';
import { StoreError } from '../store/store-error';

/** Exit codes, for scripts: the audit holds, it does not, it could not be looked at. */
const holds = 0;
const broken = 1;
const failed = 2;

/** `npm run audit -- verify|export`: works on a copy of the database, without the service and without a network. */
async function main(): Promise<number> {
  const command = parseAuditCommand(process.argv.slice(2));
  if (!command.ok) {
    console.error(`${command.error}\n\n${usage}`);
    return failed;
  }
  try {
    switch (command.value.type) {
      case 'help':
        console.log(usage);
        return holds;
      case 'verify':
        return await onCopy(command.value, verify);
      case 'export':
        return await onCopy(command.value, exportTo);
    }
  } catch (error) {
    const sentence = sentenceOf(error);
    if (sentence === null) throw error;
    console.error(sentence);
    return failed;
  }
}

/** The audit of a PostgreSQL database is copied into a file first, which is gone afterwards. */
async function onCopy<T extends { readonly path: string }>(
  command: T,
  work: (command: T, file: string) => number | Promise<number>,
): Promise<number> {
  if (!isPostgres(command.path)) return work(command, command.path);
  const copy = await copyPostgresAudit(
    command.path,
    createDatabasePassword(readConfig(process.env).config, systemClock),
  );
  try {
    return await work({ ...command, path: 'the database' }, copy.path);
  } finally {
    copy.remove();
  }
}

function verify({ path, anchors, anchorFiles }: Extract<AuditCommand, { type: 'verify' }>, file: string): number {
  const given = [...anchors];
  for (const file of anchorFiles) {
    const found = readAnchors(readFileSync(file, 'utf8'));
    if (found.length === 0) {
      console.error(
        `There is no anchor in ${file}. An anchor is 64 hex digits, a colon and a number, as the bot posts it; paste the posts into the file as they are.`,
      );
      return failed;
    }
    given.push(...found);
  }
  const copy = openAuditCopy(file);
  try {
    const verified = verifyAudit({ rows: copy.rows(), count: copy.count, recordedHead: copy.recordedHead }, given);
    (verified.ok ? console.log : console.error)(describeVerification(verified, { path, anchors: given.length }));
    return verified.ok ? holds : broken;
  } finally {
    copy.close();
  }
}

async function exportTo({ wanted, out }: Extract<AuditCommand, { type: 'export' }>, file: string): Promise<number> {
  const copy = openAuditCopy(file);
  try {
    // An export is as confidential as the database: only its owner may read it, and it replaces nothing.
    const target = out === null ? process.stdout : createWriteStream(out, { flags: 'wx', mode: 0o600 });
    if (out !== null) await once(target, 'open');
    let count = 0;
    for (const row of copy.rows(wanted)) {
      await write(target, `${exportLine(row)}\n`);
      count++;
    }
    if (out !== null) {
      target.end();
      await once(target, 'finish');
    }
    console.error(`${count} ${count === 1 ? 'entry' : 'entries'} exported.`);
    return holds;
  } finally {
    copy.close();
  }
}

/** Waits for a slow reader instead of filling the memory. */
async function write(target: Writable, text: string): Promise<void> {
  if (!target.write(text)) await once(target, 'drain');
}

/** Failures that the operator can do something about have their own words; anything else is a bug and shows where it is. */
function sentenceOf(error: unknown): string | null {
  if (error instanceof StoreError) return error.message;
  if (!(error instanceof Error) || !('syscall' in error)) return null;
  const { code, path = 'The file' } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return `${path} exists already, and nothing was written over it. Choose another name.`;
  return `${path} cannot be used (${code}). Check that it is there and that you may read and write it.`;
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? holds : failed));

void main().then((code) => {
  process.exitCode = code;
});
