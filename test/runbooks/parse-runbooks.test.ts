// biome-ignore-all lint/suspicious/noTemplateCurlyInString: as a runbook writes it
import { parseRunbooks } from '../../src/runbooks/parse-runbooks';
import { parameterOf, readOne, triage, withParameter } from './sample';

const faultsOf = (text: string): readonly string[] => {
  const read = parseRunbooks(text);
  return read.ok ? [] : read.error.map(({ line, message }) => `${line}: ${message}`);
};

test('a runbook is read whole: parameters by type, commands with their places, an optional part', () => {
  const runbook = readOne(triage);
  expect(runbook).toMatchObject({
    name: 'triage-process',
    os: 'windows',
    version: expect.stringMatching(/^[0-9a-f]{12}$/),
  });
  expect(runbook.parameters.map(({ name, type, isRequired }) => [name, type, isRequired])).toEqual([
    ['process', 'fileName', true],
    ['days', 'number', false],
    ['deep', 'yesNo', false],
  ]);
  expect(runbook.commands.map(({ type, fileName }) => [type, fileName])).toEqual([
    ['RunScript', 'triage-process.ps1'],
    ['GetFile', ''],
  ]);
});

test('the version follows what a runbook says, and neither blanks nor comments', () => {
  const version = readOne(triage).version;
  expect(readOne(`# a comment\n${triage}\n\n`).version).toBe(version);
  expect(readOne(triage.replace('max: 30', 'max: 31')).version).not.toBe(version);
});

test.each([
  ['the key runbooks is missing', 'runbook: []'],
  ['unknown key', triage.replace('os: windows', 'canary: 1')],
  [
    'aliases (*base) are not taken here',
    `runbooks:\n  - &base { name: a1, title: A, commands: [run a.ps1] }\n  - *base`,
  ],
  ['unknown key; known keys are', `runbooks:\n  - { <<: { name: a1 }, title: A, commands: [run a.ps1] }`],
  ['%YAML must be 1.2', `%YAML 1.1\n---\n${triage}`],
  ['This is not plain YAML (TAG_RESOLVE_FAILED)', triage.replace('title: Triage of one process', 'title: !secret x')],
  ['another runbook is called triage-process', `${triage}${triage.slice(triage.indexOf('\n') + 1)}`],
  ['status is a word of the chat', triage.replace('triage-process\n', 'status\n')],
  ['run is a word of the chat', triage.replace('name: triage-process', 'name: run')],
  ['must be 2 to 40 small letters', triage.replace('name: triage-process', 'name: __proto__')],
  ['names no parameter of this runbook', triage.replace('${days}', '${weeks}')],
  ['the parameter days is used nowhere', triage.replace(' [-Days ${days}]', '')],
  ['may be missing: put it and its argument in [ ]', triage.replace('[-Days ${days}]', '-Days ${days}')],
  ['is never closed', triage.replace('[-Days ${days}]', '[-Days ${days}')],
  ['an optional part in [ ] must name a parameter', triage.replace('[-Days ${days}]', '[-Fast] [-Days ${days}]')],
  [
    'PowerShell reads what stands in double quotes',
    triage
      .replace('-Name ${process}', '-Name \\"${process}\\"')
      .replace('- run', '- "run')
      .replace('${deep}', '${deep}"'),
  ],
  ['a value must not stand right behind (', triage.replace('${process} [', '(${process} [')],
  ['the library file must be a fixed name', triage.replace('triage-process.ps1', '${process}')],
  ['must begin with putfile, run or getfile', triage.replace('- run triage', '- invoke triage')],
  ['is required and has a default', triage.replace('required: true', 'required: true, default: a.exe')],
  ['type must be one of choice', triage.replace('type: number', 'type: integer')],
  ['is for choice only', triage.replace('type: fileName', 'type: fileName, options: [a]')],
  ['min is above max', triage.replace('min: 1, max: 30', 'min: 31, max: 30')],
  [
    'with its own examples it makes commands that cannot be asked for (wrongOrder)',
    triage.replace('- getfile', '- getfile C:\\x.txt\n      - run b.ps1\n      - getfile'),
  ],
])('a fault is named with its line: %s', (said, text) => {
  expect(faultsOf(text).join('\n')).toContain(said);
  expect(faultsOf(text).every((line) => /^\d+: /.test(line))).toBe(true);
});

describe('a default is of the type that is meant', () => {
  test.each(['010', '1.10', '9007199254740993', '1e3', '~', '.inf'])('%s without quotes is no text', (value) => {
    expect(faultsOf(withParameter(`{ type: text, default: ${value} }`)).join()).toContain(
      'must be a text: write it in quotes',
    );
    expect(parameterOf(`{ type: text, default: "${value === '~' ? 'x' : value}" }`).default).not.toBeNull();
  });

  test.each([
    ['{ type: number, default: "7" }', 'must be a whole number'],
    ['{ type: number, default: 7, max: 5 }', 'its default is no value that it takes'],
    ['{ type: yesNo, default: "no" }', 'must be true or false'],
    ['{ type: choice, options: [production, test], default: prod }', 'its default is no value that it takes'],
    ['{ type: choice, options: [production, 010] }', 'must be a text: write it in quotes'],
    ['{ type: choice, options: ["two words"] }', 'an option holds a blank'],
    ['{ type: date, default: "2026-02-30" }', 'its default is no value that it takes'],
    ['{ type: text, required: true }', 'its example is missing'],
    ['{ type: text, pattern: "(", example: a }', 'a ( is never closed'],
    ['{ type: text, pattern: "(?i)a", example: a }', 'flags, look-around and named groups'],
  ])('%s: %s', (parameter, said) => expect(faultsOf(withParameter(parameter)).join()).toContain(said));
});

test('names that every object has are names like any other', () => {
  const runbook = readOne(
    withParameter('{ type: number, default: 1 }')
      .replace('name: one', 'name: constructor')
      .replaceAll('v', 'hasOwnProperty')
      .replace('-V', '-Name'),
  );
  expect([runbook.name, runbook.parameters[0]?.name]).toEqual(['constructor', 'hasOwnProperty']);
  expect(parseRunbooks(triage)).toMatchObject({ ok: true });
  const all = parseRunbooks(triage);
  expect(all.ok && all.value.get('constructor')).toBeUndefined();
});

test('a file that would grow when it is read is refused, and so is one that is too long, or that has tens of thousands of keys', () => {
  const levels = Array.from(
    { length: 30 },
    (_, i) => `a${i}: &a${i} [*a${Math.max(i - 1, 0)}, *a${Math.max(i - 1, 0)}]`,
  );
  expect(faultsOf(`runbooks: []\n${levels.join('\n')}`).length).toBeGreaterThan(0);
  const keys = Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n');
  expect(faultsOf(keys).length).toBeGreaterThan(19_000);
  expect(faultsOf(`runbooks: [${' '.repeat(200_001)}]`).join()).toContain('is longer than 200000 characters');
});

test('a thousand runbooks are read', () => {
  const many = Array.from({ length: 1_000 }, (_, i) => `  - { name: r-${i}, title: R, commands: [run a.ps1] }`).join(
    '\n',
  );
  const read = parseRunbooks(`runbooks:\n${many}`);
  expect(read.ok && read.value.size).toBe(1_000);
});
