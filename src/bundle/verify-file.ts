import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { diskCodeOf } from '../lib/disk-code';
import { err, ok, type Result } from '../lib/result';
import type { VerifyCommand } from './command-line';
import { describeVerdict, exitCodeOf, exitCodes } from './describe';
import { judgeBundle } from './judge';
import { type KeyFault, readPublicKey } from './keys';

export interface Said {
  readonly code: number;
  readonly lines: readonly string[];
}

/** Verifies one file with what the reader brings along; reads nothing else and writes nothing. */
export async function verifyFile({ file, key, anchors }: VerifyCommand): Promise<Said> {
  const known = key === null ? ok(null) : await readKey(key);
  if (!known.ok) return { code: exitCodes.unreadable, lines: [known.error] };
  try {
    const verdict = await judgeBundle(file, { key: known.value, anchors });
    return { code: exitCodeOf(verdict), lines: describeVerdict(verdict) };
  } catch (error) {
    const code = diskCodeOf(error);
    if (code === null) throw error;
    return { code: exitCodes.unreadable, lines: [`CANNOT BE READ. ${file} cannot be opened (${code}).`] };
  }
}

async function readKey(file: string): Promise<Result<KeyObject, string>> {
  const pem = await readFile(file, 'latin1').catch(() => null);
  if (pem === null) return err(`CANNOT BE READ. The key ${file} cannot be opened.`);
  const key = readPublicKey(pem);
  return key.ok ? key : err(`CANNOT BE READ. ${file} ${keyFaults[key.error]}`);
}

export const keyFaults: Readonly<Record<KeyFault, string>> = {
  notAKey: 'is not a public key in PEM (it begins with "-----BEGIN PUBLIC KEY-----"). Name the .pub.pem file.',
  otherType: 'is a key of another type. Bundles are signed with Ed25519.',
};
