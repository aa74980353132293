import { readFileSync } from 'node:fs';
import { parsePolicy } from '../../src/policy/parse-policy';

const ana = '00000000-0000-0000-0000-0000000000a1';
const bo = '00000000-0000-0000-0000-0000000000b1';
const good = `requesters:\n  - ${ana}\napprovers:\n  - { id: ${bo}, name: Bo }\napprovals: 1\ndecideBy: 30m\nstartBy: 2h\n`;

const faultsOf = (text: string): readonly string[] => {
  const parsed = parsePolicy(text);
  return parsed.ok ? [] : parsed.error.map(({ line, message }) => `${line}: ${message}`);
};

test('the policy that ships is valid', () => {
  expect(parsePolicy(readFileSync('env/policy.yaml', 'utf8'))).toMatchObject({ ok: true });
});

test('people are named by object id, with or without a label', () => {
  const parsed = parsePolicy(good);
  expect(
    parsed.ok && [
      [...parsed.value.requesters],
      [...parsed.value.approvers],
      parsed.value.decideWithinMs,
      parsed.value.startWithinMs,
    ],
  ).toEqual([[[ana, ana]], [[bo, 'Bo']], 1_800_000, 7_200_000]);
});

test('the version follows what the policy says, not its blanks, comments or labels', () => {
  const version = (text: string) => {
    const parsed = parsePolicy(text);
    return parsed.ok ? parsed.value.version : null;
  };
  expect(version(`# a comment\n\n${good.replace('name: Bo', 'name: Robert')}`)).toBe(version(good));
  for (const changed of [
    good.replace('approvals: 1', 'approvals: 1').replace('2h', '3h'),
    good.replace('30m', '31m'),
    good.replace(ana, '00000000-0000-0000-0000-0000000000a2'),
  ]) {
    expect(version(changed)).not.toBe(version(good));
  }
});

test.each([
  ['an empty file', '', ['1: policy: must have the keys requesters, approvers, approvals, decideBy and startBy']],
  [
    'text that is not YAML',
    'requesters: [',
    ['1: This is not valid YAML (BAD_INDENT). Check indents, colons and quotes.'],
  ],
  [
    'nobody who may ask',
    good.replace(`  - ${ana}\n`, '').replace('requesters:', 'requesters: []'),
    ['1: requesters: name at least one person who may ask'],
  ],
  [
    'an e-mail address',
    good.replace(ana, 'ana@contoso.com'),
    ['2: requesters.0: each entry is an Entra object id, or { id: <object id>, name: <label> }'],
  ],
  [
    'no approval at all',
    good.replace('approvals: 1', 'approvals: 0'),
    ['5: approvals: at least one approval by somebody else is always needed'],
  ],
  [
    'more approvals than approvers',
    good.replace('approvals: 1', 'approvals: 2'),
    ['5: approvals: 2 are needed, but only 1 may approve'],
  ],
  ['a duration without unit', good.replace('30m', '30'), ['6: decideBy: must be a duration such as 30m or 2h']],
  ['a clock of a year', good.replace('2h', '9000h'), ['7: startBy: must not be longer than 72h']],
  [
    'a missing list',
    good.replace(/approvers:\n.*\n/, ''),
    ['1: approvers: must be a list of the people who may approve'],
  ],
  [
    'an unknown key',
    `${good}aprovals: 2\n`,
    ['1: policy: unknown key aprovals; known keys are requesters, approvers, approvals, decideBy, startBy'],
  ],
  [
    'the same person twice',
    good.replace(`- ${ana}`, `- ${ana}\n  - ${ana}`),
    ['2: requesters: the same object id is listed twice'],
  ],
  [
    'the same key twice',
    `${good}approvals: 1\n`,
    ['8: This is not valid YAML (DUPLICATE_KEY). Check indents, colons and quotes.'],
  ],
])('%s is refused with its line', (_name, text, faults) => {
  expect(faultsOf(text)).toEqual(faults);
});
