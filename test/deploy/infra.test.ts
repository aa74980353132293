import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What can be read without a compiler, on any machine; templates.test.ts computes what the real one makes. */
const files: Readonly<Record<string, string>> = Object.fromEntries(
  readdirSync('infra')
    .filter((name) => name.endsWith('.bicep'))
    .map((name) => [name, readFileSync(join('infra', name), 'utf8')]),
);
const textOf = (name: string): string => files[name] ?? '';
const codeOf = (name: string): string => textOf(name).replace(/^\s*\/\/.*$/gm, '');
const namesOf = (name: string, kind: 'param' | 'output' | 'var' | 'resource' | 'module'): readonly string[] =>
  [...codeOf(name).matchAll(new RegExp(`^${kind} (\\w+)`, 'gm'))].map(([, found = '']) => found);
const requiredOf = (name: string): readonly string[] =>
  [...codeOf(name).matchAll(/^param (\w+) \w+$/gm)].map(([, found = '']) => found);

const modules = Object.keys(files).flatMap((name) =>
  [...codeOf(name).matchAll(/^module (\w+) '([\w.]+)' = \{[\s\S]*?\n {2}params: \{\n([\s\S]*?)\n {2}\}/gm)].map(
    ([, symbol = '', file = '', params = '']) => ({
      symbol,
      file,
      from: name,
      given: [...params.matchAll(/^ {4}(\w+):/gm)].map(([, param = '']) => param),
    }),
  ),
);

test('every bracket and every quoted text is closed', () => {
  for (const name of Object.keys(files)) {
    const open: string[] = [];
    for (const mark of codeOf(name)
      .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
      .match(/[(){}[\]]/g) ?? [])
      if ('({['.includes(mark)) open.push(mark);
      else expect(`${open.pop() ?? 'nothing'}${mark}`).toMatch(/^(\(\)|\{\}|\[\])$/);
    expect([name, open]).toEqual([name, []]);
    expect(codeOf(name).replace(/'(?:[^'\\\n]|\\.)*'/g, '')).not.toContain("'");
  }
});

test('every module is there, and is given what it asks for and nothing else', () => {
  expect(modules.map(({ file }) => file).sort()).toEqual([
    'alerts.bicep',
    'bot.bicep',
    'data.bicep',
    'hosting.bicep',
    'network.bicep',
  ]);
  for (const { file, given } of modules) {
    expect(existsSync(join('infra', file))).toBe(true);
    expect(given.filter((param) => !namesOf(file, 'param').includes(param))).toEqual([]);
    expect(requiredOf(file).filter((param) => !given.includes(param))).toEqual([]);
  }
});

test('every output that is used is one that the module has', () => {
  for (const [, symbol = '', output = ''] of codeOf('main.bicep').matchAll(/(\w+)\.outputs\.(\w+)/g)) {
    const file = modules.find((module) => module.symbol === symbol)?.file ?? '';
    expect(namesOf(file, 'output')).toContain(output);
  }
});

test('no parameter, variable or module stands there unused', () => {
  for (const name of Object.keys(files))
    for (const kind of ['param', 'var'] as const)
      for (const symbol of namesOf(name, kind))
        expect([name, symbol, (codeOf(name).match(new RegExp(`\\b${symbol}\\b`, 'g')) ?? []).length > 1]).toEqual([
          name,
          symbol,
          true,
        ]);
});

test.each(['main', 'app'])('%s.parameters.json gives what the template asks for and nothing else', (name) => {
  const { parameters } = JSON.parse(readFileSync(join('infra', `${name}.parameters.json`), 'utf8')) as {
    parameters: Readonly<Record<string, unknown>>;
  };
  const given = Object.keys(parameters);
  expect(given.filter((param) => !namesOf(`${name}.bicep`, 'param').includes(param))).toEqual([]);
  expect(requiredOf(`${name}.bicep`).filter((param) => !given.includes(param))).toEqual([]);
});

test('what the template puts out is what the environment takes up', () => {
  const env = readFileSync('env/.env.dev', 'utf8');
  for (const output of namesOf('main.bicep', 'output')) expect(env).toMatch(new RegExp(`^${output}=$`, 'm'));
});

/** The settings of the container, as far as they stand in the template. */
const settings = [...codeOf('app.bicep').matchAll(/\{ name: '([A-Z_]+)', (?:value|secretRef): (.+?) \}/g)].map(
  ([, name = '', value = '']) => ({ name, value }),
);

test('the container gets settings that the service knows and no others', () => {
  const known = [...readFileSync('src/settings.ts', 'utf8').matchAll(/^ {2}([A-Z][A-Z_]{3,}):/gm)].map(
    ([, name = '']) => name,
  );
  expect(settings.length).toBe([...codeOf('app.bicep').matchAll(/name: '[A-Z_]+'/g)].length);
  expect(settings.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
});

test('the ingress leads to the port of Teams, and readiness is asked where nobody outside can ask', () => {
  const app = codeOf('app.bicep');
  expect(app).toContain('targetPort: 3978');
  expect(app).toContain("httpGet: { path: '/readyz', port: 3979 }");
  expect(app.match(/port: 3979/g)).toHaveLength(1);
});

test('everything is private but the entrance of the service and the registry, which only roles open', () => {
  const all = Object.keys(files).map(codeOf).join('\n');
  expect(all).not.toMatch(/publicNetworkAccess: 'Enabled'|allowBlobPublicAccess: true|adminUserEnabled: true/);
  expect(all).not.toMatch(/allowInsecure: true|anonymousPullEnabled: true|firewallRules|defaultAction: 'Allow'/);
  expect(codeOf('data.bicep').match(/publicNetworkAccess: 'Disabled'/g)).toHaveLength(3);
  expect(codeOf('bot.bicep')).toContain("msaAppType: 'UserAssignedMSI'");
  expect(codeOf('bot.bicep').match(/resource \w+ 'channels'/g)).toHaveLength(1);
});

test('the code gets the identity of the bot and not that which reads the vault', () => {
  expect(codeOf('app.bicep')).toContain("{ identity: platformIdentity.id, lifecycle: 'None' }");
  const roles = [
    ...Object.values(files)
      .join('\n')
      .matchAll(/roleDefinitions',\s*'([\w-]+)'/g),
  ].map(([, id]) => id);
  // Key Vault Secrets User and AcrPull.
  expect(roles.sort()).toEqual(['4633458b-17de-408a-b874-0445c86b69e6', '7f951dda-4ed3-4680-a7ca-43fe172d538d']);
});

test('no secret stands in a template or leaves one', () => {
  const all = Object.values(files).join('\n');
  for (const [decorators] of all.matchAll(/(?:^@.*\n)*param databasePassword/gm))
    expect(decorators).toContain('@secure()');
  expect(all.match(/@secure\(\)/g)).toHaveLength(2);
  expect(
    Object.keys(files).flatMap((name) => [...codeOf(name).matchAll(/^output .*(password|key|secret).*$/gim)]),
  ).toEqual([]);
});

test('every resource that can carry tags carries them', () => {
  const untagged = 'Microsoft\\.(?:Authorization|Insights)|[\\w.]+/\\w+/';
  const resource = new RegExp(`^resource \\w+ '(?!${untagged})[^']+' = (?!existing)([\\s\\S]*?)^\\S*\\}`, 'gm');
  const bodies = Object.keys(files).flatMap((name) => [...codeOf(name).matchAll(resource)].map(([whole]) => whole));
  expect(bodies.length).toBeGreaterThan(10);
  expect(bodies.filter((body) => !body.includes('tags: tags'))).toEqual([]);
});

/** `az` as far as the script uses it: service principals with their roles, and what was assigned before. */
const fakeAz = `#!/usr/bin/env bash
echo "$*" >> "$AZ_LOG"
case "$*" in
  *"--query id "*) if [[ -n $AZ_NO_API ]]; then echo "Resource 'x' does not exist" >&2; exit 3; fi; echo api-id ;;
  *"cloud show"*) echo "$AZ_GRAPH" ;;
  *"appRoles[?value=="*) [[ -n $AZ_NO_ROLES ]] || sed -E "s/.*value=='([A-Za-z.]+)'.*/role-\\1/" <<< "$*" ;;
  *"--method get"*) [[ "$*" == *"$AZ_ASSIGNED"* && -n $AZ_ASSIGNED ]] && echo assigned ;;
esac
exit 0
`;

describe('infra/grant-roles.sh', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lr-grant-'));
    await writeFile(join(dir, 'az'), fakeAz);
    await chmod(join(dir, 'az'), 0o755);
  });
  afterEach(() => rm(dir, { recursive: true }));

  const id = '3f0f9d3a-6d5b-4a53-8d5e-1b5f5a4f2c11';
  const run = async (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const log = join(dir, 'log');
    const outcome = await promisify(execFile)('bash', ['infra/grant-roles.sh', ...args], {
      env: {
        PATH: `${dir}:${process.env.PATH}`,
        AZ_LOG: log,
        AZ_ASSIGNED: '',
        AZ_NO_ROLES: '',
        AZ_NO_API: '',
        AZ_GRAPH: 'https://graph.microsoft.us/',
        ...env,
      },
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    const posted = (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line.includes('post'));
    return {
      ...outcome,
      urls: posted.map((line) => /--url (\S+)/.exec(line)?.[1]),
      posted: posted.map((line) => /role-([\w.]+)/.exec(line)?.[1]),
    };
  };

  test('grants the roles of Defender that the service needs, and those of Graph when asked to', async () => {
    expect((await run([id])).posted).toEqual(['Machine.LiveResponse', 'Machine.ReadWrite.All', 'Library.Manage']);
    const { posted, stdout } = await run([id, '--groups']);
    expect(posted.slice(3)).toEqual([
      'Machine.LiveResponse',
      'Machine.ReadWrite.All',
      'Library.Manage',
      'GroupMember.Read.All',
      'User.Read.All',
    ]);
    expect(stdout).toContain('granted        Machine.LiveResponse  (submit and cancel live response)');
  });

  test('leaves what is there already', async () => {
    const { posted, stdout } = await run([id], { AZ_ASSIGNED: 'role-Library.Manage' });
    expect(posted).toEqual(['Machine.LiveResponse', 'Machine.ReadWrite.All']);
    expect(stdout).toContain('there already  Library.Manage');
  });

  test.each([[[]], [['me']], [[`${id}'; x`]], [[id, '--all']]])(
    'grants nothing to %j and says how it is called',
    async (args) => {
      const { code, stderr, posted } = await run(args);
      expect([code, posted]).toEqual([2, []]);
      expect(stderr).toContain('Usage: infra/grant-roles.sh <BOT_OBJECT_ID> [--groups]');
    },
  );

  test('asks the Graph of the cloud that az is signed in to', async () => {
    const { urls } = await run([id]);
    expect(urls[0]).toBe(`https://graph.microsoft.us/v1.0/servicePrincipals/${id}/appRoleAssignments`);
  });

  test.each([{ AZ_NO_ROLES: '1' }, { AZ_NO_API: '1' }])(
    'a tenant without Defender is told as that: %j',
    async (without) => {
      const { code, stderr, posted } = await run([id], without);
      expect([code, posted]).toEqual([1, []]);
      expect(stderr).toContain('WindowsDefenderATP has no role Machine.LiveResponse in this tenant.');
    },
  );
});
