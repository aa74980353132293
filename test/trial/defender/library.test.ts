import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import documentedList from '../../fixtures/defender/resp-libraryfiles-list-doc.json';
import { startTenant, stopTenants } from './tenant';

afterEach(stopTenants);

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

function form(
  fields: Readonly<Record<string, string>>,
  file: { name?: string; content?: string; part?: string } = {},
): FormData {
  const data = new FormData();
  data.set(file.part ?? 'file', new Blob([file.content ?? 'Get-Date']), file.name ?? 'a.ps1');
  for (const [key, value] of Object.entries(fields)) data.set(key, value);
  return data;
}

test('the list has the documented shape: no parametersDescription where there is none', async () => {
  const { emulator, get } = await startTenant();
  emulator.addScript({ fileName: 'a.ps1', content: 'one', hasParameters: true, parametersDescription: 'test' });
  emulator.addFile({ fileName: 'b.exe', content: Buffer.from([1, 2]), description: 'Process memory dump' });
  const { json } = await get('/api/libraryfiles');
  expect(Object.keys(json)).toEqual(Object.keys(documentedList));
  expect(json.value.map((file) => Object.keys(file))).toEqual([
    Object.keys(documentedList.value[0] ?? {}),
    Object.keys(documentedList.value[1] ?? {}),
  ]);
  expect(json.value[0]).toMatchObject({
    fileName: 'a.ps1',
    sha256: sha256('one'),
    description: null,
    createdBy: 'admin',
    hasParameters: true,
  });
});

test('an empty library is an empty list', async () => {
  const { get } = await startTenant();
  expect(await get('/api/libraryfiles')).toMatchObject({ status: 200, json: { value: [] } });
});

test('the observed upload is stored, byte for byte', async () => {
  const { emulator, call } = await startTenant();
  const recorded = readFileSync(
    join(__dirname, '../../fixtures/defender/req-libraryfiles-upload-multipart.txt'),
    'utf8',
  );
  const body = recorded.slice(recorded.indexOf('\n\n') + 2).replaceAll('\n', '\r\n');
  const answer = await call('POST', '/api/libraryfiles', {
    body,
    headers: { 'content-type': 'multipart/form-data; boundary=BOUNDARY' },
  });
  expect(answer.status).toBe(200);
  expect(answer.json).toMatchObject({
    '@odata.context': `${emulator.url}/api/$metadata#LibraryFiles/$entity`,
    fileName: 'script.ps1',
    sha256: sha256('<bytes>'),
    description: 'MDEAutomator',
    parametersDescription: 'test',
    hasParameters: false,
    createdBy: 'Live Response for Teams',
  });
});

test('bytes that look like a boundary stay part of the file', async () => {
  const { emulator, call } = await startTenant();
  const content = 'a\r\n--nearly\r\n\r\n--\0\xff';
  await call('POST', '/api/libraryfiles', { body: form({}, { content }) });
  expect(Buffer.from(emulator.library[0]?.content ?? []).toString()).toBe(content);
});

test('an existing file is kept unless the upload says to override it', async () => {
  const { clock, call } = await startTenant();
  const first = await call('POST', '/api/libraryfiles', { body: form({}) });
  clock.advance(1_000);
  const again = await call('POST', '/api/libraryfiles', {
    body: form({ OverrideIfExists: 'false' }, { content: 'other' }),
  });
  expect([again.status, again.json.error.message]).toEqual([400, 'File a.ps1 already exists in the library.']);
  const over = await call('POST', '/api/libraryfiles', {
    body: form({ OverrideIfExists: 'true' }, { content: 'other' }),
  });
  expect(over.json).toMatchObject({ sha256: sha256('other'), creationTime: first.json.creationTime });
  expect(over.json.lastUpdatedTime).not.toBe(first.json.lastUpdatedTime);
});

test.each([
  ['no file', form({}, { part: 'content' }), 'MissingRequiredParameter'],
  ['the table’s File with a capital', form({}, { part: 'File' }), 'MissingRequiredParameter'],
  ['a name with a blank', form({}, { name: 'a b.ps1' }), 'InvalidInput'],
  ['a name with a path', form({}, { name: '..\\a.ps1' }), 'InvalidInput'],
  ['a flag that is neither true nor false', form({ OverrideIfExists: 'yes' }), 'InvalidRequestBody'],
  ['more than 20 MB', form({}, { content: 'x'.repeat(20 * 1_024 * 1_024 + 1) }), 'BadRequest'],
])('an upload with %s is refused', async (_title, body, code) => {
  const { emulator, call } = await startTenant();
  const { status, json } = await call('POST', '/api/libraryfiles', { body });
  expect([status, json.error.code]).toEqual([400, code]);
  expect(emulator.library).toEqual([]);
});

test.each([
  ['JSON', '{}', 'application/json'],
  ['no boundary', '', 'multipart/form-data'],
  [
    'no end',
    '--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx',
    'multipart/form-data; boundary=b',
  ],
  [
    'a part without a name',
    '--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--',
    'multipart/form-data; boundary=b',
  ],
])('an upload of %s is an incorrect body', async (_title, body, type) => {
  const { call } = await startTenant();
  const { status, json } = await call('POST', '/api/libraryfiles', { body, headers: { 'content-type': type } });
  expect([status, json.error.code]).toEqual([400, 'InvalidRequestBody']);
});

test('a body that is far too large is refused whole', async () => {
  const { call } = await startTenant();
  expect((await call('POST', '/api/libraryfiles', { body: new Uint8Array(22 * 1_024 * 1_024) })).status).toBe(413);
});

test('a file is deleted once, whatever the case of its name', async () => {
  const { emulator, call } = await startTenant();
  emulator.addFile({ fileName: 'a.ps1' });
  const deleted = await call('DELETE', '/api/libraryfiles/A%2Eps1');
  expect([deleted.status, deleted.text]).toEqual([204, '']);
  const again = await call('DELETE', '/api/libraryfiles/a.ps1');
  expect([again.status, again.json.error.code]).toEqual([404, 'ResourceNotFound']);
});

test("a change from the test's side changes the hash that the list shows", async () => {
  const { emulator, get } = await startTenant();
  emulator.addScript({ fileName: 'a.ps1', content: 'one' });
  emulator.addScript({ fileName: 'a.ps1', content: 'two' });
  expect((await get('/api/libraryfiles')).json.value.map((file) => file.sha256)).toEqual([sha256('two')]);
  emulator.removeFile('a.ps1');
  expect(() => emulator.removeFile('a.ps1')).toThrow('no file a.ps1');
});

test.each([
  ['GET', '/api/libraryfiles'],
  ['POST', '/api/libraryfiles'],
  ['DELETE', '/api/libraryfiles/a.ps1'],
])('%s %s needs Library.Manage', async (method, path) => {
  const { call } = await startTenant({ roles: ['Machine.LiveResponse', 'Machine.ReadWrite.All'] });
  const { status, json } = await call(method, path);
  expect([status, json.error.message]).toEqual([
    403,
    'The application does not have any of the required application permissions (Library.Manage) to access the resource.',
  ]);
});
