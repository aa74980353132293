import { isObjected, opinionsNeeded, type Review } from '../../request/review';
import { type Line, quoteLines, say, sayBold, show, showCode, showCut, showPerson } from '../kit/line';
import { type ListOptions, listPost } from '../kit/list-page';
import { pagePost } from '../kit/page';
import type { Post } from '../kit/post';
import { linesPost } from '../kit/sentence';
import { count, formatDuration, formatTime } from '../kit/words';

/** The reviews of break-glass that are still open, oldest first: for the word `reviews` and for the weekly list to the owners (T-24). */
export function reviewsCard(reviews: readonly Review[], options: ListOptions): Post {
  if (reviews.length === 0)
    return pagePost(
      {
        title: 'No open reviews',
        lines: [[say('No review of a break-glass is open.')]],
      },
      options,
    );
  return listPost(
    {
      list: 'reviews',
      about: null,
      page: options.page,
      title: count(reviews.length, 'open review'),
      lines: [
        [
          say(
            `Each needs ${opinionsNeeded} people who had no part in it. Write review, the id, accept or object, and because with your reason. Until then its rule allows no other break-glass.`,
          ),
        ],
      ],
      rows: reviews.map((review) => ({ lines: reviewRow(review, options) })),
    },
    options,
  );
}

/** What one opinion did to a review, for the thread of its request. */
export function opinionPost(review: Review, options: { readonly trial: boolean }): Post {
  const last = review.opinions.at(-1);
  const missing = opinionsNeeded - review.opinions.length;
  const given: Line =
    last === undefined
      ? [say('nobody has reviewed it yet. ')]
      : [
          ...showPerson(last.by),
          say(last.verdict === 'accept' ? ' accepts the break-glass. ' : ' objects to the break-glass. '),
        ];
  const next =
    review.closedAt === null
      ? `${missing === 1 ? 'One more person' : `${missing} more people`} must review it; until then rule `
      : `The review is closed${isObjected(review) ? ', with an objection for the owners to follow up' : ''}; rule `;
  return linesPost(
    [
      [
        sayBold(`${review.requestId}: `),
        ...given,
        say(next),
        show(review.rule),
        say(review.closedAt === null ? ' allows no other break-glass.' : ' allows break-glass again.'),
      ],
      ...quoteLines(last?.because ?? null),
    ],
    { ...options, summary: `${review.requestId}: ${review.closedAt === null ? 'reviewed once' : 'review closed'}` },
  );
}

function reviewRow(review: Review, { now, reader }: ListOptions): readonly Line[] {
  return [
    [
      { ...showCode(review.requestId), weight: 'Bolder' },
      say(
        `  open for ${formatDuration(now - review.openedAt)}, since ${formatTime(review.openedAt, reader)}, incident `,
      ),
      ...showCut(review.incident, 100, showCode),
      say(', rule '),
      ...showCut(review.rule, 100),
    ],
    ...review.opinions.map(
      (o): Line => [
        ...showPerson(o.by),
        say(` ${o.verdict === 'accept' ? 'accepted' : 'objected'} at ${formatTime(o.at, reader)}: `),
        ...showCut(o.because, 200),
      ],
    ),
    [say('Why the glass was broken: '), ...showCut(review.reason, 300)],
  ];
}
