import { type Line, say } from './line';
import { type CardOptions, firstThatFits, moreSection, mostRows, pagePost, type Section } from './page';
import type { Post } from './post';
import { requestCard } from './request-card';
import { requestRow } from './request-row';
import type { RequestView } from './view';
import { count } from './words';

/** What is at Defender and what waits to go there, next first. */
export function queueCard(views: readonly RequestView[], options: CardOptions): Post {
  const waiting = views.filter(({ request }) => request.state === 'queued');
  const underWay = views.filter(({ request }) => request.state !== 'queued');
  if (views.length === 0) return emptyList('Nothing waits and nothing runs', options);
  return firstThatFits(mostRows, (rows) =>
    pagePost(
      {
        title: `${count(underWay.length, 'request')} under way, ${waiting.length === 0 ? 'none' : waiting.length} waiting`,
        sections: [...listSections(underWay, rows, 'Under way'), ...listSections(waiting, rows, 'Waiting, next first')],
      },
      options,
    ),
  );
}

/** One request as it is now, without buttons to vote: those are on the cards that were sent for it. */
export const statusCard = (view: RequestView): Post => requestCard(view, { audience: 'thread', token: null });

/** The open requests that are to be seen from here, newest first. */
export function statusListCard(views: readonly RequestView[], options: CardOptions): Post {
  if (views.length === 0) return emptyList('No open requests here', options);
  return firstThatFits(mostRows, (rows) =>
    pagePost({ title: count(views.length, 'open request'), sections: listSections(views, rows) }, options),
  );
}

function listSections(views: readonly RequestView[], rows: number, title?: string): readonly Section[] {
  const shown = views.slice(0, rows);
  return [
    ...shown.map(
      (view, i): Section => ({ ...(i === 0 && title !== undefined ? { title } : {}), lines: requestRow(view) }),
    ),
    ...moreSection(views.length - shown.length, 'request', 'Type status and an id to see one of them.'),
  ];
}

const emptyList = (title: string, options: CardOptions): Post => pagePost({ title, lines: [askForSomething] }, options);

const askForSomething: Line = [
  say(
    'Ask for something with the word on, or open the form with new. Type status and an id to see a request that has ended.',
  ),
];
