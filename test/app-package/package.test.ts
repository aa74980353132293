import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The command as `npm run package` runs it, over a project folder of its own. */
const root = join(__dirname, '..', '..');
const good = [
  'TEAMS_APP_ID=3f0f9d3a-6d5b-4a53-8d5e-1b5f5a4f2c11',
  'BOT_ID=9a1d5c0e-2b7f-4f0e-9c55-6f8d2f1f7a22',
  'APP_NAME_SUFFIX=',
  'DEVELOPER_NAME=Fabrikam SOC',
  'DEVELOPER_WEBSITE_URL=https://fabrikam.test',
  'DEVELOPER_PRIVACY_URL=https://fabrikam.test/privacy',
  'DEVELOPER_TERMS_URL=https://fabrikam.test/terms',
];
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lr-package-'));
  await cp(join(root, 'appPackage'), join(dir, 'appPackage'), { recursive: true });
  await rm(join(dir, 'appPackage', 'build'), { recursive: true, force: true });
  await mkdir(join(dir, 'env'));
  await symlink(join(root, 'node_modules'), join(dir, 'node_modules'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await promisify(execFile)(process.execPath, [
    tsc,
    ...['-p', join(root, 'tsconfig.json'), '--noCheck', '--outDir', join(dir, 'tools')],
  ]);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function run(env: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const script = join(dir, 'tools', 'scripts', 'package.js');
  return promisify(execFile)(process.execPath, [script, ...args], {
    cwd: dir,
    env: { PATH: process.env.PATH ?? '', ...env },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => error,
  );
}

/** Names, and contents as they lie in a zip that stores. */
function readZip(bytes: Buffer): Readonly<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (let at = 0; bytes.readUInt32LE(at) === 0x04034b50; ) {
    const [size, nameLength, extraLength] = [
      bytes.readUInt32LE(at + 18),
      bytes.readUInt16LE(at + 26),
      bytes.readUInt16LE(at + 28),
    ];
    const data = at + 30 + nameLength + extraLength;
    files[bytes.toString('utf8', at + 30, at + 30 + nameLength)] = bytes.subarray(data, data + size);
    at = data + size;
  }
  return files;
}

test('the package has manifest and icons at its root, filled in, and the same bytes in any time zone', async () => {
  await writeFile(join(dir, 'env', '.env.prod'), good.join('\n'));
  const file = join(dir, 'appPackage', 'build', 'appPackage.prod.zip');
  const first = await run({ TZ: 'Pacific/Auckland' }, '--env', 'prod');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  const bytes = await readFile(file);
  await rm(file);
  const second = await run({ TZ: 'America/Los_Angeles', BOT_ID: 'of the shell' }, '--env', 'prod');
  expect(second.stdout).toBe(first.stdout);
  expect((await readFile(file)).equals(bytes)).toBe(true);
  const files = readZip(bytes);
  expect(Object.keys(files)).toEqual(['color.png', 'manifest.json', 'outline.png']);
  expect(JSON.parse(files['manifest.json']?.toString() ?? '')).toMatchObject({
    name: { short: 'Live Response' },
    bots: [{ botId: '9a1d5c0e-2b7f-4f0e-9c55-6f8d2f1f7a22' }],
  });
  expect(files['color.png']?.equals(await readFile(join(root, 'appPackage', 'color.png')))).toBe(true);
});

test("a person's own .user file wins over the shared one", async () => {
  await writeFile(join(dir, 'env', '.env.mine'), good.join('\n'));
  await writeFile(join(dir, 'env', '.env.mine.user'), 'DEVELOPER_NAME=Me');
  await run({}, '--env', 'mine');
  const files = readZip(await readFile(join(dir, 'appPackage', 'build', 'appPackage.mine.zip')));
  expect(JSON.parse(files['manifest.json']?.toString() ?? '')).toMatchObject({ developer: { name: 'Me' } });
});

test('faults are told all at once, and no package is made', async () => {
  await writeFile(join(dir, 'env', '.env.bad'), 'DEVELOPER_NAME=Fabrikam SOC\nBOT_ID=s3cr3t');
  const { code, stdout, stderr } = await run({}, '--env', 'bad');
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr.split('\n').map((line) => line.split(':')[0])).toEqual([
    'No package was made. Fix env/.env.bad (or, for what only you should use, env/.env.bad.user)',
    'TEAMS_APP_ID',
    'DEVELOPER_WEBSITE_URL',
    'DEVELOPER_PRIVACY_URL',
    'DEVELOPER_TERMS_URL',
    'BOT_ID',
    '',
  ]);
  expect(stderr).not.toContain('s3cr3t');
  await expect(readFile(join(dir, 'appPackage', 'build', 'appPackage.bad.zip'))).rejects.toMatchObject({
    code: 'ENOENT',
  });
});

test.each(['nowhere', '../../etc/passwd', ''])(
  'an environment %j that is not there is named with those that are',
  async (name) => {
    const { code, stderr } = await run({}, '--env', name);
    expect(code).toBe(1);
    expect(stderr).toContain('it would be the file env/.env.NAME. Known here: ');
  },
);
