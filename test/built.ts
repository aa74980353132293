import { execFile } from 'node:child_process';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(__dirname, '..');

/**
 * The program as it is shipped, in `<dir>/dist`, beside the packages in `packages`. Types are held by `npm run check`; here only the program counts.
 */
export async function buildInto(dir: string, packages = join(root, 'node_modules')): Promise<void> {
  await symlink(packages, join(dir, 'node_modules'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const project = ['-p', join(root, 'tsconfig.build.json'), '--noCheck', '--outDir', join(dir, 'dist')];
  await promisify(execFile)(process.execPath, [tsc, ...project]);
}
