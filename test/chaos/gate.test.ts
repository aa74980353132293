import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Gate, openGate } from '../../chaos/gate';
import { systemClock } from '../../src/lib/clock';

let defender: Server;
let gate: Gate;
let reached: string[];
const never = new AbortController().signal;

beforeEach(async () => {
  reached = [];
  defender = createServer(async (request, response) => {
    for await (const _chunk of request);
    reached.push(`${request.method} ${request.url}`);
    response.statusCode = request.url?.endsWith('/busy/runliveresponse') ? 400 : 201;
    response.end('answered');
  }).listen(0, '127.0.0.1');
  await once(defender, 'listening');
  gate = await openGate(`http://127.0.0.1:${(defender.address() as AddressInfo).port}`, systemClock);
});
afterEach(async () => {
  await gate.close();
  defender.closeAllConnections();
  defender.close();
});

const run = '/api/machines/m1/runliveresponse';
const post = (path: string): Promise<string> =>
  fetch(gate.url + path, { method: 'POST', body: '{}', headers: { connection: 'close' } }).then(
    (answer) => answer.text(),
    () => 'no answer',
  );

test('a gate without a trap passes everything on', async () => {
  expect(await post(run)).toBe('answered');
  expect(reached).toEqual([`POST ${run}`]);
});

test('a trap before a call keeps all of it back', async () => {
  const sprung: string[] = [];
  const trap = gate.trap('runLiveResponse', 'unsent', () => sprung.push('now'), never);
  expect(await post(run)).toBe('no answer');
  expect([await trap, sprung, reached]).toEqual([true, ['now'], []]);
});

test('a trap after a call lets it be done and keeps the answer back', async () => {
  const trap = gate.trap('runLiveResponse', 'done', () => {}, never);
  expect(await post(run)).toBe('no answer');
  expect([await trap, reached]).toEqual([true, [`POST ${run}`]]);
});

test('a trap springs once, for its own call only', async () => {
  const trap = gate.trap('cancelAction', 'unsent', () => {}, never);
  expect(await post(run)).toBe('answered');
  expect(await post('/api/machineactions/a1/cancel')).toBe('no answer');
  expect(await trap).toBe(true);
  expect(await post('/api/machineactions/a1/cancel')).toBe('answered');
});

test('a gate knows each submission as its replica does: with the answer that it lived to read, or none', async () => {
  await post(run);
  await post('/api/machines/busy/runliveresponse');
  for (const when of ['unsent', 'done', 'answered'] as const) {
    void gate.trap('runLiveResponse', when, () => {}, never);
    await post(run);
  }
  await post('/api/machineactions/a1/cancel');
  expect(gate.posts.map(({ status }) => status)).toEqual([201, 400, null, null, null]);
  for (const { sent } of gate.posts) expect(sent).toMatch(/^POST \/api\/machines\/.*\{\}$/s);
});

test('a trap that is given up does nothing any more', async () => {
  const patience = new AbortController();
  const trap = gate.trap('runLiveResponse', 'unsent', () => {}, patience.signal);
  patience.abort();
  expect(await trap).toBe(false);
  expect(await post(run)).toBe('answered');
});
