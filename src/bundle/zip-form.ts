import { crc32 } from 'node:zlib';

/** One stored entry, known before a byte of the archive is written. */
export interface ZipEntry {
  readonly name: string;
  readonly size: number;
  readonly crc: number;
}

/** The bytes of an archive around the content of its entries. */
export interface ZipForm {
  /** What precedes the content of each entry. */
  readonly locals: readonly Buffer[];
  /** Where the content of each entry begins. */
  readonly starts: readonly number[];
  /** Central directory and end records. */
  readonly tail: Buffer;
  readonly size: number;
}

/** Names that we make: ASCII, no empty, hidden or climbing part, none that Windows reserves, none too long for it. */
export const isPartName = (name: string): boolean =>
  name.length <= 100 &&
  /^[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9](\/[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9])*$/.test(name) &&
  !name.includes('..') &&
  !name.split('/').some((part) => /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(part));

/** By bytes; names that differ in case alone are one file on Windows and macOS, and so are one name. */
export const isSortedAndUnique = (names: readonly string[]): boolean =>
  names.every((name, i) => i === 0 || (names[i - 1] ?? '') < name) &&
  new Set(names.map((name) => name.toLowerCase())).size === names.length;

/** More than any bundle of ours: a central directory is read into memory. */
export const mostEntries = 100_000;

/**
 * The one form that a bundle has (PKWARE APPNOTE 4.3): entries stored one after the other, dated 1 January 1980, without flags, comments or
 * attributes, ZIP64 records only where a number needs them. So the same entries are the same bytes, and whoever reads one makes the form again
 * from its entries and compares. (yazl gives a streamed entry a data descriptor, as it knows size and CRC only afterwards: two forms.)
 */
export function zipForm(entries: readonly ZipEntry[]): ZipForm {
  const locals: Buffer[] = [];
  const starts: number[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const local = localHeader(entry);
    locals.push(local);
    starts.push(offset + local.length);
    centrals.push(centralHeader(entry, offset));
    offset += local.length + entry.size;
  }
  const central = Buffer.concat(centrals);
  const tail = Buffer.concat([central, endRecords({ count: entries.length, size: central.length, offset })]);
  return { locals, starts, tail, size: offset + tail.length };
}

export const crcOf = (content: Uint8Array, before = 0): number => crc32(content, before);

export const endRecordBytes = 22;
export const zip64EndBytes = 56;
export const zip64LocatorBytes = 20;
export const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  zip64End: 0x06064b50,
  zip64Locator: 0x07064b50,
} as const;

const max16 = 0xffff;
const max32 = 0xffffffff;
const firstOf1980 = 0x0021;
const plainVersion = 20;
const zip64Version = 45;

function localHeader({ name, size, crc }: ZipEntry): Buffer {
  const isLarge = size >= max32;
  const extra = isLarge ? zip64Extra([size, size]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(signatures.local, 0);
  header.writeUInt16LE(isLarge ? zip64Version : plainVersion, 4);
  header.writeUInt16LE(firstOf1980, 12);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(isLarge ? max32 : size, 18);
  header.writeUInt32LE(isLarge ? max32 : size, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, Buffer.from(name, 'ascii'), extra]);
}

function centralHeader({ name, size, crc }: ZipEntry, offset: number): Buffer {
  const large = [...(size >= max32 ? [size, size] : []), ...(offset >= max32 ? [offset] : [])];
  const extra = large.length > 0 ? zip64Extra(large) : Buffer.alloc(0);
  const version = large.length > 0 ? zip64Version : plainVersion;
  const header = Buffer.alloc(46);
  header.writeUInt32LE(signatures.central, 0);
  header.writeUInt16LE(version, 4);
  header.writeUInt16LE(version, 6);
  header.writeUInt16LE(firstOf1980, 14);
  header.writeUInt32LE(crc, 16);
  header.writeUInt32LE(Math.min(size, max32), 20);
  header.writeUInt32LE(Math.min(size, max32), 24);
  header.writeUInt16LE(name.length, 28);
  header.writeUInt16LE(extra.length, 30);
  header.writeUInt32LE(Math.min(offset, max32), 42);
  return Buffer.concat([header, Buffer.from(name, 'ascii'), extra]);
}

function zip64Extra(numbers: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * numbers.length);
  extra.writeUInt16LE(0x0001, 0);
  extra.writeUInt16LE(8 * numbers.length, 2);
  for (const [i, number] of numbers.entries()) extra.writeBigUInt64LE(BigInt(number), 4 + 8 * i);
  return extra;
}

function endRecords({ count, size, offset }: { count: number; size: number; offset: number }): Buffer {
  const isLarge = count >= max16 || size >= max32 || offset >= max32;
  const end = Buffer.alloc(endRecordBytes);
  end.writeUInt32LE(signatures.end, 0);
  end.writeUInt16LE(Math.min(count, max16), 8);
  end.writeUInt16LE(Math.min(count, max16), 10);
  end.writeUInt32LE(Math.min(size, max32), 12);
  end.writeUInt32LE(Math.min(offset, max32), 16);
  if (!isLarge) return end;
  const zip64 = Buffer.alloc(zip64EndBytes);
  zip64.writeUInt32LE(signatures.zip64End, 0);
  zip64.writeBigUInt64LE(BigInt(zip64EndBytes - 12), 4);
  zip64.writeUInt16LE(zip64Version, 12);
  zip64.writeUInt16LE(zip64Version, 14);
  zip64.writeBigUInt64LE(BigInt(count), 24);
  zip64.writeBigUInt64LE(BigInt(count), 32);
  zip64.writeBigUInt64LE(BigInt(size), 40);
  zip64.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(zip64LocatorBytes);
  locator.writeUInt32LE(signatures.zip64Locator, 0);
  locator.writeBigUInt64LE(BigInt(offset + size), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([zip64, locator, end]);
}
