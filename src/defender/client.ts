import { type Clock, seconds } from '../lib/clock';
import type { Log } from '../lib/log';
import { isLoopback } from '../lib/loopback';
import type { Command } from '../request/ask/command';
import type { Device, LibraryFile } from '../request/request';
import { type Api, boundless, type Purpose, type ReadBudget } from './budget';
import { type CallContext, createAgent, get, post, type Reply, type SeenCall, segment } from './call';
import { cloudOf } from './cloud';
import { createConnections } from './connection';
import { DefenderError, readEnvelope } from './errors';
import { apiByQuery, isMeant, isoSeconds, namesPath, parseMachineQuery, queryToPath, quote } from './machine-query';
import { type DownloadLimits, openResult, type ResultOutcome } from './result-download';
import { defaultLongestWaitMs } from './retry';
import {
  type MachineAction,
  parseJson,
  type ReadMachine,
  readAction,
  readLibraryFile,
  readMachine,
  readPage,
} from './schema';
import { type SubmitOptions, type SubmitOutcome, submitOnce } from './submission';
import type { TokenSource } from './token';

export type { SeenCall } from './call';
export type { ResultOutcome } from './result-download';
export type { MachineAction } from './schema';
export type { SubmitOptions, SubmitOutcome } from './submission';

/** Defender for Endpoint as far as this bot needs it. Reads are retried and then throw a DefenderError; the submission never is. */
export interface Defender {
  /**
   * Machines that `query` may mean: exact machine id, Entra device id, IP address, name (FQDN or short) or `tag:<tag>`. Duplicates that were
   * merged into another machine are left out. No match is an empty list; more than one is a question for the person who asked.
   */
  findMachines(query: string): Promise<readonly Device[]>;
  /** Machines whose names begin with `start`, in one call; not all there are when as many as `mostNames` came. */
  machinesBeginning(start: string): Promise<readonly Device[]>;
  /** The machine with exactly this id; null when it is gone or was merged into another, which is then not the machine that was meant (T-21). */
  getMachine(machineId: string): Promise<Device | null>;
  /** A file that is `needed` is believed gone only when it stays away for some seconds: the list is asked for again meanwhile. */
  listLibrary(needed?: readonly string[]): Promise<readonly LibraryFile[]>;
  /** Opens a connection for the next submission, while what must come before it is done. Nothing is written on it; unused it is thrown away. */
  openAhead(): void;
  /** Sent at most once, never retried: any doubt is `unclear`. */
  runLiveResponse(
    machineId: string,
    commands: readonly Command[],
    comment: string,
    options?: SubmitOptions,
  ): Promise<SubmitOutcome>;
  /**
   * Live responses of every machine created since, in one list; of those older than `endedSinceMs` only the ones that have not ended. One that
   * cannot be read is left out with a warning: not seeing an action here is no proof of anything until `getAction` has said so as well.
   */
  listActions(sinceMs: number, endedSinceMs?: number): Promise<ActionList>;
  /**
   * Live responses of one machine created since (null: all that there are): throws rather than leave one out, since what is missing here
   * counts as not listed. `date` is Defender's own on the list's first page, epoch milliseconds; null where it named none.
   */
  listMachineActions(
    machineId: string,
    sinceMs: number | null,
  ): Promise<{ readonly actions: readonly MachineAction[]; readonly date: number | null }>;
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

/** A list and the number of calls that it took. */
export interface ActionList {
  readonly actions: readonly MachineAction[];
  readonly pages: number;
}

export type CancelOutcome =
  | { readonly type: 'accepted'; readonly action: MachineAction }
  /** It can no longer be cancelled, or not by us. */
  | { readonly type: 'refused'; readonly code: string }
  | { readonly type: 'unknownAction' };

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
    agent: createAgent(base, options.proxy),
    connections: createConnections(base, options.clock, options.proxy),
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
  machinesBeginning: (start) => machinesBeginning(context, start),
  getMachine: async (machineId) => (await fetchMachine(context, machineId))?.device ?? null,
  listLibrary: (needed = []) => listLibraryWith(context, needed),
  openAhead: () => context.connections.openAhead(),
  runLiveResponse: (machineId, commands, comment, options = {}) =>
    submitOnce(context, machineId, commands, comment, options),
  listActions: (sinceMs, endedSinceMs = sinceMs) => listActions(context, sinceMs, endedSinceMs),
  listMachineActions: (machineId, sinceMs) => listMachineActions(context, machineId, sinceMs),
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
/** More matches than that are no choice but a reason to ask with more of the name. */
const mostReadWhole = 6;
/** Short enough for somebody who waits for the answer. */
const absenceWaits = ({ longestWaitMs }: CallContext): readonly number[] =>
  [seconds(1), seconds(2)].filter((ms) => ms <= longestWaitMs);
/** 50 pages of anything are a loop or a mistake. */
const maxPages = 50;

/** A token goes out over https, or stays on this machine. */
function toBase(baseUrl: string): URL {
  const url = new URL(baseUrl);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    throw new Error('The address of Defender must begin with https:// unless it is on this machine.');
  }
  return new URL('/api/', url);
}

async function findMachines(context: CallContext, text: string): Promise<readonly Device[]> {
  const query = parseMachineQuery(text);
  if (query.type === 'machineId') {
    const machine = await fetchMachine(context, query.id);
    return machine === null ? [] : [machine.device];
  }
  const path = queryToPath(query, context.clock.now());
  if (path === null) return [];
  const call = { name: 'findMachines', api: apiByQuery[query.type] };
  const { items } = await list(context, call, path, {
    readItem: readMachine,
    unreadable: 'throw',
    emptyIs404: true,
  });
  const meant = items.filter((m) => m.mergedInto === null && isMeant(query, m.device));
  // Lists leave the group's name out (defender-api.md §1.6), and people choose by it: as many as a card shows are read one by one.
  if (meant.length > mostReadWhole) return meant.map((m) => m.device);
  const whole = await Promise.all(meant.map((m) => (m.groupUnknown ? fetchMachine(context, m.device.machineId) : m)));
  return whole.flatMap((m) => (m === null ? [] : [m.device]));
}

/** One page is enough to choose from. */
async function machinesBeginning(context: CallContext, start: string): Promise<readonly Device[]> {
  const reply = await get(context, at(context, 'listMachines', namesPath(start)), [404]);
  const page = reply.status === 404 ? null : readPage(reply.body, readMachine);
  return (page?.items ?? []).filter((m) => m.mergedInto === null).map((m) => m.device);
}

/** One 404 proves nothing: it is gone when it stays away for some seconds and the list does not have it either. */
async function fetchMachine(context: CallContext, machineId: string): Promise<ReadMachine | null> {
  const path = `machines/${segment(machineId)}`;
  const reply = await getUnlessGone(context, at(context, 'getMachine', path));
  if (reply === null) {
    if (!(await isListed(context, machineId))) return null;
    throw new DefenderError('getMachine', 'defender.contradiction'); // guard: listed-device-is-not-gone
  }
  const machine = readMachine(parseJson(reply.body));
  if (machine === null) throw unreadable('getMachine', reply);
  // `{id}` also takes computer names and Entra ids: a computer may be named like another's id.
  return isMachine(machine, machineId) ? machine : null;
}

async function isListed(context: CallContext, machineId: string): Promise<boolean> {
  const path = `machines?$filter=${encodeURIComponent(`id eq ${quote(machineId)}`)}`;
  const call = { name: 'listMachines', api: 'listMachines' } as const;
  const { items } = await list(context, call, path, { readItem: readMachine, unreadable: 'throw', emptyIs404: true });
  return items.some((machine) => isMachine(machine, machineId));
}

const isMachine = ({ device, mergedInto }: ReadMachine, machineId: string): boolean =>
  device.machineId.toLowerCase() === machineId.toLowerCase() && mergedInto === null;

/** Defender answers 404 for a while for what is there (defender-api.md §1.2, §3), so it is asked again; null when each try said 404. */
async function getUnlessGone(context: CallContext, call: ReturnType<typeof at>): Promise<Reply | null> {
  for (const waitMs of absenceWaits(context)) {
    const reply = await get(context, call, [404]);
    if (reply.status !== 404) return reply;
    await context.clock.sleep(waitMs);
  }
  const last = await get(context, call, [404]);
  return last.status === 404 ? null : last; // guard: one-404-is-asked-again
}

async function listLibraryWith(context: CallContext, needed: readonly string[]): Promise<readonly LibraryFile[]> {
  let { items } = await listLibrary(context);
  for (const waitMs of absenceWaits(context)) {
    if (needed.every((name) => items.some(({ fileName }) => fileName === name))) return items;
    await context.clock.sleep(waitMs);
    items = (await listLibrary(context)).items; // guard: missing-file-is-asked-for-again
  }
  return items;
}

/** A file without a readable hash cannot be pinned by a digest, so it is left out and cannot be asked for. */
async function listLibrary(context: CallContext): Promise<List<LibraryFile>> {
  const call = { name: 'listLibrary', api: 'listLibrary' } as const;
  return list(context, call, 'libraryfiles', { readItem: readLibraryFile, unreadable: 'skip' });
}

/** Only fields that the page names as filterable, and `or` in parentheses as clients in production send it (defender-api.md §1.2). */
async function listActions(context: CallContext, sinceMs: number, endedSinceMs: number): Promise<ActionList> {
  const all = `type eq 'LiveResponse' and creationDateTimeUtc ge ${isoSeconds(sinceMs)}`;
  if (endedSinceMs <= sinceMs) return listFiltered(context, all);
  const open = `(creationDateTimeUtc ge ${isoSeconds(endedSinceMs)} or status eq 'Pending' or status eq 'InProgress')`;
  try {
    return await listFiltered(context, `${all} and ${open}`);
  } catch (error) {
    // No page shows `or`: where it is refused, the longer list is as true.
    if (!(error instanceof DefenderError) || error.code !== 'defender.badRequest') throw error;
    const { actions, pages } = await listFiltered(context, all);
    return { actions, pages: pages + 1 };
  }
}

async function listFiltered(context: CallContext, filter: string): Promise<ActionList> {
  const call = { name: 'listActions', api: 'listActions' } as const;
  const { items, pages } = await list(context, call, `machineactions?$filter=${encodeURIComponent(filter)}`, {
    readItem: (item) => readAction(item, context.clock.now()),
    unreadable: 'skip',
  });
  return { actions: items, pages };
}

async function listMachineActions(
  context: CallContext,
  machineId: string,
  sinceMs: number | null,
): ReturnType<Defender['listMachineActions']> {
  const since = sinceMs === null ? '' : ` and creationDateTimeUtc ge ${isoSeconds(sinceMs)}`;
  const filter = `machineId eq ${quote(machineId)} and type eq 'LiveResponse'${since}`;
  const call = { name: 'listMachineActions', api: 'listActions' } as const;
  const { items, date } = await list(context, call, `machineactions?$filter=${encodeURIComponent(filter)}`, {
    readItem: (item) => readAction(item, context.clock.now()),
    unreadable: 'throw',
  });
  return { actions: items, date };
}

async function fetchAction(context: CallContext, actionId: string): Promise<MachineAction | null> {
  const reply = await getUnlessGone(context, at(context, 'getAction', `machineactions/${segment(actionId)}`));
  if (reply === null) return null;
  const action = readAction(parseJson(reply.body), context.clock.now());
  if (action === null || action.actionId.toLowerCase() !== actionId.toLowerCase()) throw unreadable('getAction', reply);
  return action;
}

async function cancelAction(context: CallContext, actionId: string, comment: string): Promise<CancelOutcome> {
  const call = at(context, 'cancelAction', `machineactions/${segment(actionId)}/cancel`);
  const reply = await post(context, call, { Comment: comment }, [400, 404]);
  if (reply.status === 404) return { type: 'unknownAction' };
  if (reply.status === 400) return { type: 'refused', code: readEnvelope(reply.body).code ?? 'http.400' };
  // An answer that cannot be read is still a yes; what became of the action is then asked for.
  const action = readAction(parseJson(reply.body), context.clock.now()) ?? (await fetchAction(context, actionId));
  if (action === null) throw unreadable('cancelAction', reply);
  return { type: 'accepted', action };
}

interface Reading<T> {
  readonly readItem: (item: unknown) => T | null;
  readonly unreadable: 'skip' | 'throw';
  /** An empty list of machines comes as 404 (get-machines); for every other list a 404 proves nothing. */
  readonly emptyIs404?: boolean;
}

interface List<T> {
  readonly items: readonly T[];
  readonly pages: number;
  /** Defender's own on the first page. */
  readonly date: number | null;
}

/** A whole list, page by page, or an error: never the first part of one. */
async function list<T>(
  context: CallContext,
  call: { readonly name: string; readonly api: Api },
  path: string,
  reading: Reading<T>,
): Promise<List<T>> {
  const { name } = call;
  const items: T[] = [];
  const first = new URL(path, context.base);
  let url: URL | null = first;
  let pages = 0;
  let date: number | null = null;
  for (; url !== null; pages++) {
    if (pages === maxPages) throw new DefenderError(name, 'defender.answerTooLarge');
    const reply = await get(context, { ...call, url }, reading.emptyIs404 && pages === 0 ? [404] : []);
    if (reply.status === 404) return { items: [], pages: 1, date: reply.date };
    if (pages === 0) date = reply.date;
    const page = readPage(reply.body, reading.readItem);
    if (page === null) throw unreadable(name, reply);
    if (page.unreadable > 0) {
      if (reading.unreadable === 'throw') throw unreadable(name, reply);
      context.log.warn(
        { call: name, unreadable: page.unreadable },
        'Items of a Defender list cannot be read and are left out',
      );
    }
    items.push(...page.items);
    url = page.nextLink === null ? null : followNext(name, page.nextLink, first);
  }
  return { items, pages, date };
}

/**
 * The next page, on our own host whatever host the link names: regional servers name themselves in their answers, and the token goes to one
 * host only. It must continue the list that was asked for.
 */
function followNext(name: string, nextLink: string, first: URL): URL {
  const next = parseUrl(nextLink, first);
  if (next === null || next.pathname.toLowerCase().replace('/api/v1.0/', '/api/') !== first.pathname.toLowerCase()) {
    throw new DefenderError(name, 'defender.badAnswer', { detail: 'the next page leads elsewhere' });
  }
  return new URL(`${first.pathname}${next.search}`, first.origin);
}

function parseUrl(text: string, base: URL): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}

const at = (context: CallContext, api: Api, path: string) => ({ name: api, api, url: new URL(path, context.base) });

const unreadable = (call: string, reply: Reply): DefenderError =>
  new DefenderError(call, 'defender.badAnswer', { status: reply.status, ...envelopeFacts(reply) });

function envelopeFacts(reply: Reply) {
  const { code, target } = readEnvelope(reply.body);
  return { defenderCode: code, target };
}
