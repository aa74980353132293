import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { KeptFile } from './keep-result';

/** The bytes of a kept file, hashed again; null when they are gone or are not those that were collected (T-37). */
export const readKept = (dir: string, file: KeptFile): Promise<Buffer | null> => readContent(dir, file.sha256);

/** The same by the hash alone. */
export async function readContent(dir: string, sha256: string): Promise<Buffer | null> {
  // The path is made of the hash alone: what the store says of it is not followed elsewhere.
  const place = path.join(dir, sha256.slice(0, 2), sha256);
  const bytes = /^[0-9a-f]{64}$/.test(sha256) ? await readFile(place).catch(() => null) : null;
  if (bytes === null || createHash('sha256').update(bytes).digest('hex') !== sha256) return null; // guard: kept-bytes-are-what-was-collected
  return bytes;
}
