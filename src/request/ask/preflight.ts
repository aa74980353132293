import { findSecrets } from '../../mask/find-secrets';
import type { SecretKind } from '../../mask/rules';
import type { KnownRefusal, LastingRefusal } from '../known-refusal';
import type { Device, LibraryFile, LiveResponseRequest, RequestId, State } from '../request';
import { underWayStates } from '../waiting';
import { type Command, commandToParams, libraryFileOf } from './command';
import { type Misfit, misfitOf, systemOf } from './operating-system';

/**
 * What is known beforehand about whether a request can do what it is for, so that nobody is asked to approve what cannot run.
 * A `refusal` stores nothing; a `warning` is confirmed by the requester first; a `note` is told and stops nobody.
 */
export type Finding =
  | { readonly type: 'unsupportedPlatform'; readonly platform: string }
  | { readonly type: 'notOnboarded'; readonly status: string }
  | { readonly type: 'sensorUnhealthy'; readonly status: string }
  /** `at`: the last full report, epoch milliseconds. */
  | { readonly type: 'longSilent'; readonly at: number; readonly forMs: number }
  | {
      readonly type: 'refusedBefore';
      readonly code: LastingRefusal;
      readonly group: string | null;
      readonly requestId: RequestId;
      readonly at: number;
    }
  /** Commands count from 0. */
  | { readonly type: 'argsNotTaken'; readonly index: number; readonly fileName: string }
  | {
      readonly type: 'argsExpected';
      readonly index: number;
      readonly fileName: string;
      readonly parameters: string | null;
    }
  | { readonly type: 'parenthesesInArgs'; readonly index: number }
  /** `kind`: our own words for what it looks like. */
  | { readonly type: 'secretInArgs'; readonly index: number; readonly kind: SecretKind }
  /** The command does not look like one of the device's system, or its file like a script. */
  | { readonly type: Misfit; readonly index: number; readonly name: string; readonly platform: string | null }
  | { readonly type: 'sameIsOpen'; readonly requestId: RequestId; readonly state: State }
  /** Requests of ours that Defender has for the device: it takes one at a time. */
  | { readonly type: 'deviceTaken'; readonly requestIds: readonly RequestId[] }
  /** Requests of ours for the device that wait for approval or for their turn: nothing says yet which of them goes first. */
  | { readonly type: 'deviceWanted'; readonly requestIds: readonly RequestId[] }
  /** Those that wait now would take longer than this one may wait. */
  | {
      readonly type: 'queueTooLong';
      readonly waiting: number;
      readonly expectedAt: number;
      readonly startWithinMs: number;
    };

export type FindingType = Finding['type'];

export const weightOf = (type: FindingType): 'refusal' | 'warning' | 'note' => weights[type];

const weights = {
  unsupportedPlatform: 'refusal',
  notOnboarded: 'refusal',
  // People ask for a device that is away and mean it: it waits for the device, and the card says that it is away.
  sensorUnhealthy: 'note',
  longSilent: 'note',
  refusedBefore: 'warning',
  argsNotTaken: 'warning',
  argsExpected: 'warning',
  // The documented list of refused characters leaves them out; texts of Defender's refusals that people have published name them.
  parenthesesInArgs: 'warning',
  secretInArgs: 'warning',
  scriptOfOtherSystem: 'warning',
  notAScript: 'warning',
  pathOfOtherSystem: 'warning',
  sameIsOpen: 'warning',
  queueTooLong: 'warning',
  deviceTaken: 'note',
  deviceWanted: 'note',
} as const satisfies Readonly<Record<FindingType, 'refusal' | 'warning' | 'note'>>;

/** What those who approve should know as well; the rest is the requester's concern. The health of the sensor stands on the card in any case. */
export const concernsApprovers = ({ type }: Pick<Finding, 'type'>): boolean =>
  type === 'longSilent' ||
  type === 'refusedBefore' ||
  type === 'argsNotTaken' ||
  type === 'argsExpected' ||
  callsForCare({ type }) ||
  type === 'sameIsOpen';

/** What makes the approval card say "Look twice": most likely not what was meant. */
export const callsForCare = ({ type }: Pick<Finding, 'type'>): boolean =>
  type === 'scriptOfOtherSystem' || type === 'notAScript' || type === 'pathOfOtherSystem';

/** Live response has no agent for these (defender-api.md §5); a platform that is not named here may be a newer one and is let pass. */
const unsupported = /^(windows(xp|vista|7|8|81|8\.1|mobile|phone)|windowsserver2008.*|ios|ipados|android|chromeos)$/i;

/** Defender's words for a machine that it only knows of (defender-api.md §1.6). */
const notOnboarded = ['canbeonboarded', 'unsupported', 'insufficientinfo'];

/** A full report comes about once a day (defender-api.md §1.6); two days and a night without one are ours. */
export const silentAfterMs = 60 * 3_600_000;

/** What may keep live response from working on a device, whatever the commands. */
export function findDeviceFindings(
  device: Device,
  known: { readonly knownRefusals: readonly KnownRefusal[]; readonly now: number },
): readonly Finding[] {
  const { osPlatform, onboardingStatus, healthStatus, lastSeen } = device;
  const findings: Finding[] = [];
  if (osPlatform !== null && unsupported.test(osPlatform))
    findings.push({ type: 'unsupportedPlatform', platform: osPlatform });
  if (onboardingStatus != null && notOnboarded.includes(onboardingStatus.toLowerCase()))
    findings.push({ type: 'notOnboarded', status: onboardingStatus });
  if (healthStatus !== null && healthStatus !== 'Active')
    findings.push({ type: 'sensorUnhealthy', status: healthStatus });
  const seenAt = lastSeen === null ? Number.NaN : Date.parse(lastSeen);
  if (known.now - seenAt > silentAfterMs) findings.push({ type: 'longSilent', at: seenAt, forMs: known.now - seenAt });
  for (const { code, group, requestId, at } of known.knownRefusals)
    findings.push({ type: 'refusedBefore', code, group, requestId, at });
  return findings;
}

export interface Wish {
  readonly device: Device;
  readonly commands: readonly Command[];
  readonly library: readonly LibraryFile[];
  readonly startWithinMs: number;
}

/** All findings about a wish, refusals first, in the order of importance. */
export function preflight(
  wish: Wish,
  known: {
    readonly knownRefusals: readonly KnownRefusal[];
    /** Requests of this bot on the same device that are open, or of which nobody can tell whether they ran. */
    readonly open: readonly LiveResponseRequest[];
    /** When the last of those that wait now is expected to go; null when that cannot be told. */
    readonly queue: { readonly waiting: number; readonly lastAt: number | null };
    readonly now: number;
  },
): readonly Finding[] {
  const findings = [
    ...findDeviceFindings(wish.device, known),
    ...wish.commands.flatMap((command, index) => misfitFindings(command, index, wish.device.osPlatform)),
    ...wish.commands.flatMap((command, index) => argumentFindings(command, index, wish.library)),
    ...wish.commands.flatMap((command, index) => parenthesisFindings(command, index)),
    ...wish.commands.flatMap((command, index) => secretFindings(command, index)),
    ...openFindings(wish, known.open),
    ...queueFindings(wish, known),
  ];
  const order = ['refusal', 'warning', 'note'] as const;
  return order.flatMap((weight) => findings.filter(({ type }) => weightOf(type) === weight));
}

function misfitFindings(command: Command, index: number, platform: string | null): readonly Finding[] {
  const type = misfitOf(command, systemOf(platform));
  const name = command.type === 'GetFile' ? command.path : (libraryFileOf(command) ?? '');
  return type === null ? [] : [{ type, index, name, platform }];
}

/** Against what the library says of the script; nobody checks that text, so it is a warning and no more. */
function argumentFindings(command: Command, index: number, library: readonly LibraryFile[]): readonly Finding[] {
  if (command.type !== 'RunScript') return [];
  const file = library.find(({ fileName }) => fileName === libraryFileOf(command));
  if (file === undefined) return [];
  const { fileName, hasParameters, parametersDescription } = file;
  if (command.args !== null && !hasParameters) return [{ type: 'argsNotTaken', index, fileName }];
  return command.args === null && hasParameters
    ? [{ type: 'argsExpected', index, fileName, parameters: parametersDescription }]
    : [];
}

const parenthesisFindings = (command: Command, index: number): readonly Finding[] =>
  command.type === 'RunScript' && /[()]/.test(command.args ?? '') ? [{ type: 'parenthesesInArgs', index }] : [];

/** As it would stand on a command line, since many secrets are known by the switch before them. */
function secretFindings(command: Command, index: number): readonly Finding[] {
  if (command.type !== 'RunScript' || command.args === null) return [];
  const [found] = findSecrets(command.args);
  return found === undefined ? [] : [{ type: 'secretInArgs', index, kind: found.kind }];
}

function openFindings(wish: Wish, open: readonly LiveResponseRequest[]): readonly Finding[] {
  const commands = JSON.stringify(wish.commands.map(commandToParams));
  const same = open.find((other) => JSON.stringify(other.commands.map(commandToParams)) === commands);
  const isUnderWay = ({ state }: LiveResponseRequest): boolean => underWayStates.some((known) => known === state);
  const taken = open.filter(isUnderWay);
  const wanted = open.filter((request) => !isUnderWay(request) && request.state !== 'unconfirmed' && request !== same);
  return [
    ...(same === undefined ? [] : [{ type: 'sameIsOpen', requestId: same.id, state: same.state } as const]),
    ...(taken.length === 0 ? [] : [{ type: 'deviceTaken', requestIds: taken.map(({ id }) => id) } as const]),
    ...(wanted.length === 0 ? [] : [{ type: 'deviceWanted', requestIds: wanted.map(({ id }) => id) } as const]),
  ];
}

function queueFindings(
  { startWithinMs }: Wish,
  {
    queue,
    now,
  }: { readonly queue: { readonly waiting: number; readonly lastAt: number | null }; readonly now: number },
): readonly Finding[] {
  if (queue.lastAt === null || queue.lastAt - now <= startWithinMs) return [];
  return [{ type: 'queueTooLong', waiting: queue.waiting, expectedAt: queue.lastAt, startWithinMs }];
}
