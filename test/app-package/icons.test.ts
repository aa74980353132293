import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Png, readPng } from './png';

const icon = (name: string): Png => readPng(readFileSync(join('appPackage', name)));
const pixels = ({ width, height, pixel }: Png) =>
  Array.from({ length: width * height }, (_, i) => ({
    x: i % width,
    y: Math.floor(i / width),
    rgba: pixel(i % width, Math.floor(i / width)),
  }));

test('the colour icon is 192 pixels square, filled, with its sign inside the safe zone of 96', () => {
  const color = icon('color.png');
  expect([color.width, color.height]).toEqual([192, 192]);
  const accent = [0x4f, 0x52, 0xb2, 0xff];
  const signed = pixels(color).filter(({ rgba }) => rgba.join() !== accent.join());
  expect(signed.length).toBeGreaterThan(500);
  expect(signed.filter(({ x, y }) => x < 48 || x >= 144 || y < 48 || y >= 144)).toEqual([]);
  expect(pixels(color).filter(({ rgba }) => rgba[3] !== 0xff)).toEqual([]);
});

test('the accent colour of the manifest is that of the icon', () => {
  const { accentColor } = JSON.parse(readFileSync('appPackage/manifest.json', 'utf8')) as { accentColor: string };
  const [r, g, b] = icon('color.png').pixel(0, 0);
  expect(accentColor).toBe(`#${Buffer.from([r, g, b]).toString('hex').toUpperCase()}`);
});

test('the outline icon is 32 pixels square and white on nothing', () => {
  const outline = icon('outline.png');
  expect([outline.width, outline.height]).toEqual([32, 32]);
  expect(pixels(outline).filter(({ rgba: [r, g, b] }) => Math.min(r, g, b) < 0xff)).toEqual([]);
  expect(outline.pixel(0, 0)[3]).toBe(0);
  expect(pixels(outline).filter(({ rgba }) => rgba[3] === 0xff).length).toBeGreaterThan(40);
});

test('both are what the script draws', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'lr-icons-'));
  await promisify(execFile)(process.execPath, ['scripts/icons.mjs', dir]);
  // Not the bytes, which differ with the zlib of each Node.
  for (const name of ['color.png', 'outline.png'])
    expect(pixels(readPng(await readFile(join(dir, name))))).toEqual(pixels(icon(name)));
  await rm(dir, { recursive: true });
});
