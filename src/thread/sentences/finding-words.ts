import type { Finding } from '../../request/ask/preflight';
import { type Line, say, sayBold, showCode, showCut } from '../kit/line';
import { sayOf, type Table } from '../kit/table';
import { formatDuration, formatList, formatTime, type ReaderFormat } from '../kit/words';
import { beforeAskingAgain } from './request-lines';

/** What was found beforehand, why it matters, and what to do about it. */
export const describeFinding = (finding: Finding, reader?: ReaderFormat): Line =>
  sayOf(sentences, 'type', finding, reader);

const sentences: Table<Finding, 'type', Line, [reader: ReaderFormat | undefined]> = {
  unsupportedPlatform: (finding) => [
    say('Live response has no agent for '),
    ...showCut(finding.platform, 60, showCode),
    say(', so nothing can run there. Another way to reach this device is needed.'),
  ],
  notOnboarded: (finding) => [
    say('The device is not onboarded to Defender ('),
    ...showCut(finding.status, 60, showCode),
    say('), so live response cannot reach it. Onboard it, or use another way.'),
  ],
  sensorUnhealthy: (finding) => [
    say('The sensor of the device is not healthy ('),
    ...showCut(finding.status, 60, showCode),
    say('), so it may not be reached. Look at its network and its Defender service first.'),
  ],
  longSilent: (finding, reader) => [
    say(
      `The device has sent no full report for ${formatDuration(finding.forMs)} (last at ${formatTime(finding.at, reader)}), and one comes about once a day. It may be off or away: have it switched on, or the request is withdrawn when its time to start runs out.`,
    ),
  ],
  refusedBefore: (finding, reader) => describeRefusedBefore(finding, reader),
  argsNotTaken: (finding) => [
    say(`Command ${finding.index + 1} gives arguments, and the library says that `),
    ...showCut(finding.fileName, 200, showCode),
    say(' takes none. Leave them out, or have its entry in the library corrected.'),
  ],
  argsExpected: (finding) => [
    say(`Command ${finding.index + 1} gives no arguments, and the library says that `),
    ...showCut(finding.fileName, 200, showCode),
    say(' takes some'),
    ...(finding.parameters === null || finding.parameters === ''
      ? []
      : [say(': '), ...showCut(finding.parameters, 200)]),
    say('. Go on if it does without them.'),
  ],
  parenthesesInArgs: (finding) => [
    say(
      `Command ${finding.index + 1} has parentheses in its arguments, and Defender may refuse them: some of its error messages list ( and ) among the characters that it does not allow. Leave them out, or pass the value in another form, such as Base64, if the script can read it.`,
    ),
  ],
  secretInArgs: (finding) => [
    say(
      `The arguments of command ${finding.index + 1} hold what looks like a ${finding.kind}. Everybody who sees the card or Defender's action history can read it. Let the script take it from elsewhere, or change it afterwards.`,
    ),
  ],
  scriptOfOtherSystem: (finding) => [
    say(`Command ${finding.index + 1} runs `),
    ...showCut(finding.name, 200, showCode),
    say(', which by its name is a script for another operating system than '),
    ...platformWords(finding.platform),
    say('. It may fail there. Name a script for that system; library lists them.'),
  ],
  notAScript: (finding) => [
    say(`Command ${finding.index + 1} runs `),
    ...showCut(finding.name, 200, showCode),
    say(
      ', which by its name is not a script, so it may fail. Name a script; to put a file on the device, use putfile.',
    ),
  ],
  pathOfOtherSystem: (finding) => [
    say(`Command ${finding.index + 1} collects `),
    ...showCut(finding.name, 200, showCode),
    say(', which is not a path as '),
    ...platformWords(finding.platform),
    say(' has them, so it may find nothing. Give a path of that system, or choose another device.'),
  ],
  sameIsOpen: (finding) =>
    finding.state === 'unknown' || finding.state === 'unconfirmed'
      ? [
          showCode(finding.requestId),
          say(
            ` asked for the same commands on the same device and may still run. ${beforeAskingAgain(finding.requestId)}`,
          ),
        ]
      : [
          say('The same commands on the same device are asked for already: '),
          showCode(finding.requestId),
          say(`. Type status ${finding.requestId} to see where that stands, and ask again only if it must run twice.`),
        ],
  deviceTaken: (finding) => [
    say(
      `Defender has ${formatList(finding.requestIds)} for this device, and does one live response on it at a time, so yours goes after ${finding.requestIds.length === 1 ? 'that' : 'those'}.`,
    ),
  ],
  deviceWanted: (finding) => [
    say(
      `${formatList(finding.requestIds)} ${finding.requestIds.length === 1 ? 'asks' : 'ask'} for this device as well, and ${finding.requestIds.length === 1 ? 'is' : 'are'} not with Defender yet. Defender does one live response on a device at a time, so which goes first depends on when each is approved; the word queue shows the order.`,
    ),
  ],
  queueTooLong: (finding, reader) => [
    say(
      `${finding.waiting} requests wait already, and I expect the last of them to go at about ${formatTime(finding.expectedAt, reader)}. Yours may wait ${formatDuration(finding.startWithinMs)} once approved and would be withdrawn before its turn. Ask later, or have some of the others cancelled.`,
    ),
  ],
};

function describeRefusedBefore(
  { code, group, requestId, at }: Extract<Finding, { type: 'refusedBefore' }>,
  reader: ReaderFormat | undefined,
): Line {
  const last = [
    say(` Last seen with ${requestId} at ${formatTime(at, reader)}; I have seen nothing accepted there since.`),
  ];
  if (code === 'DisallowedOperation')
    return [
      ...(group === null
        ? [say("Defender refused live response on this device, because the device's group has no remediation level.")]
        : [
            say('Defender refused live response in the device group '),
            ...showCut(group, 100, showCode),
            say(', because it has no remediation level.'),
          ]),
      say(' The Defender administrators can set one.'),
      ...last,
    ];
  const why = code === 'OsPlatformNotSupported' ? 'its operating system' : 'the version of its Defender agent';
  return [
    say(
      `Defender refused live response on this device, because ${why} does not support it. Update it, or use another way.`,
    ),
    ...last,
  ];
}

const platformWords = (platform: string | null): Line =>
  platform === null ? [say('its own')] : showCut(platform, 60, showCode);

/** The findings under each other, each with its weight in words. */
export const findingRows = (findings: readonly Finding[], reader?: ReaderFormat): readonly Line[] =>
  findings.map((finding) => [sayBold('• '), ...describeFinding(finding, reader)]);

/** The words of a line without their looks; what is from outside is visible in them already. */
export const lineText = (line: Line): string => line.map(({ text }) => text).join('');
