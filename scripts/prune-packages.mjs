// Takes out of an image's node_modules what Node never reads there: node scripts/prune-packages.mjs <node_modules>
// What stays keeps its version and its licence; `npm run test:image` plays the run contract on it.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Read by editors, compilers and debuggers only. */
const neverRun = /\.(map|md|markdown|[cm]?tsx?)$/i;
const keptText = /^(licen[cs]e|notice|copying|third)/i;

/** Folders by what they are for; measured as not loaded by the service. `*` is any name. */
const unused = [
  ['@types', 'types of packages whose code is beside them'],
  ['@azure/msal-browser', 'sign-in in a browser, which @azure/identity brings along'],
  ['@libsql/*-musl', "the database's binary for the other C library; the base image has glibc"],
  ['botbuilder/vendors/chai', "a test library that was packed by botbuilder's build"],
  ['botframework-streaming/vendors/chai', 'the same one again'],
  ['gpt-tokenizer/dist', 'the tokenizer of teams-ai for browsers; Node takes cjs'],
  ['gpt-tokenizer/esm', 'the same for bundlers'],
  ['gpt-tokenizer/src', 'its source'],
  ['gpt-tokenizer/data', 'what its source is made from'],
];

const root = process.argv[2];
if (root === undefined || !existsSync(join(root, 'botbuilder', 'package.json'))) {
  console.error(
    'Name the node_modules folder of an image, after npm ci --omit=dev: node scripts/prune-packages.mjs <folder>',
  );
  process.exit(2);
}

const before = sizeOf(root);
const stale = [];
for (const [pattern] of unused) {
  const found = foldersOf(pattern);
  // A binary that npm did not take here is nothing new; anything else has moved, and this table is old.
  if (found.length === 0 && !pattern.includes('*')) stale.push(pattern);
  for (const folder of found) rmSync(folder, { recursive: true });
}
if (stale.length > 0) {
  console.error(
    `Not there any more: ${stale.join(', ')}. Bring the table in scripts/prune-packages.mjs up to the packages.`,
  );
  process.exit(1);
}
for (const { path, name } of filesIn(root)) if (neverRun.test(name) && !keptText.test(name)) rmSync(path);
console.log(`${root}: ${inMb(before)} before, ${inMb(sizeOf(root))} after`);

function foldersOf(pattern) {
  const [parent, last] = [pattern.slice(0, Math.max(0, pattern.lastIndexOf('/'))), pattern.split('/').at(-1)];
  const folder = join(root, parent);
  if (!existsSync(folder)) return [];
  const names = last.startsWith('*') ? readdirSync(folder).filter((name) => name.endsWith(last.slice(1))) : [last];
  return names.map((name) => join(folder, name)).filter((path) => existsSync(path));
}

function filesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ path: join(entry.parentPath ?? entry.path, entry.name), name: entry.name }));
}

function sizeOf(folder) {
  return filesIn(folder).reduce((sum, { path }) => sum + statSync(path).size, 0);
}

function inMb(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}
