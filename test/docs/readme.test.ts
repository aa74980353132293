import { existsSync, readFileSync } from 'node:fs';
import { parseConfig } from '../../src/config';

const readme = readFileSync('README.md', 'utf8');
const page = readFileSync('docs/settings.md', 'utf8');
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
  expect(named.size).toBeGreaterThanOrEqual(4);
});

test('the README is one page', () => {
  expect(readme.split('\n').length).toBeLessThan(90);
});

test('docs/settings.md explains every setting that there is, and no other', () => {
  const explained = new Set([...page.matchAll(/`([A-Z][A-Z_]{3,})`/g)].map((match) => match[1]));
  const source = readFileSync('src/settings.ts', 'utf8');
  const known = new Set([...source.matchAll(/^\s+([A-Z][A-Z_]{3,}):/gm)].map((match) => match[1]));
  expect(known.size).toBeGreaterThan(10);
  expect([...known].filter((name) => !explained.has(name))).toEqual([]);
  expect([...explained].filter((name) => !known.has(name))).toEqual([]);
});

test('the defaults that docs/settings.md states are those in force', () => {
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
