import { seconds } from '../lib/clock';
import type { Device } from '../request/request';
import { type CallContext, get } from './call';
import { DefenderError } from './errors';
import { isMeant, type MachineQuery, parseMachineQuery, queryToPath, quote } from './machine-query';
import { fetchMachine, findMachines } from './machines';
import { at, unreadable } from './read-list';
import { type ReadMachine, readMachine, readPage } from './schema';

/** What each query may mean, by the query as it was typed; nothing found is an empty list. */
export type FoundMany = ReadonlyMap<string, readonly Device[]>;

/** OData on Defender's side counts at most 100 nodes a filter, and a `startswith` is about five. */
const mostClauses = 18;
/** Below the 2,000 characters at which an address was seen refused, with room for host and path. */
const longestFilter = 1_700;
/** A list that goes on beyond this is a loop or a mistake. */
const mostPages = 60;
/** Between two single reads where Defender does not take a filter. */
const paceMs = seconds(1);

/**
 * Looks up many devices with few calls: names and ids go into common filters, a tag or a group is one list. What lists leave out (the group's name)
 * is learned from one machine of each group, read whole. Throws rather than leave one out.
 */
export async function findMany(context: CallContext, queries: readonly string[]): Promise<FoundMany> {
  const parsed = queries.map((text) => ({ text, query: parseMachineQuery(text) }));
  const machines = new Map<string, ReadMachine>();
  const alone = new Map<string, readonly Device[]>();
  const listed = parsed.filter(({ query }) => clauseOf(query) !== null);
  for (const chunk of chunks(listed.map(({ query }) => clauseOf(query) ?? ''))) {
    for (const machine of (await readFilter(context, chunk)) ?? []) machines.set(machine.device.machineId, machine);
  }
  for (const { text, query } of parsed) {
    if (query.type === 'tag') alone.set(text, await byTag(context, query, machines));
    else if (query.type === 'group') alone.set(text, await byGroup(context, query.group, machines));
    else if (query.type === 'ip') alone.set(text, await findMachines(context, text));
  }
  const groupNames = await learnGroups(context, [...machines.values()]);
  const whole = ({ device, groupUnknown, groupId }: ReadMachine): Device =>
    groupUnknown ? { ...device, groupName: groupNames.get(groupId ?? '') ?? null } : device;
  const all = [...machines.values()].filter(({ mergedInto }) => mergedInto === null).map(whole);
  const byId = new Map(all.map((device) => [device.machineId, device]));
  return new Map(
    parsed.map(({ text, query }) => {
      const found = alone.get(text)?.map((device) => byId.get(device.machineId) ?? device);
      return [text, found ?? all.filter((device) => isExactly(query, device))];
    }),
  );
}

const isExactly = (query: MachineQuery, device: Device): boolean => {
  switch (query.type) {
    case 'machineId':
      return device.machineId.toLowerCase() === query.id;
    case 'entraDeviceId':
      return device.entraDeviceId?.toLowerCase() === query.id;
    case 'name':
      return isMeant(query, device);
    default:
      return false;
  }
};

/** Null for what cannot be asked in a common filter. */
function clauseOf(query: MachineQuery): string | null {
  switch (query.type) {
    case 'machineId':
      return `id eq ${quote(query.id)}`;
    case 'entraDeviceId':
      return `aadDeviceId eq ${query.id}`;
    case 'name':
      return `startswith(computerDnsName,${quote(query.name)})`;
    default:
      return null;
  }
}

/** Filters short enough, of clauses few enough; each clause once. */
export function chunks(clauses: readonly string[]): readonly (readonly string[])[] {
  const all: string[][] = [];
  for (const clause of new Set(clauses)) {
    const last = all.at(-1);
    const fits = last !== undefined && last.length < mostClauses && lengthOf([...last, clause]) <= longestFilter;
    if (fits) last.push(clause);
    else all.push([clause]);
  }
  return all;
}

const lengthOf = (clauses: readonly string[]): number => encodeURIComponent(clauses.join(' or ')).length;

/** The machines of one filter. One that Defender refuses for what it is is asked clause by clause, paced; any other failure is no proof that a device is gone. */
async function readFilter(context: CallContext, clauses: readonly string[]): Promise<readonly ReadMachine[]> {
  const path = `machines?$filter=${encodeURIComponent(clauses.join(' or '))}`;
  try {
    return await readToTheEnd(context, 'listMachines', path);
  } catch (error) {
    const isRefused = error instanceof DefenderError && (error.status === 400 || error.status === 414);
    if (!isRefused || clauses.length === 1) throw error;
    const found: ReadMachine[] = [];
    for (const clause of clauses) {
      await context.clock.sleep(paceMs);
      found.push(...(await readFilter(context, [clause])));
    }
    return found;
  }
}

async function byTag(
  context: CallContext,
  query: Extract<MachineQuery, { type: 'tag' }>,
  machines: Map<string, ReadMachine>,
): Promise<readonly Device[]> {
  const path = queryToPath(query, context.clock.now()) ?? '';
  const found = await readToTheEnd(context, 'findMachinesByTag', path);
  // Defender's own search also matches the start of a tag, and names: only the very tag counts.
  const exact = found.filter(({ device, mergedInto }) => mergedInto === null && device.tags.includes(query.tag));
  for (const machine of exact) machines.set(machine.device.machineId, machine);
  return exact.map(({ device }) => device);
}

/** Defender filters by the group's id only, so the names are learned from the machines. */
async function byGroup(
  context: CallContext,
  name: string,
  machines: Map<string, ReadMachine>,
): Promise<readonly Device[]> {
  const found = (await readToTheEnd(context, 'listMachines', 'machines')).filter((m) => m.mergedInto === null);
  const names = await learnGroups(context, found);
  const groupOf = ({ device, groupUnknown, groupId }: ReadMachine): string | null =>
    groupUnknown ? (names.get(groupId ?? '') ?? null) : device.groupName;
  const exact = found.filter((machine) => groupOf(machine)?.toLowerCase() === name.toLowerCase());
  for (const machine of exact) machines.set(machine.device.machineId, machine);
  return exact.map(({ device }) => device);
}

/** The names of groups by their id, from one machine of each, read whole. */
async function learnGroups(
  context: CallContext,
  machines: readonly ReadMachine[],
): Promise<ReadonlyMap<string, string | null>> {
  const names = new Map<string, string | null>();
  for (const { device, groupUnknown, groupId } of machines) {
    const key = groupId ?? '';
    if (!groupUnknown || names.has(key)) continue;
    const whole = await fetchMachine(context, device.machineId);
    if (whole !== null && !whole.groupUnknown) names.set(key, whole.device.groupName);
  }
  return names;
}

/** Read on until a page is empty: a first page without a next link may be Defender's default length and not the end. */
async function readToTheEnd(
  context: CallContext,
  api: 'listMachines' | 'findMachinesByTag',
  path: string,
): Promise<readonly ReadMachine[]> {
  const found = new Map<string, ReadMachine>();
  const canSkip = api === 'listMachines';
  for (let page = 0; page < mostPages; page++) {
    const skip = page === 0 ? '' : `${path.includes('?') ? '&' : '?'}$skip=${found.size}`;
    const reply = await get(context, at(context, api, `${path}${skip}`), [404]);
    if (reply.status === 404) return [...found.values()];
    const read = readPage(reply.body, readMachine);
    if (read === null || read.unreadable > 0) throw unreadable(api, reply);
    const before = found.size;
    for (const machine of read.items) found.set(machine.device.machineId, machine);
    if (read.items.length === 0 || (!canSkip && read.nextLink === null)) return [...found.values()];
    if (found.size === before)
      throw new DefenderError(api, 'defender.badAnswer', { detail: `the list repeats itself after ${before} devices` });
  }
  throw new DefenderError(api, 'defender.answerTooLarge', {
    detail: `${found.size} devices read, and the list goes on`,
  });
}
