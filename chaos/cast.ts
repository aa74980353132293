import { minutes, seconds } from '../src/lib/clock';
import type { DeviceSpec, Emulator } from '../trial/defender/emulator';
import type { TeamsPerson } from '../trial/teams/connector-port';

/** The people and places of every story. */
const person = (name: string, n: number): TeamsPerson => ({
  id: `29:${name.toLowerCase()}`,
  aadObjectId: `c4a05000-0000-4000-8000-00000000000${n}`,
  name,
});

export const ana = person('Ana', 1);
export const dee = person('Dee', 2);
export const bo = person('Bo', 3);
export const cy = person('Cy', 4);
export const ed = person('Ed', 5);
/** Bo approves, and asks at times: what he asks somebody else must decide. */
export const requesters = [ana, dee, bo] as const;
export const approvers = [bo, cy, ed] as const;
export const everybody = [ana, dee, bo, cy, ed] as const;
/** Ed never added the bot: his own chat has to be opened by it. */
export const installed = [bo, cy] as const;

export const teamId = '19:chaos-team@thread.tacv2';
export const channelId = '19:chaos-channel@thread.tacv2';
export const tenantId = 'c4a05000-0000-4000-8000-0000000000ff';
export const bot = { id: '28:c4a05000-0000-4000-8000-0000000000ee', name: 'Live Response' };

export const decideByMs = minutes(12);
export const startByMs = minutes(12);

const list = (people: readonly TeamsPerson[]): string =>
  `[${people.map((p) => `{ id: ${p.aadObjectId}, name: ${p.name} }`).join(', ')}]`;

/** Servers need two approvals, all else one. */
export const policy = `groups:
  analysts: ${list(requesters)}
  approvers: ${list(approvers)}
requesters: [analysts]
rules:
  - name: servers
    when: { device: { group: Servers } }
    approvals: 2
    from: [approvers]
    decideBy: ${decideByMs / minutes(1)}m
    startBy: ${startByMs / minutes(1)}m
  - name: everything-else
    approvals: 1
    from: [approvers]
    decideBy: ${decideByMs / minutes(1)}m
    startBy: ${startByMs / minutes(1)}m
`;

export interface DeviceRole {
  readonly name: string;
  readonly approvals: 1 | 2;
}

export const devices: readonly DeviceRole[] = [
  ...[1, 2, 3, 4, 5, 6].map((n) => ({ name: `ws-${n}0${n}`, approvals: 1 }) as const),
  { name: 'srv-71', approvals: 2 },
  { name: 'srv-72', approvals: 2 },
];

/** Where each device has a file of its own to collect. */
export const evidencePath = 'C:\\evidence\\found.bin';
export const evidenceOf = (deviceName: string): Buffer => Buffer.from(`Evidence of ${deviceName}.\n`.repeat(200));

export const scripts = ['quick.ps1', 'slow.ps1', 'errors.ps1', 'fails.ps1'] as const;
export const tool = 'tool.zip';

export function addWorld(emulator: Emulator): void {
  const updatedAt = emulator.clock.now() - minutes(60 * 24 * 40);
  for (const [index, device] of devices.entries()) emulator.addDevice(toSpec(device, index));
  const behaviours = {
    'quick.ps1': { output: 'Done quickly.\n', durationMs: seconds(2) },
    'slow.ps1': { output: 'Done at last.\n', durationMs: seconds(70) },
    'errors.ps1': { output: 'Looking\n', errors: 'No such process', exitCode: 1, durationMs: seconds(4) },
    'fails.ps1': { fails: 'The script could not be started.', durationMs: seconds(3) },
  };
  for (const fileName of scripts)
    emulator.addFile({ fileName, content: `# ${fileName}\n`, updatedAt, behaviour: behaviours[fileName] });
  emulator.addFile({ fileName: tool, content: 'Stands for a tool.\n', updatedAt });
}

const toSpec = ({ name, approvals }: DeviceRole, index: number): DeviceSpec => ({
  machine: {
    computerDnsName: `${name}.contoso.com`,
    lastIpAddress: `10.9.0.${index + 1}`,
    rbacGroupId: approvals,
    rbacGroupName: approvals === 2 ? 'Servers' : 'Workstations',
    ...(approvals === 2 ? { osPlatform: 'WindowsServer2022' } : {}),
  },
  connectDelayMs: seconds(2 + index * 3),
  files: [
    {
      path: evidencePath,
      content: evidenceOf(name),
      delivery: (['gzip', 'gzipWithName', 'raw'] as const)[index % 3] ?? 'raw',
    },
  ],
});
