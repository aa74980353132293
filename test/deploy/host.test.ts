import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const skipUnless = (tool: string, what: string): jest.It => {
  if ((process.env.PATH ?? '').split(':').some((path) => existsSync(join(path, tool)))) return test;
  console.warn(`SKIPPED: ${what}, since this machine has no ${tool}.`);
  return test.skip;
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lr-host-'));
  cpSync('infra/host', dir, { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));

skipUnless('docker-compose', 'compose.yaml is not read by its tool')('docker-compose takes the file', () => {
  writeFileSync(join(dir, 'settings.env'), '');
  mkdirSync(join(dir, 'secrets'));
  const read = spawnSync('docker-compose', ['-f', join(dir, 'compose.yaml'), 'config'], { encoding: 'utf8' });
  expect([read.status, read.stderr]).toEqual([0, '']);
  expect(read.stdout).toContain('read_only: true');
});

skipUnless('systemd-analyze', 'the unit is not read by its tool')('systemd has nothing to say of the unit', () => {
  // What it looks for on this machine: a program that can be run.
  const unit = join(dir, 'live-response.service');
  execFileSync('sed', ['-i', 's|^ExecStart=/usr/bin/node|ExecStart=/bin/true|', unit]);
  const read = spawnSync('systemd-analyze', ['verify', '--man=no', unit], { encoding: 'utf8' });
  expect([read.status, read.stderr]).toEqual([0, '']);
});
