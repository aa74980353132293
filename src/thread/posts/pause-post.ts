import type { Pause } from '../../request/pause';
import type { Person } from '../../request/request';
import { type Line, quoteLines, say, sayBold, showPerson } from '../kit/line';
import type { Post } from '../kit/post';
import { linesPost } from '../kit/sentence';
import { count, formatTime } from '../kit/words';

type PauseShown = Pick<Pause, 'by' | 'reason' | 'at'>;

/** What stands on every card of an open request while it is paused. */
export const pauseLine = ({ by, at }: PauseShown): Line => [
  sayBold('Paused. '),
  ...showPerson(by),
  say(
    ` stopped all submissions at ${formatTime(at)}. No live response is sent to Defender until somebody else who may approve types resume; what Defender has already goes on.`,
  ),
];

/** The answer to a pause. What is on its way may have arrived already, so that nobody can promise to hold it. */
export const pausedPost = (
  pause: PauseShown & { readonly onTheirWay: number },
  options: { readonly trial: boolean },
): Post =>
  linesPost([pauseLine(pause), ...onTheirWayLines(pause.onTheirWay), ...quoteLines(pause.reason)], {
    ...options,
    summary: pause.onTheirWay === 0 ? 'Paused: no live response is sent' : 'Paused: no further live response is sent',
  });

const onTheirWayLines = (n: number): readonly Line[] =>
  n === 0
    ? []
    : [
        [
          say(
            `${count(n, 'request is', 'requests are')} already on the way to Defender and may run. To stop ${n === 1 ? 'it' : 'one'}, use cancel and its id.`,
          ),
        ],
      ];

/** That it goes on, who let it, and how long it stood. */
export const resumedPost = (
  resumed: { readonly pause: PauseShown; readonly by: Person; readonly at: number },
  options: { readonly trial: boolean },
): Post =>
  linesPost(
    [
      [
        sayBold('Resumed. '),
        ...showPerson(resumed.by),
        say(` ended the pause of ${formatTime(resumed.pause.at)} by `),
        ...showPerson(resumed.pause.by),
        say(` at ${formatTime(resumed.at)}. Approved requests go again as soon as Defender has room.`),
      ],
    ],
    { ...options, summary: 'Resumed: approved requests go again' },
  );
