import { freeze, sift } from '../../../src/flow/ask-many/sift';
import { parsePolicy } from '../../../src/policy/parse-policy';
import { groupsOf } from '../../../src/policy/policy';
import type { Device } from '../../../src/request/request';

const ana = '11111111-0000-4000-8000-000000000001';
const bo = '11111111-0000-4000-8000-000000000002';
const cy = '11111111-0000-4000-8000-000000000003';

const parsed = parsePolicy(`groups:
  soc: [${ana}]
  approvers: [${bo}, ${cy}]
requesters: [soc]
tier0: { tags: [tier0] }
rules:
  - { name: servers, when: { device: { group: Servers } }, approvals: 2, from: [approvers] }
  - { name: kiosks, when: { device: { group: Kiosks } }, deny: Not on kiosks. }
  - { name: rest, from: [approvers], devices: { most: 5 } }
`);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
const policy = parsed.value;

const device = (number: number, over: Partial<Device> = {}): Device => ({
  machineId: `${number}`.padStart(40, '0'),
  name: `ws-${number}.corp.example`,
  entraDeviceId: null,
  osPlatform: 'Windows11',
  healthStatus: 'Active',
  riskScore: null,
  deviceValue: null,
  groupName: 'Workstations',
  tags: [],
  lastSeen: `2026-03-01T10:0${number}:00Z`,
  lastIpAddress: null,
  ...over,
});

const wish = {
  requester: { id: ana, tenantId: 't', name: 'Ana' },
  commands: [{ type: 'RunScript', scriptName: 'x.ps1', args: null }] as const,
  library: [],
  reason: 'x',
  changedFiles: [],
};
const given = { policy, groups: groupsOf(policy, new Map()), wish, now: Date.parse('2026-03-01T12:00:00Z') };
const run = (found: ReadonlyArray<readonly [string, readonly Device[]]>, heading: string | null = null) =>
  sift({ queries: found.map(([query]) => query).filter((query) => query !== heading), heading }, new Map(found), given);

test('what is unknown, ambiguous or named twice is told, and nothing is dropped without a word', () => {
  const { devices, leftOut } = run([
    ['ws-2', [device(2)]],
    ['ws-1', [device(1)]],
    ['10.0.0.1', [device(1)]],
    ['ws-9', []],
    ['kiosk', [device(7), device(8)]],
  ]);
  expect(devices.map(({ name }) => name)).toEqual(['ws-1.corp.example', 'ws-2.corp.example']);
  expect(leftOut.map(({ type }) => type)).toEqual(['double', 'unknown', 'ambiguous']);
});

test('tier 0 is left out always, and a script that is not for its system as well', () => {
  const { devices, leftOut } = run([
    ['a', [device(1)]],
    ['b', [device(2, { tags: ['tier0'] })]],
    ['c', [device(3, { osPlatform: 'Linux' })]],
    ['d', [device(4, { osPlatform: 'Android' })]],
  ]);
  expect(devices).toHaveLength(1);
  expect(leftOut.map(({ type }) => type)).toEqual(['tier0', 'unfit', 'unfit']);
});

test('all come under the rule of most of them; others are named with what they need', () => {
  const { devices, bar, leftOut } = run([
    ['a', [device(1)]],
    ['b', [device(2)]],
    ['c', [device(3, { groupName: 'Servers' })]],
    ['d', [device(4, { groupName: 'Kiosks' })]],
  ]);
  expect(bar?.rule).toBe('rest');
  expect(devices).toHaveLength(2);
  expect(leftOut).toMatchObject([
    { type: 'otherRule', rule: 'servers', approvals: 2 },
    { type: 'refused', because: expect.stringContaining('Not on kiosks') },
  ]);
});

test('at a tie the rule that asks for more approvals wins', () => {
  const { bar } = run([
    ['a', [device(1)]],
    ['c', [device(3, { groupName: 'Servers' })]],
  ]);
  expect(bar?.rule).toBe('servers');
});

test('a heading that is the name of a device is a device', () => {
  const { devices } = run(
    [
      ['name', [device(5, { name: 'name.corp.example' })]],
      ['ws-1', [device(1)]],
    ],
    'name',
  );
  expect(devices).toHaveLength(2);
});

const spec = { most: 5, canary: 1, stopAt: { type: 'count', value: 3 }, goOn: false, open: 1 } as const;
const some = [1, 2, 3, 4, 5].map((number) => device(number));
const asked = (canaries: number | readonly string[] | null, stopAt: number | null) =>
  freeze(some, spec, { canaries, stopAt });

test('the canary is the one seen most recently among those that are active', () => {
  const frozen = freeze([device(1), device(2), device(3, { healthStatus: 'Inactive' })], spec, {
    canaries: null,
    stopAt: null,
  });
  expect(frozen).toMatchObject({ ok: true, value: { canaries: 1, order: [2, 1, 3], stopAt: 3 } });
});

test('the asker names canaries, and may ask for more of them and for an earlier stop', () => {
  expect(asked(['ws-4', 'ws-2.corp.example'], 1)).toMatchObject({
    ok: true,
    value: { canaries: 2, order: [4, 2, 5, 3, 1], stopAt: 1 },
  });
});

test.each([
  [null, 5, 'stopAtRaised'],
  [null, 0, 'stopAtNone'],
  [0, null, 'canaryLowered'],
  [6, null, 'canaryTooMany'],
  [['ws-77'], null, 'canaryNotThere'],
] as const)('canaries %j and stop-at %j are refused: %s', (canaries, stopAt, type) => {
  expect(asked(canaries, stopAt)).toMatchObject({ ok: false, error: { type } });
});

test('an asker cannot stop later than the rule says, nor with fewer canaries', () => {
  expect(asked(null, 5)).toMatchObject({ ok: false, error: { type: 'stopAtRaised', stopAt: 3 } });
  expect(asked(0, null)).toMatchObject({ ok: false, error: { type: 'canaryLowered', canary: 1 } });
});
