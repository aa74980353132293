import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import type { ContentStore, Received } from './content-store';

export interface UnpackCaps {
  readonly maxFileBytes: number;
  readonly maxExpansion: number;
  readonly expansionFloorBytes: number;
}

export type Unpacked =
  /** It does not begin like gzip, so it is the content itself. */
  | { readonly type: 'plain' }
  | { readonly type: 'unpacked'; readonly content: Received }
  /** More than the caps allow: perhaps a file made to fill disks (T-34). */
  | { readonly type: 'tooLarge' }
  | { readonly type: 'damaged' };

/**
 * Undoes the one layer of gzip that Defender puts around a collected file. Microsoft documents no format, so the first two bytes decide
 * (defender-api.md §4); the name inside the gzip header comes from the device and is not read.
 */
export async function unpack(store: ContentStore, raw: Received, caps: UnpackCaps): Promise<Unpacked> {
  if (!(await beginsLikeGzip(raw.file))) return { type: 'plain' };
  const allowed = Math.min(caps.maxFileBytes, Math.max(caps.expansionFloorBytes, raw.size * caps.maxExpansion));
  const source = createReadStream(raw.file);
  const gunzip = createGunzip();
  source.on('error', (error) => gunzip.destroy(error));
  try {
    const content = await store.receive(source.pipe(gunzip), allowed);
    return content === null ? { type: 'tooLarge' } : { type: 'unpacked', content };
  } catch (error) {
    if (isZlibError(error)) return { type: 'damaged' };
    throw error;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

async function beginsLikeGzip(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await handle.close();
  }
}

/** zlib's own codes are names such as Z_DATA_ERROR; those of the file system are not. */
const isZlibError = (error: unknown): boolean => {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  return typeof code === 'string' && code.startsWith('Z_');
};
