import { type BatchStop, deviceOf } from '../../request/batch/batch';
import type { TargetOutcome } from '../../request/batch/outcome-of-target';
import type { InState, LiveResponseRequest } from '../../request/request';
import { type Line, say, sayBold, showCode, showCut, showPerson } from '../kit/line';
import type { RequestView, StateWords, Tone } from '../kit/view';
import { count, formatShort } from '../kit/words';
import { describeChange } from '../sentences/request-lines';

/** The groups that people tell targets by; each target is in exactly one, so that the counts add up. */
export const targetGroups = [
  'ran',
  'failed',
  'unknown',
  'unreadable',
  'running',
  'waiting',
  'notReached',
  'leftOut',
  'cancelled',
  'notSent',
] as const;
export type TargetGroup = (typeof targetGroups)[number];

const groupOf: Readonly<Record<TargetOutcome, TargetGroup>> = {
  queued: 'waiting',
  submitting: 'waiting',
  pending: 'waiting',
  running: 'running',
  reading: 'running',
  unknown: 'unknown',
  unconfirmed: 'unknown',
  nonZero: 'failed',
  failed: 'failed',
  timedOut: 'failed',
  refused: 'failed',
  stoppedOutside: 'failed',
  succeeded: 'ran',
  unreadable: 'unreadable',
  lapsed: 'notReached',
  drifted: 'leftOut',
  voided: 'leftOut',
  cancelled: 'cancelled',
};

type BatchView = Pick<RequestView, 'targets'> & { readonly request: InState<'batchRunning' | 'batchEnded'> };

/** Target numbers by group; while the batch runs, what was not let go yet waits, and once it was stopped it was not sent. */
export function groupTargets({ request, targets = [] }: BatchView): ReadonlyMap<TargetGroup, readonly number[]> {
  const told = request.state === 'batchEnded' ? request.outcomes : targets;
  const outcomes = new Map(told.map(({ number, outcome }) => [number, outcome]));
  const groups = new Map<TargetGroup, number[]>(targetGroups.map((group) => [group, []]));
  for (const number of request.batch.devices.keys()) {
    const outcome = outcomes.get(number + 1);
    const unsent = request.state === 'batchRunning' && request.stopped === null ? 'waiting' : 'notSent';
    groups.get(outcome === undefined ? unsent : groupOf[outcome])?.push(number + 1);
  }
  return groups;
}

/** What is counted in words, in the order of the groups. */
const groupWords: Readonly<Record<TargetGroup, string>> = {
  ran: 'ran',
  failed: 'failed',
  unknown: 'may have run',
  unreadable: 'ran, exit code unread',
  running: 'running',
  waiting: 'waiting',
  notReached: 'not reached',
  leftOut: 'left out',
  cancelled: 'cancelled',
  notSent: 'not sent',
};

export const groupTitle = (group: TargetGroup): string => {
  const words = groupWords[group];
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
};

/** "31 ran, 2 failed, 7 waiting": only what there is, and all of it. */
export const countGroups = (groups: ReadonlyMap<TargetGroup, readonly number[]>): string =>
  targetGroups
    .map((group) => ({ group, numbers: groups.get(group) ?? [] }))
    .filter(({ numbers }) => numbers.length > 0)
    .map(({ group, numbers }) => `${numbers.length} ${groupWords[group]}`)
    .join(', ');

/** Verdict and counts of a batch; never good news by colour where anything else than "ran" is among them. */
export function describeBatch(request: InState<'batchRunning' | 'batchEnded'>, view: RequestView): StateWords {
  const { targets = [] } = view;
  const groups = groupTargets({ request, targets });
  const size = (group: TargetGroup): number => groups.get(group)?.length ?? 0;
  const all = request.batch.devices.length;
  const tone = toneOf(request, size, all);
  return {
    title: titleOf(request, size, all),
    tone,
    lines: [
      [say(`${countGroups(groups)}.`)],
      ...(request.stopped === null
        ? phaseLines(request, view)
        : [[sayBold('Stopped: '), ...stopLine(request, request.stopped)]]),
      ...(request.stopped?.type === 'changed' ? request.stopped.changes.map(describeChange) : []),
    ],
  };
}

function titleOf(
  request: InState<'batchRunning' | 'batchEnded'>,
  size: (group: TargetGroup) => number,
  all: number,
): string {
  const done = size('ran') + size('unreadable') + size('failed') + size('unknown');
  const failed = size('failed') === 0 ? '' : `, ${size('failed')} failed`;
  if (request.state === 'batchRunning')
    return request.stopped === null ? `${done} of ${all} done${failed}` : `Stopped: ${done} of ${all} done${failed}`;
  if (size('ran') === all) return `All ${all} ran`;
  if (done === 0) return size('notReached') === all ? 'None reached' : 'None ran';
  const others = all - done;
  return `${size('ran') + size('unreadable')} ran${failed}${others === 0 ? '' : `, ${others} did not`}`;
}

function toneOf(
  { state, stopped }: InState<'batchRunning' | 'batchEnded'>,
  size: (group: TargetGroup) => number,
  all: number,
): Tone {
  if (size('failed') > 0 || size('unknown') > 0) return 'attention';
  if (state === 'batchRunning') return stopped === null ? 'accent' : 'warning';
  return size('ran') === all ? 'good' : 'warning';
}

function phaseLines(
  { state, batch, passedOver, goneOn }: InState<'batchRunning' | 'batchEnded'>,
  { targets = [] }: RequestView,
): readonly Line[] {
  const isFirst = targets.length <= batch.canaries + passedOver.length;
  if (state === 'batchEnded') return [];
  return [
    [
      say(
        isFirst && goneOn === null
          ? `${count(batch.canaries, 'canary', 'canaries')} first; the rest only if that exits 0. Stops at ${failures(batch.stopAt)}.`
          : `Stops at ${failures(batch.stopAt)}.`,
      ),
    ],
    ...(goneOn === null ? [] : [[...showPerson(goneOn.by), say(' let the rest go.')]]),
  ];
}

const failures = (number: number): string => count(number, 'failure');

export const nothingMore = 'Nothing more is sent. What Defender has not started is cancelled; what runs goes on.';

/** Why nothing more is sent. */
export function stopLine(request: LiveResponseRequest, stop: BatchStop): Line {
  switch (stop.type) {
    case 'failures':
      return [say(`${failures(stop.count)}.`)];
    case 'canary':
      return request.batch === undefined
        ? [say('a canary failed.')]
        : [say('the canary '), showCode(deviceOf(request.batch, stop.number).name), say(' failed.')];
    case 'cancelled':
      return [
        ...showPerson(stop.by),
        say(stop.all ? ' cancelled all of it' : ' cancelled what waits'),
        ...(stop.reason === null ? [say('.')] : [say(': '), ...showCut(stop.reason, 200)]),
      ];
    case 'changed':
      return [say('what was approved has changed.')];
    case 'clock':
      return [say('the time to start ran out.')];
    case 'restored':
      return [say('my database was restored, and I cannot tell which devices were sent since.')];
  }
}

/** When the time to start runs out, for a board. */
export const startByLine = (request: InState<'batchRunning'>, now: number): Line => [
  say(`Whatever has not started by ${formatShort(request.startBy, now)} is not sent.`),
];
