import { mostListed } from '../../chat/device-list';
import type { ManyDevices } from '../../chat/draft';
import { checkDevice } from '../../chat/draft-check';
import { isRecord } from '../../lib/record';

/** Several devices that went through a card, each checked like typed text; null when our cards never send that. */
export function readManyDevices(data: unknown): ManyDevices | null {
  if (!isRecord(data)) return null;
  const queries = readNames(data.queries);
  const canaries = readCanaries(data.canaries);
  const { stopAt } = data;
  const isStop = stopAt === null || (typeof stopAt === 'number' && Number.isInteger(stopAt) && stopAt >= 0);
  if (queries === null || queries.length === 0 || canaries === undefined || !isStop) return null;
  return { queries, heading: null, column: null, canaries, stopAt: stopAt as number | null };
}

function readNames(data: unknown): readonly string[] | null {
  if (!Array.isArray(data) || data.length > mostListed) return null;
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && name !== '' && checkDevice(name).length === 0;
  return data.every(isName) ? data : null;
}

function readCanaries(data: unknown): ManyDevices['canaries'] | undefined {
  if (data === null) return null;
  if (typeof data === 'number') return Number.isInteger(data) && data >= 0 ? data : undefined;
  return readNames(data) ?? undefined;
}
