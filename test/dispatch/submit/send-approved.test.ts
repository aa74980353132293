import { setTimeout } from 'node:timers/promises';
import { createDefender, type Defender } from '../../../src/defender/client';
import { localToken } from '../../../src/defender/token';
import { readGroups } from '../../../src/directory/read-groups';
import { createAdmissionPass } from '../../../src/dispatch/admission-pass';
import { admissionFact, type LearnedLimits } from '../../../src/dispatch/limits';
import { checkWaitMs } from '../../../src/dispatch/submit/answer-to-post';
import { createViews } from '../../../src/dispatch/views';
import { hours, minutes, seconds } from '../../../src/lib/clock';
import { silentLog } from '../../../src/lib/log';
import { overlay } from '../../../src/lib/overlay';
import { systemRandom } from '../../../src/lib/random';
import { parsePolicy } from '../../../src/policy/parse-policy';
import type { Groups, Policy } from '../../../src/policy/policy';
import { pauseFact } from '../../../src/request/pause';
import type { Device, Digest, Queued, RequestId } from '../../../src/request/request';
import { putPolicyInForce } from '../../../src/store/rows/policy-in-force';
import type { Store } from '../../../src/store/store';
import { type Emulator, startEmulator } from '../../../trial/defender/emulator';
import type { FaultRule } from '../../../trial/defender/faults';
import { addTrialWorld } from '../../../trial/defender/trial-world';
import { SteppedClock } from '../../fakes/stepped-clock';
import { asQueued, insert, sampleRequest, t0, useStores } from '../../store/sample';
import { ana, bo, cy, policyOf } from '../../stories/stage';

const stores = useStores();
const limits = { runsPerMinute: 10, sessions: 50 };
let emulator: Emulator;
let store: Store;
let clock: SteppedClock;
let policy: Policy;
let runbookVersions: ReadonlyMap<string, string>;
let request: Queued;

const parsed = (text: string): Policy => {
  const result = parsePolicy(text);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

beforeEach(async () => {
  clock = new SteppedClock(t0);
  emulator = await startEmulator({ clock });
  addTrialWorld(emulator);
  store = await stores.openNew();
  policy = parsed(policyOf());
  runbookVersions = new Map();
  const [device] = await realDefender().findMachines('ws-042');
  if (device === undefined) throw new Error('No device');
  request = asQueued(
    sampleRequest({
      device,
      requester: { id: ana.aadObjectId, tenantId: 'tenant-1', name: 'Ana' },
      requesterKey: ana.aadObjectId,
      commands: [{ type: 'GetFile', path: 'C:\\a.txt' }],
      policyVersion: policy.version,
      approverIds: [bo.aadObjectId, cy.aadObjectId],
      votes: [
        {
          by: { id: bo.aadObjectId, tenantId: 'tenant-1', name: 'Bo' },
          personKey: bo.aadObjectId,
          groups: ['approvers'],
          decision: 'approve',
          digest: 'd1' as Digest,
          reason: null,
          at: t0,
        },
      ],
    }),
  );
  await insert(store, request);
});
afterEach(() => emulator.stop());

/** The groups as the directory has them now; the file stays the same when Entra's members change. */
const inGroups = async (approvers: ReadonlySet<string> | null): Promise<Groups> =>
  new Map([...(await readGroups(policy.groups, null)), ['approvers', approvers]]);
const realDefender = (): Defender =>
  createDefender({ baseUrl: emulator.url, token: localToken(), clock, log: silentLog });
const sent = () => emulator.journal.filter((e) => e.route === 'runLiveResponse').length;
const stateNow = async () => (await store.request(request.id))?.request.state;

interface Around {
  /** Done after the check, before the transaction that sends. */
  readonly afterCheck?: () => Promise<unknown>;
  /** Done in that transaction, when all of it is written. */
  readonly beforeCommit?: () => void;
  /** Done when it is committed, before the POST. */
  readonly afterCommit?: () => Promise<unknown>;
  readonly onTransact?: () => void;
  readonly defender?: (real: Defender) => Partial<Defender>;
  readonly groups?: () => Promise<Groups>;
}

/** Runs one pass over what is queued. */
async function pass(around: Around = {}): Promise<void> {
  await Promise.allSettled((await newRunner(around).start()).map(({ done }) => done));
}

/** One replica: whoever has one more has another one over the same store. */
function newRunner({ afterCheck, beforeCommit, afterCommit, onTransact, defender, groups }: Around = {}) {
  const real = realDefender();
  let act = afterCheck;
  let isChecked = false;
  let isSent = false;
  return createAdmissionPass({
    store: overlay(store, {
      transact: async (work) => {
        onTransact?.();
        if (isChecked && act !== undefined) {
          const done = act;
          act = undefined;
          await done();
        }
        if (!isChecked || isSent) return store.transact(work);
        isSent = true;
        const result = await store.transact(async (tx) => {
          const made = await work(tx);
          beforeCommit?.();
          return made;
        });
        await afterCommit?.();
        return result;
      },
    }),
    defender: {
      ...real,
      getMachine: (machineId) => {
        isChecked = true;
        return real.getMachine(machineId);
      },
      ...defender?.(real),
    },
    runbookVersions: () => runbookVersions,
    policy: () => policy,
    groups: groups ?? (() => readGroups(policy.groups, null)),
    keepResult: () => Promise.reject(new Error('Nothing is fetched here.')),
    limits,
    queueMs: hours(2),
    clock,
    random: systemRandom,
    log: silentLog,
    trial: true,
    views: createViews({ policy: () => policy, limits, clock, trial: true }),
  });
}

/** The request as one that puts a library file. */
async function withFile(): Promise<void> {
  const [file] = await realDefender().listLibrary();
  if (file === undefined) throw new Error('No library');
  await store.transact((tx) => tx.saveRequest({ ...request, library: [file] }, 1));
}

/** More approved requests, each for a device of its own. */
async function alsoQueued(count: number): Promise<readonly Queued[]> {
  const more: Queued[] = [];
  for (let i = 0; i < count; i++) {
    emulator.addDevice({ machine: { computerDnsName: `more-${i}.contoso.com` } });
    const [device] = await realDefender().findMachines(`more-${i}`);
    more.push({ ...request, id: `LR-M${i}` as RequestId, device: device as Device });
  }
  await insert(store, ...more);
  return more;
}

test('of two broken glasses under one rule the second is not sent while the first is not paid for', async () => {
  const emergency = { by: request.requester, reason: 'burning', incident: 'INC-1', at: t0 };
  await store.transact((tx) => tx.saveRequest({ ...request, emergency }, 1));
  const first = { ...request, id: 'LR-0001' as RequestId, emergency: { ...emergency, at: t0 - 1 } };
  const review = {
    requestId: first.id,
    tenantId: request.tenantId,
    rule: request.bar.rule,
    incident: 'INC-1',
    reason: 'burning',
    openedAt: t0,
    partakers: ['ana'],
    opinions: [],
    closedAt: null,
  };
  await insert(store, { ...first, state: 'succeeded', endedAt: t0 } as never);
  await store.transact((tx) => tx.insertReview(review));
  await pass();
  expect(sent()).toBe(0);
  expect((await store.request(request.id))?.request).toMatchObject({ state: 'queued', hold: { code: 'review.open' } });
});

test('a pause between the admission and the first byte holds the request, and it goes once after the pause', async () => {
  const pause = { by: request.requester, personKey: 'ana', reason: 'An account was taken', at: t0 };
  await pass({ afterCommit: () => store.transact((tx) => tx.saveFact(pauseFact, pause)) });
  expect([sent(), await stateNow()]).toEqual([0, 'queued']);
  await store.transact((tx) => tx.saveFact(pauseFact, null));
  await clock.advance(checkWaitMs);
  await pass();
  expect([sent(), await stateNow()]).toEqual([1, 'pending']);
});

/** One pass in which reads wait to ask again. */
async function patientPass(): Promise<void> {
  let isOver = false;
  const passed = pass().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await setTimeout(2);
    if (clock.sleeping > 0) clock.advance(seconds(1));
  }
  return passed;
}

test.each<[string, NonNullable<FaultRule['route']>, FaultRule['fault']]>([
  ['device', 'getMachine', { type: 'notFound' }],
  ['library file', 'listLibrary', { type: 'emptyList' }],
])(
  'a %s that Defender does not find once right before sending is there, and the request is sent',
  async (_, route, fault) => {
    await withFile();
    emulator.fault({ route, fault });
    await patientPass();
    expect([sent(), await stateNow()]).toEqual([1, 'pending']);
  },
);

test('a device that only its own address does not know keeps the request in the queue', async () => {
  emulator.fault({ route: 'getMachine', fault: { type: 'notFound' }, times: 3 });
  await patientPass();
  expect((await store.request(request.id))?.request).toMatchObject({
    state: 'queued',
    hold: { type: 'checkFailed', code: 'defender.contradiction' },
  });
  await clock.advance(checkWaitMs);
  await pass();
  expect(sent()).toBe(1);
});

test('a device that neither its address nor the list knows is gone, and the request is void', async () => {
  emulator.fault({ route: 'getMachine', fault: { type: 'notFound' }, times: 3 });
  emulator.fault({ route: 'listMachines', fault: { type: 'notFound' } });
  await patientPass();
  expect((await store.request(request.id))?.request).toMatchObject({
    state: 'voided',
    changes: [{ type: 'deviceGone' }],
  });
});

test('an approved request that is still as it was approved is sent once', async () => {
  await pass();
  await pass();
  expect([sent(), await stateNow()]).toEqual([1, 'pending']);
});

test.each<[string, () => Promise<unknown>]>([
  [
    'was paused',
    () =>
      store.transact((tx) =>
        tx.saveFact(pauseFact, { by: request.requester, personKey: 'ana', reason: 'An account was taken', at: t0 }),
      ),
  ],
  [
    'was asked again and approved anew',
    async () => {
      const stored = await store.request(request.id);
      if (stored === null) throw new Error('No request');
      const next = { ...request, round: 2, digest: 'd2' as Digest };
      await store.transact((tx) => tx.saveRequest(next, stored.version));
    },
  ],
  [
    'came under another policy',
    async () => {
      policy = parsed(policyOf({ approvals: 2 }));
    },
  ],
  ['came under the policy of another replica', () => store.transact((tx) => putPolicyInForce(tx, 'newer'))],
])('a request that %s after it was checked is not sent', async (_what, act) => {
  let acted = false;
  await pass({
    afterCheck: async () => {
      acted = true;
      await act();
    },
  });
  expect([acted, sent(), await stateNow()]).toEqual([true, 0, 'queued']);
});

test('a request whose runbook changes after it was checked is not sent', async () => {
  const stored = await store.request(request.id);
  const rendered = { ...request, runbook: { name: 'triage', version: 'v1' } };
  await store.transact((tx) => tx.saveRequest(rendered, stored?.version ?? 0));
  runbookVersions = new Map([['triage', 'v1']]);
  await pass({
    afterCheck: async () => {
      runbookVersions = new Map([['triage', 'v2']]);
    },
  });
  expect([sent(), await stateNow()]).toEqual([0, 'queued']);
});

test('a replica whose policy was outrun does not ask again what was approved under the one in force', async () => {
  const stored = await store.request(request.id);
  if (stored === null) throw new Error('No request');
  await store.transact(async (tx) => {
    await putPolicyInForce(tx, 'newer');
    await tx.saveRequest({ ...request, policyVersion: 'newer' }, stored.version);
  });
  await pass();
  expect([sent(), (await store.request(request.id))?.request]).toMatchObject([
    0,
    { state: 'queued', hold: { type: 'checkFailed', code: 'policy.outrun' } },
  ]);
});

test('a submission whose sender died is looked up, never sent by the next one', async () => {
  await pass({
    defender: (real) => ({
      runLiveResponse: async (...args) => {
        await real.runLiveResponse(...args);
        throw new Error('The process was killed here.');
      },
    }),
  });
  expect([sent(), await stateNow()]).toEqual([1, 'submitting']);
  clock.advance(minutes(30));
  await pass();
  expect([sent(), await stateNow()]).toEqual([1, 'unknown']);
});

test('a voter who left the group after voting does not count any more: the request is asked again', async () => {
  await pass({ groups: () => inGroups(new Set([cy.aadObjectId])) });
  expect([sent(), await stateNow()]).toEqual([0, 'awaitingApproval']);
});

test('while any group of the bar cannot be read nothing is sent, and the request waits for it', async () => {
  const stored = await store.request(request.id);
  if (stored === null) throw new Error('No request');
  const seats = [...request.bar.seats, { group: 'leads', count: 0 }];
  await store.transact((tx) => tx.saveRequest({ ...request, bar: { ...request.bar, seats } }, stored.version));
  await pass({ groups: async () => new Map([...(await inGroups(new Set([bo.aadObjectId]))), ['leads', null]]) });
  const after = await store.request(request.id);
  expect([sent(), after?.request]).toMatchObject([
    0,
    { state: 'queued', hold: { type: 'checkFailed', code: 'directory.unreadable' } },
  ]);
});

describe('a process that is stopped between its claim and its POST', () => {
  test('sends nothing when another replica has taken the submission over, however it sees the time', async () => {
    await pass({
      afterCommit: () =>
        store.transact((tx) =>
          tx.claimWork({ types: ['submit'], now: t0 + minutes(5), leaseMs: 1, limit: 1, leaseToken: 'another' }),
        ),
    });
    expect([sent(), await stateNow()]).toEqual([0, 'submitting']);
  });

  test('sends nothing when it wakes after its lease, and the submission is looked up', async () => {
    await pass({ afterCommit: async () => clock.advance(minutes(4)) });
    expect([sent(), await stateNow()]).toEqual([0, 'submitting']);
    await pass();
    expect([sent(), await stateNow()]).toEqual([0, 'unknown']);
  });

  test.each<[string, Around]>([
    ['after the commit', { afterCommit: async () => clock.advance(seconds(31)) }],
    ['in the transaction', { beforeCommit: () => clock.advance(seconds(31)) }],
  ])('sends nothing when it is late, stopped %s, and sends it at another time', async (_when, around) => {
    await pass(around);
    expect([sent(), await stateNow()]).toEqual([0, 'queued']);
    clock.advance(minutes(3));
    await pass();
    expect([sent(), await stateNow()]).toEqual([1, 'pending']);
  });
});

test('a pass with nothing to send writes nothing', async () => {
  await pass();
  let writes = 0;
  const runner = newRunner({ onTransact: () => writes++ });
  expect([await runner.start(), await runner.nextDueAt(), writes]).toEqual([[], null, 0]);
});

test('the library is read once for all requests of a pass, each device for itself', async () => {
  const [file] = await realDefender().listLibrary();
  if (file === undefined) throw new Error('No library');
  const more = await alsoQueued(4);
  for (const r of more) {
    const with_ = { ...r, library: [file] };
    await store.transact((tx) => tx.saveRequest(with_, 1));
  }
  const before = emulator.journal.length;
  await pass();
  const routes = emulator.journal.slice(before).map((e) => e.route);
  const count = (route: string) => routes.filter((r) => r === route).length;
  expect([count('listLibrary'), count('getMachine'), count('runLiveResponse')]).toEqual([1, 5, 5]);
});

test.each([
  ['ten seconds, it goes', seconds(10), 1],
  ['longer, nothing goes, and it is checked again', seconds(10) + 1, 0],
  ['until after the clock was set back, nothing goes, and it is checked again', -1, 0],
])('when the check took %s (T-20)', async (_, tookMs, expected) => {
  clock.advance(minutes(1));
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const runner = newRunner({
    defender: (real) => ({ getMachine: (id) => held.then(() => real.getMachine(id)) }),
  });
  const started = await runner.start();
  clock.advance(tookMs);
  release();
  await Promise.all(started.map(({ done }) => done));
  expect(sent()).toBe(expected);
  if (expected === 1) return;
  expect((await store.request(request.id))?.request).toMatchObject({
    state: 'queued',
    hold: { type: 'checkFailed', code: 'service.late' },
  });
  clock.advance(checkWaitMs);
  await pass();
  expect(sent()).toBe(1);
});

test('of more approved requests than the minute has room for, those of two replicas together keep to it', async () => {
  await alsoQueued(14);
  const replicas = [newRunner(), newRunner()];
  const passes = await Promise.all(replicas.map((replica) => replica.start()));
  await Promise.allSettled(passes.flat().map(({ done }) => done));
  expect(emulator.journal.filter((e) => e.route === 'runLiveResponse').map((e) => e.status)).toEqual(
    Array(10).fill(201),
  );
  clock.advance(seconds(20));
  const ends = await Promise.all(replicas.map((replica) => replica.start().then(() => replica.nextDueAt())));
  expect(ends).toEqual([t0 + 60_075, t0 + 60_075]);
  clock.advance(40_074);
  await pass();
  expect(sent()).toBe(10);
  clock.advance(1);
  await pass();
  expect(emulator.journal.filter((e) => e.route === 'runLiveResponse').map((e) => e.status)).toEqual(
    Array(15).fill(201),
  );
});

test('a clock that was set back holds nobody up for longer than the minute that a call counts', async () => {
  await alsoQueued(12);
  clock.advance(hours(5));
  await pass();
  clock.advance(-hours(5) + seconds(1));
  await pass();
  expect(sent()).toBe(10);
  clock.advance(60_075);
  await pass();
  expect(sent()).toBe(13);
});

test('sessions that Defender refuses are learned, kept over a restart, and probed by one after ten minutes', async () => {
  await emulator.stop();
  emulator = await startEmulator({ clock, limits: { sessions: 3 } });
  addTrialWorld(emulator);
  for (const { machine } of emulator.devices)
    emulator.setDevice(machine.id, { offlineUntil: Number.POSITIVE_INFINITY });
  for (const r of await alsoQueued(6))
    emulator.setDevice(r.device.machineId, { offlineUntil: Number.POSITIVE_INFINITY });
  const statuses = () => emulator.journal.filter((e) => e.route === 'runLiveResponse').map((e) => e.status);
  await pass();
  expect(statuses().filter((s) => s === 201)).toHaveLength(3);
  expect(await store.fact<LearnedLimits>(admissionFact)).toMatchObject({ rate: null, sessions: { limit: 3 } });
  const asked = statuses().length;
  for (let i = 0; i < 9; i++) {
    clock.advance(minutes(1));
    await pass();
  }
  expect(statuses()).toHaveLength(asked);
  clock.advance(minutes(1));
  await pass();
  await pass();
  expect(statuses().slice(asked)).toEqual([429]);
  expect(await store.fact<LearnedLimits>(admissionFact)).toMatchObject({
    sessions: { limit: 3, changedAt: clock.now() },
  });
});

test('a rate that somebody else uses as well is lowered for all, and waited out as long as Defender says', async () => {
  await alsoQueued(8);
  emulator.fault({
    route: 'runLiveResponse',
    fault: { type: 'tooManyRequests', wait: 'seconds', waitSeconds: 20 },
    times: 4,
  });
  await pass();
  const learned = await store.fact<LearnedLimits>(admissionFact);
  expect(learned).toMatchObject({ rate: { limit: 5, holdMs: 20_000 }, sessions: null });
  clock.advance(seconds(19));
  const before = sent();
  await pass();
  expect(sent()).toBe(before);
});
