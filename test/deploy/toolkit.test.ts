import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import Ajv from 'ajv';
import { parse } from 'yaml';
import { parseConfig } from '../../src/config';
import { versions } from './tools';

const schema = JSON.parse(readFileSync('test/fixtures/toolkit/yaml.schema.v1.13.json', 'utf8')) as object;
const check = new Ajv({ allErrors: true, strict: false }).compile(schema);
const read = (file: string): string => readFileSync(file, 'utf8');

interface Step {
  readonly uses: string;
  readonly with: Readonly<Record<string, unknown>>;
  readonly writeToEnvironmentFile?: Readonly<Record<string, string>>;
}
type Project = Readonly<Record<'version' | 'provision' | 'deploy', unknown>> & {
  readonly version: string;
  readonly projectId?: string;
  readonly provision: readonly Step[];
  readonly deploy: readonly Step[];
  readonly publish?: readonly Step[];
};
const dev = { file: 'teamsapp.yml', env: 'env/.env.dev' };
const local = { file: 'teamsapp.local.yml', env: 'env/.env.local' };
const projectOf = ({ file }: typeof dev): Project => parse(read(file)) as Project;
const stepsOf = (project: Project): readonly Step[] => [
  ...project.provision,
  ...project.deploy,
  ...(project.publish ?? []),
];
const placeholders = (text: string): readonly string[] =>
  [...text.matchAll(/\$\{\{(\w+)\}\}/g)].map(([, name = '']) => name);

/** All files that the toolkit fills in for this project. */
const filledFiles = (of: typeof dev): readonly string[] => [
  of.file,
  'appPackage/manifest.json',
  ...stepsOf(projectOf(of)).flatMap(({ with: { templates = [] } }) =>
    (templates as readonly { readonly parameters: string }[]).map(({ parameters }) => parameters),
  ),
];

describe.each([dev, local])('$file', (of) => {
  test('keeps to the published schema of its version', () => {
    check(projectOf(of));
    expect(check.errors ?? []).toEqual([]);
    expect(projectOf(of).version).toBe('v1.13');
  });

  test('names files that are there', () => {
    const paths = [...read(of.file).matchAll(/\.\/(?:appPackage|infra|env)[\w./-]*/g)]
      .map(([path]) => path)
      .filter((path) => !path.includes('/build'));
    expect(paths.length).toBeGreaterThan(1);
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  test('uses no variable that its environment does not name, and its environment names none that is not used', () => {
    const named = Object.keys(parseEnv(read(of.env)));
    const secrets = [...read(of.env).matchAll(/SECRET_\w+/g)].map(([name]) => name);
    const used = filledFiles(of).flatMap((file) => placeholders(read(file)));
    expect([...new Set(used)].filter((name) => !named.includes(name) && !secrets.includes(name))).toEqual([]);
    const written = [
      ...stepsOf(projectOf(of)).flatMap((step) => Object.values(step.writeToEnvironmentFile ?? {})),
      ...[...read('infra/main.bicep').matchAll(/^output (\w+)/gm)].map(([, name = '']) => name),
    ];
    expect(named.filter((name) => !used.includes(name) && !written.includes(name))).toEqual([]);
  });

  test('what an action writes is taken up by name', () => {
    const known = [...Object.keys(parseEnv(read(of.env))), ...[...read(of.env).matchAll(/SECRET_\w+/g)].flat()];
    const written = stepsOf(projectOf(of)).flatMap((step) => Object.values(step.writeToEnvironmentFile ?? {}));
    expect(written.filter((name) => !known.includes(name))).toEqual([]);
  });
});

test.each([
  ['uses: teamsApp/create', 'uses: teamsApp/creates'],
  ['subscriptionId:', 'subscription:'],
  ['version: v1.13', 'version: v9.99'],
])('the check is one: %s spelt as %s is a fault', (right, wrong) => {
  check(parse(read(dev.file).replace(right, wrong)));
  expect(check.errors?.length).toBeGreaterThan(0);
});

describe.each([dev.env, local.env])('%s', (file) => {
  test('explains every variable once, above it', () => {
    const blocks = read(file).trim().split('\n\n').slice(1);
    for (const block of blocks) expect(block).toMatch(/^# /);
    const names = [...read(file).matchAll(/^(\w+)=/gm)].map(([, name = '']) => name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  test('holds no secret', () => {
    expect(read(file)).not.toMatch(/^SECRET_|^\w*(PASSWORD|KEY|TOKEN)\w*=\S/m);
  });
});

test('the image is built in the subscription of the deployment, from a base that was taken into its registry before', () => {
  const runs = projectOf(dev).deploy.flatMap(({ with: { run } }) => (typeof run === 'string' ? [run] : []));
  for (const command of runs.flatMap((run) => run.split('||')))
    expect(command).toContain(`--subscription \${{AZURE_SUBSCRIPTION_ID}}`);
  const base = /^ARG NODE=(node:\S+)$/m.exec(read('Dockerfile'))?.[1] ?? 'none';
  expect(runs[0]).toContain(`--source docker.io/library/${base} --image ${base}`);
  expect(runs[1]).toContain(`--build-arg NODE=\${{REGISTRY_SERVER}}/${base} `);
});

test('the toolkit fetches the compiler that the templates are tested with, and finds the id of the project', () => {
  const deployments = stepsOf(projectOf(dev)).filter(({ uses }) => uses === 'arm/deploy');
  expect(deployments.map(({ with: { bicepCliVersion } }) => bicepCliVersion)).toEqual(
    deployments.map(() => `v${versions.bicep}`),
  );
  for (const project of [dev, local]) expect(projectOf(project).projectId).toMatch(/^[0-9a-f-]{36}$/);
});

test("what is one person's own or secret is ignored by git", () => {
  const own = ['env/.env.dev.user', 'env/.env.local.user', '.localConfigs', 'appPackage/build/appPackage.dev.zip'];
  const ignored = execFileSync('git', ['check-ignore', ...own], { encoding: 'utf8' });
  expect(ignored.trim().split('\n')).toEqual(own);
});

test('the service takes the settings that teamsapp.local.yml writes for it', () => {
  const target = projectOf(local).deploy.find(({ uses }) => uses === 'file/createOrUpdateEnvironmentFile');
  const id = '3f0f9d3a-6d5b-4a53-8d5e-1b5f5a4f2c11';
  const values: Readonly<Record<string, string>> = {
    ...parseEnv(read(local.env)),
    BOT_ID: id,
    BOT_TENANT_ID: id,
    SECRET_BOT_PASSWORD: 's3cr3t',
  };
  const settings = Object.entries(target?.with.envs as Readonly<Record<string, string>>).map(([name, value]) => [
    name,
    value.replace(/\$\{\{(\w+)\}\}/g, (_all, variable: string) => values[variable] ?? ''),
  ]);
  expect(settings.length).toBeGreaterThan(5);
  expect(parseConfig(Object.fromEntries(settings))).toMatchObject({ ok: true });
});
