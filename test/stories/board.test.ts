import { minutes, seconds } from '../../src/lib/clock';
import { boardEveryMs } from '../../src/request/board';
import { type ConnectorCall, isPost, isUpdate, readActivity, type WireActivity } from '../fakes/fake-connector';
import { ana, bo, cy, policyOf, Stage } from './stage';

let stage: Stage;
afterEach(() => stage.close());

const text = (call: ConnectorCall): string => readActivity(call.body as WireActivity);
const isBoard = (words: string): boolean => /^\d+ requests?: \d/m.test(words);
const inThread = (thread: string) => stage.connector.calls.filter((call) => call.path.includes(`/${thread}/`));
const boardPosts = (thread: string) => inThread(thread).filter((call) => isPost(call) && isBoard(text(call)));
const boardEdits = (thread: string) => inThread(thread).filter((call) => isUpdate(call) && isBoard(text(call)));
const boardOf = (thread: string) =>
  stage.connector.messages(thread).filter((message) => isBoard(readActivity(message.activity)));

/** So many requests of Ana's in one thread; the last one fails. */
async function fill(size: number): Promise<string> {
  stage = await Stage.open({
    policy: policyOf({ requesters: [ana, bo, cy] }),
    env: { DEFENDER_RUNS_PER_MINUTE: '60' },
  });
  for (let i = 0; i < size; i++)
    stage.emulator.addDevice({ machine: { computerDnsName: `war-${i}.contoso.com` }, connectDelayMs: seconds(20) });
  const thread = await stage.ask(ana, 'whoami');
  for (let i = 0; i < size; i++) {
    const script = i === size - 1 ? 'fail-second' : 'collect-logs';
    await stage.reply(ana, thread, `on war-${i} run ${script}.ps1 because INC-10`);
  }
  return thread;
}

async function approveAll(thread: string): Promise<void> {
  for (const { request } of await stage.service.store.recentRequests({ conversationId: thread }, 20)) {
    await stage.tell(bo, `approve ${request.id}`);
    await stage.pass(seconds(1));
  }
}

test('a war room of eight with one failure makes at most twelve posts and one board, which ends with the truth', async () => {
  const thread = await fill(8);
  // Until Teams has taken every card of Bo's.
  await stage.pass(seconds(40), seconds(4));
  await approveAll(thread);
  await stage.pass(minutes(8), seconds(5));
  const posts = inThread(thread)
    .filter(isPost)
    .filter(
      (call) =>
        !/How this bot knows you|You are|Ana Analyst/.test(text(call)) || isBoard(text(call)) || /LR-/.test(text(call)),
    );
  console.info(
    `war room of 8: ${posts.length - boardPosts(thread).length} posts and ${boardPosts(thread).length} board, edited ${boardEdits(thread).length} times`,
  );
  expect(boardPosts(thread)).toHaveLength(1);
  expect(posts.length - 1).toBeLessThanOrEqual(12);
  const [board] = boardOf(thread);
  const words = readActivity(board?.activity ?? { type: 'none' });
  expect(words).toContain('8 requests: 1 to look at and 7 done');
  expect(words.indexOf('war-7 failed')).toBeLessThan(words.indexOf('war-0 the command ran'));
  const times = boardEdits(thread).map(({ at }) => at);
  for (const [i, at] of times.entries())
    if (i > 0) expect(at - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(boardEveryMs - seconds(1));
}, 120_000);

test('fewer than three open requests have no board, and the third begins it', async () => {
  const thread = await fill(2);
  expect(boardPosts(thread)).toEqual([]);
  await stage.reply(ana, thread, 'on ws-042 run collect-logs.ps1 because INC-11');
  expect(boardPosts(thread).map(text)[0]).toContain('3 requests: 3 waiting for approval');
});

test('a board that somebody deletes is posted once more, and a full Teams never makes a second one (f1)', async () => {
  const thread = await fill(3);
  const [board] = boardOf(thread);
  stage.connector.deleteMessage(board?.id ?? '');
  await approveAll(thread);
  await stage.pass(minutes(1), seconds(5));
  expect(boardPosts(thread)).toHaveLength(2);
  stage.connector.fail({
    fault: { type: 'status', status: 429, retryAfterS: 20 },
    matches: (call) => isUpdate(call) && isBoard(text(call)),
    times: 3,
  });
  await stage.pass(minutes(6), seconds(5));
  expect(boardPosts(thread)).toHaveLength(2);
  expect(boardOf(thread)).toHaveLength(1);
  expect(readActivity(boardOf(thread)[0]?.activity ?? { type: 'none' })).toContain(
    '3 requests: 1 to look at and 2 done',
  );
}, 60_000);

test('a board is on record: a restart loses none of its edits', async () => {
  const thread = await fill(3);
  await approveAll(thread);
  await stage.restart();
  await stage.pass(minutes(5), seconds(5));
  expect(boardPosts(thread)).toHaveLength(1);
  expect(readActivity(boardOf(thread)[0]?.activity ?? { type: 'none' })).toContain('1 to look at and 2 done');
}, 60_000);
