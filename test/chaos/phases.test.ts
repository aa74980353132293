import { readCardPhase, tellsEnd, tellsResult } from '../../chaos/phases';
import { readPost } from '../../chaos/teams';
import { isFinal, type LiveResponseRequest } from '../../src/request/request';
import { isPosted } from '../../src/request/telling';
import { requestCard } from '../../src/thread/cards/request-card';
import type { Post } from '../../src/thread/kit/post';
import type { QueuePlace } from '../../src/thread/kit/view';
import { endPost } from '../../src/thread/posts/end-post';
import { resultPost } from '../../src/thread/posts/result-post';
import { roundUpPosts } from '../../src/thread/posts/round-up-post';
import { newsPost } from '../../src/thread/sentences/news';
import type { WireActivity } from '../../trial/teams/connector-port';
import { makeNews, makeRequests, makeView, place, scriptResult } from '../thread/samples';

/** Nobody in the chaos asks for several devices. */
const requests = Object.entries(makeRequests()).filter(([, { state }]) => !state.startsWith('batch'));
const requestIn = (state: LiveResponseRequest['state']): LiveResponseRequest => {
  const found = requests.find(([, request]) => request.state === state)?.[1];
  if (found === undefined) throw new Error(`No sample is ${state}.`);
  return found;
};

const textOf = (post: Post): string =>
  readPost({
    type: 'message',
    summary: post.summary,
    text: post.text ?? '',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', content: post.card }],
  } as WireActivity);

const cardText = (
  request: LiveResponseRequest,
  over: Parameters<typeof makeView>[1] = {},
  token: string | null = null,
  audience: 'thread' | 'approver' = 'thread',
): string => textOf(requestCard(makeView(request, over), { audience, token }));

test.each(requests)('the card of a request that is %s is read as that', (_name, request) => {
  for (const audience of ['thread', 'approver'] as const)
    for (const [trial, token] of [
      [false, null],
      [false, 'token'],
      [true, null],
      [true, 'token'],
    ] as const)
      expect(readCardPhase(cardText(request, { trial }, token, audience))).toEqual({
        requestId: request.id,
        state: request.state,
      });
});

test.each<QueuePlace['waitsFor']>(['rate', 'device', 'deviceBusy', 'slot', 'defender', 'nothing'])(
  'a queued request that waits for %s is read as queued',
  (waitsFor) => {
    const text = cardText(requestIn('queued'), { queue: { ...place, waitsFor } });
    expect(readCardPhase(text)?.state).toBe('queued');
  },
);

test('news and results are no cards', () => {
  const request = requestIn('succeeded');
  const texts = [
    ...makeNews()
      .filter(isPosted)
      .map((news) => textOf(newsPost(news, makeView(request)))),
    textOf(resultPost(makeView(request), scriptResult())),
  ];
  expect(texts.map(readCardPhase)).toEqual(texts.map(() => null));
});

test.each(requests.filter(([, request]) => isFinal(request.state)))(
  'the reply that tells of a request that is %s is known, and no other',
  (_name, request) => {
    const view = makeView(request);
    expect(tellsEnd(textOf(endPost(view)), request.id, request.state)).toBe(true);
    expect(readCardPhase(textOf(endPost(view)))).toBeNull();
    expect(tellsEnd(cardText(request), request.id, request.state)).toBe(false);
    const told = makeNews()
      .filter(isPosted)
      .filter((news) => tellsEnd(textOf(newsPost(news, view)), request.id, request.state));
    expect(told).toEqual([]);
  },
);

test('a result is known by its request and command', () => {
  const request = requestIn('succeeded');
  const text = textOf(resultPost(makeView(request), scriptResult()));
  expect([0, 1, 2].map((index) => tellsResult(text, request.id, index))).toEqual([false, true, false]);
  expect(tellsResult(text, 'LR-9999', 1)).toBe(false);
});

test('an end tells the results that came, and none that is still being fetched', () => {
  const request = requestIn('succeeded');
  const text = textOf(endPost(makeView(request, { results: [scriptResult()] })));
  expect([0, 1, 2].map((index) => tellsResult(text, request.id, index))).toEqual([true, true, false]);
  expect(tellsResult(text, 'LR-9999', 1)).toBe(false);
});

test('a round-up tells the results that it names', () => {
  const view = makeView(requestIn('succeeded'));
  const { id } = view.request;
  const told = (indexes: readonly number[]) => {
    const news = [{ type: 'ended' as const }, ...indexes.map((index) => ({ type: 'resultKept' as const, index }))].map(
      (one) => ({ requestId: id, news: one, at: 1 }),
    );
    const text = roundUpPosts(news, [view], { trial: false, now: 1 }).map(textOf).join('\n');
    return [0, 1, 2].map((index) => tellsResult(text, id, index));
  };
  expect(told([])).toEqual([false, false, false]);
  expect(told([1])).toEqual([false, true, false]);
  expect(told([1, 2])).toEqual([true, true, true]);
});
