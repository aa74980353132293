import activeRequest from '../../fixtures/defender/err-400-activerequest.json';
import invalidBody from '../../fixtures/defender/err-400-invalidrequestbody-doc.json';
import disallowed from '../../fixtures/defender/err-403-disallowedoperation.json';
import notFound from '../../fixtures/defender/err-404-resourcenotfound-doc.json';
import putRunGet from '../../fixtures/defender/req-runliveresponse-put-run-get.json';
import realPending from '../../fixtures/defender/resp-action-putfile-pending-real.json';
import documentedPending from '../../fixtures/defender/resp-runliveresponse-201-pending-doc.json';
import { getFile, putFile, runScript, startTenant, stopTenants, type Tenant } from './tenant';

afterEach(stopTenants);

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const path = '/api/machines/pc.contoso.com/runliveresponse';
const valid = { Commands: [runScript('a.ps1')], Comment: 'why' };

async function startWithDevice(options: Parameters<typeof startTenant>[0] = {}): Promise<Tenant> {
  const tenant = await startTenant(options);
  tenant.emulator.addDevice({ machine: { computerDnsName: 'pc.contoso.com' } });
  tenant.emulator.addScript({ fileName: 'a.ps1' });
  return tenant;
}

test('the documented request is answered 201 with the whole Pending action', async () => {
  const { emulator, call } = await startWithDevice();
  const answer = await call('POST', path, { json: putRunGet });
  expect(answer.status).toBe(201);
  expect(Object.keys(answer.json).sort()).toEqual(Object.keys(realPending).sort());
  expect(Object.keys(answer.json)).toEqual(expect.arrayContaining(Object.keys(documentedPending)));
  expect(answer.json).toMatchObject({
    '@odata.context': `${emulator.url}/api/$metadata#MachineActions/$entity`,
    id: expect.stringMatching(guid),
    type: 'LiveResponse',
    title: null,
    requestor: 'Live Response for Teams',
    requestorComment: 'Testing Live Response API',
    status: 'Pending',
    computerDnsName: 'pc.contoso.com',
    cancellationRequestor: null,
    errorHResult: 0,
    scope: null,
    externalId: null,
    requestSource: 'PublicApi',
    relatedFileInfo: null,
    troubleshootInfo: null,
  });
  expect(answer.json.commands).toEqual(
    putRunGet.Commands.map((command, index) => ({
      index,
      startTime: null,
      endTime: null,
      commandStatus: 'Created',
      errors: [],
      command,
    })),
  );
});

test.each([
  ['Commands in lower case', { ...valid, Commands: undefined, commands: valid.Commands }, 'InvalidRequestBody'],
  ['Comment in lower case', { Commands: valid.Commands, comment: 'why' }, 'InvalidRequestBody'],
  ['no Commands', { Comment: 'why' }, 'MissingRequiredParameter'],
  ['empty Commands', { Commands: [], Comment: 'why' }, 'MissingRequiredParameter'],
  ['Commands that are no list', { Commands: {}, Comment: 'why' }, 'InvalidRequestBody'],
  ['no Comment', { Commands: valid.Commands }, 'MissingRequiredParameter'],
  ['an empty Comment', { Commands: valid.Commands, Comment: '' }, 'MissingRequiredParameter'],
  ['a Comment that is no text', { Commands: valid.Commands, Comment: 7 }, 'InvalidRequestBody'],
  ['a property nobody knows', { ...valid, Urgent: true }, 'InvalidRequestBody'],
  ['a list for a body', [valid], 'InvalidRequestBody'],
  ['Type with a capital', { ...valid, Commands: [{ Type: 'RunScript', params: [] }] }, 'InvalidRequestBody'],
  ['no type', { ...valid, Commands: [{ params: [] }] }, 'MissingRequiredParameter'],
  ['an unknown type', { ...valid, Commands: [{ type: 'Collect', params: [] }] }, 'InvalidRequestBody'],
  [
    'a type in lower case',
    { ...valid, Commands: [{ ...runScript('a.ps1'), type: 'runscript' }] },
    'InvalidRequestBody',
  ],
  ['no params', { ...valid, Commands: [{ type: 'RunScript' }] }, 'MissingRequiredParameter'],
  ['params that are no list', { ...valid, Commands: [{ type: 'RunScript', params: {} }] }, 'InvalidRequestBody'],
  ['a command that is null', { ...valid, Commands: [null] }, 'InvalidRequestBody'],
  [
    'a param with Key',
    { ...valid, Commands: [{ type: 'GetFile', params: [{ Key: 'Path', value: 'C:\\a' }] }] },
    'InvalidRequestBody',
  ],
  [
    'a param with more than key and value',
    { ...valid, Commands: [{ type: 'GetFile', params: [{ key: 'Path', value: 'a', note: 'b' }] }] },
    'InvalidRequestBody',
  ],
  [
    'a value that is no text',
    { ...valid, Commands: [{ type: 'GetFile', params: [{ key: 'Path', value: 1 }] }] },
    'InvalidRequestBody',
  ],
  [
    'path in lower case',
    { ...valid, Commands: [{ type: 'GetFile', params: [{ key: 'path', value: 'C:\\a' }] }] },
    'MissingRequiredParameter',
  ],
  ['an empty value', { ...valid, Commands: [runScript('')] }, 'MissingRequiredParameter'],
  [
    'Args for PutFile',
    {
      ...valid,
      Commands: [
        {
          type: 'PutFile',
          params: [
            { key: 'FileName', value: 'a' },
            { key: 'Args', value: 'b' },
          ],
        },
      ],
    },
    'InvalidRequestBody',
  ],
  [
    'a key twice',
    {
      ...valid,
      Commands: [
        {
          type: 'GetFile',
          params: [
            { key: 'Path', value: 'a' },
            { key: 'Path', value: 'b' },
          ],
        },
      ],
    },
    'InvalidRequestBody',
  ],
  ['GetFile before RunScript', { ...valid, Commands: [getFile('C:\\a'), runScript('a.ps1')] }, 'InvalidRequestBody'],
  ['RunScript before PutFile', { ...valid, Commands: [runScript('a.ps1'), putFile('b.zip')] }, 'InvalidRequestBody'],
])('%s is refused, and nothing is created', async (_title, json, code) => {
  const { emulator, call } = await startWithDevice();
  const answer = await call('POST', path, { json });
  expect([answer.status, answer.json.error.code]).toEqual([400, code]);
  expect(emulator.actions).toEqual([]);
});

test('a missing parameter is named', async () => {
  const { call } = await startWithDevice();
  const { json } = await call('POST', path, { json: { ...valid, Commands: [{ type: 'RunScript', params: [] }] } });
  expect(json.error.message).toBe('Parameter ScriptName is missing.');
});

test('any repetition in the allowed order is accepted', async () => {
  const { run } = await startWithDevice();
  const commands = [
    putFile('a.ps1'),
    putFile('a.ps1'),
    runScript('a.ps1'),
    runScript('a.ps1', 'x'),
    getFile('C:\\a'),
    getFile('C:\\b'),
  ];
  expect((await run('pc.contoso.com', commands)).status).toBe(201);
});

test('text that is no JSON is refused in the documented words', async () => {
  const { call } = await startWithDevice();
  const answer = await call('POST', path, { body: '{"Commands":[', headers: { 'content-type': 'application/json' } });
  expect(answer.status).toBe(400);
  expect(answer.json).toEqual({ error: { ...invalidBody.error, target: expect.stringMatching(guid) } });
});

test('a body that is not declared as JSON is refused', async () => {
  const { call } = await startWithDevice();
  const answer = await call('POST', path, { body: JSON.stringify(valid), headers: { 'content-type': 'text/plain' } });
  expect([answer.status, answer.json.error.code]).toEqual([415, 'UnsupportedMediaType']);
});

test('an unknown machine is refused in the documented words', async () => {
  const { run } = await startWithDevice();
  const answer = await run('123123123', [runScript('a.ps1')]);
  expect(answer.status).toBe(404);
  expect(answer.json).toEqual({ error: { ...notFound.error, target: expect.stringMatching(guid) } });
});

test('a device group without remediation level is refused in the observed words', async () => {
  const { emulator, run } = await startWithDevice();
  emulator.setDevice('pc.contoso.com', { remediationLevel: false });
  const answer = await run('pc.contoso.com', [runScript('a.ps1')]);
  expect([answer.status, answer.json]).toEqual([403, disallowed]);
});

test.each([
  ['osPlatformNotSupported', 'OsPlatformNotSupported', "OS Platform Windows11 isn't supported for this action."],
  [
    'clientVersionNotSupported',
    'ClientVersionNotSupported',
    'LiveResponse is supported on client version 10.8040.19041.1 and above.',
  ],
] as const)('a device that is %s is refused', async (liveResponse, code, message) => {
  const { emulator, run } = await startWithDevice();
  emulator.setDevice('pc.contoso.com', { liveResponse });
  const { status, json } = await run('pc.contoso.com', [runScript('a.ps1')]);
  expect([status, json.error.code, json.error.message]).toEqual([400, code, message]);
});

test.each([
  ['liveResponse', 'Windows11', 403],
  ['liveResponseForServers', 'WindowsServer2022', 403],
  ['liveResponseForServers', 'Windows11', 201],
])('with %s switched off, %s answers %i', async (feature, osPlatform, status) => {
  const { emulator, run } = await startWithDevice();
  emulator.setFeatures({ [feature]: false });
  emulator.setDevice('pc.contoso.com', { machine: { osPlatform } });
  const answer = await run('pc.contoso.com', [runScript('a.ps1')]);
  expect(answer.status).toBe(status);
  if (status === 403) expect(answer.json.error.code).toBe('DisabledFeature');
});

describe('one live response at a time on a device', () => {
  test('a second one of ours is refused in the observed words', async () => {
    const { run } = await startWithDevice();
    await run('pc.contoso.com', [runScript('a.ps1')]);
    const second = await run('pc.contoso.com', [runScript('a.ps1')]);
    expect([second.status, second.json]).toEqual([400, activeRequest]);
  });

  test("another app's is in the way, and shows in the list", async () => {
    const { emulator, run, get } = await startWithDevice();
    emulator.addForeignAction({ requestor: 'SOAR', machineId: 'pc.contoso.com', status: 'InProgress' });
    expect((await run('pc.contoso.com', [runScript('a.ps1')])).json).toEqual(activeRequest);
    expect((await get('/api/machineactions')).json.value).toHaveLength(1);
  });

  test('a portal session is in the way until it ends, and shows nowhere', async () => {
    const { emulator, clock, run, get } = await startWithDevice();
    emulator.setDevice('pc.contoso.com', { portalSessionUntil: clock.now() + 60_000 });
    expect((await run('pc.contoso.com', [runScript('a.ps1')])).json).toEqual(activeRequest);
    expect((await get('/api/machineactions')).json.value).toEqual([]);
    clock.advance(60_000);
    expect((await run('pc.contoso.com', [runScript('a.ps1')])).status).toBe(201);
  });

  test('an action of another type is not in the way', async () => {
    const { emulator, run } = await startWithDevice();
    emulator.addForeignAction({
      requestor: 'a@b.c',
      machineId: 'pc.contoso.com',
      type: 'RunAntiVirusScan',
      status: 'InProgress',
    });
    expect((await run('pc.contoso.com', [runScript('a.ps1')])).status).toBe(201);
  });

  test('it is free again when the action has ended', async () => {
    const { clock, run } = await startWithDevice();
    await run('pc.contoso.com', [runScript('a.ps1')]);
    clock.advance(10_000);
    expect((await run('pc.contoso.com', [runScript('a.ps1')])).status).toBe(201);
  });

  test('two submissions at once make one action', async () => {
    const { emulator, run } = await startWithDevice();
    const answers = await Promise.all(Array.from({ length: 5 }, () => run('pc.contoso.com', [runScript('a.ps1')])));
    expect(answers.map((a) => a.status).sort()).toEqual([201, 400, 400, 400, 400]);
    expect(emulator.actions).toHaveLength(1);
  });
});

test('queued actions fill the session cap, which refuses with another 429 than the rate', async () => {
  const { emulator, run } = await startWithDevice({ limits: { sessions: 2 } });
  for (const name of ['b.contoso.com', 'c.contoso.com']) {
    emulator.addDevice({ machine: { computerDnsName: name }, offlineUntil: Number.POSITIVE_INFINITY });
    expect((await run(name, [runScript('a.ps1')])).status).toBe(201);
  }
  const third = await run('pc.contoso.com', [runScript('a.ps1')]);
  expect([third.status, third.json.error.code]).toEqual([429, 'TooManyRequests']);
  expect(third.headers.get('retry-after')).toBeNull();
});

test('the machine is found by name, by Entra id and whatever the case of the path', async () => {
  const { emulator, call } = await startWithDevice();
  const [device] = emulator.devices;
  const paths = [
    `/API/Machines/PC.contoso.com/runLiveResponse`,
    `/api/v1.0/machines/${device?.machine.aadDeviceId}/runliveresponse`,
  ];
  const answers = await Promise.all(paths.map((p) => call('POST', p, { json: valid })));
  expect(answers.map((a) => a.status).sort()).toEqual([201, 400]);
});

test('an app shows as its id where the tenant does that', async () => {
  const { emulator, run } = await startWithDevice({ requestorAs: 'id' });
  expect((await run('pc.contoso.com', [runScript('a.ps1')])).json.requestor).toBe(emulator.clientId);
});
