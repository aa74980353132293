import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createHeadNote, type HeadNote } from '../../../src/store/offline/head-note';

let folder: string;
let file: string;
let note: HeadNote;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'head-note-'));
  file = join(folder, 'test.db.head');
  note = createHeadNote(file);
});
afterEach(() => rmSync(folder, { recursive: true }));

const headAt = (seq: number) => ({ seq, hash: String(seq).repeat(64).slice(0, 64) });
/** What another process, or the next start, reads. */
const onDisk = () => createHeadNote(file).read();

test('the newest of many heads is on disk a moment later', async () => {
  for (const seq of [1, 2, 3]) note.write(headAt(seq));
  expect([note.read(), onDisk()]).toEqual([headAt(3), null]);
  await wait(150);
  expect(onDisk()).toEqual(headAt(3));
});

test('an orderly end leaves nothing unwritten', () => {
  note.write(headAt(4));
  note.flush();
  expect(onDisk()).toEqual(headAt(4));
});

test('an older head takes no newer one back', () => {
  note.write(headAt(4));
  note.write(headAt(3));
  note.flush();
  expect(onDisk()).toEqual(headAt(4));
});

test('what was forgotten before it was written is not written', () => {
  note.write(headAt(4));
  note.forget();
  note.flush();
  expect(onDisk()).toBeNull();
  note.write(headAt(2));
  note.flush();
  expect(onDisk()).toEqual(headAt(2));
});

test('a note that cannot be written keeps nobody from going on', () => {
  rmSync(folder, { recursive: true });
  note.write(headAt(1));
  expect(() => note.flush()).not.toThrow();
  folder = mkdtempSync(join(tmpdir(), 'head-note-'));
});

test('a note that is no head counts as none', () => {
  for (const text of ['', 'nonsense', `${'f'.repeat(64)}`, '\u0000'.repeat(80)]) {
    writeFileSync(file, text);
    expect(onDisk()).toBeNull();
  }
});
