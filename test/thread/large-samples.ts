import type { FileOffer } from '../../src/request/file-offer';
import { idAlphabet } from '../../src/request/id';
import type { LiveResponseRequest, RequestBase, RequestId } from '../../src/request/request';
import type { RoundUpNews } from '../../src/request/round-up';
import type { Post } from '../../src/thread/kit/post';
import { roundUpPosts } from '../../src/thread/posts/round-up-post';
import { makeRequests, makeView, noon, type Outside, person } from './samples';

export const fileOffer: FileOffer = {
  offerId: 'o',
  requestId: 'LR-7F3K' as RequestId,
  index: 2,
  sha256: 'a'.repeat(64),
  personId: person('Ana').id,
  conversationId: 'a:1',
  expiresAt: noon + 3_600_000,
  state: 'offered',
  upload: null,
};

const gatheredResults = (about: Pick<RoundUpNews, 'requestId' | 'at'>): readonly RoundUpNews[] =>
  [1, 2].map((index) => ({ ...about, news: { type: 'resultKept', index } }));

/** Nine requests of three people, as they may stand two minutes later. */
export function warRoom(outside: Outside, trial: boolean): Post {
  const requests = makeRequests(outside);
  const states = [
    'succeeded',
    'succeeded',
    'running',
    'pending',
    'queued',
    'running',
    'succeeded',
    'failed',
    'pending',
  ];
  const views = states.map((state, i) => {
    const request = requests[state] as LiveResponseRequest;
    const device = { ...request.device, name: outside(`ws-${140 + i}.contoso.com`) };
    const requester = person(['Ana', 'Eve', 'Di'][i % 3] as string, outside);
    return makeView(
      { ...request, id: `LR-4K${'ABCDEFGHJ'[i]}${idAlphabet[i]}` as RequestId, device, requester },
      { trial },
    );
  });
  const news = views.flatMap(({ request }) => {
    const about = { requestId: request.id, at: noon };
    return request.state === 'succeeded'
      ? [{ ...about, news: { type: 'ended' } as const }, ...gatheredResults(about)]
      : [{ ...about, news: { type: 'started' } as const }];
  });
  return roundUpPosts(news, views, { trial, now: noon + 120_000 })[0] as Post;
}

/** Of legal length, and still more than one card shows: as may come of a request that is asked again. */
export const tooLong = (outside: Outside): Pick<RequestBase, 'commands'> => ({
  commands: Array.from({ length: 10 }, () => ({
    type: 'RunScript',
    scriptName: outside('collect-logs.ps1'),
    args: outside('字'.repeat(900)),
  })),
});
