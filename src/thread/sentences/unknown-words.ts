import { othersOf } from '../../request/doubt/others';
import { lateLookMs, lookForMs, slowLookMs } from '../../request/doubt/unknown';
import type { InState, LiveResponseRequest, OtherAction } from '../../request/request';
import { type Line, quoteLines, say, sayBold, showCode, showCut, showPerson } from '../kit/line';
import type { RequestView, StateWords } from '../kit/view';
import { count, formatDuration, formatTime } from '../kit/words';
import { beforeAskingAgain, describeChange } from './request-lines';

/** Words of doubt: what was seen and what was not, never what follows from it. */
export function describeUnknown(request: InState<'unknown'>, { pause }: Pick<RequestView, 'pause'>): StateWords {
  if (request.doubt === 'otherCommands')
    return {
      title: 'Alarm: Defender has other commands under this id',
      tone: 'attention',
      lines: [
        [say("An action in Defender carries this request's id and commands that nobody approved.")],
        ...actionLine(request.actionId),
        [say('I never send this again. People who may approve it can cancel that action in Defender.')],
      ],
    };
  return {
    title: request.notListed ? 'It may have run: Defender does not list it' : 'It may have run: looking in Defender',
    tone: 'warning',
    lines: [[say(whatWasSeen(request))], ...whatNext(request, pause !== null)],
  };
}

function whatWasSeen(request: InState<'unknown' | 'unconfirmed'>): string {
  switch (request.doubt) {
    case 'restored':
      return 'My database was restored from a backup, which does not know what became of this.';
    case 'noAnswer':
      return `Defender gave no clear answer when I sent it at ${formatTime(request.intentAt)}.`;
    case 'unread':
      return `Defender took something at ${formatTime(request.intentAt)}, and its answer left out what.`;
    case 'otherCommands':
      return "An action in Defender carries this request's id and commands that nobody approved.";
    case 'vanished':
      return `Defender accepted it and no longer lists it.${request.runningSince === null ? '' : ' It had reached the device.'}`;
  }
}

function whatNext(request: InState<'unknown'>, paused: boolean): readonly Line[] {
  if (request.offer !== null) {
    const { votes } = request.offer;
    return [
      [
        say(
          paused
            ? 'It can be sent once more when the pause is over.'
            : 'It can be sent once more, if those who may approve it decide so.',
        ),
      ],
      ...(votes.length === 0
        ? []
        : [
            [
              say('For sending it once more: '),
              ...votes.flatMap((vote, i) => [...(i === 0 ? [] : [say(', ')]), ...showPerson(vote.by)]),
              say('.'),
            ],
          ]),
      [
        say(
          `Without a decision by ${formatTime(request.startBy)} it is left. I look again every ${formatDuration(slowLookMs)}.`,
        ),
      ],
    ];
  }
  const looks = `I look again every ${formatDuration(slowLookMs)} and send nothing by myself.`;
  if (request.notListed) return [[say(looks)]];
  if (request.toldAt === null) return [[say('I look for it by its id. I send nothing by myself.')]];
  return [[say(`I could not find out yet. ${looks}`)], [say(beforeAskingAgain(request.id))]];
}

export function describeUnconfirmed(request: InState<'unconfirmed'>): StateWords {
  const isAlarm = request.doubt === 'otherCommands';
  return {
    title: isAlarm
      ? 'Alarm: Defender had other commands under this id'
      : request.doubt === 'restored'
        ? 'Unconfirmed: the database was restored'
        : request.notListed
          ? 'Unconfirmed: Defender does not list it'
          : "Unconfirmed: I could not read Defender's list",
    tone: isAlarm ? 'attention' : 'warning',
    lines: [
      [say(`${whatWasSeen(request)} Whether it ran stays open.`)],
      ...whyLeft(request),
      [
        say(
          `Until ${formatTime(request.inDoubt.since + lookForMs)} I look every ${formatDuration(lateLookMs)}; if it turns up, I say so here and cancel it if it has not begun.`,
        ),
      ],
      [say(beforeAskingAgain(request.id))],
      ...actionLine(request.actionId),
    ],
  };
}

function whyLeft({ because, doubt, notListed, startBy }: InState<'unconfirmed'>): readonly Line[] {
  switch (because.type) {
    case 'clock':
      return doubt === 'noAnswer' && notListed
        ? [[say(`Sending it once more was not approved by ${formatTime(startBy)}.`)]]
        : [];
    case 'left':
      return [[...showPerson(because.by), say(' left it.')], ...quoteLines(because.reason)];
    case 'cancelled':
      return [
        [
          ...(because.wish.by === null
            ? [say('The time to start ran out.')]
            : [...showPerson(because.wish.by), say(' asked to cancel it.')]),
        ],
        ...quoteLines(because.wish.reason),
      ];
    case 'changed':
      return [
        [say('It was not sent once more, since something it was approved with has changed. Ask again.')],
        ...because.changes.map(describeChange),
      ];
    case 'refused':
      return [[say('Defender refused to take it once more. Its code: '), ...showCut(because.code, 100, showCode)]];
  }
}

/** In red on every card: more than one submission of this request arrived in Defender. */
export function otherLines(request: LiveResponseRequest): readonly Line[] {
  const others = othersOf(request);
  if (others.length === 0) return [];
  const isAlone = others.every(({ status, begun }) => status === 'Cancelled' && !begun);
  return [
    [
      sayBold(
        isAlone
          ? `${count(others.length + 1, 'action', 'actions')} of this request reached Defender; the other was cancelled.`
          : `It may have run ${others.length + 1} times: ${count(others.length + 1, 'action', 'actions')} of this request reached Defender.`,
      ),
    ],
    ...others.map(describeOther),
  ];
}

/** One further action, as it was last seen. */
export const describeOther = ({ actionId, status, altered }: OtherAction): Line => [
  say('Action '),
  ...showCut(actionId, 60, showCode),
  say(', last seen as '),
  ...showCut(status, 40, showCode),
  say(altered === undefined ? '.' : ', with other commands than were approved.'),
];

/** A card with more than one run is never calm. */
export const hasRunTwice = (request: LiveResponseRequest): boolean =>
  othersOf(request).some(({ status, begun }) => begun || status !== 'Cancelled');

const actionLine = (actionId: string | null): readonly Line[] =>
  actionId === null ? [] : [[say('Action '), ...showCut(actionId, 60, showCode)]];
