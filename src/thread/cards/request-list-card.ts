import { isFinal } from '../../request/request';
import { type ActionJson, button } from '../kit/button';
import { type Line, say, showCode, showCut } from '../kit/line';
import { type ListOptions, type ListRow, listPost } from '../kit/list-page';
import { type CardOptions, pagePost } from '../kit/page';
import type { Post } from '../kit/post';
import type { RequestView } from '../kit/view';
import { count } from '../kit/words';
import { requestRow } from './request-row';

/** What is at Defender, what waits to go there, next first, and what waits for approval. */
export function queueCard(views: readonly RequestView[], options: ListOptions): Post {
  const waiting = views.filter(({ request }) => request.state === 'queued');
  const undecided = views.filter(({ request }) => request.state === 'awaitingApproval');
  const underWay = views.filter((view) => !waiting.includes(view) && !undecided.includes(view));
  if (views.length === 0) return emptyList('No request is waiting or under way', [askForSomething], options);
  return listPost(
    {
      list: 'queue',
      about: null,
      page: options.page,
      title: `${count(underWay.length, 'request')} under way, ${waiting.length === 0 ? 'none' : waiting.length} waiting${undecided.length === 0 ? '' : `, ${undecided.length} waiting for approval`}`,
      rows: [
        ...rowsOf(underWay, options, 'Under way'),
        ...rowsOf(waiting, options, 'Waiting, next first'),
        ...rowsOf(undecided, options, 'Waiting for approval'),
      ],
    },
    options,
  );
}

/** The open requests that are to be seen from here, newest first. */
export function statusListCard(views: readonly RequestView[], options: ListOptions): Post {
  if (views.length === 0) return emptyList('No open requests here', [askForSomething], options);
  return listPost(
    {
      list: 'open',
      about: null,
      page: options.page,
      title: count(views.length, 'open request'),
      rows: rowsOf(views, options),
    },
    options,
  );
}

/** What one person has asked for: what is open first, newest first in each part. `everywhere` false: only what was asked in this conversation. */
export function mineCard(
  views: readonly RequestView[],
  options: ListOptions & { readonly everywhere: boolean; readonly more: boolean },
): Post {
  const elsewhere: readonly Line[] = options.everywhere
    ? []
    : [[say('Only what you asked in this conversation; in your own chat with me, mine shows all of it.')]];
  if (views.length === 0) return emptyList('You have no requests here', [...elsewhere, askForSomething], options);
  const open = views.filter(({ request }) => !isFinal(request.state));
  const ended = views.filter(({ request }) => isFinal(request.state));
  return listPost(
    {
      list: 'mine',
      about: null,
      page: options.page,
      title: `Your requests: ${open.length === 0 ? 'none' : open.length} open, ${ended.length === 0 ? 'none' : ended.length} ended`,
      lines: [...elsewhere, ...olderLines(views.length, options.more)],
      rows: [...rowsOf(open, options, 'Open'), ...rowsOf(ended, options, 'Ended')],
    },
    options,
  );
}

/** Where a history is from: one device, one conversation, or all that the tenant has. */
export type HistoryOf =
  | { readonly type: 'device'; readonly machineId: string; readonly name: string }
  | { readonly type: 'conversation' }
  | { readonly type: 'everywhere' };

/** What was asked before and how it ended, newest first. */
export function historyCard(
  views: readonly RequestView[],
  options: ListOptions & { readonly of: HistoryOf; readonly more: boolean },
): Post {
  const { of } = options;
  const about: Line = historyWords(of);
  if (views.length === 0) return emptyList('No requests so far', [about, askForSomething], options);
  return listPost(
    {
      list: 'history',
      about: of.type === 'device' ? of.machineId : null,
      page: options.page,
      title: `History: ${count(views.length, 'request')}`,
      lines: [about, ...olderLines(views.length, options.more)],
      rows: rowsOf(views, options),
    },
    options,
  );
}

function historyWords(of: HistoryOf): Line {
  switch (of.type) {
    case 'device':
      return [say('Requests to '), ...showCut(of.name, 100, showCode), say(' through this bot, newest first.')];
    case 'conversation':
      return [say('Requests of this conversation, newest first. Add a device to see what was asked on it.')];
    case 'everywhere':
      return [say('All requests, newest first. Add a device to see what was asked on it.')];
  }
}

/** What waits for one person's vote; in their own chat each with a button that posts its card as the newest message. */
export function waitingCard(views: readonly RequestView[], options: ListOptions & { readonly ownChat: boolean }): Post {
  if (views.length === 0)
    return emptyList(
      'Nothing waits for your vote',
      [[say('A card comes to your own chat with me as soon as something does. Type queue to see what is under way.')]],
      options,
    );
  return listPost(
    {
      list: 'waiting',
      about: null,
      page: options.page,
      title: `${count(views.length, 'request waits', 'requests wait')} for your vote`,
      lines: options.ownChat
        ? [
            [
              say(
                'Open one to read its card and decide. The card that you open is then the only one of yours that counts.',
              ),
            ],
          ]
        : [[say('Decide on the cards in your own chat with me; the word waiting opens them there.')]],
      rows: options.ownChat
        ? views.map((view) => ({ lines: requestRow(view, options.reader), actions: [openButton(view)] }))
        : rowsOf(views, options),
    },
    options,
  );
}

const openButton = ({ request: { id } }: RequestView): ActionJson =>
  button({ title: `Open ${id}`, verb: 'request.open', data: { requestId: id }, inputs: 'none' });

const rowsOf = (views: readonly RequestView[], { reader }: ListOptions, heading?: string): readonly ListRow[] =>
  views.map((view) => ({ lines: requestRow(view, reader), ...(heading === undefined ? {} : { heading }) }));

const olderLines = (shown: number, more: boolean): readonly Line[] =>
  more ? [[say(`These are the newest ${shown}. Type status and an id to see an older one.`)]] : [];

const emptyList = (title: string, lines: readonly Line[], options: CardOptions): Post =>
  pagePost({ title, lines }, options);

const askForSomething: Line = [
  say(
    'Ask for something with the word on, or open the form with new. Type status and an id to see a request that has ended.',
  ),
];
