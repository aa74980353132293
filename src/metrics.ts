import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Limits } from './dispatch/limits';
import { readQuotaLeft } from './dispatch/reads-left';
import type { Clock } from './lib/clock';
import { minutes } from './lib/clock';
import { createCounters } from './metrics-counters';
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

/** One scrape's sources. */
interface Sources extends MetricsOptions {
  readonly registry: Registry;
  /** Several metrics come from the same figures: one scrape reads them once. */
  readonly figures: () => Promise<Figures>;
}

/** What `/metrics` shows. What must survive a restart is read from the store when asked; what is counted per process says so in its help. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  let reading: Promise<Figures> | null = null;
  const figures = (): Promise<Figures> => {
    reading ??= options.store.figures().finally(() => setImmediate(() => (reading = null)));
    return reading;
  };
  const sources: Sources = { ...options, registry, figures };
  addRequests(sources);
  addLimits(sources);
  addWork(sources);
  addDurations(sources);
  addService(sources);
  return { registry, ...createCounters(registry) };
}

function addRequests(sources: Sources): void {
  const { figures, clock } = sources;
  addGauge(sources, { name: 'requests', help: 'Requests by state', labelNames: ['state'] }, async (set) => {
    for (const { state, count } of (await figures()).requests) set({ state }, count);
  });
  const help = 'Age of the oldest open request in its state';
  addGauge(sources, { name: 'requests_oldest_seconds', help, labelNames: ['state'] }, async (set) => {
    const { requests } = await figures();
    for (const state of openStates) {
      const oldest = requests.find((of) => of.state === state);
      set({ state }, oldest === undefined ? 0 : secondsSince(oldest.oldestSince, clock));
    }
  });
}

function addLimits(sources: Sources): void {
  const { store, figures, limits, clock } = sources;
  addValue(sources, 'slots_used', 'Live responses that Defender has or may have', async () =>
    sumOf((await figures()).requests.filter(({ state }) => inFlight.includes(state))),
  );
  addValue(sources, 'slots_limit', 'Sessions that Defender is held to allow', async () => (await limits()).sessions);
  addValue(
    sources,
    'submissions_last_minute',
    'Submissions in the last minute',
    async () => (await store.submissionsSince(clock.now() - minutes(1))).length,
  );
  addValue(
    sources,
    'submissions_limit',
    'Submissions that Defender is held to allow a minute',
    async () => (await limits()).runsPerMinute,
  );
  const help = 'Calls that are left of each API of Defender, in this minute and this hour';
  addGauge(sources, { name: 'defender_reads_left', help, labelNames: ['name', 'window'] }, async (set) => {
    for (const [name, left] of await readQuotaLeft(store, clock.now())) {
      set({ name, window: 'minute' }, left.minute);
      set({ name, window: 'hour' }, left.hour);
    }
  });
}

function addWork(sources: Sources): void {
  const { figures, clock } = sources;
  const waiting = 'Effects that are stored and not done yet, by type';
  addGauge(sources, { name: 'work_waiting', help: waiting, labelNames: ['type'] }, async (set) => {
    for (const { type, count } of (await figures()).work) set({ type }, count);
  });
  const lagOf = async (types: readonly WorkType[]): Promise<number> => {
    const due = (await figures()).work.filter(({ type }) => types.includes(type));
    return Math.max(0, ...due.map(({ oldestDueAt }) => secondsSince(oldestDueAt, clock)));
  };
  addValue(sources, 'outbox_lag_seconds', 'How long the oldest update for Teams has been due, whatever its tries', () =>
    lagOf(teamsWork),
  );
  addValue(
    sources,
    'defender_lag_seconds',
    'How long the oldest call to Defender has been due, whatever its tries',
    () => lagOf(defenderWork),
  );
  const givenUp = 'Stored work that was given up in the last 30 days, by type';
  addGauge(sources, { name: 'dead_letters', help: givenUp, labelNames: ['type'] }, async (set) => {
    const { deadLetters } = await figures();
    for (const type of [...teamsWork, ...defenderWork])
      set({ type }, deadLetters.find((of) => of.type === type)?.count ?? 0);
  });
}

function addDurations({ registry, figures }: Sources): void {
  const shape = { labelNames: ['outcome'] as const, buckets, registers: [registry] };
  const decision =
    'From the request to its approval or denial; a request that was asked again counts from its beginning';
  new StoredHistogram({ ...shape, name: 'live_response_decision_seconds', help: decision }, figures, 'decision');
  const submission = 'From the approval to the first submission';
  new StoredHistogram(
    { ...shape, name: 'live_response_submission_wait_seconds', help: submission },
    figures,
    'submission',
  );
}

function addService(sources: Sources): void {
  const { store, figures, clock } = sources;
  const values: ReadonlyArray<readonly [name: string, help: string, read: () => Promise<number>]> = [
    ['audit_entries', 'Entries of the audit chain', async () => (await figures()).auditEntries],
    [
      'bypass_alarms',
      'Live responses of this identity in Defender that the journal does not account for',
      async () => (await store.fact<number>(bypassCountFact)) ?? 0,
    ],
    [
      'paused',
      '1 while somebody has paused all submissions',
      async () => ((await store.fact<Pause>(pauseFact)) === null ? 0 : 1),
    ],
    [
      'policy_file_refused',
      '1 while the policy file has faults or cannot be read, so that the policy before it stays in force',
      async () => (sources.isPolicyRefused() ? 1 : 0),
    ],
    ['ready', '1 while /readyz says 200', async () => ((await sources.ready()).length === 0 ? 1 : 0)],
  ];
  for (const [name, help, read] of values) addValue(sources, name, help, read);
  const free = 'Free bytes where the database and the evidence lie';
  addGauge(sources, { name: 'disk_free_bytes', help: free, labelNames: ['of'] }, async (set) => {
    for (const [of, bytes] of Object.entries(await sources.freeBytes())) if (bytes !== null) set({ of }, bytes);
  });
  addValue(
    sources,
    'clock_ahead_seconds',
    'How far the time of this process is ahead of the machine, after that was set back',
    async () => (clock.aheadMs?.() ?? 0) / 1_000,
  );
}

/** Read anew at each scrape; left out while the database is away. */
const addGauge = <L extends string>(
  { registry }: Sources,
  what: { readonly name: string; readonly help: string; readonly labelNames?: readonly L[] },
  read: (set: (labels: Record<L, string>, value: number) => void) => Promise<void>,
): Gauge<L> =>
  new Gauge<L>({
    name: `live_response_${what.name}`,
    help: what.help,
    labelNames: what.labelNames ?? [],
    registers: [registry],
    async collect() {
      this.reset();
      await unlessOutage(() => read((labels, value) => this.set(labels, value)));
    },
  });

const addValue = (sources: Sources, name: string, help: string, read: () => Promise<number>): Gauge<never> =>
  addGauge<never>(sources, { name, help }, async (set) => set({}, await read()));

const secondsSince = (at: number, clock: Clock): number => Math.max(clock.now() - at, 0) / 1_000;

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
