import { createHash } from 'node:crypto';

/** A machine as the API writes it (resp-machine-real-2026.json), with the fields that the bot could read. */
export interface Machine {
  readonly id: string;
  readonly mergedIntoMachineId: string | null;
  readonly isPotentialDuplication: boolean;
  readonly isExcluded: boolean;
  readonly exclusionReason: string | null;
  readonly computerDnsName: string;
  readonly firstSeen: string;
  readonly lastSeen: string;
  readonly osPlatform: string;
  readonly osProcessor: string;
  readonly version: string;
  readonly lastIpAddress: string;
  readonly lastExternalIpAddress: string;
  readonly agentVersion: string;
  readonly osBuild: number | null;
  readonly healthStatus: string;
  readonly deviceValue: string;
  readonly rbacGroupId: number;
  readonly rbacGroupName: string | null;
  readonly riskScore: string | null;
  readonly exposureLevel: string;
  readonly isAadJoined: boolean;
  readonly aadDeviceId: string | null;
  readonly machineTags: readonly string[];
  readonly onboardingStatus: string;
  readonly osArchitecture: string;
  readonly managedBy: string;
  readonly managedByStatus: string;
  readonly ipAddresses: ReadonlyArray<{
    readonly ipAddress: string;
    readonly macAddress: string | null;
    readonly type: string;
    readonly operationalStatus: string;
  }>;
  readonly vmMetadata: null;
}

/** How GetFile hands a file over: gzip was observed, with and without the name in its header, and raw as a fallback (defender-api.md §4). */
export type FileDelivery = 'gzip' | 'gzipWithName' | 'raw';

/** A file on a device. `refused` declares one that GetFile cannot collect: reparse point, sparse, virtual or cloud-only. */
export interface DeviceFile {
  readonly path: string;
  readonly content: Uint8Array;
  readonly delivery?: FileDelivery;
  readonly refused?: string;
}

export interface DeviceBehaviour {
  /** From the moment that the device can be reached to InProgress; 121 s in the one observed sample, 10 to 40 s reported as typical. */
  readonly connectDelayMs: number;
  /** Unreachable before this instant (epoch ms); null when it is online, Infinity when it does not come back. */
  readonly offlineUntil: number | null;
  /** Busy with a live response session started in the portal, which no API call shows, until this instant. */
  readonly portalSessionUntil: number | null;
  /** False: the device group has no automated remediation level, so runliveresponse answers DisallowedOperation. */
  readonly remediationLevel: boolean;
  readonly liveResponse: 'supported' | 'osPlatformNotSupported' | 'clientVersionNotSupported';
  readonly putFileMs: number;
  readonly getFileMs: number;
}

/** What a test or the trial declares; all but the name has a default. */
export type DeviceSpec = Partial<DeviceBehaviour> & {
  readonly machine: Partial<Machine> & Pick<Machine, 'computerDnsName'>;
  readonly files?: readonly DeviceFile[];
};

/** A device as it is now; replaced as a whole by `setDevice`. */
export interface Device extends DeviceBehaviour {
  readonly machine: Machine;
  readonly files: readonly DeviceFile[];
  /** When it was last changed: nothing that follows from the change happens earlier. */
  readonly changedAt: number;
}

export type DeviceChanges = Partial<DeviceBehaviour> & {
  readonly machine?: Partial<Machine>;
  readonly files?: readonly DeviceFile[];
};

const defaultBehaviour: DeviceBehaviour = {
  connectDelayMs: 2_000,
  offlineUntil: null,
  portalSessionUntil: null,
  remediationLevel: true,
  liveResponse: 'supported',
  putFileMs: 1_000,
  getFileMs: 2_000,
};

export function createDevice(spec: DeviceSpec, now: number): Device {
  const { machine, files = [], ...behaviour } = spec;
  return { ...defaultBehaviour, ...behaviour, machine: createMachine(machine, now), files, changedAt: now };
}

/** The device with some of its behaviour, files or machine fields changed from `now` on; its id stays. */
export function changeDevice(device: Device, changes: DeviceChanges, now: number): Device {
  const { machine, ...rest } = changes;
  const next = {
    ...device,
    ...rest,
    machine: { ...device.machine, ...machine, id: device.machine.id },
    changedAt: now,
  };
  return {
    ...next,
    offlineUntil: endedBy(device.offlineUntil, next.offlineUntil, now),
    portalSessionUntil: endedBy(device.portalSessionUntil, next.portalSessionUntil, now),
  };
}

/** A wait that a change cuts short ends now, not in the past. */
const endedBy = (before: number | null, after: number | null, now: number): number | null =>
  before !== null && before > now && (after ?? 0) < now ? now : after;

/** Windows paths match without regard to case and with either slash; all others match exactly. */
export function findDeviceFile(device: Device, path: string): DeviceFile | null {
  const key = isWindows(device) ? (p: string) => p.replaceAll('/', '\\').toLowerCase() : (p: string) => p;
  return device.files.find((file) => key(file.path) === key(path)) ?? null;
}

export const isWindows = (device: Device): boolean => device.machine.osPlatform.toLowerCase().includes('windows');

export const isServer = (device: Device): boolean => device.machine.osPlatform.toLowerCase().includes('server');

/** An id of 40 hex characters, as real ones are; the same name always gets the same id. */
export const machineIdOf = (computerDnsName: string): string =>
  createHash('sha1').update(computerDnsName.toLowerCase()).digest('hex');

function createMachine(given: DeviceSpec['machine'], now: number): Machine {
  const hash = machineIdOf(given.computerDnsName);
  const ip =
    given.lastIpAddress ?? `10.20.${Number.parseInt(hash.slice(0, 2), 16)}.${Number.parseInt(hash.slice(2, 4), 16)}`;
  return {
    id: hash,
    mergedIntoMachineId: null,
    isPotentialDuplication: false,
    isExcluded: false,
    exclusionReason: null,
    firstSeen: new Date(now - 90 * 86_400_000).toISOString(),
    lastSeen: new Date(now - 3_600_000).toISOString(),
    osPlatform: 'Windows11',
    osProcessor: 'x64',
    version: '24H2',
    lastIpAddress: ip,
    lastExternalIpAddress: '203.0.113.10',
    agentVersion: '10.8760.26100.1',
    osBuild: 26_100,
    healthStatus: 'Active',
    deviceValue: 'Normal',
    rbacGroupId: 0,
    rbacGroupName: null,
    riskScore: 'None',
    exposureLevel: 'Low',
    isAadJoined: true,
    aadDeviceId: `${hash.slice(0, 8)}-${hash.slice(8, 12)}-4${hash.slice(13, 16)}-8${hash.slice(17, 20)}-${hash.slice(20, 32)}`,
    machineTags: [],
    onboardingStatus: 'Onboarded',
    osArchitecture: '64-bit',
    managedBy: 'Unknown',
    managedByStatus: 'Unknown',
    ipAddresses: [
      { ipAddress: ip, macAddress: hash.slice(28, 40).toUpperCase(), type: 'Ethernet', operationalStatus: 'Up' },
      { ipAddress: '127.0.0.1', macAddress: null, type: 'SoftwareLoopback', operationalStatus: 'Up' },
    ],
    vmMetadata: null,
    ...given,
  };
}
