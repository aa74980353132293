import { inflateSync } from 'node:zlib';

export interface Png {
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, alpha. */
  pixel(x: number, y: number): readonly [number, number, number, number];
}

/** Reads the one form of PNG that scripts/icons.mjs writes: RGBA of 8 bits, no filter, no interlace. */
export function readPng(bytes: Buffer): Png {
  const chunks: Record<string, Buffer> = {};
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    chunks[bytes.toString('latin1', at + 4, at + 8)] = bytes.subarray(at + 8, at + 8 + length);
    at += 12 + length;
  }
  const { IHDR: head = Buffer.alloc(13), IDAT: data = Buffer.alloc(0) } = chunks;
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)];
  if (head.toString('hex', 8) !== '0806000000') throw new Error('Not an RGBA PNG of 8 bits without interlace.');
  const rows = inflateSync(data);
  const rowBytes = 1 + width * 4;
  for (let y = 0; y < height; y++) if (rows[y * rowBytes] !== 0) throw new Error('A row is filtered.');
  return {
    width,
    height,
    pixel(x, y) {
      const [r = 0, g = 0, b = 0, a = 0] = rows.subarray(y * rowBytes + 1 + x * 4);
      return [r, g, b, a];
    },
  };
}
