import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildSync } from 'esbuild';
import { makeBackup } from '../../src/backup';
import { parseEvidenceCommand, parseVerifyCommand } from '../../src/bundle/command-line';
import { exportBundle, placesOfBackup } from '../../src/bundle/export';
import { makeKeyFiles } from '../../src/bundle/keygen';
import { readSigningKey } from '../../src/bundle/keys';
import { verifyFile } from '../../src/bundle/verify-file';
import { digestOf } from '../../src/request/ask/digest';
import type { RequestId } from '../../src/request/request';
import { base } from '../request/sample';
import { keepResults, madeAt, openWholeWorld, openWorld, type World, wholeLife } from './sample';

let world: World;
let dir: string;
let bundle: string;
let publicFile: string;
const inDir = (...names: readonly string[]) => path.join(dir, ...names);
const has = (program: string): boolean => spawnSync(program, ['--help']).error === undefined;

beforeAll(async () => {
  world = await openWholeWorld();
  dir = mkdtempSync(path.join(tmpdir(), 'lr-evidence-'));
  const made = await makeKeyFiles(inDir('keys'), false);
  if (!made.ok) throw new Error(made.error);
  publicFile = made.value.publicFile;
  const key = readSigningKey(readFileSync(made.value.privateFile, 'latin1'));
  if (!key.ok) throw new Error(key.error);
  const wish = { what: { id: base.id }, withPolicy: true, key: key.value, now: madeAt };
  const from = { url: world.url, evidenceDir: world.evidenceDir, store: 'file' } as const;
  const exported = await exportBundle({ ...wish, from, to: inDir('out') });
  if (!exported.ok) throw new Error(exported.error);
  bundle = exported.value.file;
});
afterAll(async () => {
  await world.close();
  rmSync(dir, { recursive: true, force: true });
});

const wishFor = (over: object = {}) => ({
  what: { id: base.id },
  withPolicy: true,
  key: null,
  now: madeAt,
  to: inDir('more'),
  from: { url: world.url, evidenceDir: world.evidenceDir, store: 'file' as const },
  ...over,
});

test('a bundle is exported from the database of a running service, for its owner alone', async () => {
  expect(path.basename(bundle)).toBe('LR-7F3K.evidence.zip');
  expect(statSync(bundle).mode & 0o777).toBe(0o600);
  const said = await verifyFile({ type: 'verify', file: bundle, key: publicFile, anchors: [] });
  expect(said).toMatchObject({ code: 0 });
  expect(said.lines[0]).toBe('PROVED.');
});

test('an export writes over nothing, and leaves nothing behind when it cannot be', async () => {
  const before = readFileSync(bundle);
  expect(await exportBundle(wishFor({ to: inDir('out') }))).toMatchObject({
    ok: false,
    error: expect.stringContaining('exists already, and nothing was written over it'),
  });
  expect(readFileSync(bundle).equals(before)).toBe(true);
  expect(await exportBundle(wishFor({ what: { id: 'LR-9999' } }))).toMatchObject({
    ok: false,
    error: expect.stringContaining('LR-9999 is not in this database'),
  });
  expect(await exportBundle(wishFor({ from: placesOfBackup(inDir('nowhere')) }))).toMatchObject({
    ok: false,
    error: expect.stringContaining('There is no database at'),
  });
  expect(existsSync(inDir('more'))).toBe(false);
});

test('a backup is exported from like the database, and the manifest says that it was one', async () => {
  const folder = inDir('backup');
  const made = await makeBackup({
    databasePath: path.join(world.dir, 'live-response.db'),
    evidenceDir: world.evidenceDir,
    folder,
    now: madeAt,
  });
  expect(made.ok).toBe(true);
  const exported = await exportBundle(wishFor({ to: inDir('of-backup'), from: placesOfBackup(folder) }));
  expect(exported).toMatchObject({
    ok: true,
    value: {
      bundle: { manifest: { madeFrom: { store: 'backup', place: expect.stringContaining('live-response.db') } } },
    },
  });
});

test('keygen keeps the private key to itself, writes over nothing, and rotates only when told', async () => {
  const [first] = readdirSync(inDir('keys')).filter((name) => name.endsWith('.pub.pem'));
  expect(statSync(inDir('keys', 'evidence-key.pem')).mode & 0o777).toBe(0o600);
  expect(await makeKeyFiles(inDir('keys'), false)).toMatchObject({ ok: false });
  const rotated = await makeKeyFiles(inDir('keys'), true);
  expect(rotated.ok).toBe(true);
  const publics = readdirSync(inDir('keys')).filter((name) => name.endsWith('.pub.pem'));
  expect(publics).toHaveLength(2);
  expect(publics).toContain(first);
  // What the old key signed is verified with its public key for as long as that is kept.
  expect((await verifyFile({ type: 'verify', file: bundle, key: publicFile, anchors: [] })).code).toBe(0);
});

describe('the program that an auditor runs', () => {
  beforeAll(() => {
    mkdirSync(inDir('auditor'));
    buildSync({
      entryPoints: ['src/cli/verify-evidence.ts'],
      outfile: inDir('auditor', 'verify-evidence.js'),
      bundle: true,
      platform: 'node',
      target: 'node20',
    });
  });
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, ['verify-evidence.js', ...args], { cwd: inDir('auditor'), encoding: 'utf8', env: {} });

  test('is one file that runs with Node alone in a folder of its own, and says what the other says', () => {
    const proved = run(bundle, '--key', publicFile);
    expect(proved).toMatchObject({ status: 0, stderr: '' });
    expect(proved.stdout).toContain('PROVED.');
    const unproven = run(bundle);
    expect(unproven.status).toBe(3);
    expect(unproven.stderr).toContain('by whom is not proven');
    writeFileSync(inDir('auditor', 'changed.zip'), readFileSync(bundle).fill(0, 1_000, 1_001));
    const wrong = run('changed.zip', '--key', publicFile);
    expect(wrong.status).toBe(1);
    expect(wrong.stderr).toContain('WRONG.');
    expect(run('nowhere.zip').status).toBe(2);
    expect(run('--nothing').status).toBe(2);
    expect(run(bundle, '--anchor', 'abc').stderr).toContain('--anchor must be one anchor');
    expect(run().stdout).toContain('Exit code 0: proved. 1: wrong. 2: it cannot be read. 3: whole, but not proved');
    expect(readdirSync(inDir('auditor')).sort()).toEqual(['changed.zip', 'verify-evidence.js']);
  });
});

describe('the steps of the first page, with programs that are not ours', () => {
  const programs = ['unzip', 'sha256sum', 'openssl'];
  const missing = programs.filter((program) => !has(program));
  const follow = missing.length > 0 && process.env.REQUIRE_TOOLS !== '1' ? test.skip : test;

  /** The commands that the page names, in order. */
  const stepsOf = (page: string): readonly string[] =>
    [...page.matchAll(/^ {2}((?:openssl|sha256sum) .*)$/gm)].map(([, command = '']) => command);

  function unpack(name: string, change: (folder: string) => void) {
    const folder = inDir(name);
    execFileSync('unzip', ['-q', bundle, '-d', folder]);
    execFileSync('cp', [publicFile, inDir('KEY.pem')]);
    change(folder);
    const steps = stepsOf(readFileSync(path.join(folder, 'README.txt'), 'utf8'));
    const ran = steps.map((step) => {
      const [program = '', ...args] = step.split(' ');
      return spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
    });
    return { steps, ran };
  }

  follow('they pass for a good bundle, and print the digest that was voted on', () => {
    const { steps, ran } = unpack('good', () => {});
    expect(steps).toHaveLength(3);
    expect(ran.map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(ran[0]?.stdout).toContain('Signature Verified Successfully');
    expect(ran[1]?.stdout).not.toMatch(/FAILED/);
    expect(ran[2]?.stdout).toContain(base.digest);
  });

  follow('sha256sum finds a changed part, and openssl a list that was made to fit it', () => {
    const report = 'report.html';
    const changed = unpack('changed', (folder) => writeFileSync(path.join(folder, report), 'another page'));
    expect(changed.ran.map(({ status }) => status)).toEqual([0, 1, 0]);
    expect(changed.ran[1]?.stdout).toContain(`${report}: FAILED`);
    const relisted = unpack('relisted', (folder) => {
      writeFileSync(path.join(folder, report), 'another page');
      const sum = execFileSync('sha256sum', [report], { cwd: folder, encoding: 'utf8' });
      const list = path.join(folder, 'SHA256SUMS');
      writeFileSync(list, readFileSync(list, 'utf8').replace(/^.* {2}report\.html\n/m, sum));
    });
    expect(relisted.ran.map(({ status }) => status)).toEqual([1, 0, 0]);
  });

  follow('unzip finds nothing wrong with the archive itself', () => {
    expect(spawnSync('unzip', ['-tq', bundle]).status).toBe(0);
    expect(execFileSync('unzip', ['-Z1', bundle], { encoding: 'utf8' }).trim().split('\n')).toContain('README.txt');
  });
});

test('the first page of a bundle is what a person reads first', () => {
  const text = execFileSync('unzip', ['-p', bundle, 'README.txt'], { encoding: 'utf8' });
  expect(text).toMatch(/^[\x20-\x7e\n]*$/);
  expect(
    Math.max(
      ...text
        .split('\n')
        .filter((line) => !line.includes('  openssl'))
        .map((line) => line.length),
    ),
  ).toBeLessThan(260);
  expect(text).toContain('EVIDENCE OF LR-7F3K');
  expect(text).toContain('Signed with the key ');
  expect(text).toContain('public-key.pem in here proves nothing');
  expect(text).toContain('"unzip -t" exits 0 for most of these.');
});

test('a result whose file is gone is listed, and the export says that it is not complete', async () => {
  await keepResults(world, base.id, { output: 'again' });
  for (const name of readdirSync(world.evidenceDir)) rmSync(path.join(world.evidenceDir, name), { recursive: true });
  const exported = await exportBundle(wishFor({ to: inDir('gone') }));
  expect(exported).toMatchObject({ ok: true, value: { bundle: { manifest: { complete: false } } } });
});

test('an incident is exported as one bundle, and its tenants are kept apart', async () => {
  const fresh = await openWorld();
  const inIncident = (id: string, over: object = {}) => ({ ...base, incident: 'INC-7', id: id as RequestId, ...over });
  await fresh.play(inIncident('LR-2222'), wholeLife.slice(0, 1));
  await fresh.play(inIncident('LR-3333'), []);
  await fresh.play({ ...base, id: 'LR-4444' as RequestId }, []);
  const from = { url: fresh.url, evidenceDir: fresh.evidenceDir, store: 'file' as const };
  const wish = (over: object = {}) =>
    wishFor({ what: { incident: 'inc-7', tenantId: null, ...over }, from, to: inDir('incident') });
  const exported = await exportBundle(wish());
  if (!exported.ok) throw new Error(exported.error);
  expect(path.basename(exported.value.file)).toBe('incident-inc-7.evidence.zip');
  expect(exported.value.bundle.manifest).toMatchObject({
    incident: 'inc-7',
    requests: [{ id: 'LR-2222' }, { id: 'LR-3333' }],
  });
  expect((await verifyFile({ type: 'verify', file: exported.value.file, key: null, anchors: [] })).code).toBe(3);
  const tenantId = 'tenant-2';
  await fresh.play(inIncident('LR-5555', { tenantId, digest: digestOf({ ...base, tenantId }) }), []);
  expect(await exportBundle(wish())).toEqual({
    ok: false,
    error: 'Requests of incident inc-7 are of several tenants. Name one with --tenant: tenant-1, tenant-2',
  });
  const other = await exportBundle({ ...wish({ tenantId }), to: inDir('other-tenant') });
  expect(other).toMatchObject({ ok: true, value: { bundle: { manifest: { requests: [{ id: 'LR-5555' }] } } } });
  expect(await exportBundle(wish({ incident: 'INC-8' }))).toMatchObject({
    ok: false,
    error: expect.stringContaining('INC-8'),
  });
  await fresh.close();
});

describe('the command line', () => {
  test.each<[readonly string[], object]>([
    [
      ['export', 'lr-7f3k', '--to', 'out'],
      { type: 'export', what: { id: 'LR-7F3K' }, to: 'out', backup: null, key: null, withPolicy: true },
    ],
    [
      ['export', 'LR-7F3K', '--to', 'o', '--backup', 'b', '--key', 'k', '--without-policy'],
      { backup: 'b', key: 'k', withPolicy: false },
    ],
    [['keygen', '--to', 'keys', '--rotate'], { type: 'keygen', to: 'keys', rotate: true }],
    [
      ['verify', 'a.zip', '--anchor', `${'a'.repeat(64)}:7`],
      { type: 'verify', file: 'a.zip', key: null, anchors: [{ seq: 7, hash: 'a'.repeat(64) }] },
    ],
    [
      ['export', '--incident', 'INC-1042', '--tenant', 't', '--to', 'o'],
      { what: { incident: 'INC-1042', tenantId: 't' } },
    ],
    [['--help'], { type: 'help' }],
  ])('%j is understood', (args, command) => {
    expect(parseEvidenceCommand(args)).toMatchObject({ ok: true, value: command });
  });

  test.each<[readonly string[], string]>([
    [[], 'Say keygen, export or verify.'],
    [['constructor'], 'I do not know constructor. Say keygen, export or verify.'],
    [['export', 'LR-7F3K'], 'Name the folder to write into with --to.'],
    [['export', '--to', 'x'], 'Name one request by its id, such as LR-7F3K, or an incident with --incident.'],
    [
      ['export', 'LR-7F3K', 'LR-2222', '--to', 'x'],
      'Name one request by its id, such as LR-7F3K, or an incident with --incident.',
    ],
    [['verify'], 'Name one file, the bundle to verify.'],
    [['verify', 'a', '--to', 'x'], '--to is not for verify.'],
    [
      ['verify', 'a', '--anchor', 'x'],
      '--anchor must be one anchor: 64 hex digits, a colon and a number, as the bot posts it.',
    ],
    [['keygen', 'x', '--to', 'y'], 'keygen takes no word besides its options.'],
    [['verify', '--what'], 'I do not know one of these options: --what.'],
  ])('%j is refused with a sentence', (args, sentence) => {
    expect(parseEvidenceCommand(args)).toEqual({ ok: false, error: sentence });
  });

  test('the program of the auditor takes the words after verify', () => {
    expect(parseVerifyCommand(['a.zip'])).toMatchObject({ ok: true, value: { type: 'verify', file: 'a.zip' } });
    expect(parseVerifyCommand([])).toEqual({ ok: true, value: { type: 'help' } });
  });
});
