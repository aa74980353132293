import type { Device } from '../../request/request';
import { joinLines, type Line, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';
import { formatDuration, formatSpan, formatTime, parseDefenderTime, type ReaderFormat } from '../kit/words';

/** A device as Defender describes it; every value is from outside, the host name too (the device's owner may have chosen it). */
export function describeDevice(
  device: Device,
  { at, full, reader }: { readonly at: number; readonly full: boolean; readonly reader?: ReaderFormat | undefined },
): readonly Line[] {
  const name: Line = [{ ...showCode(device.name), weight: 'Bolder' }];
  if (!full) return [name];
  return [
    name,
    joinParts([
      fact('', device.osPlatform),
      fact('sensor ', device.healthStatus),
      fact('risk ', device.riskScore),
      fact('value ', device.deviceValue),
      fact('address ', device.lastIpAddress),
    ]),
    lastSeenLine(device.lastSeen, at, reader),
    [say('Group: '), ...(device.groupName === null ? [saySubtle('none')] : showCut(device.groupName, 100, showCode))],
    tagLine(device.tags),
    [saySubtle('Defender id '), showCode(device.machineId)],
    ...(device.entraDeviceId === null ? [] : [[saySubtle('Entra id '), showCode(device.entraDeviceId)]]),
  ].filter((line) => line.length > 0);
}

/** What of a device tells an approver whether it is the one that is meant, in two lines; the rest is `deviceProof`. */
export function deviceHead(device: Device, at: number): readonly Line[] {
  const seenAt = parseDefenderTime(device.lastSeen);
  const risk: Line =
    device.riskScore === null || device.riskScore === ''
      ? []
      : [
          saySubtle('risk '),
          ...showCut(device.riskScore, 30).map((run) =>
            device.riskScore === 'High' ? { ...run, weight: 'Bolder' as const } : run,
          ),
        ];
  return [
    [{ ...showCode(device.name), weight: 'Bolder' }],
    joinParts([
      fact('', device.osPlatform),
      device.groupName === null ? [saySubtle('no group')] : showCut(device.groupName, 60),
      risk,
      [saySubtle(seenAt === null ? 'last report unknown' : `seen ${formatSpan(at - seenAt)} before asking`)],
    ]),
  ];
}

/** The rest of what the approval binds about a device, and what identifies it. */
export const deviceProof = (device: Device, at: number): readonly Line[] =>
  [
    joinParts([
      fact('sensor ', device.healthStatus),
      fact('value ', device.deviceValue),
      fact('address ', device.lastIpAddress),
    ]),
    lastSeenLine(device.lastSeen, at, undefined),
    [say('Group: '), ...(device.groupName === null ? [saySubtle('none')] : showCut(device.groupName, 100, showCode))],
    tagLine(device.tags),
    [saySubtle('Defender id '), showCode(device.machineId)],
    ...(device.entraDeviceId === null ? [] : [[saySubtle('Entra id '), showCode(device.entraDeviceId)]]),
  ].filter((line) => line.length > 0);

/** The last full report, which comes about daily: a weak sign of being online (defender-api.md §1.6). */
function lastSeenLine(lastSeen: string | null, at: number, reader: ReaderFormat | undefined): Line {
  const seenAt = parseDefenderTime(lastSeen);
  if (lastSeen === null) return [say('Last full report: '), saySubtle('Defender lists none')];
  if (seenAt === null) return [say('Last full report: '), ...showCut(lastSeen, 60)];
  return [
    say('Last full report: '),
    sayBold(formatTime(seenAt, reader)),
    say(` (${formatDuration(at - seenAt)} before)`),
  ];
}

function tagLine(tags: readonly string[]): Line {
  if (tags.length === 0) return [say('Tags: '), saySubtle('none')];
  const shown = tags.slice(0, 8).map((tag) => showCut(tag, 60, showCode));
  const more = tags.length - shown.length;
  return [say('Tags: '), ...joinLines(shown), ...(more > 0 ? [saySubtle(` and ${more} more`)] : [])];
}

const fact = (label: string, value: string | null): Line =>
  value === null || value === '' ? [] : [...(label === '' ? [] : [saySubtle(label)]), ...showCut(value, 60)];

const joinParts = (parts: readonly Line[]): Line =>
  parts.filter((p) => p.length > 0).flatMap((part, i) => (i === 0 ? part : [saySubtle(' · '), ...part]));
