import type { Command } from '../../request/ask/command';
import type { CancelWish, CommandProgress, InState, LiveResponseRequest, Vote } from '../../request/request';
import { describeBatch } from '../batch/batch-words';
import { type Line, quoteLines, say, saySubtle, showCode, showCut, showPerson } from '../kit/line';
import { sayOf, type Table } from '../kit/table';
import type { RequestView, StateWords } from '../kit/view';
import { formatShort, formatSpan, formatTime } from '../kit/words';
import { describeNeed } from './bar-lines';
import { describeQueued } from './queue-words';
import { refusalCure } from './refusal-cure';
import { commandAtWork, describeChange, failedCommand } from './request-lines';
import { describeRun } from './run-words';
import { describeUnconfirmed, describeUnknown, hasRunTwice, otherLines } from './unknown-words';

/** Each state has its own words (design.md §1, promise 3): accepted is never success, running out of time is never a denial (T-22). */
export function describeState(view: RequestView): StateWords {
  const words = sayOf(titleAndLines, 'state', view.request, view);
  return {
    ...words,
    tone: hasRunTwice(view.request) ? 'attention' : words.tone,
    lines: [...otherLines(view.request), ...words.lines],
  };
}

const titleAndLines: Table<LiveResponseRequest, 'state', StateWords, [view: RequestView]> = {
  awaitingApproval: (request, view) => describeAwaiting(request, view.now),
  queued: (request, view) => describeQueued(request, view.queue, { paused: view.pause !== null }),
  submitting: (request) => ({
    title: 'Being sent to Defender',
    tone: 'accent',
    lines: [
      [
        say(
          'Approved. I am sending it now, once; if no clear answer comes back, I look for it instead of sending again.',
        ),
      ],
      ...wishLines(request.cancel, 'I pass that on as soon as Defender has answered.'),
    ],
  }),
  unknown: (request, view) => {
    const words = describeUnknown(request, view);
    return { ...words, lines: [...words.lines, ...wishLines(request.cancel, 'I pass that on if I find it.')] };
  },
  unconfirmed: (request) => describeUnconfirmed(request),
  pending: (request, view) => ({
    title: 'Waiting for the device',
    tone: 'accent',
    lines: [
      [
        say(
          `Defender has accepted it and has not reached the device yet.${request.cancel === null ? ` I withdraw it at ${formatShort(request.startBy, view.now)} if that stays so.` : ''}`,
        ),
      ],
      ...wishLines(request.cancel, 'I have passed that on; Defender decides whether it is still in time.'),
    ],
  }),
  running: (request, view) => ({
    title: runningTitle(request.progress, request.commands.length),
    tone: 'accent',
    lines: [
      [
        say(
          `On the device since ${formatShort(request.runningSince, view.now)}.${hasScript(request.commands) ? ` Defender stops a script after ${scriptMinutes} min.` : ''}`,
        ),
      ],
      ...wishLines(request.cancel, 'I have passed that on; commands that ran before it takes effect may have acted.'),
    ],
  }),
  succeeded: (request, view) => {
    const words = describeRun(view, request);
    const late =
      words.tone === 'good' && cameTooLate(request.cancel)
        ? ({ title: 'Ran to its end: the cancel came too late', tone: 'warning' } as const)
        : {};
    return { ...words, ...late, lines: [...words.lines, ...tooLateLines(request.cancel)] };
  },
  failed: (request, view) => ({
    title: failedTitle(request.progress, request.commands.length),
    tone: 'attention',
    lines: [
      [
        say(
          `Ended ${formatShort(request.endedAt, view.now)}, after ${formatSpan(request.endedAt - request.submittedAt)}. ${describeFailure(request.progress)}`,
        ),
      ],
      ...tooLateLines(request.cancel),
    ],
  }),
  timedOut: (request, view) => ({
    title: "Stopped: Defender's time limit ran out",
    tone: 'attention',
    lines: [
      [
        say(
          `Ended ${formatShort(request.endedAt, view.now)}. The commands may have acted before that. Check the device before you ask again.`,
        ),
      ],
      ...tooLateLines(request.cancel),
    ],
  }),
  cancelled: (request) => describeCancelled(request),
  lapsed: (request) => ({
    title: 'Withdrawn: the time to start ran out',
    tone: 'warning',
    lines: [
      [
        say(
          request.actionId === null
            ? `It was approved, and Defender had not accepted it by ${formatTime(request.startBy)}. Nothing ran. Ask again if it is still needed.`
            : `Not seen on the device by ${formatTime(request.startBy)}, so I withdrew it in Defender. ${mayHaveBegun(request)}`,
        ),
      ],
    ],
  }),
  batchRunning: (request, view) => describeBatch(request, view),
  batchEnded: (request, view) => describeBatch(request, view),
  denied: (request) => ({ title: 'Denied', tone: 'attention', lines: describeDenial(request.votes) }),
  expired: (request) => ({
    title: 'Expired: not decided in time',
    tone: 'warning',
    lines: [
      [
        say(
          `The time to decide ran out at ${formatTime(request.endedAt)}. Nothing ran; this is not a denial. Ask again if it is still needed.`,
        ),
      ],
    ],
  }),
  withdrawn: (request) => ({
    title: 'Withdrawn before a decision',
    tone: 'emphasis',
    lines: [
      request.by.id === request.requester.id
        ? [...showPerson(request.by), say(` took it back at ${formatTime(request.endedAt)}. Nothing ran.`)]
        : [
            ...showPerson(request.by),
            say(
              ` may approve it and withdrew it at ${formatTime(request.endedAt)}. Nothing ran. Answer the reason, then ask again if it is still needed.`,
            ),
          ],
      ...quoteLines(request.why),
    ],
  }),
  voided: (request) => ({
    title: 'Void: what was shown has changed',
    tone: 'warning',
    lines: [
      [
        say(
          'What would run is no longer what the card showed, so I did not send it. Nothing ran. Ask again to have the new version decided.',
        ),
      ],
      ...request.changes.map(describeChange),
    ],
  }),
  refused: (request) => ({
    title: 'Refused by Defender',
    tone: 'attention',
    lines: [
      [say('Defender did not accept it. Nothing ran. Its code: '), ...showCut(request.code, 100, showCode)],
      ...(request.message.trim() === '' ? [] : [[say('Its words: '), ...showCut(request.message, 600)]]),
      ...refusalCure(request.code),
    ],
  }),
};

/** For each RunScript (defender-api.md §5). */
const scriptMinutes = 10;

const hasScript = (commands: readonly Command[]): boolean => commands.some(({ type }) => type === 'RunScript');

function failedTitle(progress: readonly CommandProgress[], total: number): string {
  const failed = failedCommand(progress);
  return failed === null ? 'Failed, and Defender does not say where' : `Failed at command ${failed} of ${total}`;
}

const describeFailure = (progress: readonly CommandProgress[]): string =>
  progress.some((p) => p.status === 'Failed')
    ? 'That command and those before it may have acted. Read the error before you ask again.'
    : 'Some commands may have acted. Check the device before you ask again.';

const describeAwaiting = (request: InState<'awaitingApproval'>, now: number): StateWords => ({
  title: 'Waiting for approval',
  tone: 'accent',
  lines: [[...describeNeed(request, now), say(' '), saySubtle(request.id)]],
});

function describeCancelled(request: InState<'cancelled'>): StateWords {
  const before = request.actionId === null;
  // Cards of before were written `mayHaveActed: false` for what was only not seen to start.
  const wasSeen = request.mayHaveActed && request.seenWaitingAt == null;
  const after = before
    ? 'Defender had not accepted it. Nothing ran.'
    : wasSeen
      ? 'It had reached the device, so it may have acted. Check what the commands below did.'
      : mayHaveBegun(request);
  const who: Line =
    request.by.type === 'wish'
      ? [
          ...(request.by.wish.by === null
            ? [say(request.by.wish.calledOff === 'stopped' ? 'The batch was stopped' : 'The time to start ran out')]
            : [...showPerson(request.by.wish.by), say(' asked for it')]),
          say(` at ${formatTime(request.by.wish.at)}. `),
        ]
      : [
          say('Somebody outside this bot cancelled it in Defender'),
          ...(request.by.requestor === null ? [] : [say(': '), ...showCut(request.by.requestor, 100, showCode)]),
          say('. '),
        ];
  return {
    title: before
      ? 'Cancelled: Defender had not accepted it'
      : wasSeen
        ? 'Cancelled while running: it may have acted'
        : 'Cancelled: it may have begun',
    tone: before ? 'emphasis' : 'warning',
    lines: [[...who, say(after)], ...(request.by.type === 'wish' ? quoteLines(request.by.wish.reason) : [])],
  };
}

/** Defender's times may be missing for what ran (defender-api.md §2.1), so that nothing but what was seen can be said. */
const mayHaveBegun = ({ seenWaitingAt }: Pick<InState<'cancelled' | 'lapsed'>, 'seenWaitingAt'>): string =>
  `${seenWaitingAt == null ? '' : `Last known to wait for the device at ${formatTime(seenWaitingAt)}. `}It may have begun after that: check the device before you ask again.`;

function describeDenial(votes: readonly Vote[]): readonly Line[] {
  const denials = votes.filter((v) => v.decision === 'deny');
  return [
    ...denials.flatMap((vote): Line[] => [
      [
        ...showPerson(vote.by),
        say(` denied it at ${formatTime(vote.at)}. Nothing ran. `),
        say('Answer the reason, then ask again if it is still needed.'),
      ],
      ...quoteLines(vote.reason),
    ]),
  ];
}

function wishLines(cancel: CancelWish | null, next: string): readonly Line[] {
  if (cancel === null) return [];
  if (cancel.refused)
    return [[say('Defender answered that it cannot be cancelled now; it goes on, and I follow it to its end.')]];
  if (cancel.by === null)
    return [
      [
        say(
          `The time to start ran out at ${formatTime(cancel.at)}, so I am withdrawing it. What Defender then says decides.`,
        ),
      ],
    ];
  return [
    [...showPerson(cancel.by), say(` asked to cancel it at ${formatTime(cancel.at)}. ${next}`)],
    ...quoteLines(cancel.reason),
  ];
}

/** Somebody wanted it stopped: an end that they did not want is not told in green. */
const cameTooLate = (cancel: CancelWish | undefined): boolean => cancel?.by != null;

/** A wish that did not stop it stays on the card: whoever reads it later must not think that nobody asked. */
function tooLateLines(cancel: CancelWish | undefined): readonly Line[] {
  if (cancel?.by == null) return [];
  return [
    [
      ...showPerson(cancel.by),
      say(
        ` asked to cancel it at ${formatTime(cancel.at)}. That came too late: Defender reports this end and no cancellation.`,
      ),
    ],
    ...quoteLines(cancel.reason),
  ];
}

function runningTitle(progress: readonly CommandProgress[], total: number): string {
  const failed = failedCommand(progress);
  if (failed !== null) return `Command ${failed} of ${total} failed, Defender is closing it`;
  const at = commandAtWork(progress, total);
  return at === null
    ? `${total === 1 ? 'The command has' : `All ${total} commands have`} ended, Defender is closing it`
    : `Running command ${at} of ${total}`;
}
