import { mostListed } from '../../chat/device-list';
import type { Draft, ManyDevices } from '../../chat/draft';
import { checkDevice, checkReason } from '../../chat/draft-check';
import { type FormInput, readFormInput } from '../../chat/form';
import { isRecord } from '../../lib/record';
import { type Command, findCommandFaults, maxCommands } from '../../request/ask/command';
import { mostDevices } from '../../request/batch/batch';
import type { TargetGroup } from '../batch/batch-words';

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

/** A draft that went through a card; our cards carry only faultless ones, so any fault means that it was changed. */
export function readDraft(data: unknown): Draft | null {
  if (
    !isRecord(data) ||
    typeof data.device !== 'string' ||
    typeof data.reason !== 'string' ||
    !Array.isArray(data.commands)
  )
    return null;
  if (data.commands.length > maxCommands) return null;
  const commands: Command[] = [];
  for (const item of data.commands) {
    const command = readCommand(item);
    if (command === null) return null;
    commands.push(command);
  }
  const { device, reason } = data;
  const many = data.many === undefined ? undefined : readManyDevices(data.many);
  if (many === null) return null;
  const isNamed = many !== undefined || checkDevice(device).length === 0;
  const faultless = findCommandFaults(commands).length === 0 && isNamed && checkReason(reason).length === 0;
  const runbook = readRunbook(data.runbook);
  if (!faultless || device === '' || reason === '' || runbook === null) return null;
  return {
    device,
    ...(many === undefined ? {} : { many }),
    commands,
    reason,
    ...(runbook === undefined ? {} : { runbook }),
  };
}

/** Undefined where the draft names none; null where what it names is none of ours. */
function readRunbook(data: unknown): Draft['runbook'] | null {
  if (data === undefined) return undefined;
  if (!isRecord(data) || !Array.isArray(data.given) || data.given.length > mostGiven) return null;
  const { name } = data;
  const given: (readonly [string, string])[] = [];
  for (const pair of data.given as readonly unknown[]) {
    const [key, value] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    if (typeof key !== 'string' || typeof value !== 'string' || key.length + value.length > maxGiven) return null;
    given.push([key, value]);
  }
  return typeof name === 'string' && name.length <= 40 ? { name, given } : null;
}

/** A runbook has at most ten parameters, and a value at most 500 characters. */
const mostGiven = 10;
const maxGiven = 2_000;

export const readOrigin = ({ form }: Readonly<Record<string, unknown>>): FormInput | null =>
  isRecord(form) ? readFormInput(form) : null;

function readCommand(data: unknown): Command | null {
  if (!isRecord(data)) return null;
  const { type, fileName, scriptName, args, path } = data;
  if (type === 'PutFile' && typeof fileName === 'string') return { type, fileName };
  if (type === 'RunScript' && typeof scriptName === 'string' && (typeof args === 'string' || args === null))
    return { type, scriptName, args };
  if (type === 'GetFile' && typeof path === 'string') return { type, path };
  return null;
}

/** What the buttons of a batch's board do. */
export type BatchAction =
  /** The next takes the place of a canary whose outcome nobody can tell. */
  | { readonly verb: 'batch.next'; readonly requestId: string; readonly number: number }
  | { readonly verb: 'batch.goOn'; readonly requestId: string }
  /** Asks again for the targets of one group, by their ids. */
  | { readonly verb: 'batch.again'; readonly requestId: string; readonly group: AgainGroup };

export const againGroups = ['failed', 'notReached', 'notSent', 'leftOut'] as const satisfies readonly TargetGroup[];
export type AgainGroup = (typeof againGroups)[number];

export function readBatchAction(
  verb: BatchAction['verb'],
  data: Readonly<Record<string, unknown>>,
): BatchAction | null {
  const { requestId, number } = data;
  if (typeof requestId !== 'string' || requestId.length > 40) return null;
  const group = againGroups.find((known) => known === data.group);
  switch (verb) {
    case 'batch.goOn':
      return { verb, requestId };
    case 'batch.again':
      return group === undefined ? null : { verb, requestId, group };
    case 'batch.next': {
      const isNumber = typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= mostDevices;
      return isNumber ? { verb, requestId, number } : null;
    }
  }
}
