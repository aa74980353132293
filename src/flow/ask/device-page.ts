import type { ChatFault } from '../../chat/faults';
import { DefenderError } from '../../defender/errors';
import { type ActionJson, openDevicePage } from '../../thread/kit/button';
import type { Turn } from '../../thread/kit/turn';
import type { FlowOptions } from '../answer';
import { hasRole } from '../show/look-up';

/** Where a command of Defender's console works: a courtesy, so it is left out where one device is not known or Defender cannot be read. */
export async function devicePageFor(
  options: FlowOptions,
  turn: Turn,
  faults: readonly ChatFault[],
): Promise<readonly ActionJson[]> {
  const device = faults.flatMap((fault) => (fault.type === 'consoleCommand' ? [fault.device] : []))[0] ?? null;
  if (device === null || !(await hasRole(options, turn))) return []; // guard: device-pages-need-a-role
  try {
    const [machine, ...others] = await options.reads(turn.person, 'browse').findMachines(device);
    return machine === undefined || others.length > 0 ? [] : [openDevicePage(machine.machineId)];
  } catch (error) {
    if (!(error instanceof DefenderError)) throw error;
    return [];
  }
}
