// What the service's packages bring along: npm run deps, after npm ci. Sizes are of this machine's node_modules, before the image is pruned.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const direct = Object.keys(packages[''].dependencies);
const shown = process.argv[2] === '--all' ? 100 : 3;

/** Where Node finds `name` from the package at `from`: in its own node_modules, or in one further up. */
function resolve(from, name) {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const path = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (at === '') return null;
  }
}

function treeOf(names, from, seen = new Set()) {
  for (const name of names) {
    const path = resolve(from, name);
    if (path === null || seen.has(path) || !existsSync(path)) continue;
    seen.add(path);
    const { dependencies = {}, optionalDependencies = {}, peerDependencies = {} } = packages[path];
    treeOf(Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }), path, seen);
  }
  return seen;
}

const sizes = new Map();
function sizeOf(path) {
  if (!sizes.has(path)) {
    const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const own = files
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .filter((file) => !file.slice(path.length).includes('/node_modules/'));
    sizes.set(
      path,
      own.reduce((sum, file) => sum + statSync(file).size, 0),
    );
  }
  return sizes.get(path);
}

const sum = (paths) => [...paths].reduce((total, path) => total + sizeOf(path), 0);
const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const whole = treeOf(direct, '');
console.log(`${whole.size} packages, ${mb(sum(whole))}, for ${direct.length} that the service names\n`);
for (const name of direct.sort()) {
  const tree = treeOf([name], '');
  // What would go with it.
  const others = treeOf(
    direct.filter((other) => other !== name),
    '',
  );
  const alone = [...tree].filter((path) => !others.has(path));
  const { version } = packages[`node_modules/${name}`];
  console.log(
    `${name}@${version}: ${tree.size} packages, ${mb(sum(tree))}; ${mb(sum(alone))} of it for this one alone`,
  );
  const rest = [...tree].filter((path) => path !== `node_modules/${name}`).sort((a, b) => sizeOf(b) - sizeOf(a));
  for (const path of rest.slice(0, shown))
    console.log(
      `    ${mb(sizeOf(path)).padStart(9)}  ${path.replace(/^node_modules\//, '').replaceAll('/node_modules/', ' > ')}@${packages[path].version}`,
    );
  if (rest.length > shown) console.log(`              and ${rest.length - shown} more`);
}
