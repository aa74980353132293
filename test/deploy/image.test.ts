import { readFileSync } from 'node:fs';
import { parseConfig } from '../../src/config';

/** What the file says; scripts/check/image.sh builds it and starts what came out. */
const lines = readFileSync('Dockerfile', 'utf8')
  .replace(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'));
const text = lines.join('\n');
const starts = lines.flatMap((line, i) => (line.startsWith('FROM ') ? [i] : []));
const last = lines.slice(starts.at(-1) ?? 0);
const settings = Object.fromEntries(
  last
    .filter((line) => line.startsWith('ENV '))
    .flatMap((line) => [...line.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value])),
);

test('it is built in stages, all from one base that is pinned by its version', () => {
  expect(starts).toHaveLength(3);
  expect(lines[0]).toMatch(/^ARG NODE=node:\d+\.\d+\.\d+-[a-z]+-slim$/);
  for (const i of starts) expect(lines[i]).toMatch(/^FROM \$\{NODE\}( AS \w+)?$/);
});

test('the base is a version of Node that the service is made for', () => {
  const [, major, minor] = /node:(\d+)\.(\d+)/.exec(lines[0] ?? '') ?? [];
  const { engines } = JSON.parse(readFileSync('package.json', 'utf8')) as { engines: { node: string } };
  const ranges = engines.node.split(' || ').map((range) => range.replace('^', '').split('.').map(Number));
  const own = ranges.find(([at]) => at === Number(major));
  expect(own).toBeDefined();
  expect(Number(minor)).toBeGreaterThanOrEqual(own?.[1] ?? 0);
});

test('packages come from the lock file, without install scripts, and only those of production reach the image', () => {
  const installs = lines.filter((line) => line.includes('npm ci'));
  expect(installs).toHaveLength(2);
  for (const line of installs) expect(line).toContain('--ignore-scripts');
  expect(text).not.toMatch(/npm (install|i)\b|curl|wget|apt-get|ADD /);
  const copied = last.find((line) => line.endsWith('./node_modules')) ?? '';
  const stage = /--from=(\w+)/.exec(copied)?.[1];
  const from = lines.findIndex((line) => line.endsWith(`AS ${stage}`));
  expect(lines.slice(from).find((line) => line.includes('npm ci'))).toContain('--omit=dev');
});

test('it runs as nobody special, and says by itself whether it is well', () => {
  const user = last.indexOf('USER node');
  expect(user).toBeGreaterThan(0);
  expect(user).toBeLessThan(last.findIndex((line) => line.startsWith('CMD ')));
  expect(last.find((line) => line.startsWith('HEALTHCHECK'))).toContain('/healthz');
  expect(last.at(-1)).toBe('CMD ["node", "dist/index.js"]');
});

test('everything that it writes goes to its volume, so that its root can be read-only', () => {
  expect(last).toContain('VOLUME /data');
  expect(last.some((line) => line.includes('chown node:node /data'))).toBe(true);
  const id = '3f0f9d3a-6d5b-4a53-8d5e-1b5f5a4f2c11';
  const config = parseConfig({ ...settings, BOT_ID: id, BOT_TYPE: 'UserAssignedMsi', BOT_TENANT_ID: id });
  expect(config.ok && [config.value.databaseUrl, config.value.evidenceDir]).toEqual([
    'sqlite:/data/live-response.db',
    '/data/evidence',
  ]);
});

test('no secret is in it, and nothing gets in that is not named', () => {
  expect(text).not.toMatch(/PASSWORD|SECRET|TOKEN|\.npmrc.*_auth|ARG (?!NODE=)/);
  const allowed = readFileSync('.dockerignore', 'utf8').split('\n');
  expect(allowed).toContain('*');
  const copied = lines
    .filter((line) => line.startsWith('COPY ') && !line.includes('--from='))
    .flatMap((line) =>
      line
        .split(' ')
        .slice(1, -1)
        .map((path) => path.replace(/^\.\//, '')),
    );
  expect(copied.filter((path) => !allowed.includes(`!${path}`))).toEqual([]);
  expect(
    allowed
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1))
      .filter((path) => !copied.includes(path)),
  ).toEqual([]);
});

test('the trial and the Defender that it simulates are not in it', () => {
  expect(readFileSync('.dockerignore', 'utf8').split('\n')).not.toContain('!trial');
  expect(text).toContain('RUN npm run build\n');
  expect(JSON.parse(readFileSync('tsconfig.build.json', 'utf8')).include).toEqual(['src/**/*.ts', 'src/**/*.json']);
});
