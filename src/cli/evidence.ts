import { readFile } from 'node:fs/promises';
import { type EvidenceCommand, parseEvidenceCommand, usage } from '../bundle/command-line';
import { exitCodes } from '../bundle/describe';
import { exportBundle, placesOfBackup, type StorePlace } from '../bundle/export';
import { standingOf } from '../bundle/first-page';
import { makeKeyFiles } from '../bundle/keygen';
import { readSigningKey, type SigningKey } from '../bundle/keys';
import { type Said, verifyFile } from '../bundle/verify-file';
import { PartChanged } from '../bundle/zip-file';
import { parseEvidenceKeyPlace, parsePlaces } from '../config';
import { diskCodeOf } from '../lib/disk-code';
import { err, ok, type Result } from '../lib/result';
import { StoreError } from '../store/store-error';

const done = 0;
const failed = exitCodes.unreadable;
const fail = (...lines: readonly string[]): Said => ({ code: failed, lines });

/** `npm run evidence -- keygen|export|verify`: proof of one request for somebody outside. */
async function main(): Promise<Said> {
  const command = parseEvidenceCommand(process.argv.slice(2));
  if (!command.ok) return fail(command.error, '', usage);
  try {
    switch (command.value.type) {
      case 'help':
        return { code: done, lines: [usage] };
      case 'keygen':
        return await keygen(command.value);
      case 'export':
        return await exportOne(command.value);
      case 'verify':
        return await verifyFile(command.value);
    }
  } catch (error) {
    if (error instanceof StoreError || error instanceof PartChanged) return fail(error.message);
    const code = diskCodeOf(error);
    if (code === null) throw error;
    return fail(`A file could not be read or written (${code}). Check that this account may, and that there is room.`);
  }
}

async function keygen({ to, rotate }: Extract<EvidenceCommand, { type: 'keygen' }>): Promise<Said> {
  const made = await makeKeyFiles(to, rotate);
  if (!made.ok) return fail(made.error);
  const { keyId, privateFile, publicFile } = made.value;
  return {
    code: done,
    lines: [
      `Private key, for this service alone: ${privateFile}. Set EVIDENCE_KEY_FILE to it.`,
      `Public key, for everybody who verifies: ${publicFile}.`,
      `Its fingerprint, to be published where you publish other keys: ${keyId}`,
    ],
  };
}

async function exportOne(command: Extract<EvidenceCommand, { type: 'export' }>): Promise<Said> {
  const from = placeOf(command.backup);
  if (!from.ok) return fail(...from.error);
  const key = await signingKey(command.key ?? parseEvidenceKeyPlace(process.env));
  if (!key.ok) return fail(key.error);
  const { what, to, withPolicy } = command;
  const wish = { what, to, from: from.value, key: key.value, withPolicy, now: Date.now() };
  const exported = await exportBundle(wish);
  if (!exported.ok) return fail(exported.error);
  const { file, bundle } = exported.value;
  const { signed, whole, missing } = standingOf(bundle.manifest);
  return {
    code: done,
    lines: [`Written: ${file}, ${bundle.parts.length} files.`, signed, whole, ...missing.map((line) => `- ${line}`)],
  };
}

function placeOf(backup: string | null): Result<StorePlace, readonly string[]> {
  if (backup !== null) return ok(placesOfBackup(backup));
  const places = parsePlaces(process.env);
  if (!places.ok) return places;
  const { databaseUrl: url, evidenceDir } = places.value;
  return ok({ url, evidenceDir, store: 'file' });
}

async function signingKey(file: string | null): Promise<Result<SigningKey | null, string>> {
  if (file === null) return ok(null);
  const pem = await readFile(file, 'latin1').catch(() => null);
  const key = pem === null ? null : readSigningKey(pem);
  return key?.ok
    ? key
    : err(
        `${file} is not an Ed25519 private key in PEM that this account can read. npm run evidence -- keygen makes one.`,
      );
}

void main().then(({ code, lines }) => {
  (code === done ? console.log : console.error)(lines.join('\n'));
  process.exitCode = code;
});
