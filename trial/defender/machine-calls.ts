import { isIP } from 'node:net';
import { type Answer, json, refuse } from './answer';
import type { Call } from './call';
import type { EntityType } from './odata-filter';
import { answerPage } from './odata-page';
import { parseTicks } from './timestamp';
import type { World } from './world';

/** What get-machines lets `$filter` name; `machineTags` is listed there without any syntax, so it is refused here (use findbytag). */
const machineType: EntityType = {
  name: 'Microsoft.WindowsDefenderATP.Api.Machine',
  fields: {
    computerDnsName: 'string',
    id: 'string',
    version: 'string',
    deviceValue: 'string',
    aadDeviceId: 'guid',
    lastSeen: 'dateTime',
    exposureLevel: 'string',
    onboardingStatus: 'string',
    lastIpAddress: 'string',
    healthStatus: 'string',
    osPlatform: 'string',
    riskScore: 'string',
    rbacGroupId: 'number',
  },
};

/** `rbacGroupName` is missing from the list (get-machines); 404 when there is nothing to list. */
export function listMachines(world: World, call: Call): Answer {
  const entities = machines(world).map(({ rbacGroupName: _, ...rest }) => rest);
  const answer = answerPage({
    query: call.query,
    entityType: machineType,
    entities,
    context: `${world.url}/api/$metadata#Machines`,
    address: `${world.url}/api/machines`,
    pageSize: world.pageSize,
  });
  const { value } = answer.json as { readonly value?: readonly unknown[] };
  return value?.length === 0 ? refuse(404, 'NotFound', 'No machines were found') : answer;
}

export function getMachine(world: World, call: Call): Answer {
  const key = call.route.params.machine ?? '';
  const device = world.findDevice(key);
  if (device === null) return machineNotFound(key);
  return json(200, { '@odata.context': `${world.url}/api/$metadata#Machines/$entity`, ...device.machine });
}

export const machineNotFound = (key: string): Answer => refuse(404, 'ResourceNotFound', `Machine ${key} was not found`);

/** Devices seen with the address within 15 minutes of the timestamp, which must lie in the past 30 days (find-machines-by-ip). */
export function findMachinesByIp(world: World, call: Call): Answer {
  const { ip = '', timestamp = '' } = call.route.params;
  if (isIP(ip) === 0) return refuse(400, 'InvalidIpAddress', `IP address ${ip} is invalid.`);
  const ticks = parseTicks(timestamp);
  if (ticks === null) return refuse(400, 'InvalidInput', `Invalid input ${timestamp}.`);
  const at = Number(ticks / 10_000n);
  if (at > call.now || at < call.now - 30 * 86_400_000) {
    return refuse(400, 'InvalidInput', 'The timestamp must be in the past 30 days.');
  }
  const nearMs = 15 * 60_000;
  const found = machines(world).filter(
    (m) =>
      m.ipAddresses.some((own) => own.ipAddress.toLowerCase() === ip.toLowerCase()) &&
      Date.parse(m.firstSeen) <= at + nearMs &&
      lastContact(world, m.id, m.lastSeen, call.now) >= at - nearMs,
  );
  return json(200, { '@odata.context': `${world.url}/api/$metadata#Machines`, value: found });
}

/** 200 with an empty list when no device has the tag: the page knows no 404 (find-machines-by-tag). */
export function findMachinesByTag(world: World, call: Call): Answer {
  const tag = call.query.get('tag');
  if (tag === null || tag === '') return refuse(400, 'MissingRequiredParameter', 'Parameter tag is missing.');
  const prefix = (call.query.get('useStartsWithFilter') ?? 'false').toLowerCase();
  if (prefix !== 'true' && prefix !== 'false') return refuse(400, 'InvalidInput', `Invalid input ${prefix}.`);
  const found = machines(world).filter((m) =>
    m.machineTags.some((own) => (prefix === 'true' ? own.startsWith(tag) : own === tag)),
  );
  return json(200, { '@odata.context': `${world.url}/api/$metadata#Machines`, value: found });
}

const machines = (world: World) => [...world.devices.values()].map((device) => device.machine);

/** `lastSeen` is the last full report only; a device that is online has been seen with its address since (machine page). */
function lastContact(world: World, id: string, lastSeen: string, now: number): number {
  const offline = (world.devices.get(id)?.offlineUntil ?? 0) > now;
  return offline ? Date.parse(lastSeen) : now;
}
