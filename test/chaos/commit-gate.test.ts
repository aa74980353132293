import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { type CommitGate, openCommitGate } from '../../chaos/commit-gate';

/** As `pg` writes a query without values. */
const query = (text: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length + 5);
  return Buffer.concat([Buffer.from('Q'), length, Buffer.from(`${text}\0`)]);
};

let server: Server;
let gate: CommitGate;
let reached: string[];

beforeEach(async () => {
  reached = [];
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      reached.push(chunk.subarray(5, -1).toString());
      socket.write('done');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  gate = await openCommitGate(`postgres://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/db`);
});
afterEach(async () => {
  await gate.close();
  server.close();
});

/** What the client reads, or null when its connection breaks. */
async function ask(text: string): Promise<string | null> {
  const { port } = new URL(gate.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write(query(text));
  const answer = await new Promise<string | null>((resolve) => {
    socket.once('data', (chunk) => resolve(chunk.toString()));
    socket.once('close', () => resolve(null));
  });
  socket.destroy();
  return answer;
}

test('an address through the gate leads to the same database as the same user', () => {
  expect(gate.url).toMatch(/^postgres:\/\/u:p@127\.0\.0\.1:\d+\/db$/);
});

test.each([
  ['unsent', []],
  ['done', ['commit']],
] as const)('a commit that is cut (%s) has no answer, and the next one has', async (cut, committed) => {
  gate.cutNext(cut);
  expect(await ask('select 1')).toBe('done');
  expect(await ask('commit')).toBeNull();
  expect(reached.slice(1)).toEqual(committed);
  expect(gate.cuts[cut]).toBe(1);
  expect(await ask('commit')).toBe('done');
});
