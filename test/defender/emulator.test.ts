import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDefender, type Defender, type MachineAction } from '../../src/defender/client';
import { localToken } from '../../src/defender/token';
import { keepResult } from '../../src/evidence/keep-result';
import type { Command } from '../../src/request/ask/command';
import { type Emulator, type Fault, startEmulator } from '../../trial/defender/emulator';
import { KeepingLog, NotingClock } from './fake-defender';

const dump = Buffer.from('memory of a process');
const dumpPath = 'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip';
const commands: readonly Command[] = [
  { type: 'PutFile', fileName: 'procdump.zip' },
  { type: 'RunScript', scriptName: 'minidump.ps1', args: 'OfficeClickToRun' },
  { type: 'GetFile', path: dumpPath },
];

let clock: NotingClock;
let log: KeepingLog;
let emulator: Emulator;
let defender: Defender;
let machineId: string;

beforeEach(async () => {
  clock = new NotingClock();
  log = new KeepingLog();
  emulator = await startEmulator({ clock, hiddenMs: 0, limits: { runsPerMinute: 3, sessions: 2 } });
  defender = createDefender({ baseUrl: emulator.url, token: localToken(), clock, log, timeouts: { callMs: 2_000 } });
  machineId = emulator.addDevice({
    machine: {
      computerDnsName: 'ws-042.corp.example',
      lastIpAddress: '10.20.1.42',
      machineTags: ['Finance'],
      rbacGroupId: 7,
      rbacGroupName: 'Clients',
    },
  }).machine.id;
  emulator.addDevice({ machine: { computerDnsName: 'ws-0421.corp.example' } });
  emulator.addFile({ fileName: 'procdump.zip', content: 'tool' });
  emulator.addScript({
    fileName: 'minidump.ps1',
    behaviour: { output: '51 MB\n', creates: () => [{ path: dumpPath, content: dump, delivery: 'gzipWithName' }] },
  });
});
afterEach(() => emulator.stop());

const submit = (on: string = machineId) => defender.runLiveResponse(on, commands, 'LR-7F3K asked by Ana');
const posts = () => emulator.journal.filter((entry) => entry.method === 'POST').length;

async function submitAccepted(): Promise<MachineAction> {
  const outcome = await submit();
  if (outcome.type !== 'accepted') throw new Error(`It was ${outcome.type}.`);
  return outcome.action;
}

async function runToEnd(): Promise<MachineAction> {
  const { actionId } = await submitAccepted();
  await clock.sleep(10 * 60_000);
  const action = await defender.getAction(actionId);
  if (action === null) throw new Error('It is gone.');
  return action;
}

test.each(['ws-042', 'WS-042.corp.example', 'tag:Finance', '10.20.1.42'])(
  'a device is found as %s, with its group',
  async (query) => {
    expect(await defender.findMachines(query)).toMatchObject([
      { machineId, name: 'ws-042.corp.example', groupName: 'Clients', tags: ['Finance'] },
    ]);
  },
);

test('a device is found by either id, and one that is not there is nobody', async () => {
  const [device] = await defender.findMachines(machineId);
  expect(await defender.findMachines(device?.entraDeviceId ?? '')).toEqual([device]);
  expect(await defender.findMachines('ws-04')).toEqual([]);
  expect(await defender.findMachines('tag:Nobody')).toEqual([]);
  expect(await defender.findMachines('10.9.9.9')).toEqual([]);
  expect(await defender.getMachine('f'.repeat(40))).toBeNull();
});

test('the library is listed with its hashes', async () => {
  expect((await defender.listLibrary()).find((f) => f.fileName === 'procdump.zip')?.sha256).toBe(
    createHash('sha256').update('tool').digest('hex'),
  );
});

test('a run is followed from the POST to the evidence on disk', async () => {
  const submittedAt = clock.now();
  const action = await runToEnd();
  expect(action).toMatchObject({ status: 'Succeeded', machineId, comment: 'LR-7F3K asked by Ana' });
  expect(action.progress.map((p) => p.status)).toEqual(['Completed', 'Completed', 'Completed']);
  expect(Math.abs(action.createdAt - submittedAt)).toBeLessThan(1_000);
  expect((await defender.listActions(submittedAt - 1_000)).actions).toEqual([action]);
  expect((await defender.listMachineActions(machineId, submittedAt - 1_000)).actions).toEqual([action]);

  const dir = await mkdtemp(path.join(tmpdir(), 'evidence-'));
  const kept = [];
  for (const index of [1, 2]) {
    const result = await defender.openResult(action.actionId, index);
    const command = commands[index];
    if (result.type !== 'opened' || command === undefined) throw new Error(result.type);
    kept.push(await keepResult({ dir, requestId: 'LR-7F3K', index, command, body: result.body }));
  }
  expect(kept[0]).toMatchObject({
    outcome: 'kept',
    exitCode: 0,
    output: '51 MB',
    errors: '',
    banner: expect.stringMatching(/^Transcript started/),
  });
  expect(kept[1]).toMatchObject({ outcome: 'kept', file: { name: 'OfficeClickToRun.dmp.zip', size: dump.length } });
  expect(await readFile(path.join(dir, kept[1]?.file?.relativePath ?? ''))).toEqual(dump);
  await rm(dir, { recursive: true });
});

test('a result is not ready before its action has ended, and PutFile has none', async () => {
  const { actionId } = await submitAccepted();
  expect(await defender.openResult(actionId, 1)).toMatchObject({ type: 'notReady' });
  expect((await defender.openResult('5382f7ea-7557-4ab7-9782-d50480024a4e', 0)).type).toBe('unknownResult');
});

test('a list longer than a page is read whole', async () => {
  await emulator.stop();
  emulator = await startEmulator({ clock, hiddenMs: 0, pageSize: 2 });
  defender = createDefender({ baseUrl: emulator.url, token: localToken(), clock, log });
  emulator.addDevice({ machine: { computerDnsName: 'ws-042.corp.example' } });
  for (let i = 0; i < 5; i++) {
    emulator.addForeignAction({
      requestor: 'portal',
      machineId,
      type: 'LiveResponse',
      status: 'Succeeded',
      createdAt: clock.now() - 60_000 * i,
    });
  }
  expect((await defender.listActions(clock.now() - 3_600_000)).actions).toHaveLength(5);
});

test('a device with a live response takes no second one', async () => {
  await submitAccepted();
  expect(await submit()).toEqual({ type: 'busy' });
});

test('full sessions and a full rate are told apart', async () => {
  const others = ['a', 'b', 'c'].map((name) => emulator.addDevice({ machine: { computerDnsName: name } }).machine.id);
  const outcomes = [];
  for (const device of [...others, machineId]) outcomes.push(await submit(device));
  expect(outcomes.map((o) => o.type)).toEqual(['accepted', 'accepted', 'throttled', 'throttled']);
  expect(outcomes[2]).toEqual({ type: 'throttled', retryAfterMs: null, scope: 'sessions' });
  expect(outcomes[3]).toMatchObject({ type: 'throttled', scope: 'rate', retryAfterMs: expect.any(Number) });
});

test('a cancel is accepted while it can work and refused afterwards', async () => {
  const { actionId } = await submitAccepted();
  expect(await defender.cancelAction(actionId, 'LR-7F3K by Ana')).toMatchObject({
    type: 'accepted',
    action: { actionId },
  });
  await clock.sleep(60_000);
  expect(await defender.getAction(actionId)).toMatchObject({
    status: 'Cancelled',
    cancellationComment: 'LR-7F3K by Ana',
  });
  expect(await defender.cancelAction(actionId, 'again')).toMatchObject({ type: 'refused' });
  expect(await defender.cancelAction('5382f7ea-7557-4ab7-9782-d50480024a4e', 'c')).toEqual({ type: 'unknownAction' });
});

const wait = (how: 'seconds' | 'date' | 'text' | 'none'): Fault => ({
  type: 'tooManyRequests',
  wait: how,
  waitSeconds: 8,
});

describe('a submission that meets', () => {
  test.each([
    ['a fault before the work', { type: 'errorBefore' }, 'unclear', 0],
    ['a fault after the work', { type: 'errorAfter' }, 'unclear', 1],
    ['a drop before the work', { type: 'dropBefore' }, 'unclear', 0],
    ['a drop after the work', { type: 'dropAfter' }, 'unclear', 1],
    ['half an answer', { type: 'malformed' }, 'unclear', 1],
    ['silence after the work', { type: 'slow', realMs: 2_500, when: 'after' }, 'unclear', 1],
    ['a 429 with seconds', wait('seconds'), 'throttled', 0],
    ['a 429 with a date', wait('date'), 'throttled', 0],
    ['a 429 with the wait in the text', wait('text'), 'throttled', 0],
    ['a 429 without a wait', wait('none'), 'throttled', 0],
    ['a 401', { type: 'unauthorized' }, 'notSent', 0],
    ['a 403', { type: 'forbidden' }, 'rejected', 0],
  ] as ReadonlyArray<readonly [string, Fault, string, number]>)(
    '%s is sent once and told as it is',
    async (_title, fault, type, actions) => {
      emulator.fault({ fault, route: 'runLiveResponse' });
      const outcome = await submit();
      expect(outcome.type).toBe(type);
      if (outcome.type === 'throttled')
        expect(outcome).toEqual({
          type: 'throttled',
          scope: 'rate',
          retryAfterMs: fault.type === 'tooManyRequests' && fault.wait === 'none' ? null : 8_000,
        });
      expect(posts()).toBe(1);
      expect(emulator.actions).toHaveLength(actions);
    },
  );
});

describe('a read that meets', () => {
  test.each([
    ['a fault', { type: 'errorBefore' }, 1_000],
    ['a drop', { type: 'dropBefore' }, 500],
    ['a 429 with seconds', wait('seconds'), 8_000],
    ['a 429 with a date', wait('date'), 8_000],
    ['a 429 with the wait in the text', wait('text'), 8_000],
    ['a 429 without a wait', wait('none'), 5_000],
    ['silence', { type: 'slow', realMs: 2_500, when: 'before' }, 1_000],
  ] as ReadonlyArray<readonly [string, Fault, number]>)(
    '%s comes through on the second try',
    async (_title, fault, waitMs) => {
      emulator.fault({ fault, route: 'listMachines' });
      expect(await defender.findMachines('ws-042')).toHaveLength(1);
      expect(clock.waits).toEqual([waitMs]);
    },
  );

  test.each([
    ['half an answer', { type: 'malformed' }, 'defender.badAnswer'],
    ['a 401 that a new token does not cure', { type: 'unauthorized' }, 'defender.unauthorized'],
    ['a 403', { type: 'forbidden' }, 'defender.forbidden'],
    [
      'a feature that is off',
      { type: 'refuse', status: 403, code: 'DisabledFeature', message: 'm' },
      'defender.featureDisabled',
    ],
  ] as ReadonlyArray<readonly [string, Fault, string]>)('%s is thrown at once', async (_title, fault, code) => {
    emulator.fault({ fault, route: 'listMachines' });
    await expect(defender.findMachines('ws-042')).rejects.toMatchObject({ code });
    expect(clock.waits).toEqual([]);
  });
});

test('an app without the permission to read results is told so', async () => {
  const action = await runToEnd();
  emulator.removeRole('Machine.ReadWrite.All');
  await expect(defender.openResult(action.actionId, 1)).rejects.toMatchObject({ code: 'defender.forbidden' });
});

test('the store of the results never sees a token', async () => {
  const action = await runToEnd();
  const result = await defender.openResult(action.actionId, 1);
  if (result.type === 'opened') for await (const _chunk of result.body);
  const download = emulator.journal.filter((entry) => entry.path.startsWith('/results/'));
  expect(download).toHaveLength(1);
  expect(JSON.stringify(download)).not.toMatch(/bearer/i);
});
