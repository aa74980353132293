import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commandLists } from './app-package/commands';

/** `npm run manifest`: writes the words of the word table and the version of package.json into the manifest. */
async function main(root: string): Promise<void> {
  const file = join(root, 'appPackage', 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { version: string; bots: [{ commandLists: unknown }] };
  manifest.version = (JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  manifest.bots[0].commandLists = commandLists();
  await writeFile(file, `${JSON.stringify(manifest, null, 2)}\n`);
}

void main(process.cwd());
