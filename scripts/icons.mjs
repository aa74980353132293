// Draws the two icons of the Teams app: npm run icons, or node scripts/icons.mjs <folder>
// color.png: 192x192, the sign inside the 96x96 safe zone; outline.png: 32x32, white on transparent (Teams app package rules).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';

const accent = [0x4f, 0x52, 0xb2, 0xff];
const white = [0xff, 0xff, 0xff, 0xff];
const clear = [0xff, 0xff, 0xff, 0x00];

/** A console prompt: a chevron and a cursor line, in units of a square of 1. */
const isSign = (x, y) => {
  const onChevron = x > 0.1 && x < 0.55 && Math.abs(Math.abs(y - 0.42) - (0.55 - x) * 0.72) < 0.085;
  const onCursor = x > 0.5 && x < 0.92 && y > 0.76 && y < 0.9;
  return onChevron || onCursor;
};

function draw(size, zone, paint) {
  const samples = 4;
  const rows = [];
  for (let y = 0; y < size; y++) {
    const row = Buffer.alloc(1 + size * 4);
    for (let x = 0; x < size; x++) {
      let hits = 0;
      for (let i = 0; i < samples * samples; i++) {
        const sx = (x + ((i % samples) + 0.5) / samples - (size - zone) / 2) / zone;
        const sy = (y + (Math.floor(i / samples) + 0.5) / samples - (size - zone) / 2) / zone;
        if (isSign(sx, sy)) hits++;
      }
      row.set(paint(hits / (samples * samples)), 1 + x * 4);
    }
    rows.push(row);
  }
  return png(size, Buffer.concat(rows));
}

const mix = (from, to, share) => from.map((value, i) => Math.round(value + (to[i] - value) * share));

function png(size, pixels) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

const folder = process.argv[2] ?? 'appPackage';
writeFileSync(
  join(folder, 'color.png'),
  draw(192, 96, (share) => mix(accent, white, share)),
);
writeFileSync(
  join(folder, 'outline.png'),
  draw(32, 26, (share) => mix(clear, white, share)),
);
