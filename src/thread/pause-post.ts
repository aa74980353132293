import type { Pause } from '../request/pause';
import type { Person } from '../request/request';
import { type Line, quoteLines, say, sayBold, showPerson } from './line';
import type { Post } from './post';
import { linesPost } from './sentence';
import { formatTime } from './words';

type PauseShown = Pick<Pause, 'by' | 'reason' | 'at'>;

/** What stands on every card of an open request while it is paused. */
export const pauseLine = ({ by, at }: PauseShown): Line => [
  sayBold('Paused. '),
  ...showPerson(by),
  say(
    ` stopped all submissions at ${formatTime(at)}. Nothing is sent to Defender until somebody else who may approve types resume; what Defender has already goes on.`,
  ),
];

/** Told where it was asked and wherever requests are open. */
export const pausedPost = (pause: PauseShown, options: { readonly trial: boolean }): Post =>
  linesPost([pauseLine(pause), ...quoteLines(pause.reason)], { ...options, summary: 'Paused: nothing is sent' });

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
