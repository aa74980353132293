import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Post } from '../../src/thread/kit/post';
import { allPosts } from '../../test/thread/all-posts';
import { measuredByName } from '../../test/thread/measured-posts';
import { harmless, hostile } from '../../test/thread/samples';
import { hostConfigOf, themes } from './host-config';

export interface Gallery {
  readonly page: string;
  readonly posts: Readonly<Record<'harmless' | 'hostile', Readonly<Record<string, Post>>>>;
}

/** Writes the page with every card in every state into `folder`; it needs nothing beside itself. */
export async function writePage(folder: string): Promise<Gallery> {
  const page = join(folder, 'index.html');
  const hosts = Object.fromEntries(themes.map((theme) => [theme, hostConfigOf(theme)]));
  const posts = { harmless: { ...allPosts(harmless, false), ...measuredByName() }, hostile: allPosts(hostile, true) };
  const data = JSON.stringify({ hosts, posts }).replaceAll('<', '\\u003c');
  const template = await readFile(resolve('scripts', 'cards', 'page.html'), 'utf8');
  const renderer = await readFile(require.resolve('adaptivecards/dist/adaptivecards.min.js'), 'utf8');
  await mkdir(folder, { recursive: true });
  // Functions, since `$` means something in a replacement text; `<` could end the script element.
  const filled = template
    .replace('/* renderer */', () => renderer.replaceAll('</script', '<\\/script'))
    .replace('const gallery = null', () => `const gallery = ${data}`);
  await writeFile(page, filled);
  return { page, posts };
}
