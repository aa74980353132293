import type { Draft } from '../../chat/draft';
import { checkDevice, checkReason } from '../../chat/draft-check';
import { type FormInput, readFormInput } from '../../chat/form';
import { isRecord } from '../../lib/record';
import { type Command, findCommandFaults, maxCommands } from '../../request/ask/command';

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
  const faultless =
    findCommandFaults(commands).length === 0 && checkDevice(device).length === 0 && checkReason(reason).length === 0;
  const runbook = readRunbook(data.runbook);
  if (!faultless || device === '' || reason === '' || runbook === null) return null;
  return { device, commands, reason, ...(runbook === undefined ? {} : { runbook }) };
}

/** Undefined where the draft names none; null where what it names is none of ours. */
function readRunbook(data: unknown): Draft['runbook'] | null {
  if (data === undefined) return undefined;
  if (!isRecord(data) || !Array.isArray(data.given) || data.given.length > mostGiven) return null;
  const name = readText(data, 'name', 40);
  const given: (readonly [string, string])[] = [];
  for (const pair of data.given as readonly unknown[]) {
    const [key, value] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    if (typeof key !== 'string' || typeof value !== 'string' || key.length + value.length > maxGiven) return null;
    given.push([key, value]);
  }
  return name === null ? null : { name, given };
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

export function readText(data: Readonly<Record<string, unknown>>, key: string, limit: number): string | null {
  const value = Object.hasOwn(data, key) ? data[key] : undefined;
  return typeof value === 'string' && value.length <= limit ? value : null;
}

/** Empty when nothing was written; null when it is more than our cards let anybody write, or no text. */
export const readReason = (data: Readonly<Record<string, unknown>>, key: string): string | null =>
  data[key] === undefined || data[key] === null ? '' : (readText(data, key, 10_000)?.trim() ?? null);
