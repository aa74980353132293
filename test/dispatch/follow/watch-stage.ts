import { createDefender, type Defender } from '../../../src/defender/client';
import { localToken } from '../../../src/defender/token';
import { createActionWatch } from '../../../src/dispatch/follow/action-watch';
import type { DispatchOptions } from '../../../src/dispatch/options';
import { createReadBudget } from '../../../src/dispatch/read-budget';
import { hours, seconds } from '../../../src/lib/clock';
import { silentLog } from '../../../src/lib/log';
import { systemRandom } from '../../../src/lib/random';
import type { LiveResponseRequest, RequestId } from '../../../src/request/request';
import type { Store } from '../../../src/store/store';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../../trial/defender/emulator';
import { SteppedClock } from '../../fakes/stepped-clock';
import { policyOf } from '../../policy/sample';
import { samples } from '../../request/sample';
import { requestId, t0 } from '../../store/sample';

/** Requests that Defender has, an emulated Defender that has their actions, and replicas that follow them over one store. */
export interface WatchStage {
  readonly clock: SteppedClock;
  readonly emulator: Emulator;
  readonly store: Store;
  /** One more action at Defender and the request that it belongs to. */
  open(given?: OpenGiven): Promise<RequestId>;
  replica(over?: ReplicaGiven): Watch;
  /** The Defender of a replica. */
  defender(): Defender;
  stateOf(id: RequestId): Promise<LiveResponseRequest>;
  actionOf(id: RequestId): string;
  /** Calls that reached Defender, by route. */
  calls(route: string): number;
}

export interface OpenGiven {
  /** From creation to InProgress. */
  readonly connectMs?: number;
  /** From InProgress to the end of its one command. */
  readonly runMs?: number;
  readonly agoMs?: number;
  readonly offline?: boolean;
  /** Files to get, each of which is there and has a result. */
  readonly files?: number;
}

export interface ReplicaGiven {
  readonly defender?: (real: Defender) => Partial<Defender>;
}

export interface Watch {
  /** Starts what is due, and waits for it. */
  tick(): Promise<number>;
  /** Starts what is due. */
  begin(): Promise<ReadonlyArray<Promise<unknown>>>;
  nextDueAt(): Promise<number | null>;
}

export async function startWatchStage(store: Store, options: Omit<EmulatorOptions, 'clock'> = {}): Promise<WatchStage> {
  const clock = new SteppedClock(t0);
  const emulator = await startEmulator({ clock, hiddenMs: 0, closeMs: 0, ...options });
  const actions = new Map<RequestId, string>();
  let count = 0;

  const newDefender = (): Defender =>
    createDefender({
      baseUrl: emulator.url,
      token: localToken(),
      clock,
      log: silentLog,
      budget: createReadBudget({ store, clock, log: silentLog }),
      timeouts: { longestWaitMs: 0 },
    });

  function replica(over: ReplicaGiven = {}): Watch {
    const real = newDefender().forPurpose('follow');
    const defender: Defender = { ...real, ...over.defender?.(real), forPurpose: () => defender };
    const watch = createActionWatch({ ...dispatchOptions(store, clock), defender });
    const begin = async () => (await watch.start()).map(({ done }) => done);
    return {
      begin,
      async tick() {
        const started = await begin();
        await Promise.all(started);
        return started.length;
      },
      nextDueAt: watch.nextDueAt,
    };
  }

  return {
    clock,
    emulator,
    store,
    replica,
    defender: newDefender,
    async open({ connectMs = seconds(2), runMs = seconds(30), agoMs = 0, offline = false, files = 0 } = {}) {
      const n = ++count;
      const paths = Array.from({ length: files }, () => there);
      const id = requestId(`LR-W${n}`);
      const device = emulator.addDevice({
        machine: { computerDnsName: `watch-${n}.contoso.com` },
        connectDelayMs: connectMs,
        getFileMs: runMs,
        files: [{ path: there, content: Buffer.from('what was in the file') }],
        ...(offline && { offlineUntil: Number.POSITIVE_INFINITY }),
      });
      const action = emulator.addForeignAction({
        requestor: 'live-response-bot',
        machineId: device.machine.id,
        commands: (files === 0 ? ['C:\\none'] : paths).map((value) => ({
          type: 'GetFile' as const,
          params: [{ key: 'Path', value }],
        })),
        createdAt: clock.now() - agoMs,
      });
      const submittedAt = clock.now() - agoMs;
      const at = { actionId: action.id, submittedAt, startBy: submittedAt + hours(2) };
      const wish =
        files === 0 ? {} : { library: [], commands: paths.map((p) => ({ type: 'GetFile' as const, path: p })) };
      await store.transact((tx) => tx.insertRequest({ ...samples.pending, progress: [], ...at, ...wish, id }));
      actions.set(id, action.id);
      return id;
    },
    async stateOf(id) {
      const stored = await store.request(id);
      if (stored === null) throw new Error(`There is no ${id}.`);
      return stored.request;
    },
    actionOf: (id) => actions.get(id) ?? '',
    calls: (route) => emulator.journal.filter((entry) => entry.route === route).length,
  };
}

const there = 'C:\\there.txt';

export const anyPolicy = policyOf('  - { name: all, approvals: 1, from: [approvers], decideBy: 30m, startBy: 2h }\n');

/** What the parts of dispatch want besides a Defender; nothing is admitted and nothing kept here. */
export const dispatchOptions = (store: Store, clock: SteppedClock): Omit<DispatchOptions, 'defender'> => ({
  store,
  policy: () => anyPolicy,
  groups: async () => new Map(),
  runbookVersions: () => new Map(),
  keepResult: () => Promise.reject(new Error('Nothing is kept here.')),
  limits: { runsPerMinute: 10, sessions: 50 },
  queueMs: hours(2),
  clock,
  random: systemRandom,
  log: silentLog,
  trial: true,
});
