import { existsSync, readFileSync } from 'node:fs';
import { parseConfig } from '../../src/config';

const readme = readFileSync('README.md', 'utf8');
const scripts = (JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }).scripts;

test('every path that the README names is there', () => {
  const paths = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map((match) => match[1] ?? '');
  expect(paths.length).toBeGreaterThan(10);
  expect(paths.filter((path) => !existsSync(path))).toEqual([]);
});

test('every command that the README gives is a script', () => {
  const code = [...readme.matchAll(/`+[^`]*`+/g)].join('\n');
  const named = new Set([...code.matchAll(/npm (?:run )?([a-z:]+)/g)].map((match) => match[1] ?? ''));
  expect([...named].filter((name) => name !== 'ci' && scripts[name] === undefined)).toEqual([]);
  expect(named.size).toBeGreaterThan(6);
});

test('the README explains every setting that there is, and no other', () => {
  const explained = new Set([...readme.matchAll(/`([A-Z][A-Z_]{3,})`/g)].map((match) => match[1]));
  const source = readFileSync('src/settings.ts', 'utf8');
  const known = new Set([...source.matchAll(/^\s+([A-Z][A-Z_]{3,}):/gm)].map((match) => match[1]));
  expect(known.size).toBeGreaterThan(10);
  expect([...known].filter((name) => !explained.has(name))).toEqual([]);
  expect(
    [...explained].filter((name) => !known.has(name) && name !== 'CHROMIUM_PATH' && name !== 'EBADENGINE'),
  ).toEqual([]);
});

test('the defaults that the README states are those in force', () => {
  const config = parseConfig({ LOCAL_TRIAL: '1', DEFENDER_API_URL: 'http://127.0.0.1:1' });
  expect(
    config.ok && [
      config.value.port,
      config.value.defender.runsPerMinute,
      config.value.defender.sessions,
      config.value.defender.queueHours,
      config.value.databaseUrl,
      config.value.policyFile,
      config.value.evidenceDir,
    ],
  ).toEqual([3978, 10, 50, 2, 'sqlite:./data/live-response.db', 'env/policy.yaml', 'data/evidence']);
});
