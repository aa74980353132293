import { createDefender, type Defender } from '../../src/defender/client';
import { localToken } from '../../src/defender/token';
import { readGroups } from '../../src/directory/read-groups';
import { createAdmissionRunner } from '../../src/dispatch/admission-runner';
import { createViews } from '../../src/dispatch/views';
import { type Emulator, startEmulator } from '../../src/emulator/emulator';
import { addTrialWorld } from '../../src/emulator/trial-world';
import { hours, minutes } from '../../src/lib/clock';
import { silentLog } from '../../src/lib/log';
import { systemRandom } from '../../src/lib/random';
import { parsePolicy } from '../../src/policy/parse-policy';
import type { Groups, Policy } from '../../src/policy/policy';
import { pauseFact } from '../../src/request/pause';
import type { Digest, Queued } from '../../src/request/request';
import type { Store } from '../../src/store/store';
import { SteppedClock } from '../fakes/stepped-clock';
import { asQueued, insert, sampleRequest, t0, useStores } from '../store/sample';
import { ana, bo, cy, policyOf } from '../stories/stage';

const stores = useStores();
const limits = { runsPerMinute: 10, sessions: 50 };
let emulator: Emulator;
let store: Store;
let clock: SteppedClock;
let policy: Policy;
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
  readonly defender?: (real: Defender) => Partial<Defender>;
  readonly groups?: () => Promise<Groups>;
}

/** Runs one pass over what is queued. */
async function pass({ afterCheck, defender, groups }: Around = {}): Promise<void> {
  const real = realDefender();
  let act = afterCheck;
  let isChecked = false;
  const runner = createAdmissionRunner({
    store: {
      ...store,
      transact: async (work) => {
        if (isChecked && act !== undefined) {
          const done = act;
          act = undefined;
          await done();
        }
        return store.transact(work);
      },
    },
    defender: {
      ...real,
      getMachine: (machineId) => {
        isChecked = true;
        return real.getMachine(machineId);
      },
      ...defender?.(real),
    },
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
  await Promise.allSettled((await runner.start()).map(({ done }) => done));
}

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
