import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { judgeBundle, type Known } from '../../src/bundle/judge';
import { bundleOf, bytesOf, newKey, openWholeWorld, type World } from './sample';

let world: World;
let file: string;
let bytes: Buffer;
let known: Known;
beforeAll(async () => {
  world = await openWholeWorld();
  const key = newKey();
  bytes = await bytesOf(await bundleOf(world, { key: key.signing }));
  file = path.join(world.dir, 'changed.zip');
  known = { key: key.publicKey, anchors: [] };
});
afterAll(() => world.close());

const judge = async (content: Buffer) => {
  writeFileSync(file, content);
  return judgeBundle(file, known);
};

test('the bundle is proved before anything is changed', async () => {
  expect(await judge(bytes)).toMatchObject({ type: 'whole', doubts: [], notes: [] });
});

/** All of them under TEST_ALL, which takes minutes; otherwise a sample with another beginning in each place of the file. */
const step = process.env.TEST_ALL === '1' ? 1 : 211;

test('every changed byte of a bundle is found', async () => {
  const missed: number[] = [];
  let tried = 0;
  for (let at = 0; at < bytes.length; at += step) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    tried++;
    if ((await judge(changed)).type === 'whole') missed.push(at);
  }
  expect(missed).toEqual([]);
  expect(tried).toBeGreaterThan(100);
}, 1_800_000);

test('every cut, every byte put before, after or in between is found', async () => {
  const missed: string[] = [];
  for (let at = 0; at <= bytes.length; at += step * 5) {
    if (at < bytes.length && (await judge(bytes.subarray(0, at))).type === 'whole') missed.push(`cut at ${at}`);
    const longer = Buffer.concat([bytes.subarray(0, at), Buffer.from([at % 256]), bytes.subarray(at)]);
    if ((await judge(longer)).type === 'whole') missed.push(`put in at ${at}`);
  }
  expect(missed).toEqual([]);
}, 1_800_000);
