import { explain } from '../../src/policy/explain';
import { parsePolicy } from '../../src/policy/parse-policy';
import { devicesOf, stopAtOf } from '../../src/policy/policy';
import { noDevice } from '../../src/request/ask/no-device';
import { policyOf } from './sample';

const ruleWith = (devices: string): string => `groups:
  soc: [11111111-0000-4000-8000-000000000001]
  approvers: [11111111-0000-4000-8000-000000000002]
requesters: [soc]
rules:
  - name: all
    from: [approvers]
    devices: ${devices}
`;

const read = (devices: string) => {
  const parsed = parsePolicy(ruleWith(devices));
  return parsed.ok ? devicesOf(parsed.value, 'all') : parsed.error.map(({ message }) => message);
};

test('batches are off unless the rule says how many devices', () => {
  expect(devicesOf(policyOf('  - { name: all, from: [approvers] }\n'), 'all')).toBeNull();
});

test('a rule that only says how many has one canary and stops at the third failure', () => {
  expect(read('{ most: 40 }')).toEqual({
    most: 40,
    canary: 1,
    stopAt: { type: 'count', value: 3 },
    goOn: false,
    open: 1,
  });
});

test('a share is kept as a share', () => {
  expect(read('{ most: 100, canary: 3, stopAt: 10%, goOn: true, open: 2 }')).toEqual({
    most: 100,
    canary: 3,
    stopAt: { type: 'percent', value: 10 },
    goOn: true,
    open: 2,
  });
});

test.each([
  ['{ canary: 1 }', 'needs most'],
  ['{ most: 1 }', 'whole number from 2 to 100'],
  ['{ most: 101 }', 'whole number from 2 to 100'],
  ['{ most: 40, canary: 0 }', 'whole number from 1 to 40'],
  ['{ most: 40, canary: 41 }', 'whole number from 1 to 40'],
  ['{ most: 40, stopAt: 0 }', 'whole number from 1 to 40'],
  ['{ most: 40, stopAt: 0% }', 'a share from 1% to 100%'],
  ['{ most: 40, stopAt: 101% }', 'a share from 1% to 100%'],
  ['{ most: 40, stopAt: -1 }', 'whole number'],
  ['{ most: 40, stopat: 3 }', 'did you mean stopAt'],
  ['{ most: 40, stop_at: 3 }', 'did you mean stopAt'],
  ['{ most: 40, goOn: 1 }', 'true or false'],
])('%s is a fault when the policy is loaded', (devices, says) => {
  expect(read(devices)).toEqual([expect.stringContaining(says)]);
});

test.each([
  ['count', 3, 10, 3],
  ['count', 3, 2, 2],
  ['percent', 10, 7, 1],
  ['percent', 50, 1, 1],
  ['percent', 10, 40, 4],
  ['percent', 99, 5, 4],
] as const)('%s %i of %i devices stops at failure %i', (type, value, size, stopsAt) => {
  expect(stopAtOf({ type, value }, size)).toBe(stopsAt);
});

test('explain says how many devices one decision may be about', () => {
  const parsed = parsePolicy(ruleWith('{ most: 40, stopAt: 10% }'));
  if (!parsed.ok) throw new Error('faults');
  const groups = new Map([
    ['soc', new Set(['11111111-0000-4000-8000-000000000001'])],
    ['approvers', new Set(['11111111-0000-4000-8000-000000000002'])],
  ]);
  const requester = { id: '11111111-0000-4000-8000-000000000001', tenantId: 't', name: 'Ana' };
  const device = { ...noDevice, machineId: 'm', name: 'ws-1' };
  const facts = { requester, device, commands: [], library: [], reason: 'x', changedFiles: [] };
  expect(explain(parsed.value, groups, facts)).toContain(
    'Up to 40 devices under one decision: 1 first, the rest only if those exit 0; stops at 10 % failed.',
  );
});
