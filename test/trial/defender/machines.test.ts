import forbidden from '../../fixtures/defender/err-403-forbidden-approles.json';
import realMachine from '../../fixtures/defender/resp-machine-real-2026.json';
import { startTenant, stopTenants, type Tenant } from './tenant';

afterEach(stopTenants);

const filter = (text: string, rest = '') => `/api/machines?$filter=${encodeURIComponent(text)}${rest}`;
const names = (reply: { json: { value: ReadonlyArray<{ computerDnsName: string }> } }) =>
  reply.json.value.map((machine) => machine.computerDnsName.split('.')[0]);

async function startFleet(options: Parameters<typeof startTenant>[0] = {}): Promise<Tenant> {
  const tenant = await startTenant(options);
  const add = (name: string, machine: object) =>
    tenant.emulator.addDevice({ machine: { computerDnsName: `${name}.contoso.com`, ...machine } });
  add('ws-04', {
    riskScore: 'High',
    lastSeen: '2026-03-01T00:00:00.1234567Z',
    rbacGroupId: 7,
    machineTags: ['tier0'],
    lastIpAddress: '10.0.0.4',
  });
  add('ws-042', {
    riskScore: 'Low',
    lastSeen: '2026-03-02T00:00:00Z',
    rbacGroupId: 7,
    machineTags: ['tier1', 'finance'],
    lastIpAddress: '10.0.0.42',
  });
  add("o'hara", {
    riskScore: null,
    healthStatus: 'Inactive',
    lastSeen: '2026-02-01T00:00:00.5Z',
    osPlatform: 'macOS',
    lastIpAddress: '10.0.0.9',
  });
  return tenant;
}

test.each([
  ["computerDnsName eq 'ws-042.contoso.com'", ['ws-042']],
  ["computerDnsName eq 'WS-042.contoso.com'", []],
  ["ComputerDnsName eq 'ws-042.contoso.com'", ['ws-042']],
  ["computerDnsName eq 'o''hara.contoso.com'", ["o'hara"]],
  ["startswith(computerDnsName,'ws-04')", ['ws-04', 'ws-042']],
  ["startswith(computerDnsName, 'ws-04.')", ['ws-04']],
  ["riskScore ne 'High'", ['ws-042', "o'hara"]],
  ['riskScore eq null', ["o'hara"]],
  ["riskScore gt 'A'", ['ws-04', 'ws-042']],
  ["riskScore lt 'A'", []],
  ["not (riskScore eq 'High')", ['ws-042', "o'hara"]],
  ["riskScore eq 'High' or healthStatus eq 'Inactive' and osPlatform eq 'macOS'", ['ws-04', "o'hara"]],
  ["(riskScore eq 'High' or healthStatus eq 'Inactive') and osPlatform eq 'macOS'", ["o'hara"]],
  ['rbacGroupId eq 7', ['ws-04', 'ws-042']],
  ['rbacGroupId lt 7', ["o'hara"]],
  ['lastSeen ge 2026-03-01T00:00:00.1234567Z', ['ws-04', 'ws-042']],
  ['lastSeen gt 2026-03-01T00:00:00.1234567Z', ['ws-042']],
  ['lastSeen le 2026-02-01T01:00:00.5+01:00', ["o'hara"]],
])('%s finds %j', async (text, expected) => {
  const { get } = await startFleet();
  const reply = await get(filter(text));
  expect(reply.status).toBe(expected.length === 0 ? 404 : 200);
  if (expected.length > 0) expect(names(reply)).toEqual(expected);
});

test.each([
  ["hostName eq 'a'", "Could not find a property named 'hostName' on type 'Microsoft.WindowsDefenderATP.Api.Machine'."],
  [
    "machineTags eq 'tier0'",
    "Could not find a property named 'machineTags' on type 'Microsoft.WindowsDefenderATP.Api.Machine'.",
  ],
  [
    "rbacGroupName eq 'a'",
    "Could not find a property named 'rbacGroupName' on type 'Microsoft.WindowsDefenderATP.Api.Machine'.",
  ],
  ['riskScore eq High', 'A binary operator with incompatible types was detected at position 13 in the filter.'],
  ["rbacGroupId eq '7'", 'A binary operator with incompatible types was detected at position 15 in the filter.'],
  [
    "lastSeen gt '2026-03-01T00:00:00Z'",
    'A binary operator with incompatible types was detected at position 12 in the filter.',
  ],
  ["riskScore is 'High'", 'Syntax error at position 10 in the filter.'],
  ["riskScore eq 'High", 'There is an unterminated string literal at position 13 in the filter.'],
  ["riskScore eq 'High' osPlatform", 'Syntax error at position 20 in the filter.'],
  ["(riskScore eq 'High'", 'Syntax error at position 20 in the filter.'],
  ["contains(computerDnsName,'ws')", "An unknown function with name 'contains' was found."],
  ["startswith(lastSeen,'2026')", "No function signature for the function with name 'startswith' matches."],
  ['riskScore eq "High"', "Syntax error: character '\"' is not valid at position 13 in the filter."],
  ['', 'Syntax error at position 0 in the filter.'],
])('the filter [%s] is refused with the reason', async (text, reason) => {
  const { get } = await startFleet();
  const { status, json } = await get(filter(text));
  expect([status, json.error.code]).toEqual([400, 'ODataError']);
  expect(json.error.message).toBe(`Invalid OData URI query. The query specified in the URI is not valid. ${reason}`);
});

test.each([
  '$top=-1',
  '$top=x',
  '$top=10001',
  '$skip=1.5',
  '$orderby=nothing',
  '$orderby=id up',
  '$expand=alerts',
  '$count=true',
])('the query %s is refused', async (query) => {
  const { get } = await startFleet();
  const { status, json } = await get(`/api/machines?${query}`);
  expect([status, json.error.code]).toEqual([400, 'ODataError']);
});

test('plus signs stand for blanks', async () => {
  const { get } = await startFleet();
  expect(names(await get("/api/machines?$filter=riskScore+eq+'High'"))).toEqual(['ws-04']);
});

test('$top, $skip, $orderby and $select do what they say', async () => {
  const { get } = await startFleet();
  expect(names(await get('/api/machines?$top=1&$skip=1'))).toEqual(['ws-042']);
  expect(names(await get('/api/machines?$orderby=lastSeen desc,id'))).toEqual(['ws-042', 'ws-04', "o'hara"]);
  expect((await get('/api/machines?$top=1&$select=riskScore')).json.value).toEqual([{ riskScore: 'High' }]);
});

test('a page that is full names the next one, to the end and no further', async () => {
  const { get } = await startFleet({ pageSize: 2 });
  const first = await get(filter("riskScore ne 'None'"));
  expect(names(first)).toEqual(['ws-04', 'ws-042']);
  const second = await get(String(first.json['@odata.nextLink']));
  expect(names(second)).toEqual(["o'hara"]);
  expect(second.json).not.toHaveProperty('@odata.nextLink');
  expect((await get('/api/machines?$top=2')).json).not.toHaveProperty('@odata.nextLink');
});

test('a list with nothing in it is a 404', async () => {
  const { get } = await startTenant();
  const { status, json } = await get('/api/machines');
  expect([status, json.error.code]).toEqual([404, 'NotFound']);
});

test('a machine has the shape of a real one, and the list lacks the group name', async () => {
  const { emulator, get } = await startFleet();
  const id = emulator.devices[0]?.machine.id;
  expect(id).toMatch(/^[0-9a-f]{40}$/);
  const one = await get(`/api/machines/${id}`);
  expect(Object.keys(one.json).sort()).toEqual(Object.keys(realMachine).sort());
  const listed = await get('/api/machines?$top=1');
  expect(Object.keys(listed.json.value[0] ?? {}).sort()).toEqual(
    Object.keys(realMachine)
      .filter((key) => key !== '@odata.context' && key !== 'rbacGroupName')
      .sort(),
  );
});

test('a machine is found by id, by its whole name in any case, and by Entra id; a short name or prefix is not enough', async () => {
  const { emulator, get } = await startFleet();
  const machine = emulator.devices[1]?.machine;
  for (const key of [machine?.id, 'WS-042.contoso.com', machine?.aadDeviceId]) {
    expect((await get(`/api/machines/${key}`)).json.id).toBe(machine?.id);
  }
  for (const key of ['ws-042', 'ws-042.contoso', 'nobody']) {
    const { status, json } = await get(`/api/machines/${key}`);
    expect([status, json.error.message]).toEqual([404, `Machine ${key} was not found`]);
  }
});

describe('find by IP', () => {
  const byIp = (ip: string, timestamp: string) => `/api/machines/findbyip(ip='${ip}',timestamp=${timestamp})`;

  test('a device that is online is found around now, also when the path is encoded', async () => {
    const { get } = await startFleet();
    expect(names(await get(byIp('10.0.0.42', '2026-03-02T09:00:00Z')))).toEqual(['ws-042']);
    const encoded = byIp('10.0.0.42', encodeURIComponent('2026-03-02T09:00:00Z')).replaceAll("'", '%27');
    expect(names(await get(encoded))).toEqual(['ws-042']);
  });

  test('a device that is away is found up to 15 minutes after it was last seen', async () => {
    const { emulator, get } = await startFleet();
    emulator.setDevice('ws-042.contoso.com', { offlineUntil: Number.POSITIVE_INFINITY });
    expect(names(await get(byIp('10.0.0.42', '2026-03-02T00:15:00Z')))).toEqual(['ws-042']);
    expect((await get(byIp('10.0.0.42', '2026-03-02T00:15:01Z'))).json.value).toEqual([]);
  });

  test.each([
    ['10.0.0.42', '2026-01-31T00:00:00Z', 'InvalidInput'],
    ['10.0.0.42', '2026-03-02T09:00:01Z', 'InvalidInput'],
    ['10.0.0.42', 'yesterday', 'InvalidInput'],
    ['10.0.0.42', "'2026-03-02T09:00:00Z'", 'InvalidInput'],
    ['10.0.0.442', '2026-03-02T09:00:00Z', 'InvalidIpAddress'],
  ])('%s at %s is refused as %s', async (ip, timestamp, code) => {
    const { get } = await startFleet();
    const { status, json } = await get(byIp(ip, timestamp));
    expect([status, json.error.code]).toEqual([400, code]);
  });
});

test.each([
  ['tag=tier0', ['ws-04']],
  ['tag=tier', []],
  ['tag=tier&useStartsWithFilter=true', ['ws-04', 'ws-042']],
])('find by tag with %s gives %j', async (query, expected) => {
  const { get } = await startFleet();
  expect(names(await get(`/api/machines/findbytag?${query}`))).toEqual(expected);
});

test.each([
  ['', 'MissingRequiredParameter'],
  ['?tag=a&useStartsWithFilter=maybe', 'InvalidInput'],
])('find by tag with [%s] is refused', async (query, code) => {
  const { get } = await startFleet();
  expect((await get(`/api/machines/findbytag${query}`)).json.error.code).toBe(code);
});

test('reading machines needs one of its two permissions, as the wire says it', async () => {
  const { emulator, get } = await startFleet({ roles: ['Machine.LiveResponse'] });
  const { status, json } = await get('/api/machines');
  expect(status).toBe(403);
  expect(json).toEqual({ error: { ...forbidden.error, target: expect.any(String) } });
  emulator.addRole('Machine.Read.All');
  expect((await get('/api/machines')).status).toBe(200);
});

describe('the list of machine actions', () => {
  async function startWithActions(): Promise<Tenant> {
    const tenant = await startFleet();
    const at = (text: string) => Date.parse(`2026-03-02T08:${text}Z`);
    const add = (requestor: string, status: 'Pending' | 'InProgress' | 'Failed', time: string, type = 'LiveResponse') =>
      tenant.emulator.addForeignAction({
        requestor,
        status,
        machineId: 'ws-042.contoso.com',
        type,
        createdAt: at(time),
      });
    add('first', 'Failed', '00:00');
    add('second', 'Pending', '10:00');
    add('third', 'InProgress', '20:00');
    add('scan', 'Pending', '15:00', 'RunAntiVirusScan');
    return tenant;
  }
  const requestors = (reply: { json: { value: ReadonlyArray<Readonly<Record<string, unknown>>> } }) =>
    reply.json.value.map((a) => a.requestor);

  test.each([
    ["type eq 'LiveResponse' and (status eq 'Pending' or status eq 'InProgress')", ['third', 'second']],
    ["requestor eq 'scan' and type eq 'RunAntiVirusScan'", ['scan']],
    ['CreationDateTimeUtc ge 2026-03-02T08:10:00Z', ['third', 'scan', 'second']],
    ['creationDateTimeUtc lt 2026-03-02T08:10:00Z', ['first']],
    ["status eq 'pending'", []],
  ])('%s gives %j, newest first', async (text, expected) => {
    const { get } = await startWithActions();
    const reply = await get(`/api/machineactions?$filter=${encodeURIComponent(text)}`);
    expect([reply.status, requestors(reply)]).toEqual([200, expected]);
  });

  test('by id and by machine', async () => {
    const { emulator, get } = await startWithActions();
    const [first] = emulator.actions;
    expect(requestors(await get(`/api/machineactions?$filter=id eq '${first?.id}'`))).toEqual(['first']);
    expect(requestors(await get(`/api/machineactions?$filter=id eq ${first?.id}`))).toEqual(['first']);
    expect(requestors(await get(`/api/machineactions?$filter=machineId eq '${first?.machineId}'&$top=2`))).toEqual([
      'third',
      'scan',
    ]);
    expect(requestors(await get('/api/machineactions?$orderby=creationDateTimeUtc&$top=1'))).toEqual(['first']);
  });

  test('a property that is not documented for filters is refused', async () => {
    const { get } = await startWithActions();
    const { status, json } = await get("/api/machineactions?$filter=requestorComment eq 'x'");
    expect([status, json.error.code]).toEqual([400, 'ODataError']);
  });

  test('pages follow each other by nextLink', async () => {
    const tenant = await startTenant({ pageSize: 2 });
    tenant.emulator.addDevice({ machine: { computerDnsName: 'pc' } });
    for (let i = 0; i < 5; i++)
      tenant.emulator.addForeignAction({ requestor: `r${i}`, machineId: 'pc', status: 'Failed' });
    const seen: unknown[] = [];
    for (let next: unknown = '/api/machineactions?$top=4'; next !== undefined; ) {
      const page = await tenant.get(String(next));
      seen.push(...requestors(page));
      next = page.json['@odata.nextLink'];
    }
    expect(seen).toEqual(['r4', 'r3', 'r2', 'r1']);
  });
});
