import { gunzipSync } from 'node:zlib';
import documentedLink from '../../fixtures/defender/resp-download-link-doc.json';
import realLink from '../../fixtures/defender/resp-download-link-real.json';
import { getFile, putFile, runScript, startTenant, stopTenants, type Tenant } from './tenant';

afterEach(stopTenants);

const content = Buffer.from('what was in the file');

async function startWithAction(
  options: Parameters<typeof startTenant>[0] = {},
  osPlatform = 'Windows11',
): Promise<Tenant & { readonly id: string }> {
  const tenant = await startTenant(options);
  tenant.emulator.addDevice({
    machine: { computerDnsName: 'pc.contoso.com', osPlatform },
    files: [
      { path: 'C:\\dir\\plain.txt', content },
      { path: 'C:\\dir\\named.txt', content, delivery: 'gzipWithName' },
      { path: 'C:\\dir\\raw.txt', content, delivery: 'raw' },
    ],
  });
  tenant.emulator.addScript({
    fileName: 'a.ps1',
    behaviour: { output: (args) => `got ${args}\n`, errors: 'careful', exitCode: 2 },
  });
  tenant.emulator.addScript({ fileName: 'fails.ps1', behaviour: { fails: 'Access denied.' } });
  const commands = [
    putFile('a.ps1'),
    runScript('a.ps1', '-x 1'),
    ...['plain', 'named', 'raw', 'nowhere'].map((name) => getFile(`C:\\dir\\${name}.txt`)),
  ];
  const { json } = await tenant.run('pc.contoso.com', commands);
  return { ...tenant, id: json.id };
}

const linkPath = (id: string, index: number | string) =>
  `/api/machineactions/${id}/GetLiveResponseResultDownloadLink(index=${index})`;
const parametersOf = (link: unknown) => [...new URL(String(link)).searchParams.keys()];

test('a link has the shape of a real one, and is new on every call', async () => {
  const { clock, get, id, emulator } = await startWithAction();
  clock.advance(60_000);
  const first = await get(linkPath(id, 1));
  expect(Object.keys(first.json)).toEqual(Object.keys(documentedLink));
  expect(first.json['@odata.context']).toBe(`${emulator.url}/api/$metadata#Edm.String`);
  expect(parametersOf(first.json.value)).toEqual(parametersOf(realLink.value));
  expect(new URL(String(first.json.value)).searchParams.get('rscd')).toBe(`attachment; filename=output_${id}_1.json`);
  expect((await get(linkPath(id, 1))).json.value).not.toBe(first.json.value);
});

test('a script on Windows gives its transcript between banner and NULs', async () => {
  const { clock, result, id } = await startWithAction();
  clock.advance(60_000);
  const { json, headers } = await result(id, 1);
  expect(json).toMatchObject({ script_name: 'a.ps1', exit_code: 2, script_errors: 'careful' });
  expect(json.script_output).toMatch(
    /^Transcript started, output file is C:\\ProgramData\\.*\\PSScript_Transcript_\{[0-9A-F-]{36}\}\.txt\ngot -x 1\n\0+$/,
  );
  expect(headers.get('content-type')).toBe('application/json');
  expect(headers.get('content-disposition')).toBe(`attachment; filename=output_${id}_1.json`);
});

test('a script elsewhere gives its output as it is', async () => {
  const { clock, result, id } = await startWithAction({}, 'Linux');
  clock.advance(60_000);
  expect((await result(id, 1)).json.script_output).toBe('got -x 1\n');
});

test('a file comes gzipped, gzipped with its name, or raw', async () => {
  const { clock, result, id } = await startWithAction();
  clock.advance(60_000);
  const [plain, named, raw] = [await result(id, 2), await result(id, 3), await result(id, 4)].map(
    (reply) => reply.bytes,
  );
  expect(gunzipSync(plain ?? '')).toEqual(content);
  expect(plain?.[3]).toBe(0);
  expect(gunzipSync(named ?? '')).toEqual(content);
  expect([named?.[3], named?.subarray(10, 20).toString('latin1')]).toEqual([8, 'named.txt\0']);
  expect(raw).toEqual(content);
});

test('a script that failed as a command has a result with the reason', async () => {
  const { clock, emulator, run, result } = await startWithAction();
  emulator.addDevice({ machine: { computerDnsName: 'other' } });
  const { json } = await run('other', [runScript('fails.ps1')]);
  clock.advance(60_000);
  expect((await result(json.id, 0)).json).toMatchObject({ exit_code: 1, script_errors: 'Access denied.' });
});

test.each([
  ['PutFile', 0, 'PutFile commands have no result.'],
  ['a file that was not collected', 5, 'The result of the command is not available.'],
  ['an index beyond the last', 6, 'Invalid input 6.'],
  ['an index that is no number', 'x', 'Invalid input x.'],
])('%s has no link', async (_title, index, message) => {
  const { clock, get, id } = await startWithAction();
  clock.advance(60_000);
  const { status, json } = await get(linkPath(id, index));
  expect([status, json.error.message]).toEqual([400, message]);
});

test('there is no link before the action is final and the result is ready', async () => {
  const { clock, get, id, emulator } = await startWithAction({ resultReadyMs: 3_000 });
  while (emulator.actions[0]?.status !== 'Failed') {
    expect((await get(linkPath(id, 1))).status).toBe(400);
    clock.advance(1_000);
  }
  clock.advance(2_000);
  expect((await get(linkPath(id, 1))).status).toBe(400);
  clock.advance(1_000);
  expect((await get(linkPath(id, 1))).status).toBe(200);
});

test('an unknown action has no link', async () => {
  const { get } = await startWithAction();
  expect((await get(linkPath('00000000-0000-4000-8000-000000000000', 0))).status).toBe(404);
});

test('an app with Machine.LiveResponse alone may run, but gets no results', async () => {
  const { clock, get, id } = await startWithAction({ roles: ['Machine.LiveResponse'] });
  clock.advance(60_000);
  for (const path of [linkPath(id, 1), `/api/machineactions/${id}`, '/api/machineactions']) {
    const { status, json } = await get(path);
    expect([status, json.error.code]).toEqual([403, 'Forbidden']);
    expect(json.error.message).toContain('(Machine.ReadWrite.All)');
  }
});

describe('a download is refused by the store', () => {
  async function startWithLink(
    options: Parameters<typeof startTenant>[0] = {},
  ): Promise<Tenant & { readonly link: string }> {
    const tenant = await startWithAction(options);
    tenant.clock.advance(60_000);
    return { ...tenant, link: String((await tenant.get(linkPath(tenant.id, 1))).json.value) };
  }
  const refused = { status: 403, text: expect.stringContaining('<Code>AuthenticationFailed</Code>') };

  test('with an Authorization header', async () => {
    const { get, link } = await startWithLink();
    expect(await get(link)).toMatchObject(refused);
    expect((await get(link, { authorization: null })).status).toBe(200);
  });

  test('after 30 minutes', async () => {
    const { clock, get, link } = await startWithLink();
    clock.advance(30 * 60_000 - 1);
    expect((await get(link, { authorization: null })).status).toBe(200);
    clock.advance(1);
    expect(await get(link, { authorization: null })).toMatchObject(refused);
  });

  test.each([
    ['another expiry', (link: string) => link.replace(/se=[^&]*/, 'se=2036-01-01T00%3A00%3A00Z')],
    ['another signature', (link: string) => link.replace(/sig=..../, 'sig=AAAA')],
    ['no signature', (link: string) => link.replace(/&sig=.*/, '')],
    ['another blob', (link: string) => link.replace(/Output\/[0-9a-f]{4}/, 'Output/0000')],
  ])('with %s', async (_title, forge) => {
    const { get, link } = await startWithLink();
    expect(await get(forge(link), { authorization: null })).toMatchObject(refused);
  });

  test('with a link in which & is still &amp;', async () => {
    const { get, link } = await startWithLink({ htmlEncodedLinks: true });
    expect(link).toContain('&amp;sp=rt');
    expect(await get(link, { authorization: null })).toMatchObject(refused);
    expect((await get(link.replaceAll('&amp;', '&'), { authorization: null })).status).toBe(200);
  });
});
