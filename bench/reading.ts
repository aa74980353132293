import { createDefender } from '../src/defender/client';
import { DefenderError } from '../src/defender/errors';
import { localToken } from '../src/defender/token';
import { hours, minutes, seconds } from '../src/lib/clock';
import { silentLog } from '../src/lib/log';
import type { State } from '../src/request/request';
import { SteppedClock } from '../test/fakes/stepped-clock';
import { ana, bo, Stage } from '../test/stories/stage';
import { type Emulator, startEmulator } from '../trial/defender/emulator';
import type { Section } from './report';
import { quantile } from './statistics';
import { deviceName } from './world';

export interface ReadingOptions {
  readonly open: number;
  /** Of virtual time that is watched. */
  readonly forMs: number;
}

interface Watched {
  readonly readsPerHour: number;
  readonly lagsS: readonly number[];
}

/** How others follow an action: one GET for it at this pace, until it ends (field.md). */
const peersPaceMs = seconds(15);

/** Reads and lag of this bot beside one GET an action, on the same devices and scripts, in virtual time. */
export async function measureReading(options: ReadingOptions): Promise<Section> {
  const ours = await watchService(options);
  const theirs = await watchPeer(options);
  const { open, forMs } = options;
  const lag = (lags: readonly number[], part: number) => [quantile(lags, part)];
  const peer = 'a GET per action';
  return {
    title: `Following ${open} open actions`,
    how: `${forMs / 60_000} minutes of virtual time, the service and the emulator on one stepped clock; beside it a poller that asks for each action every ${peersPaceMs / 1_000} s, as peers do, waits as long as a 429 says, and meets the same limits (100 reads a minute, 1,500 an hour). Lag: from the second in which an action or one of its commands has another status in Defender to the second in which it is known and what the thread shows of it is on the wire (for the poller: known). Reads are those of the journal, refused ones included. Virtual time has no spread, so the numbers stand for themselves: ${ours.lagsS.length} and ${theirs.lagsS.length} changes.`,
    rows: [
      {
        what: 'reads an hour',
        unit: 'reads/h',
        ours: [ours.readsPerHour],
        against: { what: peer, values: [theirs.readsPerHour] },
        target: { type: 'atMost', value: 720, of: 'value' },
        exact: true,
      },
      {
        what: 'lag of an update, median',
        unit: 's',
        ours: lag(ours.lagsS, 0.5),
        against: { what: peer, values: lag(theirs.lagsS, 0.5) },
        target: null,
        exact: true,
      },
      {
        what: 'lag of an update, p95',
        unit: 's',
        ours: lag(ours.lagsS, 0.95),
        against: { what: peer, values: lag(theirs.lagsS, 0.95) },
        target: { type: 'atMost', value: 10, of: 'value' },
        exact: true,
      },
    ],
  };
}

const scripts = 5;
const limits = { runsPerMinute: 1_000, sessions: 1_000 };

/** Devices that connect one after the other, and scripts of minutes, so that something changes all the time and all stay open. */
function addWorld(emulator: Emulator, open: number): void {
  for (let i = 0; i < open; i++)
    emulator.addDevice({
      machine: { computerDnsName: `${deviceName(i)}.contoso.com` },
      connectDelayMs: seconds(20 + ((i * 37) % 240)),
    });
  for (let i = 0; i < scripts; i++)
    emulator.addScript({
      fileName: `long-${i}.ps1`,
      behaviour: { output: 'done\n', durationMs: minutes(3) + seconds(i * 41) },
    });
}

const runs = Array.from({ length: 10 }, (_, i) => ({ scriptName: `long-${i % scripts}.ps1`, args: null }));

async function watchService({ open, forMs }: ReadingOptions): Promise<Watched> {
  const stage = await Stage.open({
    env: { DEFENDER_RUNS_PER_MINUTE: '1000', DEFENDER_SESSIONS: '1000' },
    emulator: { limits },
  });
  const { emulator, clock, connector } = stage;
  addWorld(emulator, open);
  for (let i = 0; i < open; i++) {
    const commands = runs.map(({ scriptName }) => `run ${scriptName}`).join('; ');
    const conversationId = await stage.ask(ana, `on ${deviceName(i)} ${commands} because INC-${i} benchmark`);
    await stage.press(bo, stage.cardIn(conversationId), 'Approve');
    // Within what Teams lets through.
    await stage.pass(seconds(5), seconds(5));
  }
  if (emulator.actions.length !== open)
    throw new Error(`Of ${open} requests ${emulator.actions.length} have reached Defender.`);

  const truth = new Changes(statusesOf(emulator));
  const known = new Map<string, string>();
  const shown = new Map<string, number>();
  const start = clock.now();
  const readsBefore = countReads(emulator);
  while (clock.now() - start < forMs) {
    clock.advance(seconds(1));
    truth.note(statusesOf(emulator), clock.now());
    const callsBefore = connector.calls.length;
    await stage.settle();
    for (const { request } of await stage.service.store.requestsIn(afterSubmission)) {
      if (!('actionId' in request) || request.actionId === null) continue;
      const { actionId, state, conversationId } = request;
      for (const what of whatIs(actionId, words[state], 'progress' in request ? request.progress : []))
        known.set(what, conversationId);
    }
    const written = connector.calls.slice(callsBefore).map((call) => call.path);
    for (const [what, conversationId] of known)
      if (!shown.has(what) && written.some((path) => path.includes(conversationId))) shown.set(what, clock.now());
  }
  const readsPerHour = ((countReads(emulator) - readsBefore) * hours(1)) / forMs;
  const lagsS = truth.lags(shown, clock.now());
  await stage.close();
  return { readsPerHour, lagsS };
}

const afterSubmission = ['pending', 'running', 'succeeded', 'failed', 'timedOut', 'cancelled'] as const;

/** Defender's word for each of our states. */
const words: Readonly<Partial<Record<State, string>>> = {
  pending: 'Pending',
  running: 'InProgress',
  succeeded: 'Succeeded',
  failed: 'Failed',
  timedOut: 'TimeOut',
  cancelled: 'Cancelled',
};

async function watchPeer({ open, forMs }: ReadingOptions): Promise<Watched> {
  const clock = new SteppedClock();
  const emulator = await startEmulator({ clock, limits });
  addWorld(emulator, open);
  const defender = createDefender({
    baseUrl: emulator.url,
    token: localToken(),
    clock,
    log: silentLog,
    // It waits by itself, below: the clock stands still while it asks.
    timeouts: { longestWaitMs: 0 },
  });
  for (const { machine } of emulator.devices)
    await defender.runLiveResponse(
      machine.id,
      runs.map((run) => ({ type: 'RunScript', ...run })),
      'peer',
    );

  const truth = new Changes(statusesOf(emulator));
  const known = new Map<string, number>();
  const start = clock.now();
  const readsBefore = countReads(emulator);
  const dueAt = new Map(emulator.actions.map(({ id }) => [id, start + peersPaceMs]));
  let heldUntil = start;
  while (clock.now() - start < forMs) {
    clock.advance(seconds(1));
    const now = clock.now();
    truth.note(statusesOf(emulator), now);
    for (const [id, at] of dueAt) {
      if (at > now || heldUntil > now) continue;
      try {
        const action = await defender.getAction(id);
        dueAt.set(id, now + peersPaceMs);
        if (action === null) continue;
        for (const what of whatIs(id, action.status, action.progress)) if (!known.has(what)) known.set(what, now);
      } catch (error) {
        if (!(error instanceof DefenderError)) throw error;
        heldUntil = now + (error.retryAfterMs ?? peersPaceMs);
      }
    }
  }
  const readsPerHour = ((countReads(emulator) - readsBefore) * hours(1)) / forMs;
  const lagsS = truth.lags(known, clock.now());
  await emulator.stop();
  return { readsPerHour, lagsS };
}

/** What was true when it was first looked at is no change. */
class Changes {
  readonly #at = new Map<string, number>();
  readonly #before: ReadonlySet<string>;

  constructor(before: readonly string[]) {
    this.#before = new Set(before);
  }

  note(whatIs: readonly string[], now: number): void {
    for (const what of whatIs) if (!this.#before.has(what) && !this.#at.has(what)) this.#at.set(what, now);
  }

  /** Seconds from truth to knowledge; what is not known at the end has waited until then. */
  lags(known: ReadonlyMap<string, number>, end: number): readonly number[] {
    return [...this.#at].map(([what, at]) => ((known.get(what) ?? end) - at) / 1_000);
  }
}

const whatIs = (
  id: string,
  status: string | undefined,
  progress: readonly { readonly index: number; readonly status: string }[],
): readonly string[] => [`${id} ${status}`, ...progress.map((command) => `${id} ${command.index} ${command.status}`)];

const statusesOf = (emulator: Emulator): readonly string[] =>
  emulator.actions.flatMap(({ id, status, commands }) =>
    whatIs(
      id,
      status,
      commands.map((command, index) => ({ index, status: command.status })),
    ),
  );

const countReads = ({ journal }: Emulator): number => journal.filter((entry) => entry.method === 'GET').length;
