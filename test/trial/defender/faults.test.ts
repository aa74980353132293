import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import quotaError from '../../fixtures/defender/err-429-real.json';
import { runScript, startTenant, stopTenants, type Tenant } from './tenant';

afterEach(stopTenants);

async function startWithDevice(
  options: Parameters<typeof startTenant>[0] = {},
): Promise<Tenant & { submit(): ReturnType<Tenant['run']> }> {
  const tenant = await startTenant(options);
  tenant.emulator.addDevice({ machine: { computerDnsName: 'pc' } });
  tenant.emulator.addScript({ fileName: 'a.ps1' });
  return { ...tenant, submit: () => tenant.run('pc', [runScript('a.ps1')]) };
}

test.each(['errorBefore', 'errorAfter'] as const)(
  '%s answers 500, and only "after" has done the work',
  async (type) => {
    const { emulator, submit } = await startWithDevice();
    emulator.fault({ fault: { type } });
    const { status, json } = await submit();
    expect([status, json.error.code, json.error.message]).toEqual([500, 'InternalServerError', '']);
    expect(emulator.actions).toHaveLength(type === 'errorAfter' ? 1 : 0);
    expect(emulator.journal).toMatchObject([{ route: 'runLiveResponse', status: 500, fault: type }]);
  },
);

test.each(['dropBefore', 'dropAfter'] as const)(
  '%s gives no answer, and only "after" has done the work',
  async (type) => {
    const { emulator, submit } = await startWithDevice();
    emulator.fault({ fault: { type } });
    await expect(submit()).rejects.toThrow('fetch failed');
    expect(emulator.actions).toHaveLength(type === 'dropAfter' ? 1 : 0);
    expect(emulator.journal).toMatchObject([{ status: null, fault: type }]);
  },
);

test('a malformed answer has done the work and is no JSON', async () => {
  const { emulator, submit } = await startWithDevice();
  emulator.fault({ fault: { type: 'malformed' } });
  const { status, text } = await submit();
  expect(status).toBe(201);
  expect(() => JSON.parse(text)).toThrow(SyntaxError);
  expect(text).toContain('"@odata.context"');
  expect(emulator.actions).toHaveLength(1);
});

test.each([
  ['seconds', '17', false],
  ['date', 'Mon, 02 Mar 2026 09:00:17 GMT', false],
  ['text', null, true],
  ['none', null, false],
] as const)('a 429 carries its wait as: %s', async (wait, header, inText) => {
  const { emulator, submit } = await startWithDevice();
  emulator.fault({ fault: { type: 'tooManyRequests', wait, waitSeconds: 17 } });
  const { status, headers, json } = await submit();
  expect([status, json.error.code, headers.get('retry-after')]).toEqual([429, '429', header]);
  expect(json.error.message.includes('You can send requests again in 17 seconds.')).toBe(inText);
  expect(json.error.target).toBe(emulator.tenantId);
  expect(emulator.actions).toEqual([]);
});

test.each([
  [{ type: 'unauthorized' }, 401, 'Unauthorized'],
  [{ type: 'forbidden' }, 403, 'Forbidden'],
  [{ type: 'notFound' }, 404, 'ResourceNotFound'],
  [{ type: 'refuse', status: 403, code: 'DisabledFeature', message: 'off' }, 403, 'DisabledFeature'],
] as const)('%j strikes before anything is done', async (fault, status, code) => {
  const { emulator, submit } = await startWithDevice();
  emulator.fault({ fault });
  const answer = await submit();
  expect([answer.status, answer.json.error.code]).toEqual([status, code]);
  expect(emulator.actions).toEqual([]);
});

test.each(['before', 'after'] as const)('a held call does its work %s it is released', async (when) => {
  const { emulator, submit } = await startWithDevice();
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  emulator.fault({ fault: { type: 'hold', release: released, when } });
  const answer = submit();
  while (emulator.journal.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect([emulator.journal[0]?.status, emulator.actions.length]).toEqual([null, when === 'after' ? 1 : 0]);
  release();
  expect((await answer).status).toBe(201);
});

test.each(['before', 'after'] as const)('a slow call waits real time %s its work', async (when) => {
  const { emulator, submit } = await startWithDevice();
  emulator.fault({ fault: { type: 'slow', realMs: 5, when } });
  const from = performance.now();
  expect((await submit()).status).toBe(201);
  expect(performance.now() - from).toBeGreaterThanOrEqual(4);
});

test('stopping ends a held call at once', async () => {
  const { emulator, get } = await startWithDevice();
  emulator.fault({ fault: { type: 'hold', release: new Promise(() => {}), when: 'before' } });
  const answer = get('/api/machineactions').catch((error: Error) => error.message);
  while (emulator.journal.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await emulator.stop();
  expect(await answer).toBe('fetch failed');
  await emulator.stop();
});

test('a rule strikes its route from its nth call, so many times, and all rules count', async () => {
  const { emulator, get } = await startWithDevice();
  emulator.fault({ route: 'listActions', nth: 2, times: 2, fault: { type: 'errorBefore' } });
  emulator.fault({ route: 'listActions', nth: 3, fault: { type: 'unauthorized' } });
  emulator.fault({ route: 'listLibrary', times: Number.POSITIVE_INFINITY, fault: { type: 'forbidden' } });
  const actions: number[] = [];
  for (let i = 0; i < 5; i++) actions.push((await get('/api/machineactions')).status);
  expect(actions).toEqual([200, 500, 500, 200, 200]);
  const library = [await get('/api/libraryfiles'), await get('/api/libraryfiles')];
  expect(library.map((reply) => reply.status)).toEqual([403, 403]);
  emulator.clearFaults();
  expect((await get('/api/libraryfiles')).status).toBe(200);
});

test('faults strike tokens and downloads as well', async () => {
  const { emulator, call, get } = await startWithDevice();
  emulator.fault({ route: 'token', fault: { type: 'errorBefore' } });
  emulator.fault({ route: 'downloadResult', fault: { type: 'dropBefore' } });
  expect((await call('POST', `/${emulator.tenantId}/oauth2/v2.0/token`)).status).toBe(500);
  await expect(get('/results/investigation-actions-data/CustomPlaybookCommandOutput/x')).rejects.toThrow();
});

test('a malformed download ends before its length: storage serves no other file', async () => {
  const { emulator, clock, result, submit } = await startWithDevice();
  const { json } = await submit();
  clock.advance(60_000);
  emulator.fault({ route: 'downloadResult', fault: { type: 'malformed' } });
  await expect(result(String(json.id), 0)).rejects.toThrow('terminated');
  expect((await result(String(json.id), 0)).json).toMatchObject({ script_name: 'a.ps1' });
});

describe('quotas', () => {
  test('the eleventh run in a minute is refused as on the wire, until the oldest leaves the window', async () => {
    const { clock, emulator, run } = await startWithDevice();
    for (let i = 0; i < 10; i++) {
      expect((await run('nowhere', [runScript('a.ps1')])).status).toBe(404);
      clock.advance(2_000);
    }
    const { status, json, headers } = await run('pc', [runScript('a.ps1')]);
    expect(status).toBe(429);
    // The refused call counts as well, so two calls must leave the window before the next one fits.
    const expected = quotaError.error.message.replace('30 per', '10 per').replace('in 8 seconds', 'in 42 seconds');
    expect(json).toEqual({ error: { ...quotaError.error, message: expected, target: emulator.tenantId } });
    expect(headers.get('retry-after')).toBe('42');
    expect(emulator.actions).toEqual([]);
    clock.advance(41_999);
    expect((await run('pc', [runScript('a.ps1')])).status).toBe(429);
    clock.advance(60_000);
    expect((await run('pc', [runScript('a.ps1')])).status).toBe(201);
  });

  test('waiting as told is enough', async () => {
    const { clock, run } = await startWithDevice();
    for (let i = 0; i < 10; i++) await run('nowhere', [runScript('a.ps1')]);
    const refused = await run('pc', [runScript('a.ps1')]);
    clock.advance(Number(refused.headers.get('retry-after')) * 1_000);
    expect((await run('pc', [runScript('a.ps1')])).status).toBe(201);
  });

  test('ten runs a minute may go on for ever', async () => {
    const { clock, run } = await startWithDevice();
    for (let i = 0; i < 40; i++) {
      expect((await run('nowhere', [])).status).not.toBe(429);
      clock.advance(6_000);
    }
  });

  test('each call of the API has its own reads per minute and per hour', async () => {
    const { clock, get } = await startWithDevice({ limits: { readsPerMinute: 2, readsPerHour: 3 } });
    expect((await get('/api/machineactions')).status).toBe(200);
    expect((await get('/api/machineactions')).status).toBe(200);
    const minute = await get('/api/machineactions');
    expect(minute.json.error.message).toContain('Maximum allowed 2 per 00:01:00');
    expect((await get('/api/libraryfiles')).status).toBe(200);
    clock.advance(120_000);
    const hour = await get('/api/machineactions');
    expect([hour.status, hour.json.error.message]).toEqual([
      429,
      expect.stringContaining('Maximum allowed 3 per 01:00:00'),
    ]);
  });
});

describe('the journal', () => {
  test('tells what came in and what became of it, without secrets', async () => {
    const { emulator, clock, call, get, submit } = await startWithDevice();
    const { json } = await submit();
    clock.advance(60_000);
    const link = await get(`/api/machineactions/${json.id}/GetLiveResponseResultDownloadLink(index=0)`);
    await get(String(link.json.value), { authorization: null });
    await call('POST', `/${emulator.tenantId}/oauth2/v2.0/token`, {
      body: 'client_id=x&client_secret=hunter2',
      authorization: null,
    });
    expect(emulator.journal).toMatchObject([
      {
        at: clock.now() - 60_000,
        method: 'POST',
        path: '/api/machines/pc/runliveresponse',
        query: '',
        route: 'runLiveResponse',
        authorization: { scheme: 'Bearer', accepted: true },
        body: '{"Commands":[{"type":"RunScript","params":[{"key":"ScriptName","value":"a.ps1"}]}],"Comment":"why"}',
        status: 201,
        code: null,
        fault: null,
      },
      { route: 'getResultLink', status: 200 },
      { route: 'downloadResult', status: 200, authorization: null, query: expect.stringMatching(/&sig=…$/) },
      { route: 'token', status: 400, code: 'invalid_request', body: 'client_id=x&client_secret=…' },
    ]);
    expect(emulator.journal[0]?.headers).toMatchObject({ 'content-type': 'application/json' });
    expect(JSON.stringify(emulator.journal)).not.toMatch(/hunter2|Bearer local/);
  });

  test('names paths and methods that the API does not have', async () => {
    const { emulator, call } = await startWithDevice();
    expect((await call('GET', '/api/alerts')).status).toBe(404);
    expect((await call('PUT', '/api/machineactions')).status).toBe(405);
    expect(emulator.journal.map((entry) => entry.route)).toEqual(['unknown', 'unknown']);
  });
});

test('answers carry the headers of a real one, deflated for those who can read it', async () => {
  const { emulator } = await startWithDevice();
  const recorded = readFileSync(join(__dirname, '../../fixtures/defender/resp-headers-real-200.txt'), 'utf8')
    .split('\n')
    .slice(1);
  const real = Object.fromEntries(
    recorded
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2).trim()]),
  );
  const read = (acceptEncoding: string) =>
    new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
      const headers = { authorization: 'Bearer local', 'accept-encoding': acceptEncoding };
      request(`${emulator.url}/api/machines`, { headers }, (response) => {
        response.resume().on('end', () => resolve(response.headers));
      })
        .on('error', reject)
        .end();
    });
  const { date: _, ...expected } = real;
  expect(await read('gzip, deflate')).toMatchObject(expected);
  expect(await read('identity')).not.toHaveProperty('content-encoding');
});

test('it listens on loopback only', async () => {
  const { emulator } = await startWithDevice();
  expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});
