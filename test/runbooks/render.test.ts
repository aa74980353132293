import fc from 'fast-check';
import { findCommandFaults } from '../../src/request/ask/command';
import { checkValue } from '../../src/runbooks/check-value';
import { renderRunbook } from '../../src/runbooks/render';
import { parameterOf, readOne, triage, withParameter } from './sample';

const values = (given: Readonly<Record<string, string>>) => new Map(Object.entries(given));
const runbook = readOne(triage);

test('values become commands, byte for byte, and an optional part without its value is left out', () => {
  expect(renderRunbook(runbook, values({ process: 'outlook.exe' }))).toMatchObject({
    ok: true,
    commands: [
      { type: 'RunScript', scriptName: 'triage-process.ps1', args: '-Name outlook.exe -Deep 0' },
      { type: 'GetFile', path: 'C:\\ProgramData\\LiveResponse\\outlook.exe.zip' },
    ],
  });
  expect(renderRunbook(runbook, values({ process: 'outlook.exe', days: '007', deep: 'yes' }))).toMatchObject({
    commands: [{ args: '-Name outlook.exe -Days 7 -Deep 1' }, {}],
  });
});

test('everything that is wrong is said at once, names that nobody declared too', () => {
  const rendered = renderRunbook(
    runbook,
    new Map([
      ['__proto__', 'x'],
      ['toString', 'y'],
      ['days', '31'],
    ]),
  );
  expect(
    rendered.ok
      ? []
      : rendered.faults.map((f) =>
          f.type === 'value' ? `${f.parameter.name} ${f.fault.type}` : f.type === 'unknownParameter' ? f.name : f.type,
        ),
  ).toEqual(['__proto__', 'toString', 'process missing', 'days outOfBounds']);
});

describe('a value is judged whole', () => {
  const check = (parameter: string, value: string | undefined) => {
    const checked = checkValue(parameterOf(parameter), value);
    return checked.ok ? checked.value : checked.error.type;
  };
  const text = '{ type: text, length: 20, required: true, example: a }';
  test.each<[string, string | undefined, string | null]>([
    [text, '-Force', 'readAsParameter'],
    [text, '\u2013Force', 'characters'],
    [text, '--%', 'characters'],
    [text, '@args', 'readAsParameter'],
    [text, 'it\u2019s', 'characters'],
    [text, 'O\u201aBrien', 'characters'],
    [text, 'a,b.log', 'characters'],
    [text, 'two words', 'characters'],
    [text, '$env:x', 'characters'],
    [text, '$&', 'characters'],
    [text, 'C:\\x\\', 'characters'],
    [text, 'a\u202eb', 'hiddenCharacters'],
    [text, 'a'.repeat(21), 'tooLong'],
    ['{ type: text, pattern: "ws-[0-9]+|lab-[0-9]+", required: true, example: ws-1 }', 'ws-1', 'ws-1'],
    ['{ type: text, pattern: "ws-[0-9]+|lab-[0-9]+", required: true, example: ws-1 }', 'ws-1 -Force', 'noMatch'],
    ['{ type: text, pattern: "[a-z]+", required: true, example: abc }', 'abc\nx', 'hiddenCharacters'],
    ['{ type: text, base64: true, required: true, example: a }', 'two (words) $x', 'two (words) $x'],
    ['{ type: yesNo, default: true }', 'false', '0'],
    ['{ type: yesNo, default: true }', '', '1'],
    ['{ type: yesNo, default: true }', undefined, '1'],
    ['{ type: yesNo, default: true }', 'maybe', 'notOfType'],
    ['{ type: number, min: 0, max: 9, default: 3 }', '', '3'],
    ['{ type: number, min: 0, max: 9, default: 3 }', '0', '0'],
    ['{ type: number, min: 0, max: 9, default: 3 }', '1e1', 'notOfType'],
    ['{ type: number, min: 0, max: 9, default: 3 }', '10', 'outOfBounds'],
    ['{ type: choice, options: [production, test], default: test }', 'prod', 'notAnOption'],
    ['{ type: choice, options: [production, test], default: test }', '', 'test'],
    ['{ type: date, default: "2026-12-01" }', '2028-02-29', '2028-02-29'],
    ['{ type: date, default: "2026-12-01" }', '2027-02-29', 'notOfType'],
    ['{ type: fileName, default: a.exe }', '..\\b.exe', 'notOfType'],
    ['{ type: path, default: "C:\\\\a.txt" }', 'C:\\a\\..\\b.txt', 'notOfType'],
    ['{ type: path, default: "C:\\\\a.txt" }', 'C:\\Program Files\\b.txt', 'characters'],
    ['{ type: account, default: ana }', 'CORP\\ana', 'CORP\\ana'],
    ['{ type: account, default: ana }', 'ana@contoso.com', 'ana@contoso.com'],
    ['{ type: hash, default: "d41d8cd98f00b204e9800998ecf8427e" }', 'd41d8cd98f00b204e9800998ecf8427', 'notOfType'],
    ['{ type: ip, default: 10.0.0.7 }', 'fe80::1', 'fe80::1'],
    ['{ type: ip, default: 10.0.0.7 }', 'fe80::1%eth0', 'notOfType'],
    ['{ type: ip, default: 10.0.0.7 }', '10.0.0.256', 'notOfType'],
  ])('%s takes %j as %j', (parameter, value, expected) => expect(check(parameter, value)).toBe(expected));

  test('a required one that is blank or missing is a fault', () => {
    const required = '{ type: fileName, required: true }';
    expect([check(required, undefined), check(required, '  ')]).toEqual(['missing', 'missing']);
  });
});

test('what begins like a number and is none goes in quotes', () => {
  const one = readOne(withParameter('{ type: text, pattern: "[0-9a-z]+", required: true, example: a }'));
  const argsOf = (v: string) => {
    const rendered = renderRunbook(one, values({ v }));
    const [command] = rendered.ok ? rendered.commands : [];
    return command?.type === 'RunScript' ? command.args : null;
  };
  expect(['1kb', '0x10', '1e3', '007', '7', 'abc'].map(argsOf)).toEqual([
    "-V '1kb'",
    "-V '0x10'",
    "-V '1e3'",
    "-V '007'",
    '-V 7',
    '-V abc',
  ]);
});

test('whatever is typed adds no argument, no quote, no blank and nothing that Defender refuses', () => {
  const one = readOne(withParameter('{ type: text, length: 100, required: true, example: a }'));
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (v) => {
      const rendered = renderRunbook(one, values({ v }));
      if (!rendered.ok) return;
      expect(findCommandFaults(rendered.commands)).toEqual([]);
      const [command] = rendered.commands;
      const args = command?.type === 'RunScript' ? (command.args ?? '') : '';
      expect(args).toMatch(/^-V(?: '[^\s'"`(),;&|!$]+'| [^\s'"`(),;&|!$@-][^\s'"`(),;&|!$]*| -\d+)$/u);
    }),
    { numRuns: 2_000 },
  );
});
