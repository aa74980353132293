import { gunzipSync } from 'node:zlib';
import { addTrialWorld } from '../../../trial/defender/trial-world';
import requestBody from '../../fixtures/defender/req-runliveresponse-runscript-getfile.json';
import documented from '../../fixtures/defender/result-runscript-doc.json';
import { startTenant, stopTenants } from './tenant';

afterEach(stopTenants);

test("the seed page's own example runs on ws-042 and gives what the page shows", async () => {
  const { emulator, clock, call, get, result } = await startTenant();
  addTrialWorld(emulator);
  const created = await call('POST', '/api/machines/ws-042.contoso.com/runliveresponse', { json: requestBody });
  expect(created.status).toBe(201);
  clock.advance(60_000);
  const action = await get(`/api/machineactions/${created.json.id}`);
  expect(action.json.status).toBe('Succeeded');
  const output = await result(created.json.id, 0);
  const transcript = /\{[0-9A-F-]{36}\}/;
  expect(output.json.script_output).toMatch(transcript);
  expect({ ...output.json, script_output: output.json.script_output.replace(transcript, '{TRANSCRIPT_ID}') }).toEqual(
    documented,
  );
  const dump = await result(created.json.id, 1);
  expect(gunzipSync(dump.bytes).subarray(0, 2).toString()).toBe('PK');
});

test('the short name kiosk fits two devices and ws-042 is one', async () => {
  const { emulator, get } = await startTenant();
  addTrialWorld(emulator);
  const kiosks = await get("/api/machines?$filter=startswith(computerDnsName,'kiosk.')");
  expect(kiosks.json.value).toHaveLength(2);
  const tagged = await get('/api/machines/findbytag?tag=tier0');
  expect(tagged.json.value.map((m) => m.computerDnsName)).toEqual(['dc-01.contoso.com']);
});

test.each([
  ['ws-050.contoso.com', 403, 'DisallowedOperation'],
  ['ws-060.contoso.com', 400, 'ActiveRequestAlreadyExists'],
])('%s refuses live response with %i %s', async (name, status, code) => {
  const { emulator, call } = await startTenant();
  addTrialWorld(emulator);
  const answer = await call('POST', `/api/machines/${name}/runliveresponse`, { json: requestBody });
  expect([answer.status, answer.json.error.code]).toEqual([status, code]);
});

test('lap-117 stays Pending until the queue gives up', async () => {
  const { emulator, clock, call, get } = await startTenant();
  addTrialWorld(emulator);
  const { json } = await call('POST', '/api/machines/lap-117.contoso.com/runliveresponse', { json: requestBody });
  clock.advance(2 * 3_600_000 - 1);
  expect((await get(`/api/machineactions/${json.id}`)).json.status).toBe('Pending');
  clock.advance(1);
  expect((await get(`/api/machineactions/${json.id}`)).json.status).toBe('TimeOut');
});

test('a second wish for the same file on ws-043 finds what minidump.ps1 left there', async () => {
  const { emulator, clock, call } = await startTenant();
  addTrialWorld(emulator);
  await call('POST', '/api/machines/ws-043.contoso.com/runliveresponse', { json: requestBody });
  clock.advance(60_000);
  expect(emulator.actions[0]).toMatchObject({
    status: 'Succeeded',
    commands: [{ ran: 'finished' }, { ran: 'finished' }],
  });
});
