import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder, makeFolderSync } from '../../src/lib/make-folder';

const dir = mkdtempSync(join(tmpdir(), 'make-folder-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const makers = [
  ['makeFolder', makeFolder],
  ['makeFolderSync', async (folder: string) => makeFolderSync(folder)],
] as const;

describe.each(makers)('%s', (name, make) => {
  test('makes each folder that is missing, for its owner only, and is content with one that is there', async () => {
    const folder = join(dir, name, 'a', 'b');
    await make(folder);
    await make(folder);
    for (const made of [folder, join(folder, '..')]) expect((statSync(made).mode & 0o777).toString(8)).toBe('700');
    await make('/');
  });

  test('says why it cannot where a file is in the way', async () => {
    const file = join(dir, `${name}.txt`);
    writeFileSync(file, '');
    await expect(make(file)).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(make(join(file, 'below', 'it'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  test('ends where nothing can be made though nothing is in the way', async () => {
    await expect(make('/proc/nope/deeper')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
