import type { Device } from '../../request/request';
import { type Line, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';

/** Devices by group, the largest first; null is no group. */
export function byGroup(devices: readonly Device[]): ReadonlyArray<readonly [string | null, readonly Device[]]> {
  const groups = new Map<string | null, Device[]>();
  for (const device of devices) groups.set(device.groupName, [...(groups.get(device.groupName) ?? []), device]);
  return [...groups].sort((a, b) => b[1].length - a[1].length);
}

/** "36 Workstations, 3 Servers, 1 no group". */
export function groupLine(devices: readonly Device[]): Line {
  const groups = byGroup(devices);
  const shown = groups.slice(0, 4);
  const rest = groups.slice(4).reduce((sum, [, some]) => sum + some.length, 0);
  return [
    ...shown.flatMap(
      ([name, some], i): Line => [
        say(`${i === 0 ? '' : ', '}${some.length} `),
        ...(name === null ? [say('no group')] : showCut(name, 60)),
      ],
    ),
    ...(rest === 0 ? [] : [say(`, ${rest} in other groups`)]),
  ];
}

/** Every name, by group, the host part where all have one domain: whole, so that who approves can read all of them. */
export function namesLines(devices: readonly Device[]): readonly Line[] {
  const domain = commonDomain(devices);
  const short = ({ name }: Device): string => (domain === '' ? name : name.slice(0, -domain.length));
  return [
    ...byGroup(devices).map(
      ([group, some]): Line => [
        ...(group === null
          ? [sayBold('No group')]
          : showCut(group, 100).map((run) => ({ ...run, weight: 'Bolder' as const }))),
        sayBold(` (${some.length}) `),
        showCode(some.map(short).join('  ')),
      ],
    ),
    ...(domain === '' ? [] : [[saySubtle('All names end in '), showCode(domain), saySubtle('.')]]),
  ];
}

/** ".corp.example" where every name ends so; empty otherwise. */
function commonDomain(devices: readonly Device[]): string {
  const [first] = devices;
  const at = first?.name.indexOf('.') ?? -1;
  const domain = first === undefined || at === -1 ? '' : first.name.slice(at);
  const isShared =
    devices.length > 1 &&
    devices.every(({ name }) => name.indexOf('.') !== -1 && name.slice(name.indexOf('.')) === domain);
  return isShared ? domain : '';
}
