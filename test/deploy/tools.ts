import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** The places and versions of scripts/tools/places.sh, so that both name the same. */
export const versions: Readonly<Record<string, string>> = Object.fromEntries(
  [...readFileSync('scripts/tools/places.sh', 'utf8').matchAll(/^(\w+)_version=(\S+)$/gm)].map(
    ([, name = '', version = '']) => [name, version],
  ),
);
const folder =
  process.env.TOOLS_DIR ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'live-response-tools');

/** The path of another's tool, or null where this machine has none: then what needs it is skipped, with one line that says so. */
function find(tool: string, path: string, what: string): string | null {
  if (existsSync(path)) return path;
  if (process.env.REQUIRE_TOOLS === '1') throw new Error(`REQUIRE_TOOLS=1, but ${tool} is not at ${path}.`);
  console.warn(`SKIPPED: ${what}, since this machine has no ${tool}. To have it: scripts/tools/install.sh ${tool}`);
  return null;
}

export const findBicep = (): string | null =>
  find('bicep', join(folder, `bicep-${versions.bicep}`, 'bicep'), 'the templates are not compiled and not computed');

export const findKusto = (): string | null =>
  find(
    'kusto',
    join(folder, `kusto-${versions.kusto}`, 'node_modules/@kusto/language-service-next'),
    'no query is read by the language service of Kusto',
  );

export const findAtk = (): string | null =>
  find(
    'atk',
    join(folder, `atk-${versions.atk}`, 'node_modules/@microsoft/teamsfx-core'),
    "no file is read by the Agents Toolkit's own reader",
  );

export function findShellcheck(): string | null {
  const folders = (process.env.PATH ?? '').split(':').map((path) => join(path, 'shellcheck'));
  return find('shellcheck', folders.find((path) => existsSync(path)) ?? '/usr/bin/shellcheck', 'no script is read');
}

export function findPromtool(): string | null {
  const folders = (process.env.PATH ?? '').split(':').map((path) => join(path, 'promtool'));
  return find(
    'prometheus',
    folders.find((path) => existsSync(path)) ?? '/usr/bin/promtool',
    'no rule and no query of Prometheus is checked',
  );
}

export interface Compiled {
  readonly template: ArmTemplate;
  /** What the compiler and its linter said; empty when they are content. */
  readonly said: string;
}

export interface ArmTemplate {
  readonly parameters?: Readonly<Record<string, ArmParameter>>;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly resources: ReadonlyArray<Readonly<Record<string, unknown>>>;
  readonly outputs?: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface ArmParameter {
  readonly type: string;
  readonly defaultValue?: unknown;
  readonly allowedValues?: readonly unknown[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minValue?: number;
  readonly maxValue?: number;
}

/** Compiles a template, once for each state of infra/: what came out is kept outside of the project. */
export function compile(bicep: string, file: string): Compiled {
  const hash = createHash('sha256').update(versions.bicep ?? '');
  for (const name of readdirSync('infra', { recursive: true, encoding: 'utf8' }).sort())
    if (/\.\w+$/.test(name)) hash.update(name).update(readFileSync(join('infra', name)));
  const kept = join(tmpdir(), `lr-arm-${hash.digest('hex').slice(0, 16)}-${file.replace(/\W/g, '-')}.json`);
  if (!existsSync(kept)) {
    const dir = mkdtempSync(join(tmpdir(), 'lr-arm-'));
    const out = join(dir, 'out.json');
    // Both streams, since what the linter has to say goes to the second and leaves the exit code alone.
    const said = execFileSync('bash', ['-c', '"$0" build "$1" --outfile "$2" 2>&1 || true', bicep, file, out], {
      encoding: 'utf8',
    });
    const template: unknown = existsSync(out) ? JSON.parse(readFileSync(out, 'utf8')) : { resources: [] };
    writeFileSync(join(dir, 'kept'), JSON.stringify({ template, said }));
    renameSync(join(dir, 'kept'), kept);
  }
  return JSON.parse(readFileSync(kept, 'utf8')) as Compiled;
}

/** PowerShell itself; `DOTNET_ROOT` is the runtime's place, which the tool's own start needs. */
export const findPwsh = (): string | null =>
  find('pwsh', join(folder, `pwsh-${versions.pwsh}`, 'pwsh'), 'no argument is read by PowerShell itself');
