import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly integrity?: string;
        readonly dev?: boolean;
        readonly hasInstallScript?: boolean;
        readonly optionalDependencies?: Readonly<Record<string, string>>;
      }
    >
  >;
}

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock;
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
};

test('every package is named in one exact version', () => {
  const named = { ...manifest.dependencies, ...manifest.devDependencies };
  expect(Object.entries(named).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

/** npm writes only those that its registry had at that moment, and `npm ci` then refuses the lock file elsewhere. */
test('the lock file knows the binaries of every platform, so that npm ci takes it everywhere', () => {
  const missing = Object.values(lock.packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies).filter(
      (name) => !Object.keys(lock.packages).some((path) => path.endsWith(`node_modules/${name}`)),
    ),
  );
  expect(missing).toEqual([]);
});

test('the lock file holds the SHA-512 of every package, those of other platforms included', () => {
  const loose = Object.entries(lock.packages).filter(
    ([path, { integrity = '' }]) => path !== '' && !/^sha512-[\w+/]{86}==$/.test(integrity),
  );
  expect(loose.map(([path]) => path)).toEqual([]);
});

/** One more here is one more that somebody must have looked at: what it would do at install, and that it is not needed. */
test('no install script runs, and those that would are known', () => {
  expect(readFileSync('.npmrc', 'utf8')).toContain('ignore-scripts=true');
  const withScript = Object.entries(lock.packages).filter(([, { hasInstallScript = false }]) => hasInstallScript);
  expect(
    withScript.map(([path, { dev = false }]) => `${path.replace('node_modules/', '')}${dev ? ' (dev)' : ''}`),
  ).toEqual([
    '@parcel/watcher (dev)',
    '@swc/core (dev)',
    'botbuilder-dialogs',
    'dtrace-provider',
    'esbuild (dev)',
    'swiper (dev)',
  ]);
});

test('the bill of materials names the product and every package of production with its hash, and none of development', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['scripts/sbom.mjs'], { maxBuffer: 64 * 1024 * 1024 });
  const bom = JSON.parse(stdout) as {
    readonly bomFormat: string;
    readonly metadata: { readonly component: { readonly name: string } };
    readonly components: readonly { readonly name: string; readonly version: string; readonly hashes?: unknown }[];
  };
  expect([bom.bomFormat, bom.metadata.component.name]).toEqual(['CycloneDX', 'live-response-for-teams']);
  const named = new Set(bom.components.map(({ name, version }) => `${name}@${version}`));
  const missing = Object.entries(manifest.dependencies).filter(([name, version]) => !named.has(`${name}@${version}`));
  expect(missing).toEqual([]);
  expect(bom.components.filter(({ hashes }) => hashes === undefined)).toEqual([]);
  expect(
    bom.components.filter(({ name }) => manifest.devDependencies[name] !== undefined).map(({ name }) => name),
  ).toEqual(['adaptivecards', '@types/node']);
});

describe('what is left out of the image', () => {
  const script = 'scripts/prune-packages.mjs';
  const run = (...args: readonly string[]) =>
    promisify(execFile)(process.execPath, [script, ...args]).then(
      () => ({ code: 0, stderr: '' }),
      (error: { code: number; stderr: string }) => error,
    );
  const folders = [...readFileSync(script, 'utf8').matchAll(/^ {2}\['([^'*]+)',/gm)].map(([, folder = '']) => folder);
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lr-prune-'));
  });
  afterEach(() => rm(dir, { recursive: true }));
  const put = async (path: string, text = 'x') => {
    await mkdir(join(dir, path, '..'), { recursive: true });
    await writeFile(join(dir, path), text);
  };

  test('lies where the table says', () => {
    expect(folders.length).toBeGreaterThan(5);
    expect(folders.filter((folder) => !existsSync(join('node_modules', folder)))).toEqual([]);
  });

  test('is what Node never reads; code, data, package files and licences stay', async () => {
    await put('botbuilder/package.json', '{}');
    for (const folder of folders) await put(join(folder, 'index.js'));
    await put('@libsql/linux-x64-musl/index.node');
    await put('@libsql/linux-x64-gnu/index.node');
    const kept = ['lib/a.js', 'lib/b.json', 'LICENSE.md', 'NOTICE.md', 'lib/c.mjs', 'lib/d.node'];
    for (const name of [...kept, 'lib/a.js.map', 'lib/a.d.ts', 'src/a.ts', 'README.md', 'lib/e.d.mts'])
      await put(join('pack', name));
    expect(await run(dir)).toEqual({ code: 0, stderr: '' });
    const left = (await readdir(dir, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(dir.length + 1));
    expect(left.sort()).toEqual(
      ['@libsql/linux-x64-gnu/index.node', 'botbuilder/package.json', ...kept.map((name) => `pack/${name}`)].sort(),
    );
  });

  test('is told when it is not there any more, and no folder but one of packages is touched', async () => {
    await put('README.md');
    expect((await run(dir)).code).toBe(2);
    expect((await run()).code).toBe(2);
    await put('botbuilder/package.json', '{}');
    expect(await run(dir)).toMatchObject({ code: 1, stderr: expect.stringContaining('gpt-tokenizer/esm') });
    expect(existsSync(join(dir, 'README.md'))).toBe(true);
  });
});
