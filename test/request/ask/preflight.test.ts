import type { Command } from '../../../src/request/ask/command';
import { type Finding, preflight, silentAfterMs, type Wish, weightOf } from '../../../src/request/ask/preflight';
import type { KnownRefusal } from '../../../src/request/known-refusal';
import { knownRefusalOf, refusalSubjects } from '../../../src/request/known-refusal';
import type { LiveResponseRequest, RequestId } from '../../../src/request/request';
import { harmless, makeBase, makeCommands, makeDevice, makeFile, makeRequests, noon } from '../../thread/samples';

const id = 'LR-4KQ7' as RequestId;
const wishOf = (over: Partial<Wish> = {}): Wish => ({
  device: makeDevice(),
  commands: makeCommands(),
  library: [makeFile('procdump.zip'), makeFile('minidump.ps1')],
  startWithinMs: 2 * 3_600_000,
  ...over,
});
const runOf = (scriptName: string): Command => ({ type: 'RunScript', scriptName, args: null });
const getOf = (path: string): Command => ({ type: 'GetFile', path });
type Known = Parameters<typeof preflight>[1];
const look = (wish: Partial<Wish> = {}, known: Partial<Known> = {}): readonly Finding[] =>
  preflight(wishOf(wish), { knownRefusals: [], open: [], queue: { waiting: 0, lastAt: null }, now: noon, ...known });
const types = (findings: readonly Finding[]) => findings.map(({ type }) => type);

test('nothing is found of a healthy device with scripts used as the library says', () => {
  expect(look()).toEqual([]);
});

test.each([
  ['iOS', true],
  ['Android', true],
  ['Windows7', true],
  ['Windows8.1', true],
  ['WindowsServer2008R2', true],
  ['Windows10', false],
  ['Windows11', false],
  ['WindowsServer2012R2', false],
  ['WindowsServer2022', false],
  ['macOS', false],
  ['Linux', false],
  ['SomethingNew', false],
])('%s: live response is surely impossible there: %s', (osPlatform, impossible) => {
  const commands = makeCommands().slice(0, 1);
  expect(types(look({ commands, device: makeDevice(harmless, { osPlatform }) }))).toEqual(
    impossible ? ['unsupportedPlatform'] : [],
  );
});

test.each([
  ['Onboarded', false],
  ['CanBeOnboarded', true],
  ['InsufficientInfo', true],
  ['Unsupported', true],
  ['SomethingNew', false],
  [null, false],
  [undefined, false],
])('onboarding %s: refused beforehand: %s', (onboardingStatus, refused) => {
  const device = { ...makeDevice(), ...(onboardingStatus === undefined ? {} : { onboardingStatus }) };
  expect(types(look({ device }))).toEqual(refused ? ['notOnboarded'] : []);
});

test('a sensor that is not active and a long silence are told, from the first millisecond after two days and a night', () => {
  const lastSeen = new Date(noon - silentAfterMs).toISOString();
  const device = makeDevice(harmless, { healthStatus: 'NoSensorData', lastSeen });
  expect(types(look({ device }))).toEqual(['sensorUnhealthy']);
  expect(types(look({ device }, { now: noon + 1 }))).toEqual(['sensorUnhealthy', 'longSilent']);
  expect(types(look({ device: makeDevice(harmless, { lastSeen: 'never' }) }))).toEqual([]);
});

test('arguments are held against what the library says of the script, and only of a script', () => {
  const plain = makeFile('minidump.ps1', harmless, { hasParameters: false });
  expect(look({ library: [makeFile('procdump.zip'), plain] })).toEqual([
    { type: 'argsNotTaken', index: 1, fileName: 'minidump.ps1' },
  ]);
  const bare = [{ type: 'RunScript', scriptName: 'minidump.ps1', args: null } as const];
  expect(look({ commands: bare })).toEqual([
    { type: 'argsExpected', index: 0, fileName: 'minidump.ps1', parameters: 'process name' },
  ]);
  expect(look({ commands: [{ type: 'PutFile', fileName: 'procdump.zip' }] })).toEqual([]);
});

test('parentheses in arguments are warned of, whatever the library knows of the script, and are no concern of approvers', () => {
  for (const args of ['(x)', 'a)b', '-Filter (']) {
    const found = look({ commands: [{ type: 'RunScript', scriptName: 'a.ps1', args }], library: [] });
    expect(found).toEqual([{ type: 'parenthesesInArgs', index: 0 }]);
    expect(types(found).map(weightOf)).toEqual(['warning']);
  }
  expect(look({ commands: [getOf('C:\\Program Files (x86)\\a.log')], library: [] })).toEqual([]);
});

test.each<[string, string | null, Command, Finding['type'] | null]>([
  ['a PowerShell script on Linux', 'Linux', runOf('a.ps1'), 'scriptOfOtherSystem'],
  ['a PowerShell script on macOS', 'macOS', runOf('a.PS1'), 'scriptOfOtherSystem'],
  ['a shell script on Windows', 'Windows11', runOf('a.sh'), 'scriptOfOtherSystem'],
  ['a name without an ending on Windows', 'WindowsServer2022', runOf('collect'), 'scriptOfOtherSystem'],
  ['an archive as a script', 'Windows11', runOf('procdump.zip'), 'notAScript'],
  ['an archive as a script on an unknown system', 'SomethingNew', runOf('procdump.zip'), 'notAScript'],
  ['a drive on Linux', 'Ubuntu', getOf('C:\\x.txt'), 'pathOfOtherSystem'],
  ['a path of Linux on Windows', 'Windows10', getOf('/etc/passwd'), 'pathOfOtherSystem'],
  ['a shell script on Linux', 'Linux', runOf('a.sh'), null],
  ['a name without an ending on macOS', 'macOS', runOf('collect'), null],
  ['a Python script on either', 'Windows11', runOf('a.py'), null],
  ['a PowerShell script on a system that is not known', null, runOf('a.ps1'), null],
  ['any path on a system that is not known', 'SomethingNew', getOf('/etc/passwd'), null],
  ['a file that is only put there', 'Linux', { type: 'PutFile', fileName: 'a.ps1' }, null],
])('%s is warned of where it looks wrong: %s', (_what, osPlatform, command, type) => {
  const device = makeDevice(harmless, { osPlatform });
  const found = types(look({ device, commands: [command], library: [] }));
  expect(found).toEqual(type === null ? [] : [type]);
  expect(found.map(weightOf)).toEqual(type === null ? [] : ['warning']);
});

test('an open request on the device is told, and one for the very same commands warned of', () => {
  const running = makeRequests().running as LiveResponseRequest;
  const other = { ...running, id, commands: makeCommands().slice(0, 1) };
  expect(look({}, { open: [other] })).toEqual([{ type: 'deviceTaken', requestIds: [id] }]);
  expect(types(look({}, { open: [running, other] }))).toEqual(['sameIsOpen', 'deviceTaken']);
});

test.each(['awaitingApproval', 'queued'] as const)('a request that is %s takes no device from another', (state) => {
  const open = makeRequests()[state] as LiveResponseRequest;
  const other = { ...open, id, commands: makeCommands().slice(0, 1) };
  expect(look({}, { open: [other] })).toEqual([{ type: 'deviceWanted', requestIds: [id] }]);
  expect(types(look({}, { open: [open] }))).toEqual(['sameIsOpen']);
});

test('a queue is too long only when the last of it goes later than the wish may wait', () => {
  const queue = (lastAt: number | null) => types(look({}, { queue: { waiting: 9, lastAt } }));
  expect(queue(noon + 2 * 3_600_000)).toEqual([]);
  expect(queue(noon + 2 * 3_600_000 + 1)).toEqual(['queueTooLong']);
  expect(queue(null)).toEqual([]);
});

test('refusals come first, then warnings, then notes', () => {
  const device = makeDevice(harmless, { healthStatus: 'Inactive', osPlatform: 'iOS' });
  const refusal: KnownRefusal = { code: 'DisallowedOperation', group: 'Workstations', requestId: id, at: noon };
  const found = look({ device }, { knownRefusals: [refusal] });
  expect(found.map(({ type }) => weightOf(type))).toEqual(['refusal', 'warning', 'note']);
});

test('a missing remediation level is learned for the group, all else for the device, and other codes teach nothing', () => {
  const base = makeBase();
  expect(knownRefusalOf('DisallowedOperation', base, noon)).toEqual({
    subject: 'group:Workstations',
    refusal: { code: 'DisallowedOperation', requestId: base.id, at: noon, group: 'Workstations' },
  });
  const alone = { ...base, device: makeDevice(harmless, { groupName: null }) };
  expect(knownRefusalOf('DisallowedOperation', alone, noon)?.subject).toBe(`device:${base.device.machineId}`);
  expect(knownRefusalOf('OsPlatformNotSupported', base, noon)?.refusal.group).toBeNull();
  expect(knownRefusalOf('Forbidden', base, noon)).toBeNull();
  expect(refusalSubjects(base.device)).toEqual([`device:${base.device.machineId}`, 'group:Workstations']);
});
