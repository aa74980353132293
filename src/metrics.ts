import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Limits } from './dispatch/limits';
import { readQuotaLeft } from './dispatch/reads-left';
import type { Clock } from './lib/clock';
import { minutes } from './lib/clock';
import { bypassCountFact } from './oversight/bypass-watch';
import { type Pause, pauseFact } from './request/pause';
import { openStates, type State } from './request/request';
import type { Figures } from './store/history/figures';
import { durationBoundsMs } from './store/history/figures';
import type { Duration } from './store/rows/methods';
import type { Store } from './store/store';
import { isOutage } from './store/store-error';
import type { WorkOutcome } from './store/work/leases';
import { defenderWork, teamsWork, type WorkType } from './store/work/work';

export interface MetricsOptions {
  readonly store: Store;
  readonly limits: () => Promise<Limits>;
  readonly clock: Clock;
  /** What is not well, one sentence each; asked for at each scrape. */
  readonly ready: () => Promise<readonly string[]>;
  /** The policy file as it is now is not what is in force. */
  readonly isPolicyRefused: () => boolean;
  /** Free bytes where the database and the evidence lie; null where nobody can say. */
  readonly freeBytes: () => Promise<Readonly<Record<'database' | 'evidence', number | null>>>;
}

export interface Metrics {
  readonly registry: Registry;
  /** One call to Defender has ended; `code` is `ok` or what it failed with. */
  onCall(call: { readonly name: string; readonly code: string; readonly tookMs: number }): void;
  /** One try of stored work has ended. */
  onWork(type: WorkType, outcome: WorkOutcome): void;
}

/** What `/metrics` shows. What must survive a restart is read from the store when asked; what is counted per process says so in its help. */
export function createMetrics(options: MetricsOptions): Metrics {
  const { store, clock } = options;
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  /** Several metrics come from the same figures: one scrape reads them once. */
  let figures: Promise<Figures> | null = null;
  const readFigures = (): Promise<Figures> => {
    figures ??= store.figures().finally(() => setImmediate(() => (figures = null)));
    return figures;
  };
  const gauge = <L extends string>(
    what: { readonly name: string; readonly help: string; readonly labelNames?: readonly L[] },
    read: (set: (labels: Record<L, string>, value: number) => void) => Promise<void>,
  ) =>
    new Gauge<L>({
      name: `live_response_${what.name}`,
      help: what.help,
      labelNames: what.labelNames ?? [],
      registers,
      async collect() {
        this.reset();
        await unlessOutage(() => read((labels, value) => this.set(labels, value)));
      },
    });

  gauge({ name: 'requests', help: 'Requests by state', labelNames: ['state'] }, async (set) => {
    for (const { state, count } of (await readFigures()).requests) set({ state }, count);
  });
  gauge(
    { name: 'requests_oldest_seconds', help: 'Age of the oldest open request in its state', labelNames: ['state'] },
    async (set) => {
      const { requests } = await readFigures();
      for (const state of openStates) {
        const oldest = requests.find((of) => of.state === state);
        set({ state }, oldest === undefined ? 0 : secondsSince(oldest.oldestSince));
      }
    },
  );
  gauge({ name: 'slots_used', help: 'Live responses that Defender has or may have' }, async (set) => {
    set({}, sumOf((await readFigures()).requests.filter(({ state }) => inFlight.includes(state))));
  });
  gauge({ name: 'slots_limit', help: 'Sessions that Defender is held to allow' }, async (set) =>
    set({}, (await options.limits()).sessions),
  );
  gauge({ name: 'submissions_last_minute', help: 'Submissions in the last minute' }, async (set) =>
    set({}, (await store.submissionsSince(clock.now() - minutes(1))).length),
  );
  gauge({ name: 'submissions_limit', help: 'Submissions that Defender is held to allow a minute' }, async (set) =>
    set({}, (await options.limits()).runsPerMinute),
  );
  gauge(
    {
      name: 'defender_reads_left',
      help: 'Calls that are left of each API of Defender, in this minute and this hour',
      labelNames: ['name', 'window'],
    },
    async (set) => {
      for (const [name, left] of await readQuotaLeft(store, clock.now())) {
        set({ name, window: 'minute' }, left.minute);
        set({ name, window: 'hour' }, left.hour);
      }
    },
  );
  gauge(
    { name: 'work_waiting', help: 'Effects that are stored and not done yet, by type', labelNames: ['type'] },
    async (set) => {
      for (const { type, count } of (await readFigures()).work) set({ type }, count);
    },
  );
  gauge(
    { name: 'outbox_lag_seconds', help: 'How long the oldest update for Teams has been due, whatever its tries' },
    async (set) => set({}, lagOf(await readFigures(), teamsWork)),
  );
  gauge(
    { name: 'defender_lag_seconds', help: 'How long the oldest call to Defender has been due, whatever its tries' },
    async (set) => set({}, lagOf(await readFigures(), defenderWork)),
  );
  gauge(
    {
      name: 'dead_letters',
      help: 'Stored work that was given up in the last 30 days, by type',
      labelNames: ['type'],
    },
    async (set) => {
      const { deadLetters } = await readFigures();
      for (const type of [...teamsWork, ...defenderWork])
        set({ type }, deadLetters.find((of) => of.type === type)?.count ?? 0);
    },
  );
  new StoredHistogram(
    {
      name: 'live_response_decision_seconds',
      help: 'From the request to its approval or denial; a request that was asked again counts from its beginning',
      labelNames: ['outcome'],
      buckets,
      registers,
    },
    readFigures,
    'decision',
  );
  new StoredHistogram(
    {
      name: 'live_response_submission_wait_seconds',
      help: 'From the approval to the first submission',
      labelNames: ['outcome'],
      buckets,
      registers,
    },
    readFigures,
    'submission',
  );
  gauge({ name: 'audit_entries', help: 'Entries of the audit chain' }, async (set) =>
    set({}, (await readFigures()).auditEntries),
  );
  gauge(
    {
      name: 'bypass_alarms',
      help: 'Live responses of this identity in Defender that the journal does not account for',
    },
    async (set) => set({}, (await store.fact<number>(bypassCountFact)) ?? 0),
  );
  gauge({ name: 'paused', help: '1 while somebody has paused all submissions' }, async (set) =>
    set({}, (await store.fact<Pause>(pauseFact)) === null ? 0 : 1),
  );
  gauge(
    {
      name: 'policy_file_refused',
      help: '1 while the policy file has faults or cannot be read, so that the policy before it stays in force',
    },
    async (set) => set({}, options.isPolicyRefused() ? 1 : 0),
  );
  gauge({ name: 'ready', help: '1 while /readyz says 200' }, async (set) =>
    set({}, (await options.ready()).length === 0 ? 1 : 0),
  );
  gauge(
    {
      name: 'disk_free_bytes',
      help: 'Free bytes where the database and the evidence lie',
      labelNames: ['of'],
    },
    async (set) => {
      for (const [of, bytes] of Object.entries(await options.freeBytes())) if (bytes !== null) set({ of }, bytes);
    },
  );
  gauge(
    {
      name: 'clock_ahead_seconds',
      help: 'How far the time of this process is ahead of the machine, after that was set back',
    },
    async (set) => set({}, (clock.aheadMs?.() ?? 0) / 1_000),
  );
  const work = new Counter({
    name: 'live_response_work_tries_total',
    help: 'Tries of stored work by type and outcome, since this process started',
    labelNames: ['type', 'outcome'],
    registers,
  });
  const calls = new Counter({
    name: 'live_response_defender_calls_total',
    help: 'Calls to Defender by name and code (ok, or what failed), since this process started',
    labelNames: ['name', 'code'],
    registers,
  });
  const callSeconds = new Histogram({
    name: 'live_response_defender_call_seconds',
    help: 'How long calls to Defender took, since this process started',
    labelNames: ['name'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers,
  });

  return {
    registry,
    onCall({ name, code, tookMs }) {
      calls.inc({ name, code });
      callSeconds.observe({ name }, tookMs / 1_000);
    },
    onWork: (type, outcome) => work.inc({ type, outcome }),
  };

  function secondsSince(at: number): number {
    return Math.max(clock.now() - at, 0) / 1_000;
  }

  function lagOf({ work: waiting }: Figures, types: readonly WorkType[]): number {
    return Math.max(0, ...waiting.filter(({ type }) => types.includes(type)).map((of) => secondsSince(of.oldestDueAt)));
  }
}

/** Without the database what it counts is left out, and the rest of the scrape says why. */
async function unlessOutage<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (isOutage(error)) return null;
    throw error;
  }
}

const inFlight: readonly State[] = ['submitting', 'unknown', 'pending', 'running'];
const buckets = durationBoundsMs.map((ms) => ms / 1_000);

const sumOf = (counts: ReadonlyArray<{ readonly count: number }>): number =>
  counts.reduce((sum, { count }) => sum + count, 0);

/** A histogram whose counts lie in the store; prom-client's own keeps them in the process. */
class StoredHistogram extends Histogram<'outcome'> {
  readonly #read: () => Promise<Figures>;
  readonly #name: Duration['name'];
  readonly #configuration: { readonly name: string; readonly help: string };

  constructor(
    configuration: ConstructorParameters<typeof Histogram<'outcome'>>[0],
    read: () => Promise<Figures>,
    name: Duration['name'],
  ) {
    super(configuration);
    this.#read = read;
    this.#name = name;
    this.#configuration = configuration;
  }

  /** What the registry asks for when it writes text. */
  async getForPromString() {
    const figures = await unlessOutage(this.#read);
    const durations = (figures?.durations ?? []).filter(({ name }) => name === this.#name);
    const { name, help } = this.#configuration;
    const outcomes = [...new Set(durations.map(({ outcome }) => outcome))].sort();
    const values = outcomes.flatMap((outcome) => {
      const of = durations.filter((duration) => duration.outcome === outcome);
      const upTo = (ms: number) => sumOf(of.filter(({ leMs }) => leMs <= ms));
      const all = sumOf(of);
      return [
        ...durationBoundsMs.map((ms) => value('bucket', upTo(ms), { outcome, le: ms / 1_000 })),
        value('bucket', all, { outcome, le: '+Inf' }),
        value('sum', of.reduce((sum, { sumMs }) => sum + sumMs, 0) / 1_000, { outcome }),
        value('count', all, { outcome }),
      ];
    });
    return { name, help, type: 'histogram', aggregator: 'sum', values };

    function value(part: string, count: number, labels: Readonly<Record<string, string | number>>) {
      return { metricName: `${name}_${part}`, value: count, labels, help };
    }
  }
}
