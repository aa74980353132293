import type { Api, Purpose, ReadBudget } from '../../src/defender/budget';
import type { Defender, SeenCall } from '../../src/defender/client';
import { seconds } from '../../src/lib/clock';
import { redact } from '../../src/lib/redacted';
import { type Stage, setStage } from './fake-defender';

const machineId = '1e5bc9d7e413ddd7902c2932e418702b84d0cc07';
const empty = { status: 200, json: { value: [] } };

/** A budget that answers as the test says, then grants, and notes who asked for what. */
class NotedBudget implements ReadBudget {
  readonly taken: Array<readonly [Api, Purpose]> = [];
  readonly held: Array<readonly [Api, number]> = [];
  readonly waits: number[] = [];
  async take(api: Api, purpose: Purpose): Promise<number | null> {
    this.taken.push([api, purpose]);
    return this.waits.shift() ?? null;
  }
  async refused(api: Api, waitMs: number): Promise<void> {
    this.held.push([api, waitMs]);
  }
}

let stage: Stage;
let budget: NotedBudget;
let calls: SeenCall[];
beforeEach(async () => {
  budget = new NotedBudget();
  calls = [];
  const token = async (refused?: unknown) => redact(refused === undefined ? 'first' : 'second');
  stage = await setStage({ token, budget, onCall: (call) => calls.push(call), timeouts: { longestWaitMs: 1_500 } });
});
afterEach(() => stage.stop());

test('a read for which there is no room is not sent: it is refused with its wait, in words that say why', async () => {
  budget.waits.push(seconds(40), seconds(40));
  await expect(stage.defender.listLibrary()).rejects.toMatchObject({
    code: 'defender.budgetSpent',
    retryAfterMs: seconds(40),
    status: null,
  });
  expect(stage.server.seen).toEqual([]);
  expect(calls).toEqual([{ name: 'listLibrary', code: 'defender.budgetSpent', tookMs: 0 }]);
});

test('a short wait is waited, once', async () => {
  stage.server.play(empty);
  budget.waits.push(1_000);
  expect(await stage.defender.listLibrary()).toEqual([]);
  expect(stage.clock.waits).toEqual([1_000]);
  budget.waits.push(1_000, 1_000);
  await expect(stage.defender.listLibrary()).rejects.toMatchObject({ code: 'defender.budgetSpent' });
});

test('every call is counted: each page, each retry, and the second one after a 401', async () => {
  stage.server.play(
    { status: 401 },
    { status: 200, json: { value: [], '@odata.nextLink': '/api/machineactions?$skip=1' } },
    { status: 500 },
    empty,
  );
  expect(await stage.defender.listActions(0)).toEqual({ actions: [], pages: 2 });
  expect(budget.taken).toEqual(Array.from({ length: 4 }, () => ['listActions', 'check']));
});

test('calls are counted against the API that Defender counts them against', async () => {
  const machine = { status: 200, json: { id: machineId, computerDnsName: 'ws-1' } };
  stage.server.play(empty, ...Array.from({ length: 3 }, () => ({ status: 404 })), machine);
  await stage.defender.listMachineActions(machineId, 0);
  for (const query of ['ws-1', 'tag:x', '10.0.0.1', machineId]) await stage.defender.findMachines(query);
  expect(budget.taken.map(([api]) => api)).toEqual([
    'listActions',
    'listMachines',
    'findMachinesByTag',
    'findMachinesByIp',
    'getMachine',
  ]);
});

test.each<[Purpose, (defender: Defender) => Promise<unknown>]>([
  ['check', (defender) => defender.listLibrary()],
  ['people', (defender) => defender.forPurpose('people').listLibrary()],
  ['result', (defender) => defender.forPurpose('people').forPurpose('result').listLibrary()],
])('a read says what it is for: %s', async (purpose, read) => {
  stage.server.play(empty);
  await read(stage.defender);
  expect(budget.taken).toEqual([['listLibrary', purpose]]);
});

test.each([
  ['as long as it says', { 'retry-after': '40' }, seconds(40)],
  ['for a while when it does not say how long', {}, seconds(10)],
])('a 429 that comes all the same is told to the budget, %s', async (_how, headers, waitMs) => {
  stage.server.play({ status: 429, json: {}, headers });
  await expect(stage.defender.getAction('a')).rejects.toMatchObject({ code: 'defender.throttled' });
  expect(budget.held).toEqual([['getAction', waitMs]]);
});

test('a cancel is counted, a submission is not: it has limits of its own', async () => {
  stage.server.play({ status: 404 }, { status: 429, json: {} });
  await stage.defender.cancelAction('a', 'c');
  await stage.defender.runLiveResponse(machineId, [{ type: 'GetFile', path: 'C:\\a' }], 'c');
  expect(budget.taken).toEqual([['cancelAction', 'check']]);
  expect(budget.held).toEqual([]);
});
