import { isFinal } from '../../request/request';
import { type ActionJson, button } from '../kit/button';
import { type Line, say, saySubtle, showCode, showCut } from '../kit/line';
import { type CardOptions, firstThatFits, moreSection, mostChoices, pagePost } from '../kit/page';
import { plainHost } from '../kit/plain';
import type { Post } from '../kit/post';
import type { RequestView, Tone } from '../kit/view';
import { count, formatList, formatShort } from '../kit/words';
import { describeState } from '../sentences/state-words';

type Group = 'bad' | 'waiting' | 'underWay' | 'done';

const groups: readonly { readonly group: Group; readonly title: string; readonly word: string }[] = [
  { group: 'bad', title: 'Look at these', word: 'to look at' },
  { group: 'waiting', title: 'Waiting for approval', word: 'waiting for approval' },
  { group: 'underWay', title: 'Under way', word: 'under way' },
  { group: 'done', title: 'Done', word: 'done' },
];

/** More rows than people read at a glance; the rest is counted. */
const mostRows = 20;

/** All requests of one conversation on one card, bad ones first; a row each, with the button that shows what it brought. */
export function boardCard(views: readonly RequestView[], options: CardOptions): Post {
  const all = views.map((view) => ({ view, words: describeState(view), group: groupOf(view) }));
  const inOrder = groups.flatMap(({ group, title }) =>
    all.filter((one) => one.group === group).map((one) => ({ ...one, heading: title })),
  );
  const parts = groups.flatMap(({ group, word }) => {
    const n = all.filter((one) => one.group === group).length;
    return n === 0 ? [] : [`${n} ${word}`];
  });
  const title = `${count(all.length, 'request')}: ${formatList(parts)}`;
  return firstThatFits(Math.min(mostRows, Math.max(inOrder.length, 1)), (rows) => {
    const shown = inOrder.slice(0, rows);
    return pagePost(
      {
        title,
        sections: [
          ...groups.flatMap(({ title: heading }) => {
            const of = shown.filter((one) => one.heading === heading);
            return of.length === 0
              ? []
              : [{ title: heading, dense: true, lines: of.map(({ view, words }) => row(view, words.title)) }];
          }),
          ...moreSection(inOrder.length - shown.length, 'request', 'Type queue to see all.'),
        ],
        actions: shown
          .filter(({ view }) => isFinal(view.request.state))
          .flatMap(({ view }) => showButton(view))
          .slice(0, mostChoices),
      },
      { trial: options.trial, summary: title },
    );
  });
}

/** By how it looks on its own card, so that both say the same. */
function groupOf(view: RequestView): Group {
  const { state } = view.request;
  const bad: readonly Tone[] = ['attention', 'warning'];
  if (state === 'awaitingApproval') return 'waiting';
  if (bad.includes(describeState(view).tone)) return 'bad';
  return isFinal(state) ? 'done' : 'underWay';
}

/** The short name where it is plain: a board is of one room, and its rows should stay on one line of a phone. */
function row(view: RequestView, said: string): Line {
  const { request, now } = view;
  const host = plainHost(request.device.name);
  const what = request.state === 'awaitingApproval' ? `until ${formatShort(request.decideBy, now)}` : lowerFirst(said);
  return [
    ...(host === null ? showCut(request.device.name, 60, showCode) : [showCode(host)]),
    say(` ${what} `),
    saySubtle(request.id),
  ];
}

const lowerFirst = (said: string): string =>
  /^(?:Defender|I) /.test(said) ? said : `${said.charAt(0).toLowerCase()}${said.slice(1)}`;

const showButton = ({ request: { id, device } }: RequestView): readonly ActionJson[] => {
  const host = plainHost(device.name);
  return [button({ title: `Show ${host ?? id}`, verb: 'request.open', data: { requestId: id }, inputs: 'none' })];
};
