import { type FileHandle, open, rm } from 'node:fs/promises';
import { err, ok, type Result } from '../lib/result';
import {
  crcOf,
  endRecordBytes,
  isPartName,
  isSortedAndUnique,
  mostEntries,
  signatures,
  type ZipEntry,
  zip64EndBytes,
  zip64LocatorBytes,
  zipForm,
} from './zip-form';

/** What an entry holds, from the beginning each time that it is asked for. */
export type Content = () => AsyncIterable<Uint8Array>;

/** A kept file changed between its hashing and its writing: nothing was written. */
export class PartChanged extends Error {
  override readonly name = 'PartChanged';
  readonly code = 'bundle.partChanged';
}

export interface ZipPart extends ZipEntry {
  readonly content: Content;
}

/** An archive of the one form as a stream, of any size; throws `PartChanged` when a content is not what was hashed. */
export async function* zipBytes(parts: readonly ZipPart[]): AsyncIterable<Uint8Array> {
  const form = zipForm(parts);
  for (const [i, { name, size, crc, content }] of parts.entries()) {
    yield form.locals[i] ?? Buffer.alloc(0);
    let written = 0;
    let found = 0;
    for await (const chunk of content()) {
      found = crcOf(chunk, found);
      written += chunk.length;
      yield chunk;
    }
    if (written !== size || found !== crc)
      throw new PartChanged(`${name} changed while the bundle was written, so there is none. Export it again.`);
  }
  yield form.tail;
}

/** Writes it to a new file, for its owner alone; nothing stays when it fails. Throws Node's own error when the file exists. */
export async function writeZip(file: string, parts: readonly ZipPart[]): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    for await (const chunk of zipBytes(parts)) await handle.writeFile(chunk);
    await handle.sync();
    await handle.close();
  } catch (error) {
    await handle.close().catch(() => {});
    await rm(file, { force: true });
    throw error;
  }
}

/** An archive of the one form, opened; nothing in it is ever unpacked to a disk. */
export interface ZipFile {
  readonly entries: readonly ZipEntry[];
  content(name: string): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export type ZipFault =
  /** It is no zip archive at all. */
  | { readonly type: 'noArchive' }
  /** Some byte around the entries is not what we write. */
  | { readonly type: 'otherForm'; readonly why: string };

/** Compares every byte that is not content with the form of the entries that it names. Errors of the disk are Node's own. */
export async function openZip(file: string): Promise<Result<ZipFile, ZipFault>> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const entries = await readEntries(handle, size);
    if (!entries.ok) {
      await handle.close();
      return entries;
    }
    const { starts } = zipForm(entries.value);
    const places = new Map(entries.value.map((entry, i) => [entry.name, { start: starts[i] ?? 0, size: entry.size }]));
    return ok({
      entries: entries.value,
      content: (name) => readContent(handle, places.get(name) ?? { start: 0, size: 0 }),
      close: () => handle.close(),
    });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function* readContent(
  handle: FileHandle,
  { start, size }: { readonly start: number; readonly size: number },
): AsyncIterable<Uint8Array> {
  const chunkBytes = 1 << 20;
  for (let at = 0; at < size; ) {
    const chunk = await readAt(handle, start + at, Math.min(chunkBytes, size - at));
    if (chunk.length === 0) throw new Error('The file became shorter while it was read.');
    at += chunk.length;
    yield chunk;
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

const other = (why: string) => err({ type: 'otherForm', why } as const);

async function readEntries(handle: FileHandle, size: number): Promise<Result<readonly ZipEntry[], ZipFault>> {
  const end = await readAt(handle, Math.max(0, size - endRecordBytes), endRecordBytes);
  const start = await readAt(handle, 0, 4);
  const endsAsZip = end.length === endRecordBytes && end.readUInt32LE(0) === signatures.end;
  if (!endsAsZip) {
    const beginsAsZip = start.length === 4 && start.readUInt32LE(0) === signatures.local;
    return beginsAsZip ? other('it does not end where its directory ends') : err({ type: 'noArchive' });
  }
  const directory = await findDirectory(handle, size, end);
  if (directory === null) return other('its end does not fit its directory');
  const entries = parseDirectory(await readAt(handle, directory.offset, directory.size));
  if (entries === null) return other('its directory is not one of ours');
  const names = entries.map(({ name }) => name);
  const bad = names.find((name) => !isPartName(name));
  if (bad !== undefined) return other('a name in it is none that we make'); // guard: bundle-names-are-ours
  if (!isSortedAndUnique(names)) return other('its entries are not each there once, in order'); // guard: bundle-names-once
  const fault = await compareForm(handle, size, entries);
  return fault === null ? ok(entries) : other(fault);
}

/** Where the end says that the directory is; null when that cannot be. */
async function findDirectory(handle: FileHandle, size: number, end: Buffer) {
  const found = { count: end.readUInt16LE(10), size: end.readUInt32LE(12), offset: end.readUInt32LE(16) };
  const endAt = size - endRecordBytes;
  if (found.count === 0xffff || found.size === 0xffffffff || found.offset === 0xffffffff) {
    const at = endAt - zip64LocatorBytes - zip64EndBytes;
    const zip64 = at < 0 ? Buffer.alloc(0) : await readAt(handle, at, zip64EndBytes);
    if (zip64.length < zip64EndBytes || zip64.readUInt32LE(0) !== signatures.zip64End) return null;
    found.count = Number(zip64.readBigUInt64LE(32));
    found.size = Number(zip64.readBigUInt64LE(40));
    found.offset = Number(zip64.readBigUInt64LE(48));
  }
  const isPossible =
    found.count <= mostEntries && found.size <= found.count * 200 && found.offset + found.size <= endAt;
  return isPossible ? found : null;
}

function parseDirectory(directory: Buffer): ZipEntry[] | null {
  const entries: ZipEntry[] = [];
  for (let at = 0; at < directory.length; ) {
    if (at + 46 > directory.length || directory.readUInt32LE(at) !== signatures.central) return null;
    const nameLength = directory.readUInt16LE(at + 28);
    const extraLength = directory.readUInt16LE(at + 30);
    const name = directory.toString('latin1', at + 46, at + 46 + nameLength);
    let size = directory.readUInt32LE(at + 24);
    const extra = at + 46 + nameLength;
    if (size === 0xffffffff) {
      if (extraLength < 20 || extra + 20 > directory.length) return null;
      size = Number(directory.readBigUInt64LE(extra + 4));
    }
    entries.push({ name, size, crc: directory.readUInt32LE(at + 16) });
    at = extra + extraLength;
  }
  return entries;
}

/** Every byte outside the contents: headers, directory, end, and that nothing lies before, between or after them. */
async function compareForm(handle: FileHandle, size: number, entries: readonly ZipEntry[]): Promise<string | null> {
  if (!entries.every((entry) => Number.isSafeInteger(entry.size) && entry.size <= size))
    return 'a size in it is too large';
  const form = zipForm(entries);
  if (form.size !== size) return 'there are bytes in it that belong to no entry, or some are missing';
  const tail = await readAt(handle, size - form.tail.length, form.tail.length);
  if (!tail.equals(form.tail)) return 'its directory is not as we write it'; // guard: bundle-directory-is-ours
  for (const [i, local] of form.locals.entries()) {
    const found = await readAt(handle, (form.starts[i] ?? 0) - local.length, local.length);
    if (!found.equals(local)) return 'the header of an entry differs from its directory'; // guard: bundle-headers-are-ours
  }
  return null;
}
