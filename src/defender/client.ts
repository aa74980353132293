import type { Clock } from '../lib/clock';
import type { Log } from '../lib/log';
import { isLoopback } from '../lib/loopback';
import type { Command } from '../request/ask/command';
import type { Device, LibraryFile } from '../request/request';
import { boundless, type Purpose, type ReadBudget } from './budget';
import { type CallContext, createAgent, type SeenCall } from './call';
import { cloudOf } from './cloud';
import { listLibrary } from './library';
import {
  type ActionList,
  type CancelOutcome,
  cancelAction,
  type DatedActions,
  fetchAction,
  listActions,
  listMachineActions,
} from './machine-actions';
import { fetchMachine, findMachines, machinesBeginning } from './machines';
import { type FoundMany, findMany } from './many-machines';
import { type DownloadLimits, openResult, type ResultOutcome } from './result-download';
import { defaultLongestWaitMs } from './retry';
import { runLiveResponse, type SubmitOptions, type SubmitOutcome } from './run-live-response';
import type { MachineAction } from './schema';
import type { TokenSource } from './token';

export type { SeenCall } from './call';
export type { ActionList, CancelOutcome } from './machine-actions';
export type { FoundMany } from './many-machines';
export type { ResultOutcome } from './result-download';
export type { SubmitOptions, SubmitOutcome } from './run-live-response';
export type { MachineAction } from './schema';

/** Defender for Endpoint as far as this bot needs it. Reads are retried and then throw a DefenderError; the submission never is. */
export interface Defender {
  /**
   * Machines that `query` may mean: exact machine id, Entra device id, IP address, name (FQDN or short) or `tag:<tag>`. Duplicates that were
   * merged into another machine are left out. No match is an empty list; more than one is a question for the person who asked.
   */
  findMachines(query: string): Promise<readonly Device[]>;
  /** Everything that each of these may mean, with few calls: exact ids and names as `findMachines` reads them, and whole tags or groups. */
  findMany(queries: readonly string[]): Promise<FoundMany>;
  /** Machines whose names begin with `start`, in one call; not all there are when as many as `mostNames` came. */
  machinesBeginning(start: string): Promise<readonly Device[]>;
  /** The machine with exactly this id; null when it is gone or was merged into another, which is then not the machine that was meant (T-21). */
  getMachine(machineId: string): Promise<Device | null>;
  /** A file that is `needed` is believed gone only when it stays away for some seconds: the list is asked for again meanwhile. */
  listLibrary(needed?: readonly string[]): Promise<readonly LibraryFile[]>;
  /** Sent at most once, never retried: any doubt is `unclear`. */
  runLiveResponse(
    machineId: string,
    commands: readonly Command[],
    comment: string,
    options?: SubmitOptions,
  ): Promise<SubmitOutcome>;
  /**
   * Live responses of every machine created at `createdFrom` (epoch ms) or later, in one list; of those older than `endedFrom` only the ones that have not ended. One that
   * cannot be read is left out with a warning: not seeing an action here is no proof of anything until `getAction` has said so as well.
   */
  listActions(createdFrom: number, endedFrom?: number): Promise<ActionList>;
  /**
   * Live responses of one machine created at `createdFrom` (epoch ms) or later (null: all that there are): throws rather than leave one out,
   * since what is missing here counts as not listed.
   */
  listMachineActions(machineId: string, createdFrom: number | null): Promise<DatedActions>;
  /** Defender's own `Date` on the last answer to a read; null before one that named it. */
  lastDate(): number | null;
  /** Null on 404, which for two minutes after a submission may also mean "not visible yet" (defender-api.md §1.2). */
  getAction(actionId: string): Promise<MachineAction | null>;
  cancelAction(actionId: string, comment: string): Promise<CancelOutcome>;
  openResult(actionId: string, index: number): Promise<ResultOutcome>;
  /**
   * The same for another purpose, which decides who reads when the quota gets scarce; without it a read is a check before a submission. `within`
   * narrows the budget further.
   */
  forPurpose(purpose: Purpose, within?: (budget: ReadBudget) => ReadBudget): Defender;
}

export interface DefenderOptions {
  /** `DEFENDER_API_URL`: one host for everything, since mixing hosts makes Defender's delays worse (defender-api.md §1.2). */
  readonly baseUrl: string;
  readonly token: TokenSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly timeouts?: Partial<DefenderTimeouts>;
  /** Host suffixes that result links may lead to, in place of those of the cloud; a leading dot is implied. */
  readonly resultHosts?: readonly string[];
  readonly maxResultBytes?: number;
  /** Every call goes through it, by CONNECT. */
  readonly proxy?: URL | null;
  /** Without one reads are bounded by Defender alone. */
  readonly budget?: ReadBudget;
  /** Told of each exchange, and of each read that the budget held back. */
  readonly onCall?: (call: SeenCall) => void;
}

/** Real network time, not the clock's. */
export interface DefenderTimeouts {
  /** Connecting, sending and reading one API call. */
  readonly callMs: number;
  /** A result download without a byte. */
  readonly downloadIdleMs: number;
  readonly downloadMs: number;
  /** The longest wait between two tries that a read sleeps through itself. */
  readonly longestWaitMs: number;
}

export function createDefender(options: DefenderOptions): Defender {
  const base = toBase(options.baseUrl);
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  let lastDate: number | null = null;
  const context: CallContext = {
    base,
    token: options.token,
    clock: options.clock,
    log: options.log,
    callTimeoutMs: timeouts.callMs,
    maxAnswerBytes,
    longestWaitMs: timeouts.longestWaitMs,
    budget: options.budget ?? boundless,
    purpose: 'check',
    agent: createAgent(base, options.proxy ?? null),
    proxy: options.proxy ?? null,
    onCall: options.onCall ?? (() => {}),
    onDate: (date) => {
      lastDate = date;
    },
  };
  const limits = {
    hosts: (options.resultHosts ?? cloudOf(options.baseUrl).resultHosts).map(
      (h) => `.${h.toLowerCase().replace(/^\.+/, '')}`,
    ),
    idleTimeoutMs: timeouts.downloadIdleMs,
    totalTimeoutMs: timeouts.downloadMs,
    maxBytes: options.maxResultBytes ?? defaultMaxResultBytes,
  };
  return toDefender(context, limits, () => lastDate);
}

const toDefender = (context: CallContext, limits: DownloadLimits, lastDate: () => number | null): Defender => ({
  findMachines: (query) => findMachines(context, query),
  findMany: (queries) => findMany(context, queries),
  machinesBeginning: (start) => machinesBeginning(context, start),
  getMachine: async (machineId) => (await fetchMachine(context, machineId))?.device ?? null,
  listLibrary: (needed = []) => listLibrary(context, needed),
  runLiveResponse: (machineId, commands, comment, options = {}) =>
    runLiveResponse(context, machineId, commands, comment, options),
  listActions: (createdFrom, endedFrom = createdFrom) => listActions(context, createdFrom, endedFrom),
  listMachineActions: (machineId, createdFrom) => listMachineActions(context, machineId, createdFrom),
  getAction: (actionId) => fetchAction(context, actionId),
  cancelAction: (actionId, comment) => cancelAction(context, actionId, comment),
  openResult: (actionId, index) => openResult(context, limits, actionId, index),
  lastDate,
  forPurpose: (purpose, within = (budget) => budget) =>
    toDefender({ ...context, purpose, budget: within(context.budget) }, limits, lastDate),
});

const defaultTimeouts: DefenderTimeouts = {
  callMs: 30_000,
  downloadIdleMs: 60_000,
  downloadMs: 60 * 60_000,
  longestWaitMs: defaultLongestWaitMs,
};

/** A page holds at most 10,000 items (list pages), and a machine is about 1.5 KB. */
const maxAnswerBytes = 32 * 1024 * 1024;
/** GetFile stops at 3 GB (live-response page). */
const defaultMaxResultBytes = 3 * 1024 ** 3;
/** A token goes out over https, or stays on this machine. */
function toBase(baseUrl: string): URL {
  const url = new URL(baseUrl);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new Error('The address of Defender must begin with https:// unless it is on this machine.');
  }
  return new URL('/api/', url);
}
