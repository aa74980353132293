import { storedZip } from '../../src/lib/stored-zip';
import type { DeviceSpec } from './device';
import type { Emulator, LibraryFileSpec } from './emulator';

/** A small company for `npm run local` and the stories: one device or script for each thing that can go well or badly. */
export function addTrialWorld(emulator: Emulator): void {
  const now = emulator.clock.now();
  for (const device of [...workstations, ...servers, ...kiosks, ...oddities(now)]) emulator.addDevice(device);
  // A file that was changed minutes ago would make every approval card warn of it.
  for (const file of libraryFiles) emulator.addFile({ ...file, updatedAt: now - 40 * day });
}

const groups = {
  workstations: { rbacGroupId: 11, rbacGroupName: 'Workstations' },
  servers: { rbacGroupId: 12, rbacGroupName: 'Servers' },
  tier0: { rbacGroupId: 13, rbacGroupName: 'Tier 0' },
};

const minute = 60_000;
const day = 1_440 * minute;

const server = { osPlatform: 'WindowsServer2022', version: '21H2', osBuild: 20_348, ...groups.servers };

const workstations: readonly DeviceSpec[] = [
  {
    machine: {
      computerDnsName: 'ws-042.contoso.com',
      riskScore: 'High',
      lastIpAddress: '10.20.4.42',
      machineTags: ['finance'],
      ...groups.workstations,
    },
    connectDelayMs: 3_000,
    files: [
      {
        path: 'C:\\windows\\TEMP\\OfficeClickToRun.dmp.zip',
        content: dumpZip('OfficeClickToRun'),
        delivery: 'gzipWithName',
      },
    ],
  },
  {
    machine: {
      computerDnsName: 'ws-043.contoso.com',
      lastIpAddress: '10.20.4.43',
      machineTags: ['finance'],
      ...groups.workstations,
    },
    connectDelayMs: 4_000,
  },
];

const servers: readonly DeviceSpec[] = [
  {
    machine: {
      computerDnsName: 'srv-db-01.contoso.com',
      lastIpAddress: '10.20.8.10',
      deviceValue: 'High',
      ...server,
    },
    connectDelayMs: 20_000,
  },
  {
    machine: {
      computerDnsName: 'dc-01.contoso.com',
      lastIpAddress: '10.20.1.1',
      deviceValue: 'High',
      machineTags: ['tier0'],
      ...server,
      ...groups.tier0,
    },
    connectDelayMs: 5_000,
  },
];

/** Two that answer to one short name. */
const kiosks: readonly DeviceSpec[] = [
  {
    machine: {
      computerDnsName: 'kiosk.berlin.contoso.com',
      lastIpAddress: '10.30.1.20',
      deviceValue: 'Low',
      ...groups.workstations,
    },
  },
  {
    machine: {
      computerDnsName: 'kiosk.paris.contoso.com',
      lastIpAddress: '10.40.1.20',
      deviceValue: 'Low',
      ...groups.workstations,
    },
  },
];

/** Off for days, without a remediation level, and busy with somebody in the portal. */
const oddities = (now: number): readonly DeviceSpec[] => [
  {
    machine: {
      computerDnsName: 'lap-117.contoso.com',
      lastIpAddress: '10.20.5.117',
      healthStatus: 'Inactive',
      lastSeen: new Date(now - 9 * day).toISOString(),
      ...groups.workstations,
    },
    offlineUntil: Number.POSITIVE_INFINITY,
  },
  {
    machine: {
      computerDnsName: 'ws-050.contoso.com',
      lastIpAddress: '10.20.4.50',
      rbacGroupId: 0,
      rbacGroupName: null,
    },
    remediationLevel: false,
  },
  {
    machine: { computerDnsName: 'ws-060.contoso.com', lastIpAddress: '10.20.4.60', ...groups.workstations },
    portalSessionUntil: now + 2 * minute,
  },
];

const dumpPath = (name: string) => `C:\\windows\\TEMP\\${name}.dmp.zip`;

/** A few kilobytes under the head of a minidump, so that it unzips to something that looks like one. */
function dumpZip(name: string): Buffer {
  const dump = Buffer.alloc(8_192);
  dump.write('MDMP', 0, 'latin1');
  for (let i = 32; i < dump.length; i++) dump[i] = (i * 31) % 251;
  return storedZip(`${name}.dmp`, dump);
}

const libraryFiles: readonly LibraryFileSpec[] = [
  {
    fileName: 'minidump.ps1',
    content:
      'param([string]$Process)\n# Writes a compressed minidump of $Process to C:\\windows\\TEMP and prints its path and size.\n',
    description: 'Minidump of a process, zipped',
    hasParameters: true,
    parametersDescription: 'Name of the process',
    behaviour: {
      output: (args) => `${dumpPath(args ?? 'unknown')}\n51 MB\n`,
      durationMs: 3_000,
      creates: (args) => [
        { path: dumpPath(args ?? 'unknown'), content: dumpZip(args ?? 'unknown'), delivery: 'gzipWithName' },
      ],
    },
  },
  {
    fileName: 'procdump.zip',
    content: storedZip('procdump.txt', Buffer.from('Stands for procdump in the trial.\n')),
    description: 'Sysinternals ProcDump',
  },
  {
    fileName: 'collect-logs.ps1',
    content: '# Exports the Security, System and PowerShell event logs.\n',
    description: 'Exports the main event logs',
    behaviour: { output: 'Security.evtx   12 MB\nSystem.evtx      4 MB\nPowerShell.evtx  7 MB\n', durationMs: 4_000 },
  },
  {
    fileName: 'fail-second.ps1',
    content: '# Cannot be started by the agent: shows what a failed command looks like.\n',
    description: 'Fails as a command',
    behaviour: { fails: 'The script could not be started: access to the working folder is denied.', durationMs: 2_000 },
  },
  {
    fileName: 'exit-1.ps1',
    content: "Write-Error 'No such process'\nexit 1\n",
    description: 'Completes with exit code 1',
    behaviour: { output: 'Looking for the process\n', errors: 'No such process', exitCode: 1, durationMs: 2_000 },
  },
];
