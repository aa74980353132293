import { existsSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder } from '../lib/make-folder';
import { err, ok, type Result } from '../lib/result';
import { makeKey } from './keys';

export const privateKeyName = 'evidence-key.pem';
export const publicKeyName = (keyId: string): string => `evidence-key-${keyId.slice(0, 16)}.pub.pem`;

export interface MadeKey {
  readonly keyId: string;
  readonly privateFile: string;
  readonly publicFile: string;
}

/** A new key in a folder. One that is there is replaced only when asked; its public key stays, since bundles that it signed are verified for years. */
export async function makeKeyFiles(folder: string, rotate: boolean): Promise<Result<MadeKey, string>> {
  const privateFile = path.join(folder, privateKeyName);
  if (existsSync(privateFile) && !rotate)
    return err(
      `${privateFile} exists already, and nothing was written over it. Say --rotate to replace it; the old public key stays.`,
    );
  await makeFolder(folder);
  const { privatePem, publicPem, keyId } = makeKey();
  const publicFile = path.join(folder, publicKeyName(keyId));
  await writeFile(publicFile, publicPem, { flag: 'wx', mode: 0o644 });
  const unfinished = `${privateFile}.new`;
  await rm(unfinished, { force: true });
  await writeFile(unfinished, privatePem, { flag: 'wx', mode: 0o600 });
  await rename(unfinished, privateFile);
  return ok({ keyId, privateFile, publicFile });
}
