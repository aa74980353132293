import * as fc from 'fast-check';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../../trial/defender/emulator';
import { SteppedClock } from '../../../fakes/stepped-clock';
import realList from '../../../fixtures/defender/resp-action-list-runscript-succeeded-real.json';
import { getFile, putFile, runScript, startTenant, stopTenants, type Tenant } from '../tenant';

afterEach(stopTenants);

async function startWithDevice(options: Omit<EmulatorOptions, 'clock'> = {}): Promise<Tenant> {
  const tenant = await startTenant(options);
  addWorld(tenant.emulator);
  return tenant;
}

function addWorld(emulator: Emulator): void {
  emulator.addDevice({
    machine: { computerDnsName: 'pc.contoso.com' },
    connectDelayMs: 10_000,
    putFileMs: 1_000,
    getFileMs: 2_000,
    files: [
      { path: 'C:\\a.txt', content: Buffer.from('a') },
      { path: 'C:\\empty.txt', content: Buffer.alloc(0) },
      { path: 'C:\\link.txt', content: Buffer.from('a'), refused: 'Reparse points cannot be collected.' },
    ],
  });
  emulator.addScript({ fileName: 'five.ps1', behaviour: { durationMs: 5_000 } });
  emulator.addScript({ fileName: 'fails.ps1', behaviour: { durationMs: 1_000, fails: 'Access denied.' } });
  emulator.addScript({ fileName: 'exit-3.ps1', behaviour: { exitCode: 3, errors: 'no such process' } });
  emulator.addScript({ fileName: 'slow.ps1', behaviour: { durationMs: 600_001 } });
}

const submit = async ({ run }: Tenant, ...commands: readonly unknown[]) =>
  (await run('pc.contoso.com', commands)).json.id;
const read = async ({ get }: Tenant, id: string) => (await get(`/api/machineactions/${id}`)).json;
const states = (action: { status: string; commands: ReadonlyArray<Readonly<Record<string, unknown>>> }) => [
  action.status,
  ...action.commands.map((c) => c.commandStatus),
];

test('an action goes from Pending over InProgress to Succeeded, its commands one after the other', async () => {
  const tenant = await startWithDevice({ closeMs: 30_000 });
  const id = await submit(tenant, putFile('five.ps1'), runScript('five.ps1'), getFile('C:\\a.txt'));
  const seen: unknown[] = [];
  for (const ms of [9_999, 1, 1_000, 5_000, 2_000, 29_999, 1]) {
    tenant.clock.advance(ms);
    seen.push(states(await read(tenant, id)));
  }
  expect(seen).toEqual([
    ['Pending', 'Created', 'Created', 'Created'],
    ['InProgress', 'Created', 'Created', 'Created'],
    ['InProgress', 'Completed', 'Created', 'Created'],
    ['InProgress', 'Completed', 'Completed', 'Created'],
    ['InProgress', 'Completed', 'Completed', 'Completed'],
    ['InProgress', 'Completed', 'Completed', 'Completed'],
    ['Succeeded', 'Completed', 'Completed', 'Completed'],
  ]);
});

test('a finished action has the shape of a real one', async () => {
  const tenant = await startWithDevice();
  await submit(tenant, runScript('five.ps1'), getFile('C:\\a.txt'));
  tenant.clock.advance(60_000);
  const { json } = await tenant.get('/api/machineactions');
  const [real] = realList.value;
  expect(Object.keys(json)).toEqual(Object.keys(realList));
  expect(Object.keys(json.value[0] ?? {})).toEqual(Object.keys(real ?? {}));
  const commands = json.value[0]?.commands ?? [];
  expect(Object.keys(commands[0] ?? {})).toEqual(Object.keys(real?.commands[0] ?? {}));
  const iso = /^2026-03-02T09:00:15(\.\d{1,7})?Z$/;
  expect(commands[0]).toMatchObject({ endTime: expect.stringMatching(iso) });
  expect(commands[1]).toMatchObject({ startTime: null, commandStatus: 'Completed', endTime: expect.any(String) });
});

test('the first failed command stops the rest, which stay Created', async () => {
  const tenant = await startWithDevice();
  const id = await submit(tenant, runScript('five.ps1'), runScript('fails.ps1'), getFile('C:\\a.txt'));
  tenant.clock.advance(60_000);
  const action = await read(tenant, id);
  expect(states(action)).toEqual(['Failed', 'Completed', 'Failed', 'Created']);
  expect(action.commands[1]).toMatchObject({ errors: ['Access denied.'] });
  expect(tenant.emulator.actions[0]?.commands.map((c) => c.ran)).toEqual(['finished', 'finished', 'no']);
});

test.each([
  ['C:\\nowhere.txt', 'The file C:\\nowhere.txt was not found.'],
  ['C:\\empty.txt', 'The file C:\\empty.txt is empty and cannot be collected.'],
  ['C:\\link.txt', 'Reparse points cannot be collected.'],
])('collecting %s fails the command with its reason', async (path, reason) => {
  const tenant = await startWithDevice();
  const id = await submit(tenant, getFile(path));
  tenant.clock.advance(60_000);
  const action = await read(tenant, id);
  expect(states(action)).toEqual(['Failed', 'Failed']);
  expect(action.commands[0]).toMatchObject({ errors: [reason] });
});

test('a Windows path is found with other case and slashes', async () => {
  const tenant = await startWithDevice();
  const id = await submit(tenant, getFile('c:/A.TXT'));
  tenant.clock.advance(60_000);
  expect((await read(tenant, id)).status).toBe('Succeeded');
});

test.each([putFile('nowhere.zip'), runScript('nowhere.ps1')])(
  'a file that is not in the library is accepted, then fails without a reason: $type',
  async (command) => {
    const tenant = await startWithDevice();
    const id = await submit(tenant, command, getFile('C:\\a.txt'));
    tenant.clock.advance(60_000);
    const action = await read(tenant, id);
    expect(states(action)).toEqual(['Failed', 'Created', 'Created']);
    expect(action.commands[0]).toMatchObject({ errors: [], startTime: null, endTime: null });
  },
);

test('a script that ends with an exit code completes its command', async () => {
  const tenant = await startWithDevice();
  const id = await submit(tenant, runScript('exit-3.ps1'));
  tenant.clock.advance(60_000);
  expect(states(await read(tenant, id))).toEqual(['Succeeded', 'Completed']);
});

test('a script of more than ten minutes ends the action as TimeOut', async () => {
  const tenant = await startWithDevice();
  const id = await submit(tenant, runScript('slow.ps1'), getFile('C:\\a.txt'));
  tenant.clock.advance(10_000 + 600_000 - 1);
  expect((await read(tenant, id)).status).toBe('InProgress');
  tenant.clock.advance(1);
  expect(states(await read(tenant, id))).toEqual(['TimeOut', 'Failed', 'Created']);
});

test('a device that comes back connects after its delay', async () => {
  const tenant = await startWithDevice();
  tenant.emulator.setDevice('pc.contoso.com', { offlineUntil: tenant.clock.now() + 3_600_000 });
  const id = await submit(tenant, runScript('five.ps1'));
  tenant.clock.advance(3_600_000 + 9_999);
  expect((await read(tenant, id)).status).toBe('Pending');
  tenant.clock.advance(1);
  expect((await read(tenant, id)).status).toBe('InProgress');
});

test('a device that is switched on by the test connects from then on, not in the past', async () => {
  const tenant = await startWithDevice();
  tenant.emulator.setDevice('pc.contoso.com', { offlineUntil: Number.POSITIVE_INFINITY });
  const id = await submit(tenant, runScript('five.ps1'));
  tenant.clock.advance(3_600_000);
  tenant.emulator.setDevice('pc.contoso.com', { offlineUntil: null });
  expect((await read(tenant, id)).status).toBe('Pending');
  tenant.clock.advance(10_000);
  expect((await read(tenant, id)).status).toBe('InProgress');
});

test('a device that becomes quicker connects from then on, not in the past', async () => {
  const tenant = await startWithDevice();
  await submit(tenant, runScript('five.ps1'));
  tenant.clock.advance(9_000);
  tenant.emulator.setDevice('pc.contoso.com', { connectDelayMs: 1_000 });
  tenant.clock.advance(4_999);
  expect(tenant.emulator.actions[0]?.commands[0]?.ran).toBe('started');
  tenant.clock.advance(1);
  expect(tenant.emulator.actions[0]?.commands[0]?.ran).toBe('finished');
});

test('a device that stays away lets the action time out after the queue hours', async () => {
  const tenant = await startWithDevice({ limits: { queueHours: 1 } });
  tenant.emulator.setDevice('pc.contoso.com', { offlineUntil: Number.POSITIVE_INFINITY });
  const id = await submit(tenant, runScript('five.ps1'));
  tenant.clock.advance(3_600_000);
  expect(states(await read(tenant, id))).toEqual(['TimeOut', 'Created']);
  expect(tenant.emulator.actions[0]?.commands[0]?.ran).toBe('no');
});

test('a script runs as it is when its command starts', async () => {
  const tenant = await startWithDevice();
  const before = tenant.emulator.library.find((f) => f.fileName === 'five.ps1')?.sha256;
  await submit(tenant, runScript('five.ps1'));
  tenant.clock.advance(9_999);
  const changed = tenant.emulator.addScript({
    fileName: 'five.ps1',
    content: 'other',
    behaviour: { durationMs: 1 },
  }).sha256;
  tenant.clock.advance(10);
  tenant.emulator.addScript({ fileName: 'five.ps1', content: 'later' });
  expect(changed).not.toBe(before);
  expect(tenant.emulator.actions[0]?.commands[0]).toMatchObject({ ran: 'finished', ranSha256: changed });
});

describe('a new action', () => {
  test('answers 404 and is missing from lists until it shows', async () => {
    const tenant = await startWithDevice({ hiddenMs: 120_000 });
    const id = await submit(tenant, runScript('five.ps1'));
    tenant.clock.advance(119_999);
    expect((await tenant.get(`/api/machineactions/${id}`)).status).toBe(404);
    expect((await tenant.get('/api/machineactions')).json.value).toEqual([]);
    expect((await tenant.call('POST', `/api/machineactions/${id}/cancel`, { json: {} })).status).toBe(404);
    tenant.clock.advance(1);
    expect((await tenant.get(`/api/machineactions/${id}`)).status).toBe(200);
    expect((await tenant.get('/api/machineactions')).json.value).toHaveLength(1);
  });

  test('is in the way of another one although it is hidden', async () => {
    const tenant = await startWithDevice({ hiddenMs: 120_000 });
    await submit(tenant, runScript('five.ps1'));
    expect((await tenant.run('pc.contoso.com', [runScript('five.ps1')])).status).toBe(400);
  });
});

describe('cancel', () => {
  const cancel = ({ call }: Tenant, id: string, json: unknown = { Comment: 'stop' }) =>
    call('POST', `/api/machineactions/${id}/cancel`, { json });

  test('a Pending action is cancelled and nothing runs', async () => {
    const tenant = await startWithDevice();
    const id = await submit(tenant, runScript('five.ps1'));
    const answer = await cancel(tenant, id);
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      id,
      status: 'Cancelled',
      cancellationRequestor: 'Live Response for Teams',
      cancellationComment: 'stop',
      cancellationDateTimeUtc: expect.stringMatching(/Z$/),
    });
    tenant.clock.advance(3_600_000);
    expect(tenant.emulator.actions[0]?.commands[0]?.ran).toBe('no');
  });

  test('the status may follow later than the answer', async () => {
    const tenant = await startWithDevice({ cancelMs: 5_000 });
    const id = await submit(tenant, runScript('five.ps1'));
    expect((await cancel(tenant, id)).json.status).toBe('Pending');
    tenant.clock.advance(5_000);
    expect((await read(tenant, id)).status).toBe('Cancelled');
  });

  test('an action that ends before the cancel takes effect keeps its own end', async () => {
    const tenant = await startWithDevice({ cancelMs: 60_000 });
    const id = await submit(tenant, runScript('five.ps1'));
    await cancel(tenant, id);
    tenant.clock.advance(60_000);
    expect(await read(tenant, id)).toMatchObject({ status: 'Succeeded', cancellationComment: 'stop' });
  });

  test('while it runs, finished commands stay done, the running one ends on the device, and the rest never starts', async () => {
    const tenant = await startWithDevice();
    const id = await submit(tenant, putFile('five.ps1'), runScript('five.ps1'), getFile('C:\\a.txt'));
    tenant.clock.advance(12_000);
    expect(states((await cancel(tenant, id)).json)).toEqual(['Cancelled', 'Completed', 'Created', 'Created']);
    expect(tenant.emulator.actions[0]?.commands.map((c) => c.ran)).toEqual(['finished', 'started', 'no']);
    expect((await tenant.run('pc.contoso.com', [runScript('five.ps1')])).status).toBe(400);
    tenant.clock.advance(4_000);
    expect(tenant.emulator.actions[0]?.commands.map((c) => c.ran)).toEqual(['finished', 'finished', 'no']);
    expect((await tenant.run('pc.contoso.com', [runScript('five.ps1')])).status).toBe(201);
  });

  test('the device stays busy for a while afterwards', async () => {
    const tenant = await startWithDevice({ releaseMs: 10_000 });
    await cancel(tenant, await submit(tenant, runScript('five.ps1')));
    tenant.clock.advance(9_999);
    expect((await tenant.run('pc.contoso.com', [runScript('five.ps1')])).status).toBe(400);
    tenant.clock.advance(1);
    expect((await tenant.run('pc.contoso.com', [runScript('five.ps1')])).status).toBe(201);
  });

  test('a final action is refused', async () => {
    const tenant = await startWithDevice();
    const id = await submit(tenant, runScript('five.ps1'));
    tenant.clock.advance(60_000);
    const answer = await cancel(tenant, id);
    expect([answer.status, answer.json.error.code]).toEqual([400, 'BadRequest']);
  });

  test.each([
    ['an unknown id', '00000000-0000-4000-8000-000000000000', { Comment: 'x' }, 404, 'ResourceNotFound'],
    ['a wrong case', null, { comment: 'x' }, 400, 'InvalidRequestBody'],
    ['a Comment that is no text', null, { Comment: 1 }, 400, 'InvalidRequestBody'],
  ])('%s is refused', async (_title, id, json, status, code) => {
    const tenant = await startWithDevice();
    const own = await submit(tenant, runScript('five.ps1'));
    const answer = await cancel(tenant, id ?? own, json);
    expect([answer.status, answer.json.error.code]).toEqual([status, code]);
    expect((await read(tenant, own)).status).toBe('Pending');
  });
});

describe("from the test's side", () => {
  test('somebody else cancels', async () => {
    const tenant = await startWithDevice();
    const id = await submit(tenant, runScript('five.ps1'));
    tenant.emulator.cancelByOther(id, 'eve@contoso.com', 'not now');
    expect(await read(tenant, id)).toMatchObject({
      status: 'Cancelled',
      cancellationRequestor: 'eve@contoso.com',
      cancellationComment: 'not now',
    });
  });

  test('an action vanishes, but what it runs goes on', async () => {
    const tenant = await startWithDevice();
    const id = await submit(tenant, runScript('five.ps1'));
    tenant.emulator.vanish(id);
    expect((await tenant.get(`/api/machineactions/${id}`)).status).toBe(404);
    tenant.clock.advance(60_000);
    expect(tenant.emulator.actions[0]).toMatchObject({ visible: false, commands: [{ ran: 'finished' }] });
  });

  test('a status is read wrong for a while', async () => {
    const tenant = await startWithDevice();
    const id = await submit(tenant, runScript('five.ps1'));
    tenant.emulator.misreport(id, 'Failed', 1);
    expect((await read(tenant, id)).status).toBe('Failed');
    expect((await read(tenant, id)).status).toBe('Pending');
  });

  test("another app's action lives like ours, or stays as it was set until the test ends it", async () => {
    const tenant = await startWithDevice();
    const living = tenant.emulator.addForeignAction({
      requestor: 'SOAR',
      machineId: 'pc.contoso.com',
      commands: [getFile('C:\\a.txt')],
    });
    tenant.clock.advance(60_000);
    expect((await read(tenant, living.id)).status).toBe('Succeeded');
    const fixed = tenant.emulator.addForeignAction({
      requestor: 'SOAR',
      machineId: 'pc.contoso.com',
      status: 'InProgress',
    });
    tenant.clock.advance(86_400_000);
    expect((await read(tenant, fixed.id)).status).toBe('InProgress');
    tenant.emulator.setActionStatus(fixed.id, 'TimeOut');
    expect((await read(tenant, fixed.id)).status).toBe('TimeOut');
    expect((await tenant.run('pc.contoso.com', [runScript('five.ps1')])).status).toBe(201);
  });
});

test('how often anybody looks changes nothing', async () => {
  const steps = fc.array(fc.integer({ min: 0, max: 7_000 }), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(steps, async (waits) => {
      const total = waits.reduce((a, b) => a + b, 0);
      expect(await stateAfter(waits)).toEqual(await stateAfter([total]));
    }),
    { numRuns: 15 },
  );
});

async function stateAfter(waits: readonly number[]): Promise<unknown> {
  const clock = new SteppedClock();
  const emulator = await startEmulator({ clock });
  addWorld(emulator);
  const { id } = emulator.addForeignAction({
    requestor: 'SOAR',
    machineId: 'pc.contoso.com',
    commands: [putFile('five.ps1'), runScript('five.ps1'), getFile('C:\\a.txt')],
  });
  for (const ms of waits) {
    clock.advance(ms);
    void emulator.actions;
  }
  const { id: _, ...state } = emulator.actions.find((action) => action.id === id) ?? { id };
  await emulator.stop();
  return state;
}
