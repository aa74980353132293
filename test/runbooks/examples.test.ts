import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { parseRunbooksCommand, runRunbooksCommand } from '../../src/runbooks/command-line';
import { parseRunbooks } from '../../src/runbooks/parse-runbooks';
import { describeRenderFault } from '../../src/thread/sentences/runbook-words';
import { findPwsh } from '../deploy/tools';

const run = (...args: readonly string[]) => {
  const command = parseRunbooksCommand(args, 'env/runbooks.yaml');
  if (!command.ok) return { code: 2, lines: [command.error] };
  return runRunbooksCommand(command.value, {
    read: (file) => readFileSync(file, 'utf8'),
    describe: ({ faults }) => faults.map(describeRenderFault),
  });
};

test('the examples have no fault, hold their own cases, and name scripts that are shipped', () => {
  expect(run('lint')).toMatchObject({
    code: 0,
    lines: expect.arrayContaining(['env/runbooks.yaml holds 3 runbooks without a fault.']),
  });
  expect(run('test')).toEqual({ code: 0, lines: ['6 cases hold.'] });
  const parsed = parseRunbooks(readFileSync('env/runbooks.yaml', 'utf8'));
  const named = parsed.ok
    ? [...parsed.value.values()].flatMap(({ commands }) =>
        commands.flatMap(({ fileName }) => (fileName === '' ? [] : [fileName])),
      )
    : [];
  expect(readdirSync('env/library').sort()).toEqual([...new Set(named)].sort());
});

test('render shows the commands byte for byte, or everything that is wrong', () => {
  expect(run('render', '--', 'triage-process', 'process=outlook.exe', 'days=07')).toEqual({
    code: 0,
    lines: ['run triage-process.ps1 -Name outlook.exe -Days 7 -Deep 0'],
  });
  expect(run('render', '--', 'triage-process', 'days=99')).toMatchObject({
    code: 1,
    lines: ['process is missing: a file name without blanks', 'days must be a whole number from 1 to 30'],
  });
  expect(run('render', '--', 'nothing')).toMatchObject({ code: 1 });
});

test.each([
  [['check'], 'none of lint'],
  [['lint', 'a', 'b'], 'one file'],
  [['lint', '--cases', 'x'], '--cases goes with test'],
  [['render'], 'behind two dashes'],
])('a wrong call %j says what is wrong', (args, said) =>
  expect(run(...args)).toMatchObject({ code: 2, lines: [expect.stringContaining(said)] }),
);

const pwsh = findPwsh();
(pwsh === null ? test.skip : test)(
  'the scripts of the examples run in PowerShell, as far as they can off Windows',
  () => {
    const play = (line: string): string =>
      execFileSync(pwsh ?? '', ['-NoLogo', '-NoProfile', '-Command', `& ./env/library/${line}; "exit $LASTEXITCODE"`], {
        env: {
          ...process.env,
          DOTNET_ROOT: process.env.DOTNET_ROOT ?? '/usr/share/dotnet',
          POWERSHELL_TELEMETRY_OPTOUT: '1',
        },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    expect(play('triage-process.ps1 -Name pwsh -Deep 0')).toMatch(
      /^\d+ running: pwsh\npid \d+, started .*SHA-256 [0-9a-f]{64}/,
    );
    expect(play('triage-process.ps1 -Name none-such.exe -Deep 0')).toContain('exit 1');
    expect(play('check-persistence.ps1 -File updater.exe')).toContain('0 found for updater.exe');
    expect(play('collect-events.ps1 -Log Security -Most 500')).toContain('exit 2');
  },
);
