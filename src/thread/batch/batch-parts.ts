import { silentAfterMs } from '../../request/ask/preflight';
import { type Batch, deviceOf } from '../../request/batch/batch';
import type { TargetOutcome } from '../../request/batch/outcome-of-target';
import type { Device, InState, LiveResponseRequest } from '../../request/request';
import { type Line, say, sayBold, saySubtle, showCode, showCut } from '../kit/line';
import { plainCommands, plainPerson } from '../kit/plain';
import type { RequestView } from '../kit/view';
import { count, formatDuration, formatShort, parseDefenderTime } from '../kit/words';
import { describeReach, deviceWarnings, libraryWarnings, type Risk } from '../sentences/risk';
import { groupLine, namesLines } from './batch-rows';
import { groupTargets, groupTitle, type TargetGroup } from './batch-words';

/** What the card of a request says otherwise where it is about many devices; null for one device. */
export interface BatchParts {
  readonly question: string;
  readonly notification: string;
  readonly risk: Risk;
  readonly where: readonly Line[];
  readonly proofTitle: string;
  readonly proof: readonly Line[];
  /** Who failed and who waits, by name; nothing before it is approved. */
  readonly board: readonly Line[];
}

export function batchParts(view: RequestView): BatchParts | null {
  const { request } = view;
  const { batch } = request;
  if (batch === undefined) return null;
  const size = count(batch.devices.length, 'device');
  return {
    question: `Approve ${count(request.commands.length, 'command')} on ${size}?`,
    notification: `${plainPerson(request.requester) ?? 'Somebody'} asks: ${plainCommands(request.commands)} on ${size} (${request.id})`,
    risk: weighBatch(request, batch),
    // The head of a running batch says how it goes on, so that only where it runs is said again.
    where: whereLines(request, batch).slice(0, request.state === 'awaitingApproval' ? undefined : 1),
    proofTitle: `All ${batch.devices.length} names, hashes, rule`,
    proof: proofLines(batch),
    board: request.state === 'batchRunning' || request.state === 'batchEnded' ? boardLines({ ...view, request }) : [],
  };
}

/** What is out of the ordinary about a device of a batch, in our own words; empty for a usual one. */
function unusualOf(device: Device, at: number): readonly string[] {
  const seenAt = parseDefenderTime(device.lastSeen);
  const warnings = deviceWarnings({ device });
  return [
    ...(device.osPlatform !== null && /server/i.test(device.osPlatform) ? ['server'] : []),
    ...(seenAt === null || at - seenAt > silentAfterMs ? ['not seen lately'] : []),
    ...(device.healthStatus !== null && device.healthStatus !== 'Active' ? ['sensor not active'] : []),
    ...(device.riskScore === 'High' ? ['high risk'] : []),
    ...(device.deviceValue === 'High' ? ['high value'] : []),
    ...(device.groupName === null ? ['no group'] : []),
    ...(warnings.length > 0 ? ['to look at twice'] : []),
  ];
}

/** Each unusual device is counted once, by what is first of it. */
function weighBatch(request: LiveResponseRequest, { devices }: Batch): Risk {
  const kinds = new Map<string, number>();
  for (const device of devices) {
    const [first] = unusualOf(device, request.createdAt);
    if (first !== undefined) kinds.set(first, (kinds.get(first) ?? 0) + 1);
  }
  const unusual = [...kinds.values()].reduce((sum, n) => sum + n, 0);
  const files = libraryWarnings(request);
  const told = [...kinds].map(([kind, n]) => `${n} ${kind}`).join(', ');
  return {
    level: unusual > 0 || files.length > 0 ? 'high' : 'usual',
    lines: [
      ...(unusual === 0
        ? []
        : [
            [
              sayBold(`Look twice: ${unusual} of ${devices.length} ${unusual === 1 ? 'is' : 'are'} unusual. `),
              say(`${told}.`),
            ],
          ]),
      [
        ...describeReach(request),
        say(unusual === 0 ? ' On each of them. Nothing unusual found.' : ' On each of them.'),
      ],
      ...files,
    ],
  };
}

/** As many exceptions as are named in the open; the rest is counted there and named in the fold. */
const mostNamed = 8;

function whereLines(request: LiveResponseRequest, batch: Batch): readonly Line[] {
  const { devices, canaries, order, stopAt, goOn } = batch;
  const unusual = devices.filter((device) => unusualOf(device, request.createdAt).length > 0);
  const first = order.slice(0, canaries).map((number) => deviceOf(batch, number));
  const rest = devices.length - canaries;
  return [
    [sayBold(`${count(devices.length, 'device')}: `), ...groupLine(devices)],
    ...(unusual.length === 0
      ? []
      : [
          [
            saySubtle('Unusual: '),
            ...names(unusual.slice(0, mostNamed)),
            ...(unusual.length > mostNamed ? [say(` and ${unusual.length - mostNamed} more, below`)] : []),
          ],
        ]),
    [
      saySubtle(canaries === 1 ? 'Canary: ' : 'Canaries: '),
      ...names(first.slice(0, mostNamed)),
      ...(first.length > mostNamed ? [say(` and ${first.length - mostNamed} more`)] : []),
      ...(rest === 0
        ? [say('.')]
        : [say(goOn ? `. An approver then lets the other ${rest} go.` : `. The other ${rest} only if that exits 0.`)]),
    ],
    [
      sayBold(`Stops at ${stopAt === 1 ? 'the 1st failure' : count(stopAt, 'failure')}.`),
      say(` ${estimate(devices.length)}`),
    ],
  ];
}

/** Ten starts a minute, after a canary's session of about three minutes. */
const estimate = (size: number): string => `About ${formatDuration((3 + Math.ceil(size / 10) + 3) * 60_000)}.`;

const names = (devices: readonly Device[]): Line =>
  devices.flatMap(({ name }, i): Line => [...(i === 0 ? [] : [say(', ')]), ...showCut(hostOf(name), 60, showCode)]);

const hostOf = (name: string): string => name.split('.')[0] ?? name;

/** Every name and every id, in the order of the digest. */
const proofLines = ({ devices }: Batch): readonly Line[] => [
  ...namesLines(devices),
  [
    saySubtle('Defender ids, in the order of the target numbers '),
    showCode(devices.map(({ machineId }) => machineId).join(' ')),
  ],
];

/** Named on the board, the others are counted. */
const mostOnBoard = 12;
const namedGroups: readonly TargetGroup[] = [
  'failed',
  'unknown',
  'unreadable',
  'notReached',
  'leftOut',
  'running',
  'waiting',
  'cancelled',
  'notSent',
];

function boardLines(view: RequestView & { readonly request: InState<'batchRunning' | 'batchEnded'> }): readonly Line[] {
  const { request, now } = view;
  const groups = groupTargets(view);
  const told = request.state === 'batchEnded' ? request.outcomes : (view.targets ?? []);
  const outcomes = new Map(told.map(({ number, outcome }) => [number, outcome]));
  return [
    barLine(groups, request.batch.devices.length),
    ...namedGroups.flatMap((group): readonly Line[] => {
      const numbers = groups.get(group) ?? [];
      if (numbers.length === 0) return [];
      const isBad = group === 'failed' || group === 'unknown' || group === 'unreadable';
      const most = isBad ? mostOnBoard : 6;
      return [
        [
          sayBold(`${groupTitle(group)} (${numbers.length}): `),
          ...numbers
            .slice(0, most)
            .flatMap(
              (number, i): Line => [
                ...(i === 0 ? [] : [say(', ')]),
                saySubtle(`${number} `),
                ...showCut(hostOf(deviceOf(request.batch, number).name), 40, showCode),
                ...(isBad ? [say(` ${whyOf(outcomes.get(number))}`)] : []),
              ],
            ),
          ...(numbers.length > most ? [say(` and ${numbers.length - most} more`)] : []),
        ],
      ];
    }),
    ...(request.state === 'batchRunning' && request.stopped === null
      ? [[saySubtle(`Whatever has not started by ${formatShort(request.startBy, now)} is not sent.`)]]
      : []),
  ];
}

const whys: Readonly<Partial<Record<TargetOutcome, string>>> = {
  nonZero: 'exited with an error',
  failed: 'failed',
  timedOut: 'timed out',
  refused: 'refused by Defender',
  stoppedOutside: 'cancelled outside this bot',
  unknown: 'looking for it',
  unconfirmed: 'not found in Defender',
  unreadable: 'exit code unreadable',
};
const whyOf = (outcome: TargetOutcome | undefined): string => (outcome === undefined ? '' : (whys[outcome] ?? ''));

/** Twenty blocks that show at a glance how far it is; the counts above say the same in digits. */
function barLine(groups: ReadonlyMap<TargetGroup, readonly number[]>, all: number): Line {
  const size = (...some: readonly TargetGroup[]): number =>
    some.reduce((sum, group) => sum + (groups.get(group)?.length ?? 0), 0);
  const blocks = (n: number): number => (n === 0 ? 0 : Math.max(1, Math.round((n / all) * 20)));
  const ran = blocks(size('ran', 'unreadable'));
  const failed = blocks(size('failed', 'unknown'));
  const running = blocks(size('running'));
  const rest = Math.max(0, 20 - ran - failed - running);
  return [showCode(`${'='.repeat(ran)}${'!'.repeat(failed)}${'>'.repeat(running)}${'.'.repeat(rest)}`)];
}
