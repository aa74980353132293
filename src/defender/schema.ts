import { z } from 'zod/v4';
import type { AskedCommand, ObservedAction } from '../request/event';
import type { CommandProgress, Device, LibraryFile } from '../request/request';

/** Defender's machine action: what a request's life depends on, and what tells whose it is. */
export interface MachineAction extends ObservedAction {
  readonly type: string | null;
  readonly machineId: string | null;
  /** The device's name at that time. */
  readonly machineName: string | null;
  /** What it was asked to do, one text a command; text from outside, as far as it can be read. */
  readonly commands: readonly string[];
  /** UPN, app name or app id, as Defender saw fit (defender-api.md §2.1). */
  readonly requestor: string | null;
  readonly createdAt: number;
}

/** A machine as far as we read it; a duplicate names the machine it was merged into. */
export interface ReadMachine {
  readonly device: Device;
  readonly mergedInto: string | null;
  /** Lists leave `rbacGroupName` out, so there a missing group is not the same as none (machine list page). */
  readonly groupUnknown: boolean;
  /** `rbacGroupId` as text; null where it is left out. */
  readonly groupId: string | null;
}

/** Items of an OData list: those that could be read, how many could not, and where it goes on. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly unreadable: number;
  readonly nextLink: string | null;
}

/** Reads one list page, or null when it is no list at all. */
export function readPage<T>(body: string, readItem: (item: unknown) => T | null): Page<T> | null {
  const page = Envelope.safeParse(parseJson(body));
  if (!page.success) return null;
  const items = page.data.value.map(readItem);
  const readable = items.filter((item) => item !== null);
  return {
    items: readable,
    unreadable: items.length - readable.length,
    nextLink: page.data['@odata.nextLink'] ?? null,
  };
}

export function readMachine(value: unknown): ReadMachine | null {
  const parsed = Machine.safeParse(value);
  if (!parsed.success) return null;
  const m = parsed.data;
  return {
    device: {
      machineId: m.id,
      name: m.computerDnsName ?? '',
      entraDeviceId: m.aadDeviceId ?? null,
      osPlatform: m.osPlatform ?? null,
      healthStatus: m.healthStatus ?? null,
      onboardingStatus: m.onboardingStatus ?? null,
      riskScore: m.riskScore ?? null,
      deviceValue: m.deviceValue ?? null,
      groupName: m.rbacGroupName ?? null,
      tags: m.machineTags ?? [],
      lastSeen: m.lastSeen ?? null,
      lastIpAddress: m.lastIpAddress ?? null,
    },
    mergedInto: m.mergedIntoMachineId ? m.mergedIntoMachineId : null,
    groupUnknown: m.rbacGroupName === undefined && String(m.rbacGroupId ?? '') !== '0',
    groupId: m.rbacGroupId == null ? null : String(m.rbacGroupId),
  };
}

export function readLibraryFile(value: unknown): LibraryFile | null {
  const parsed = Library.safeParse(value);
  if (!parsed.success) return null;
  const f = parsed.data;
  return {
    fileName: f.fileName,
    sha256: f.sha256.toLowerCase(),
    description: f.description ?? null,
    createdBy: f.createdBy ?? null,
    lastUpdatedTime: f.lastUpdatedTime ?? null,
    hasParameters: f.hasParameters ?? false,
    parametersDescription: f.parametersDescription ?? null,
  };
}

/** `seenAt` stands in for a creation time that is missing or unreadable, so that a young action is never taken for an old one. */
export function readAction(value: unknown, seenAt: number): MachineAction | null {
  const parsed = Action.safeParse(value);
  if (!parsed.success) return null;
  const a = parsed.data;
  return {
    actionId: a.id,
    type: a.type ?? null,
    status: a.status,
    progress: (a.commands ?? []).map(toProgress),
    cancellationRequestor: a.cancellationRequestor ?? null,
    cancellationComment: a.cancellationComment ?? null,
    machineId: a.machineId ?? null,
    machineName: a.computerDnsName ?? null,
    commands: (a.commands ?? []).flatMap(toCommandText),
    comment: a.requestorComment ?? null,
    asked: toAsked(a.commands ?? []),
    requestor: a.requestor ?? null,
    createdAt: parseInstant(a.creationDateTimeUtc ?? null) ?? seenAt,
  };
}

/** The link out of GetLiveResponseResultDownloadLink; one client saw it HTML-escaped (defender-api.md §1.3). */
export function readLink(body: string): string | null {
  const parsed = Link.safeParse(parseJson(body));
  return parsed.success ? parsed.data.value.replaceAll('&amp;', '&') : null;
}

/** Epoch milliseconds of a Defender time stamp, which carries 0 to 7 fraction digits and means UTC with and without `Z`. */
export function parseInstant(text: string | null): number | null {
  const found = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?$/.exec(text ?? '');
  if (found === null) return null;
  const ms = Date.parse(`${found[1]}.${(found[2] ?? '').padEnd(3, '0').slice(0, 3)}${found[3] ?? 'Z'}`);
  return Number.isNaN(ms) ? null : ms;
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const text = z.string().nullish();

const Envelope = z.object({ value: z.array(z.unknown()), '@odata.nextLink': text });
const Link = z.object({ value: z.string().min(1) });

const Machine = z.object({
  id: z.string().min(1),
  mergedIntoMachineId: text,
  computerDnsName: text,
  aadDeviceId: text,
  osPlatform: text,
  healthStatus: text,
  onboardingStatus: text,
  riskScore: text,
  deviceValue: text,
  rbacGroupName: text,
  rbacGroupId: z.union([z.number(), z.string()]).nullish(),
  machineTags: z.array(z.string()).nullish(),
  lastSeen: text,
  lastIpAddress: text,
});

const Library = z.object({
  fileName: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/i),
  description: text,
  createdBy: text,
  lastUpdatedTime: text,
  hasParameters: z.boolean().nullish(),
  parametersDescription: text,
});

const ActionCommand = z.object({
  index: z.number().int().nonnegative().nullish(),
  startTime: text,
  endTime: text,
  commandStatus: text,
  errors: z.array(z.unknown()).nullish(),
  command: z.unknown(),
});

const ReadableCommand = z.object({
  type: z.string(),
  params: z.array(z.object({ value: z.string() })).nullish(),
});

const WholeCommand = z.object({
  type: z.string(),
  params: z.array(z.object({ key: z.string(), value: z.string() })).min(1),
});

const Action = z.object({
  id: z.string().min(1),
  type: text,
  status: z.string().min(1),
  machineId: text,
  computerDnsName: text,
  requestor: text,
  requestorComment: text,
  creationDateTimeUtc: text,
  cancellationRequestor: text,
  cancellationComment: text,
  commands: z.array(ActionCommand).nullish(),
});

/** No payload with a non-empty `errors` was ever seen, so an entry that is no text is kept as JSON rather than lost. */
const toProgress = (c: z.infer<typeof ActionCommand>, position: number): CommandProgress => ({
  index: c.index ?? position,
  status: c.commandStatus ?? 'Created',
  startedAt: c.startTime ?? null,
  endedAt: c.endTime ?? null,
  errors: (c.errors ?? []).map((e) => (typeof e === 'string' ? e : JSON.stringify(e))),
});

/** What it was asked to run, in the order in which it runs; null where any part of that is missing. */
function toAsked(commands: readonly z.infer<typeof ActionCommand>[]): readonly AskedCommand[] | null {
  const asked = [...commands.entries()]
    .sort(([a, one], [b, other]) => (one.index ?? a) - (other.index ?? b))
    .map(([, { command }]) => WholeCommand.safeParse(command));
  return asked.length === 0 || asked.some(({ success }) => !success) ? null : asked.flatMap(({ data }) => data ?? []);
}

function toCommandText({ command }: z.infer<typeof ActionCommand>): readonly string[] {
  const asked = ReadableCommand.safeParse(command);
  if (!asked.success) return [];
  return [[asked.data.type, ...(asked.data.params ?? []).map(({ value }) => value)].join(' ')];
}
