import type { Person } from '../../request/request';
import type { RoundUpNews } from '../../request/round-up';
import { type Line, say, sayBold, showCode, showDevices, showPerson } from '../kit/line';
import { cutPages } from '../kit/list-page';
import { type CardOptions, pagePost } from '../kit/page';
import type { Post } from '../kit/post';
import type { RequestView } from '../kit/view';
import { count, formatList, formatTime } from '../kit/words';
import { describeState } from '../sentences/state-words';

/** About a screen of a desktop, and room for a mention of everybody on it. */
const postSize = { rows: 25, bytes: 12_000 };

/**
 * What happened in a war room since the last time, each request once and as it is now, so that nothing in it is older than what was told at once.
 * Whose requests have ended is mentioned, as a reply for each would do.
 */
export function roundUpPosts(
  gathered: readonly RoundUpNews[],
  views: readonly RequestView[],
  options: CardOptions,
): readonly Post[] {
  if (views.length === 0) return [];
  const pages = cutPages(
    views.map((view) => ({ view, lines: [[...rowOf(view), ...resultWords(gathered, view)]] })),
    postSize,
  );
  const ended = new Set(gathered.filter(({ news }) => news.type === 'ended').map(({ requestId }) => requestId));
  return pages.map((page, i) => {
    const title = `Round-up of ${count(views.length, 'request')}${pages.length === 1 ? '' : `, part ${i + 1} of ${pages.length}`}`;
    const post = pagePost(
      {
        title,
        lines: i === 0 ? [[say(describeGathered(gathered))]] : [],
        sections: [{ lines: page.flatMap(({ lines }) => lines) }],
      },
      options,
    );
    const [first = null, ...others] = peopleOf(
      page.map(({ view }) => view).filter(({ request }) => ended.has(request.id)),
    );
    return first === null ? post : { ...post, text: title, mention: first, alsoMention: others };
  });
}

function describeGathered(gathered: readonly RoundUpNews[]): string {
  const parts = (['ended', 'started', 'approved', 'voteCounted', 'held', 'resultKept'] as const).flatMap((type) => {
    const of = gathered.filter(({ news }) => news.type === type);
    const n = type === 'resultKept' ? new Set(of.map(({ requestId }) => requestId)).size : of.length;
    return n === 0 ? [] : [`${n} ${gatheredWords[type]}`];
  });
  const since = Math.min(...gathered.map(({ at }) => at));
  return `Since ${formatTime(since)}: ${formatList(parts)}. With so many requests open here I gather such news; what fails, is stopped or is in doubt is still told at once, and each card follows its request.${gathered.some(isResult) ? ' Results with nothing wrong in them are not posted meanwhile: type the words behind a request to read them.' : ''}`;
}

const gatheredWords = {
  ended: 'finished',
  started: 'started',
  approved: 'approved',
  voteCounted: 'counted one more approval',
  held: 'had to wait',
  resultKept: 'returned results',
} as const;

const isResult = ({ news }: RoundUpNews): boolean => news.type === 'resultKept';

/** What to type for the results of a request that were gathered: one by its number, several together. */
function resultWords(gathered: readonly RoundUpNews[], { request: { id } }: RequestView): Line {
  const indexes = gathered.flatMap(({ requestId, news }) =>
    requestId === id && news.type === 'resultKept' ? [news.index] : [],
  );
  const [first] = indexes;
  if (first === undefined) return [];
  return [say(' · '), showCode(indexes.length === 1 ? `result ${id} ${first + 1}` : `result ${id}`)];
}

const rowOf = (view: RequestView): Line => [
  { ...showCode(view.request.id), weight: 'Bolder' },
  sayBold(` · ${describeState(view).title}`),
  say(' · '),
  ...showDevices(view.request, 60),
  say(' · '),
  ...showPerson(view.request.requester),
];

const peopleOf = (views: readonly RequestView[]): readonly Person[] => [
  ...new Map(views.map(({ request }) => [request.requester.id, request.requester])).values(),
];
