import type { Device } from '../request/request';
import { type CallContext, get, segment } from './call';
import { DefenderError } from './errors';
import { apiByQuery, isMeant, namesPath, parseMachineQuery, queryToPath, quote } from './machine-query';
import { at, getUnlessGone, readList, unreadable } from './read-list';
import { parseJson, type ReadMachine, readMachine, readPage } from './schema';

/** More matches than that are no choice but a reason to ask with more of the name. */
const mostReadWhole = 6;

/** Throws rather than leave one out: people choose among what is there. */
export async function findMachines(context: CallContext, text: string): Promise<readonly Device[]> {
  const query = parseMachineQuery(text);
  if (query.type === 'machineId') {
    const machine = await fetchMachine(context, query.id);
    return machine === null ? [] : [machine.device];
  }
  const path = queryToPath(query, context.clock.now());
  if (path === null) return [];
  const call = { name: 'findMachines', api: apiByQuery[query.type] };
  const { items } = await readList(context, call, path, {
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
export async function machinesBeginning(context: CallContext, start: string): Promise<readonly Device[]> {
  const reply = await get(context, at(context, 'listMachines', namesPath(start)), [404]);
  const page = reply.status === 404 ? null : readPage(reply.body, readMachine);
  return (page?.items ?? []).filter((m) => m.mergedInto === null).map((m) => m.device);
}

/** One 404 proves nothing: it is gone when it stays away for some seconds and the list does not have it either. */
export async function fetchMachine(context: CallContext, machineId: string): Promise<ReadMachine | null> {
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
  const { items } = await readList(context, call, path, {
    readItem: readMachine,
    unreadable: 'throw',
    emptyIs404: true,
  });
  return items.some((machine) => isMachine(machine, machineId));
}

const isMachine = ({ device, mergedInto }: ReadMachine, machineId: string): boolean =>
  device.machineId.toLowerCase() === machineId.toLowerCase() && mergedInto === null;
