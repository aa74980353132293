import type { Command } from '../../request/ask/command';
import { systemOf } from '../../request/ask/operating-system';
import { callsForCare } from '../../request/ask/preflight';
import type { LiveResponseRequest } from '../../request/request';
import { joinLines, type Line, say, sayBold, showCode, showCut, showPerson } from '../kit/line';
import { formatDuration, formatList, formatTime, parseDefenderTime } from '../kit/words';
import { barWarnings } from './bar-lines';
import { describeFinding } from './finding-words';

/** What an approver should weigh first, found by the bot and not by the requester (T-17). */
export interface Risk {
  readonly level: 'high' | 'usual';
  readonly lines: readonly Line[];
}

/** A library file that changed this shortly before it was asked for is named: ours, since nobody publishes a number. */
export const recentChangeMs = 7 * 24 * 3_600_000;

/** Device group conventions for what must not be touched lightly; a word in a tag or group name. */
const criticalWord =
  /(^|[^a-z0-9])(tier[ _-]?0|t0|dc\d*|domain[ _-]?controllers?|crown[ _-]?jewels?|critical|vip|production|prod)([^a-z0-9]|$)/i;

/** By custom: dc1.contoso.com, ber-dc02. */
const domainControllerName = /^([^.]*[^a-z0-9.])?dc[-_]?\d*(\.|$)/i;

/** The first lines of an approval card. "usual" never means harmless: every script runs as SYSTEM, on macOS and Linux as root. */
export function weighRisk(request: LiveResponseRequest): Risk {
  const warnings = [
    ...barWarnings(request.bar), // guard: findings-of-the-policy-told
    ...deviceWarnings(request), // guard: device-to-look-twice-told
    ...libraryWarnings(request), // guard: fresh-library-file-told
  ];
  const findings = request.findings ?? [];
  const high = warnings.length > 0 || request.emergency !== null || findings.some(callsForCare);
  return {
    level: high ? 'high' : 'usual',
    lines: [
      ...emergencyWarning(request), // guard: break-glass-told-first
      [...(high ? [sayBold('Look twice. ')] : []), say(describeReach(request))],
      ...warnings,
      ...findings.map((finding) => describeFinding(finding)), // guard: findings-beforehand-told
    ],
  };
}

function describeReach({ commands, device }: LiveResponseRequest): string {
  const does = (type: Command['type']) => commands.some((c) => c.type === type);
  const system = systemOf(device.osPlatform);
  const user = system === null ? 'SYSTEM or root' : system === 'windows' ? 'SYSTEM' : 'root';
  const parts = [
    ...(does('PutFile') ? ['puts files on the device'] : []),
    ...(does('RunScript') ? [`runs scripts on the device as ${user}`] : []),
    ...(does('GetFile') ? ['copies files off the device'] : []),
  ];
  return `This ${formatList(parts)}.`;
}

function emergencyWarning({ emergency }: LiveResponseRequest): readonly Line[] {
  if (emergency === null) return [];
  return [
    [
      sayBold('Break-glass. '),
      ...showPerson(emergency.by),
      say(` lowered this to one approval at ${formatTime(emergency.at)}, for incident `),
      ...showCut(emergency.incident, 100, showCode),
      say('. If you approve, it goes at once, and two others review it afterwards.'),
    ],
  ];
}

function deviceWarnings({ device }: LiveResponseRequest): readonly Line[] {
  const tags = device.tags.filter((tag) => criticalWord.test(tag));
  const lines: Line[] = [];
  if (device.osPlatform !== null && /server/i.test(device.osPlatform)) lines.push([say('The device is a server.')]);
  if (domainControllerName.test(device.name)) lines.push([say('Its name is that of a domain controller.')]);
  if (device.deviceValue === 'High') lines.push([say('Defender holds the device to be of high value.')]);
  if (tags.length > 0)
    lines.push([
      say('Its tags call for care: '),
      ...joinLines(tags.slice(0, 5).map((tag) => showCut(tag, 60, showCode))),
      say('.'),
    ]);
  if (device.groupName !== null && criticalWord.test(device.groupName))
    lines.push([say('Its device group calls for care: '), ...showCut(device.groupName, 100, showCode), say('.')]);
  if (device.healthStatus !== null && device.healthStatus !== 'Active')
    lines.push([
      say('Its sensor is not healthy: '),
      ...showCut(device.healthStatus, 60, showCode),
      say('. It may not be reached.'),
    ]);
  return lines;
}

function libraryWarnings(request: LiveResponseRequest): readonly Line[] {
  return request.library.flatMap((file): Line[] => {
    const changedAt = parseDefenderTime(file.lastUpdatedTime);
    const age = changedAt === null ? null : request.createdAt - changedAt;
    if (age === null || age > recentChangeMs) return [];
    return [
      [
        say('The library file '),
        ...showCut(file.fileName, 200, showCode),
        say(` was changed ${formatDuration(age)} before this was asked.`),
      ],
    ];
  });
}
