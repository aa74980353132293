import type { Command } from '../../request/ask/command';
import { systemOf } from '../../request/ask/operating-system';
import { callsForCare } from '../../request/ask/preflight';
import type { LiveResponseRequest } from '../../request/request';
import { joinLines, type Line, say, sayBold, showCode, showCut, showPerson } from '../kit/line';
import { count, formatDuration, formatList, formatTime, parseDefenderTime } from '../kit/words';
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
  const { phrases, lines } = barWarnings(request.bar); // guard: findings-of-the-policy-told
  const reasons = [
    ...deviceWarnings(request), // guard: device-to-look-twice-told
    ...phrases,
  ];
  const warnings = [
    ...lines,
    ...libraryWarnings(request), // guard: fresh-library-file-told
  ];
  const findings = request.findings ?? [];
  const high = reasons.length + warnings.length > 0 || request.emergency !== null || findings.some(callsForCare);
  return {
    level: high ? 'high' : 'usual',
    lines: [
      ...emergencyWarning(request), // guard: break-glass-told-first
      ...(high ? [lookTwice(reasons)] : []),
      [...describeReach(request), ...(high || findings.length > 0 ? [] : [say(describeNoRisk(request))])],
      ...warnings,
      ...findings.map((finding) => describeFinding(finding)), // guard: findings-beforehand-told
    ],
  };
}

/** What Defender calls a high risk is what one investigates, and stands below; it is not passed over in silence. */
const describeNoRisk = ({ device }: LiveResponseRequest): string =>
  device.riskScore === 'High' ? ' Nothing unusual except its high risk.' : ' Nothing unusual found.';

const lookTwice = (reasons: readonly Line[]): Line =>
  reasons.length === 0 ? [sayBold('Look twice.')] : [sayBold('Look twice: '), ...joinLines(reasons, 'and'), say('.')];

/** What the commands do, as far as their kind tells. */
export function describeReach({ commands, device }: Pick<LiveResponseRequest, 'commands' | 'device'>): Line {
  const of = (type: Command['type']) => commands.filter((c) => c.type === type).length;
  const system = systemOf(device.osPlatform);
  const user = system === null ? 'SYSTEM or root' : system === 'windows' ? 'SYSTEM' : 'root';
  const [puts, runs, gets] = [of('PutFile'), of('RunScript'), of('GetFile')];
  const parts = [
    ...(puts > 0 ? [`puts ${count(puts, 'file')} on the device`] : []),
    ...(gets > 0
      ? [puts > 0 ? `takes ${count(gets, 'file')} off it` : `takes ${count(gets, 'file')} off the device`]
      : []),
  ];
  if (runs === 0) {
    const text = formatList(parts);
    return [say(`${text.charAt(0).toUpperCase()}${text.slice(1)}.`)];
  }
  const does = runs === 1 ? 'Runs a script' : `Runs ${runs} scripts`;
  const rest = parts.length === 0 ? '' : parts.length === 1 ? ` and ${parts[0]}` : `, ${formatList(parts)}`;
  return [sayBold(`${does} as ${user}`), say(`${rest}.`)];
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

export function deviceWarnings({ device }: Pick<LiveResponseRequest, 'device'>): readonly Line[] {
  const tags = device.tags.filter((tag) => criticalWord.test(tag));
  const reasons: Line[] = [];
  if (domainControllerName.test(device.name)) reasons.push([say('named like a domain controller')]);
  if (device.osPlatform !== null && /server/i.test(device.osPlatform)) reasons.push([say('a server')]);
  if (device.deviceValue === 'High') reasons.push([say('high value in Defender')]);
  if (tags.length > 0)
    reasons.push([say('tagged '), ...joinLines(tags.slice(0, 5).map((tag) => showCut(tag, 60, showCode)))]);
  if (device.groupName !== null && criticalWord.test(device.groupName))
    reasons.push([say('in group '), ...showCut(device.groupName, 100, showCode)]);
  if (device.healthStatus !== null && device.healthStatus !== 'Active')
    reasons.push([say('sensor '), ...showCut(device.healthStatus, 60, showCode), say(' (may be out of reach)')]);
  return reasons;
}

export function libraryWarnings(request: LiveResponseRequest): readonly Line[] {
  return request.library.flatMap((file): Line[] => {
    const changedAt = parseDefenderTime(file.lastUpdatedTime);
    const age = changedAt === null ? null : request.createdAt - changedAt;
    if (age === null || age > recentChangeMs) return [];
    return [[...showCut(file.fileName, 200, showCode), say(` changed ${formatDuration(age)} before this was asked.`)]];
  });
}
