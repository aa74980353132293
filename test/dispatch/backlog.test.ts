import { createDefender } from '../../src/defender/client';
import { localToken } from '../../src/defender/token';
import { readGroups } from '../../src/directory/read-groups';
import { createDispatch, type Dispatch } from '../../src/dispatch/dispatch';
import { hours, minutes, seconds } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { systemRandom } from '../../src/lib/random';
import { parsePolicy } from '../../src/policy/parse-policy';
import type { Policy } from '../../src/policy/policy';
import type { Digest, Queued, RequestId } from '../../src/request/request';
import type { Store } from '../../src/store/store';
import { teamsWork } from '../../src/store/work/work';
import { type Emulator, startEmulator } from '../../trial/defender/emulator';
import { addTrialWorld } from '../../trial/defender/trial-world';
import { SteppedClock } from '../fakes/stepped-clock';
import { testStore } from '../postgres/test-store';
import { asQueued, insert, sampleRequest, t0, useAnyStores } from '../store/sample';
import { ana, bo, cy, policyOf } from '../stories/stage';

jest.setTimeout(120_000);

const stores = useAnyStores();
const closeMs = seconds(37);
const connectDelayMs = seconds(60);
/** `closeMs` and the time of one PutFile after it has connected. */
const runMs = connectDelayMs + seconds(1) + closeMs;

let clock: SteppedClock;
let emulator: Emulator;
let address: string;
let store: Store;
let policy: Policy;

beforeEach(async () => {
  clock = new SteppedClock(t0);
  emulator = await startEmulator({ clock, closeMs, hiddenMs: seconds(20) });
  addTrialWorld(emulator);
  address = await stores.newAddress();
  store = await stores.open(address);
  const parsed = parsePolicy(policyOf({ requesters: [ana, bo, cy] }));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  policy = parsed.value;
});
afterEach(() => emulator.stop());

const defender = () => createDefender({ baseUrl: emulator.url, token: localToken(), clock, log: silentLog });

const newReplica = (its = store): Dispatch =>
  createDispatch({
    store: its,
    defender: defender(),
    policy: () => policy,
    groups: () => readGroups(policy.groups, null),
    runbookVersions: () => new Map(),
    keepResult: () => Promise.reject(new Error('A PutFile has no result.')),
    limits: { runsPerMinute: 10, sessions: 50 },
    queueMs: hours(2),
    clock,
    random: systemRandom,
    log: silentLog,
    trial: true,
  });

/** With connections of its own where the engine takes more than one process. */
const anotherReplica = async (): Promise<Dispatch> =>
  newReplica(testStore === 'postgres' ? await stores.open(address) : store);

/** Approved requests of three people, `perDevice` for each device. */
async function approve(devices: number, perDevice: number): Promise<void> {
  const library = (await defender().listLibrary()).filter((f) => f.fileName === 'procdump.zip');
  const vote = {
    decision: 'approve' as const,
    digest: 'd1'.repeat(32) as Digest,
    reason: null,
    at: t0,
    groups: ['approvers'],
  };
  const approver = { id: cy.aadObjectId, tenantId: 'tenant-1', name: 'Cy' };
  for (let i = 0; i < devices; i++) {
    const added = emulator.addDevice({ machine: { computerDnsName: `many-${i}.contoso.com` }, connectDelayMs });
    const [device] = await defender().findMachines(added.machine.id);
    if (device === undefined) throw new Error('No device');
    for (let j = 0; j < perDevice; j++) {
      const person = [ana, bo][(i + j) % 2] ?? ana;
      const request: Queued = {
        ...asQueued(sampleRequest({ device, library, commands: [{ type: 'PutFile', fileName: 'procdump.zip' }] })),
        id: `LR-${String.fromCharCode(65 + j)}${String(i).padStart(3, '0')}` as RequestId,
        requester: { id: person.aadObjectId, tenantId: 'tenant-1', name: person.name },
        policyVersion: policy.version,
        votes: [{ ...vote, by: approver, personKey: cy.aadObjectId }],
        startBy: t0 + hours(2),
      };
      await insert(store, request);
    }
  }
}

/** Lets the replicas do what is due, whenever they ask for it, until every request has its end; resolves to when the last action had. */
async function run(replicas: readonly Dispatch[]): Promise<number> {
  while (clock.now() < t0 + hours(2)) {
    for (let started = 1; started > 0; ) {
      const all = await Promise.all(replicas.map((replica) => replica.startDue()));
      started = all.reduce((sum, count) => sum + count, 0);
      await Promise.all(replicas.map((replica) => replica.idle()));
    }
    await tellNobody();
    if ((await store.waiting()).length + (await store.underWay()).length === 0) break;
    const due = (await Promise.all(replicas.map((replica) => replica.nextDueAt()))).map((at) => at ?? Infinity);
    // What is due and was not done is somebody else's or waits for an answer of theirs.
    const nextAt = Math.min(...due);
    clock.advance(nextAt > clock.now() && nextAt < Infinity ? nextAt - clock.now() : seconds(5));
  }
  const taken = emulator.journal.filter((e) => e.route === 'runLiveResponse' && e.status === 201);
  return Math.max(...taken.map((e) => e.at)) + runMs - t0;
}

/** Nobody delivers to Teams here, and what waits for that is due for ever. */
async function tellNobody(): Promise<void> {
  const now = clock.now();
  for (let told = 1; told > 0; ) {
    told = await store.transact(async (tx) => {
      const rows = await tx.claimWork({ types: teamsWork, now, leaseMs: 1, limit: 1_000, leaseToken: 'nobody' });
      for (const row of rows) await tx.finishWork(row, now);
      return rows.length;
    });
  }
}

const answers = () => {
  const counts: Record<string, number> = {};
  for (const { route, status, code } of emulator.journal)
    if (route === 'runLiveResponse')
      counts[`${status} ${code ?? ''}`.trim()] = (counts[`${status} ${code ?? ''}`.trim()] ?? 0) + 1;
  return counts;
};

test('60 requests of two people end within 2 % of the bound, and Defender refuses none', async () => {
  await approve(60, 1);
  const makespanMs = await run([newReplica()]);
  expect(answers()).toEqual({ '201': 60 });
  expect(await store.countByState()).toEqual({ succeeded: 60 });
  expect(makespanMs / (minutes(5) + runMs)).toBeLessThanOrEqual(1.02);
});

test('two replicas share the rate, the sessions and the devices of ten lines of three, and Defender refuses none', async () => {
  await approve(10, 3);
  const makespanMs = await run([newReplica(), await anotherReplica()]);
  expect(answers()).toEqual({ '201': 30 });
  // Looks are five seconds apart, so the end of each but the last of a line is known at a multiple of that.
  const knownMs = Math.ceil(runMs / seconds(5)) * seconds(5);
  expect(makespanMs / (2 * knownMs + runMs)).toBeLessThanOrEqual(1.02);
});

test('devices that are away or busy with somebody else hold up nobody, and only the busy ones are refused', async () => {
  await approve(40, 1);
  for (const i of [0, 7]) emulator.setDevice(`many-${i}.contoso.com`, { portalSessionUntil: t0 + minutes(2) });
  for (const i of [3, 9]) emulator.setDevice(`many-${i}.contoso.com`, { offlineUntil: t0 + minutes(3) });
  const makespanMs = await run([newReplica()]);
  const { '201': accepted, ...refused } = answers();
  expect([accepted, Object.keys(refused)]).toEqual([40, ['400 ActiveRequestAlreadyExists']]);
  // One more call for each busy device cannot be avoided, which begins a fifth minute.
  expect(makespanMs / (minutes(4) + runMs)).toBeLessThanOrEqual(1.02);
});
