import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  parseInstant,
  parseJson,
  readAction,
  readLibraryFile,
  readLink,
  readMachine,
  readPage,
} from '../../src/defender/schema';

const sample = (name: string): string => readFileSync(path.resolve('test/fixtures/defender', name), 'utf8');
const seenAt = Date.parse('2026-03-02T10:00:00Z');
const action = (value: unknown) => readAction(value, seenAt);

test.each([
  ['2026-03-02T10:00:00Z', 0],
  ['2026-03-02T10:00:00.1Z', 100],
  ['2026-03-02T10:00:00.12Z', 120],
  ['2026-03-02T10:00:00.123Z', 123],
  ['2026-03-02T10:00:00.1234567Z', 123],
  ['2026-03-02T10:00:00.9999999Z', 999],
  ['2026-03-02T10:00:00', 0],
  ['2026-03-02T12:00:00.5+02:00', 500],
])('%s is read to the millisecond', (text, ms) => {
  expect(parseInstant(text)).toBe(seenAt + ms);
});

test.each(['', 'yesterday', '2026-03-02', '2026-13-02T10:00:00Z', null])('%j is no instant', (text) => {
  expect(parseInstant(text)).toBeNull();
});

test('a real machine is read, with its extra fields ignored', () => {
  expect(readMachine(parseJson(sample('resp-machine-real-2026.json')))).toEqual({
    device: {
      machineId: 'da637472900382838869_1364969609',
      name: 'johns-work-computer',
      entraDeviceId: 'da637472900382838869_1364969609',
      osPlatform: 'Windows11',
      healthStatus: 'Active',
      onboardingStatus: 'Onboarded',
      riskScore: 'None',
      deviceValue: 'Normal',
      groupName: null,
      tags: [],
      lastSeen: '2026-01-20T20:07:42.6424861Z',
      lastIpAddress: '192.168.51.128',
    },
    mergedInto: null,
    groupId: '0',
    groupUnknown: false,
  });
});

test.each([
  ['a number', 7, true],
  ['text', '7', true],
  ['zero: ungrouped', 0, false],
  ['absent', undefined, true],
])('without a group name the group is open when its id is %s', (_title, rbacGroupId, groupUnknown) => {
  expect(readMachine({ id: 'm', rbacGroupId })?.groupUnknown).toBe(groupUnknown);
});

test.each([
  null,
  'text',
  [],
  {},
  { id: '' },
  { id: 7 },
  { id: 'm', machineTags: 'T1' },
  { id: 'm', computerDnsName: 7 },
])('%j is no machine', (value) => {
  expect(readMachine(value)).toBeNull();
});

test('a real action is read with its command', () => {
  expect(readPage(sample('resp-action-list-runscript-succeeded-real.json'), action)).toEqual({
    items: [
      {
        actionId: 'c141bb71-8125-4234-a184-XXXXXXXXX',
        type: 'LiveResponse',
        status: 'Succeeded',
        progress: [
          {
            index: 0,
            status: 'Completed',
            startedAt: '2023-03-18T21:04:01.92Z',
            endedAt: '2023-03-18T21:04:04.693Z',
            errors: [],
          },
        ],
        cancellationRequestor: null,
        cancellationComment: null,
        machineName: 'dc1.corp.cloud-architekt.net',
        commands: ['RunScript Add-DomainAdmin.ps1'],
        asked: [{ type: 'RunScript', params: [{ key: 'ScriptName', value: 'Add-DomainAdmin.ps1' }] }],
        machineId: 'a9e15a8b846d93d43d6XXXXXXX',
        comment: 'Create Domain Admin',
        requestor: 'M365DLiveResponse',
        createdAt: Date.parse('2023-03-18T21:02:00.353Z'),
      },
    ],
    unreadable: 0,
    nextLink: null,
  });
});

test.each([
  'resp-action-putfile-pending-real.json',
  'resp-runliveresponse-201-pending-doc.json',
  'resp-machineaction-get-doc.json',
])('the action of %s is readable', (name) => {
  expect(action(parseJson(sample(name)))).not.toBeNull();
});

test('the oddities of actions are tolerated: no commands, null machine, other name of the update time', () => {
  const page = readPage(sample('resp-machineactions-list-doc.json'), action);
  expect(page?.unreadable).toBe(0);
  expect(page?.items[0]).toMatchObject({ type: 'CollectInvestigationPackage', progress: [] });
  expect(action({ id: 'a', status: 'Pending', machineId: null })).toMatchObject({
    machineId: null,
    comment: null,
    createdAt: seenAt,
  });
});

test('a command keeps what it says, and an error that is no text is not lost', () => {
  const read = action({
    id: 'a',
    status: 'InProgress',
    commands: [{ commandStatus: 'Failed', errors: ['e', { code: 5 }] }, {}],
  });
  expect(read?.progress).toEqual([
    { index: 0, status: 'Failed', startedAt: null, endedAt: null, errors: ['e', '{"code":5}'] },
    { index: 1, status: 'Created', startedAt: null, endedAt: null, errors: [] },
  ]);
});

test.each([
  null,
  {},
  { id: 'a' },
  { status: 'Pending' },
  { id: 'a', status: '' },
  { id: 'a', status: 'Pending', commands: [7] },
])('%j is no action', (value) => {
  expect(action(value)).toBeNull();
});

test('the documented library list is read', () => {
  expect(readPage(sample('resp-libraryfiles-list-doc.json'), readLibraryFile)?.items[1]).toEqual({
    fileName: 'script.sh',
    sha256: 'd0f3e3b0641dbf88ee39c822516e81a909d1d06d22341dd9b1f12aa5e5c027a2',
    description: null,
    createdBy: 'username',
    lastUpdatedTime: '2018-10-24T11:15:35.3688259Z',
    hasParameters: false,
    parametersDescription: null,
  });
});

test('a library file without a whole hash is no library file', () => {
  expect(readLibraryFile({ fileName: 'a.ps1', sha256: 'abc' })).toBeNull();
});

test('a hash is compared in one case', () => {
  expect(readLibraryFile({ fileName: 'a.ps1', sha256: 'A'.repeat(64) })?.sha256).toBe('a'.repeat(64));
});

test('an HTML-escaped link is undone', () => {
  expect(readLink('{"value":"https://x/?a=1&amp;b=2"}')).toBe('https://x/?a=1&b=2');
});

test.each(['', '{}', '{"value":""}', '{"value":7}', '"https://x"'])('%j holds no link', (body) => {
  expect(readLink(body)).toBeNull();
});

test.each(['', '[]', '{}', '{"value":{}}', '{"value":null}'])('%j is no list', (body) => {
  expect(readPage(body, action)).toBeNull();
});

test('an action that leaves out a part of what it was asked to run says nothing about it', () => {
  const command = (value: unknown) => action({ id: 'a', status: 'Pending', commands: [{ command: value }] });
  expect(command({ type: 'PutFile', params: [{ key: 'FileName', value: 'x' }] })?.asked).toHaveLength(1);
  for (const part of [undefined, null, {}, { type: 'PutFile' }, { type: 'PutFile', params: [] }, { params: [] }])
    expect(command(part)?.asked).toBeNull();
  expect(action({ id: 'a', status: 'Pending', commands: [] })?.asked).toBeNull();
});

test('commands are read in the order in which they run, whatever order they come in', () => {
  const one = (index: number) => ({
    index,
    command: { type: 'GetFile', params: [{ key: 'Path', value: `C:\\${index}` }] },
  });
  const read = action({ id: 'a', status: 'Pending', commands: [one(1), one(0)] });
  expect(read?.asked?.map(({ params }) => params[0]?.value)).toEqual(['C:\\0', 'C:\\1']);
});
