import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, parseEnv } from 'node:util';
import { fillManifest, type Values } from './app-package/manifest';
import { zipOf } from './app-package/zip';

/**
 * `npm run package [-- --env NAME]`: appPackage/build/appPackage.NAME.zip from the manifest, the icons and env/.env.NAME; the same bytes for
 * the same files. The environment of the shell is not read, so that nothing but those files decides.
 */
async function main(root: string): Promise<void> {
  const { values: options } = parseArgs({ options: { env: { type: 'string', default: 'dev' } } });
  const name = options.env;
  const values = await readValues(root, name);
  if (values === null) return refuse([await unknownEnvironment(root, name)]);
  const folder = join(root, 'appPackage');
  const manifest = fillManifest(await readFile(join(folder, 'manifest.json'), 'utf8'), values);
  if (!manifest.ok)
    return refuse([
      `No package was made. Fix env/.env.${name} (or, for what only you should use, env/.env.${name}.user):`,
      ...manifest.error,
    ]);
  const zip = await zipOf({
    'manifest.json': Buffer.from(`${JSON.stringify(manifest.value, null, 2)}\n`),
    'color.png': await readFile(join(folder, 'color.png')),
    'outline.png': await readFile(join(folder, 'outline.png')),
  });
  const file = join('appPackage', 'build', `appPackage.${name}.zip`);
  await mkdir(join(root, 'appPackage', 'build'), { recursive: true });
  await writeFile(join(root, file), zip);
  console.log(`${file}: ${zip.length} bytes, SHA-256 ${createHash('sha256').update(zip).digest('hex')}`);
  console.log(
    'Upload it in the Teams admin center (Teams apps > Manage apps), or in Teams under Apps > Manage your apps.',
  );
}

/** What is in the `.user` file wins, as in the toolkit. Null: there is no such environment. */
async function readValues(root: string, name: string): Promise<Values | null> {
  if (!/^[\w-]+$/.test(name)) return null;
  const read = (file: string) => readFile(join(root, 'env', file), 'utf8').then(parseEnv, () => null);
  const values = await read(`.env.${name}`);
  return values === null ? null : { ...values, ...(await read(`.env.${name}.user`)) };
}

async function unknownEnvironment(root: string, name: string): Promise<string> {
  const known = (await readdir(join(root, 'env'))).flatMap((file) => /^\.env\.([\w-]+)$/.exec(file)?.[1] ?? []);
  return `There is no environment ${JSON.stringify(name)}: it would be the file env/.env.NAME. Known here: ${known.sort().join(', ')}.`;
}

function refuse(lines: readonly string[]): void {
  for (const line of lines) console.error(line);
  process.exitCode = 1;
}

void main(process.cwd());
