import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { versions } from './tools';

const pages = ['docs/admin.md', 'docs/operations.md', 'env/.env.dev'].map(
  (file) => [file, readFileSync(file, 'utf8')] as const,
);
const admin = readFileSync('docs/admin.md', 'utf8');
const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Readonly<Record<string, string>> };
const variables = new Set([
  ...[...readFileSync('src/settings.ts', 'utf8').matchAll(/^\s+([A-Z][A-Z_]{3,}):/gm)].map(([, name]) => name),
  ...[...readFileSync('env/.env.dev', 'utf8').matchAll(/SECRET_\w+|^[A-Z_]+(?==)/gm)].map(([name]) => name),
  // Of the toolkit, of Node, and of Azure's identity library.
  'TEAMSFX_SOVEREIGN_CLOUD_ENVIRONMENT',
  'NODE_EXTRA_CA_CERTS',
  'NODE_USE_ENV_PROXY',
]);

test.each(pages)('every npm script and program of ours that %s names is there', (_file, page) => {
  const run = [...page.matchAll(/npm run (?:--silent )?([\w:]+)/g)].map(([, name = '']) => name);
  expect(run.filter((name) => scripts[name] === undefined)).toEqual([]);
  const programs = [...page.matchAll(/node dist\/(cli\/\w+)\.js/g)].map(([, name = '']) => name);
  expect(programs.filter((name) => !existsSync(join('src', `${name}.ts`)))).toEqual([]);
  const ours = [...page.matchAll(/(?<![\w/.])(?:infra|scripts|docs|env)\/[\w./-]*\w\.\w+/g)].map(([path]) => path);
  expect(ours.filter((path) => !existsSync(path) && !path.endsWith('.user') && !/\.env\./.test(path))).toEqual([]);
});

test('every variable that the admin is told to set is one that something reads', () => {
  const named = [...admin.matchAll(/`([A-Z][A-Z_]{4,})(?:=\w+)?`/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((name) => !variables.has(name))).toEqual([]);
});

test('the toolkit that the admin is told to install is the one that was tried', () => {
  expect(admin).toContain(`@microsoft/m365agentstoolkit-cli@${versions.atk}`);
});

test('the page makes the password as env/.env.dev says', () => {
  const command = /^# {3}(openssl .*)$/m.exec(readFileSync('env/.env.dev', 'utf8'))?.[1] ?? 'none';
  expect(admin).toContain(`$(${command})`);
});

test('roles come before the first deployment, since a token with fewer is kept for a day', () => {
  expect(admin.indexOf('infra/grant-roles.sh <BOT_OBJECT_ID>')).toBeLessThan(admin.indexOf('`atk deploy --env dev`'));
});

test.each([
  'TasksOperationsNotAllowed',
  'RedundancyConfigurationNotAvailableInRegion',
  'already exists in deleted state',
  'toomanyrequests',
  'MissingEnvironmentVariablesError',
  'roleAssignments/write',
])('the page has a way out of %s', (words) => {
  expect(admin).toContain(words);
});

test('nothing says that a token of a managed identity ends after an hour', () => {
  for (const [, page] of pages) expect(page).not.toMatch(/tokens count for up to an hour more/);
});
