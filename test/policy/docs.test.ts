import { readFileSync } from 'node:fs';
import { parseCases, playCase } from '../../src/policy/cases';
import { lintPolicy } from '../../src/policy/contradictions';
import { parsePolicy } from '../../src/policy/parse-policy';
import { readMessage } from './sample';

const [smallest = '', everything = '', cases = ''] = [
  ...readFileSync('docs/policy.md', 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g),
].map(([, block = '']) => block);

function read(text: string) {
  const parsed = parsePolicy(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

test('the examples of docs/policy.md are valid, and nothing about them looks wrong', () => {
  expect(lintPolicy(read(smallest))).toEqual([]);
  expect(lintPolicy(read(everything))).toEqual([]);
});

test('the cases of docs/policy.md hold for its policy', () => {
  const policy = read(everything);
  const table = parseCases(cases, policy, readMessage);
  if (!table.ok) throw new Error(JSON.stringify(table.error));
  expect(table.value.cases.flatMap((one) => playCase(policy, table.value.groups, one))).toEqual([]);
  expect(table.value.cases.length).toBe(2);
});
