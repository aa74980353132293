import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { checkValue } from '../../src/runbooks/check-value';
import { renderRunbook } from '../../src/runbooks/render';
import type { ParameterType } from '../../src/runbooks/runbook';
import { findPwsh } from '../deploy/tools';
import { readOne, withParameter } from './sample';

const pwsh = findPwsh();
/** As the .NET tool's own start needs it where the SDK is Debian's or Microsoft's. */
const dotnetRoot = process.env.DOTNET_ROOT ?? '/usr/share/dotnet';

interface Case {
  readonly type: ParameterType;
  readonly declared: string;
  readonly typed: string;
  readonly args: string;
  /** What the script must receive, as text. */
  readonly expected: string;
}

interface Received {
  readonly value: string;
  readonly kind: string;
  readonly extra: number;
}

const hostile = [
  ...[
    '',
    ' ',
    'a b',
    '-Force',
    '\u2013Force',
    '\u2014x',
    '-x:1',
    '--%',
    '@args',
    'a,b.log',
    '1kb',
    '0x10',
    '1e3',
    '007',
    '1..5',
    '.5',
  ],
  ...[
    '$env:PATH',
    '$(whoami)',
    '`n',
    "it's",
    'it\u2019s \u2018fine\u2019',
    'O\u201aBrien',
    '"x"',
    '\u201cx\u201d',
    'a;b',
    'a|b',
    'a&b',
    '(1+1)',
  ],
  ...[
    '{x}',
    '[int]',
    'a#b',
    '#x',
    'C:\\',
    'C:\\a\\',
    "x' -Force '",
    '%TEMP%',
    'true',
    '$true',
    'null',
    '~',
    '*',
    '?',
    '<x>',
    'a=b',
    '=x',
    '$&',
    '$1',
  ],
  ...[
    '\u0000',
    'a\u200bb',
    '\ufeffx',
    'é',
    'ß',
    '字',
    '\u{1f600}',
    '-1',
    '+1',
    '1,5',
    '1.5',
    '10gb',
    '1mb',
    '0b11',
    '1l',
    '5d',
    '١٢',
  ],
];
const drawn: Readonly<Record<ParameterType, { readonly declared: string; readonly values: fc.Arbitrary<string> }>> = {
  text: {
    declared: '{ type: text, length: 200, required: true, example: a }',
    values: fc.string({ unit: 'grapheme', maxLength: 30 }),
  },
  choice: {
    declared: '{ type: choice, options: [production, "1kb", "010", "a/b"], required: true }',
    values: fc.constantFrom('production', '1kb', '010', 'a/b', 'prod'),
  },
  number: {
    declared: '{ type: number, required: true }',
    values: fc.oneof(fc.integer().map(String), fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }).map(String)),
  },
  yesNo: {
    declared: '{ type: yesNo, required: true }',
    values: fc.constantFrom('yes', 'no', 'true', 'FALSE', '0', '1'),
  },
  date: {
    declared: '{ type: date, required: true }',
    values: fc
      .date({ noInvalidDate: true, min: new Date('1900-01-01'), max: new Date('2200-01-01') })
      .map((d) => d.toISOString().slice(0, 10)),
  },
  fileName: { declared: '{ type: fileName, required: true }', values: fc.stringMatching(/^[A-Za-z0-9._~@+=-]{1,30}$/) },
  path: {
    declared: '{ type: path, required: true }',
    values: fc.stringMatching(/^[A-Z]:\\[A-Za-z0-9._-]{1,12}\\[A-Za-z0-9._-]{1,12}$/),
  },
  account: {
    declared: '{ type: account, required: true }',
    values: fc.stringMatching(/^[A-Za-z0-9._-]{1,12}[\\@][A-Za-z0-9._-]{1,12}$/),
  },
  hash: { declared: '{ type: hash, required: true }', values: fc.stringMatching(/^[0-9a-f]{64}$/) },
  ip: { declared: '{ type: ip, required: true }', values: fc.oneof(fc.ipV4(), fc.ipV6()) },
};

const typeInScript: Readonly<Partial<Record<ParameterType, string>>> = { number: 'long', yesNo: 'bool' };

function casesOf(
  type: ParameterType,
  declared: string,
  typed: readonly string[],
): { readonly cases: readonly Case[]; readonly refused: number } {
  const runbook = readOne(withParameter(declared));
  const [parameter] = runbook.parameters;
  if (parameter === undefined) throw new Error('no parameter');
  const cases: Case[] = [];
  for (const value of typed) {
    const rendered = renderRunbook(runbook, new Map([['v', value]]));
    const checked = checkValue(parameter, value);
    const [command] = rendered.ok ? rendered.commands : [];
    if (!rendered.ok || !checked.ok || command?.type !== 'RunScript') continue;
    cases.push({ type, declared, typed: value, args: command.args ?? '', expected: checked.value ?? '' });
  }
  return { cases, refused: typed.length - cases.length };
}

/** One PowerShell for all of them: each argument string is put behind the script's name and read as PowerShell reads it. */
function receive(cases: readonly Case[]): readonly Received[] {
  const dir = mkdtempSync(join(tmpdir(), 'lr-pwsh-'));
  try {
    for (const kind of ['string', 'long', 'bool'])
      writeFileSync(
        join(dir, `${kind}.ps1`),
        `param([${kind}]$V)\n@{ value = "$V"; kind = '${kind}'; extra = $args.Count }`,
      );
    writeFileSync(
      join(dir, 'cases.json'),
      JSON.stringify(cases.map(({ type, args }) => ({ script: `${typeInScript[type] ?? 'string'}.ps1`, args }))),
    );
    writeFileSync(
      join(dir, 'all.ps1'),
      `$ErrorActionPreference = 'Stop'
$out = foreach ($case in (Get-Content -Raw '${join(dir, 'cases.json')}' | ConvertFrom-Json)) {
  try { Invoke-Expression "& '${dir}/$($case.script)' $($case.args)" } catch { @{ value = $_.Exception.Message; kind = 'error'; extra = 0 } }
}
ConvertTo-Json -InputObject @($out) -Compress | Set-Content -Encoding utf8NoBOM '${join(dir, 'out.json')}'`,
    );
    execFileSync(pwsh ?? 'pwsh', ['-NoLogo', '-NoProfile', '-File', join(dir, 'all.ps1')], {
      env: { ...process.env, DOTNET_ROOT: dotnetRoot, POWERSHELL_TELEMETRY_OPTOUT: '1', HOME: dir },
      stdio: 'pipe',
    });
    return JSON.parse(readFileSync(join(dir, 'out.json'), 'utf8'));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const asScript = ({ type, expected }: Case): string =>
  type === 'yesNo' ? (expected === '1' ? 'True' : 'False') : expected;

(pwsh === null ? test.skip : test)(
  'what a script receives in PowerShell is what was typed, for every type, or the value was refused',
  () => {
    const runs = process.env.TEST_ALL === '1' ? 2_000 : 60;
    const all: Case[] = [];
    const table: string[] = [];
    for (const [type, { declared, values }] of Object.entries(drawn) as [
      ParameterType,
      (typeof drawn)[ParameterType],
    ][]) {
      const typed = [...hostile, ...fc.sample(values, { numRuns: runs, seed: 19 })];
      const { cases, refused } = casesOf(type, declared, typed);
      all.push(...cases);
      table.push(`${type}: ${typed.length} typed, ${refused} refused, ${cases.length} received`);
      expect(cases.length).toBeGreaterThan(0);
    }
    const received = receive(all);
    const wrong = all.flatMap((one, i) => {
      const got = received[i];
      return got?.value === asScript(one) && got.extra === 0 ? [] : [{ ...one, got }];
    });
    expect(wrong.slice(0, 5)).toEqual([]);
    // Where an endpoint takes quotes off before it splits, nothing may become a second argument either.
    const bare = all.map((one) => ({ ...one, args: one.args.replaceAll("'", '') }));
    expect(
      receive(bare)
        .flatMap((got, i) => (got.kind !== 'error' && got.extra === 0 ? [] : [{ ...bare[i], got }]))
        .slice(0, 5),
    ).toEqual([]);
    if (process.env.TEST_ALL === '1') console.log(table.join('\n'));
  },
);
