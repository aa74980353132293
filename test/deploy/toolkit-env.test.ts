import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deploy } from './arm/deploy';
import { compile, findAtk, findBicep } from './tools';

/** The reader of env files and the replacer of the Agents Toolkit's own code, each in its order, run in a process of its own. */
const atk = findAtk();
const bicep = findBicep();
const program = `
const core = process.argv[1];
const { dotenvUtil } = require(core + '/build/component/utils/envUtil');
const { expandEnvironmentVariable } = require(core + '/build/component/utils/common');
const { files, texts } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const out = texts.map((text) => files.map((file) => expandEnvironmentVariable(file, dotenvUtil.deserialize(text).obj)));
process.stdout.write('\\n' + JSON.stringify(out));
`;

/** What becomes of each file with each text of variables. */
function expand(files: readonly string[], texts: readonly string[]): readonly string[][] {
  const said = execFileSync(process.execPath, ['-e', program, atk ?? ''], {
    input: JSON.stringify({ files, texts }),
    encoding: 'utf8',
  });
  return JSON.parse(said.split('\n').at(-1) ?? '') as string[][];
}

const parametersOf = (name: string): string => readFileSync(join('infra', `${name}.parameters.json`), 'utf8');
const dev = readFileSync('env/.env.dev', 'utf8');
/** How env/.env.dev tells people to make the password. */
const command = /^# {3}(openssl .*)$/m.exec(dev)?.[1] ?? 'false';

(atk === null ? describe.skip : describe)("the toolkit's own reader", () => {
  jest.setTimeout(120_000);
  const file = `{ "value": "\${{SECRET_DATABASE_PASSWORD}}" }`;
  const through = (secrets: readonly string[]): readonly string[] =>
    expand(
      [file],
      secrets.map((secret) => `SECRET_DATABASE_PASSWORD=${secret}\n`),
    ).map(([text = '']) => {
      try {
        return (JSON.parse(text) as { value: string }).value;
      } catch {
        return 'not JSON';
      }
    });

  test('hands on unchanged what the command makes that people are told to use', () => {
    const made = Array.from({ length: 40 }, () => execFileSync('bash', ['-c', command], { encoding: 'utf8' }).trim());
    expect(through(made)).toEqual(made);
    for (const secret of made) {
      expect(secret.length).toBeGreaterThanOrEqual(16);
      expect(encodeURIComponent(secret)).toBe(secret);
    }
  });

  test('changes or refuses what the command never makes', () => {
    const broken = [
      'abcDEF#12345678901',
      'abc"DEF12345678901',
      'abc\\DEF1234567890',
      'abc$$DEF1234567890',
      'abc$&DEF1234567890',
    ];
    const arrived = through(broken);
    expect(broken.filter((secret, i) => arrived[i] === secret)).toEqual([]);
  });

  (bicep === null ? test.skip : test)(
    'fills in the parameter files from env/.env.dev as it is shipped, and the templates take them',
    () => {
      const filled = dev
        .replace(/^(REGISTRY_NAME|REGISTRY_SERVER|VAULT_NAME)=$/gm, '$1=made')
        .concat('\nSECRET_DATABASE_PASSWORD=abcDEF-0123456789_abc\n');
      const [files = []] = expand([parametersOf('main'), parametersOf('app')], [filled]);
      for (const [i, name] of ['main', 'app'].entries()) {
        expect(files[i]).not.toContain('${{');
        const { parameters } = JSON.parse(files[i] ?? '') as {
          parameters: Readonly<Record<string, { value: string }>>;
        };
        const given = Object.fromEntries(Object.entries(parameters).map(([key, { value }]) => [key, value]));
        expect(deploy(compile(bicep ?? '', `infra/${name}.bicep`).template, given).resources.length).toBeGreaterThan(0);
      }
    },
  );
});

test('no variable that a template or the toolkit reads is shipped empty, but what the admin or a step fills in', () => {
  const empty = [...dev.matchAll(/^(\w+)=$/gm)].map(([, name]) => name);
  const ofAdmin = /^(DEVELOPER_\w+|AZURE_SUBSCRIPTION_ID|AZURE_RESOURCE_GROUP_NAME)$/;
  const ofSteps = dev.slice(dev.indexOf('# Written by atk provision'));
  expect(empty.filter((name = '') => !ofAdmin.test(name) && !ofSteps.includes(`\n${name}=`))).toEqual([]);
});
