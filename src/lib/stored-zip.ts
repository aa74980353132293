import { crc32 } from 'node:zlib';

/** A zip archive of one file, stored without compression (PKWARE APPNOTE 4.3). */
export function storedZip(name: string, content: Uint8Array): Buffer {
  const nameBytes = Buffer.from(name, 'utf8');
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0); // version needed
  common.writeUInt16LE(0x5821, 8); // date: 1 January 2024
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(nameBytes.length, 22);

  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, nameBytes, content]);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02', 'latin1'),
    Buffer.from([20, 0]),
    common,
    Buffer.alloc(14),
    nameBytes,
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

/** Bytes of such an archive, known before there is one. */
export const storedZipSize = (name: string, contentSize: number): number =>
  contentSize + 2 * Buffer.byteLength(name, 'utf8') + localHeader + centralHeader + endRecord;

const localHeader = 30;
const centralHeader = 46;
const endRecord = 22;
