import type { LiveResponseRequest, RequestId } from '../../../src/request/request';
import type { RoundUpNews } from '../../../src/request/round-up';
import { activityBytes, maxActivityBytes } from '../../../src/thread/kit/fits';
import { roundUpPosts } from '../../../src/thread/posts/round-up-post';
import { lintCard, readPost } from '../read-card';
import { hostile, makeRequests, makeView, noon, person } from '../samples';

const options = { trial: false, now: noon };
const requests = makeRequests();
const view = (state: string, id: string, requester = person('Ana'), from = requests) =>
  makeView({ ...(from[state] as LiveResponseRequest), id: id as RequestId, requester });
const gathered = (id: string, news: RoundUpNews['news'], minutes = 0): RoundUpNews => ({
  requestId: id as RequestId,
  news,
  at: noon + minutes * 60_000,
});

test('a round-up counts what happened, shows each request as it is now, and mentions whose requests have ended', () => {
  const news = [
    gathered('LR-AAAA', { type: 'approved', by: [person('Bo')] }),
    gathered('LR-AAAA', { type: 'started' }, 1),
    gathered('LR-BBBB', { type: 'started' }, 1),
    gathered('LR-CCCC', { type: 'ended' }, 2),
    gathered('LR-DDDD', { type: 'ended' }, 2),
  ];
  const views = [
    view('running', 'LR-AAAA'),
    view('failed', 'LR-BBBB', person('Eve')),
    view('succeeded', 'LR-CCCC'),
    view('succeeded', 'LR-DDDD', person('Di')),
  ];
  const [post, ...others] = roundUpPosts(news, views, options);
  expect(others).toEqual([]);
  expect(post?.alsoMention?.map(({ name }) => name)).toEqual(['Di']);
  expect(post === undefined ? null : readPost(post)).toMatchInlineSnapshot(`
"@Ana Round-up of 4 requests
Round-up of 4 requests
Since 3 Mar 2026 12:00 UTC: 2 finished, 2 started and 1 approved. With so many requests open here I gather such news; what fails, is stopped or is in doubt is still told at once, and each card follows its request.

LR-AAAA · Running command 2 of 3 · ws-042.contoso.com · Ana
LR-BBBB · Failed at command 2 of 3 · ws-042.contoso.com · Eve
LR-CCCC · All 3 commands ran, in 8 min; results to come · ws-042.contoso.com · Ana
LR-DDDD · All 3 commands ran, in 8 min; results to come · ws-042.contoso.com · Di"
`);
});

test('results that were gathered are named with what to type for them, one by its number, several together', () => {
  const news = [
    gathered('LR-AAAA', { type: 'resultKept', index: 1 }),
    gathered('LR-BBBB', { type: 'resultKept', index: 0 }),
    gathered('LR-BBBB', { type: 'resultKept', index: 2 }),
    gathered('LR-CCCC', { type: 'ended' }),
  ];
  const views = ['LR-AAAA', 'LR-BBBB', 'LR-CCCC'].map((id) => view('succeeded', id));
  const [post] = roundUpPosts(news, views, options);
  expect(post === undefined ? null : readPost(post)).toMatchInlineSnapshot(`
"@Ana Round-up of 3 requests
Round-up of 3 requests
Since 3 Mar 2026 12:00 UTC: 1 finished and 2 returned results. With so many requests open here I gather such news; what fails, is stopped or is in doubt is still told at once, and each card follows its request. Results with nothing wrong in them are not posted meanwhile: type the words behind a request to read them.

LR-AAAA · All 3 commands ran, in 8 min; results to come · ws-042.contoso.com · Ana · result LR-AAAA 2
LR-BBBB · All 3 commands ran, in 8 min; results to come · ws-042.contoso.com · Ana · result LR-BBBB
LR-CCCC · All 3 commands ran, in 8 min; results to come · ws-042.contoso.com · Ana"
`);
});

test('whoever had no end is not mentioned', () => {
  const [post] = roundUpPosts([gathered('LR-AAAA', { type: 'started' })], [view('running', 'LR-AAAA')], options);
  expect(post).toMatchObject({ mention: null, text: null });
});

test('many requests make several posts, each small enough, and every request is in one of them', () => {
  const ids = Array.from({ length: 60 }, (_, i) => `LR-X${i}`);
  const from = makeRequests(hostile);
  const views = ids.map((id, i) => view('succeeded', id, person(`P${i}`, hostile), from));
  const posts = roundUpPosts(
    ids.map((id) => gathered(id, { type: 'ended' })),
    views,
    options,
  );
  expect(posts.length).toBeGreaterThan(2);
  for (const post of posts) {
    expect(activityBytes(post)).toBeLessThanOrEqual(maxActivityBytes);
    expect(post.card === null ? [] : lintCard(post.card)).toEqual([]);
  }
  const told = posts.map(readPost).join('\n');
  expect(ids.filter((id) => !told.includes(`${id} · All 3 commands ran`))).toEqual([]);
});

test('nothing gathered is no post', () => {
  expect(roundUpPosts([], [], options)).toEqual([]);
});
