import type { FlowOptions } from '../../src/flow/answer';
import { createOwedAnswers, oweAnswer } from '../../src/flow/owed';
import { writeAnswer } from '../../src/flow/write-answer';
import { minutes } from '../../src/lib/clock';
import type { Store } from '../../src/store/store';
import type { Turn } from '../../src/thread/kit/turn';
import { useStores } from '../store/sample';
import { recordingLog } from '../teams/kit';

const stores = useStores();
const turn = {
  activityId: '1700000000001',
  tenantId: 't',
  person: { id: 'ana', tenantId: 't', name: 'Ana' },
  place: { conversationId: 'a:ana', scope: 'personal', tenantId: 't', reference: '{}', personId: 'ana' },
  at: 1,
} as unknown as Turn;
const message = { text: 'on ws-042 run a.ps1 because x', textFormat: 'plain', html: null, botMentions: [] };

let store: Store;
let options: FlowOptions;
let stored = 0;
beforeEach(async () => {
  store = await stores.openNew();
  stored = 0;
  options = { store, log: recordingLog(), sayAfter: null, trial: false } as unknown as FlowOptions;
});

const finish = () =>
  writeAnswer(
    options,
    turn,
    {
      posts: [],
      write: async () => {
        stored++;
        return [];
      },
    },
    message,
  );
const passes = (ms: number) =>
  createOwedAnswers({ store, clock: { now: () => turn.at + ms, sleep: async () => {} }, trial: false });
const waiting = async () => (await store.waitingWork()).sendPost ?? 0;

test('a message whose process was killed while it was checked is told as interrupted, once', async () => {
  await oweAnswer(options, turn, message);
  expect(await waiting()).toBe(1);
  expect(await passes(minutes(2)).startDue()).toBe(0);
  expect(await passes(0).nextDueAt()).toBe(turn.at + minutes(3));
  for (let i = 0; i < 2; i++) await passes(minutes(3)).startDue();
  expect(await waiting()).toBe(2);
  expect(await passes(0).nextDueAt()).toBeNull();
});

test('what was told as interrupted is not stored after all, however late it ends', async () => {
  await oweAnswer(options, turn, message);
  await passes(minutes(3)).startDue();
  await finish();
  expect(stored).toBe(0);
});

test('a press that was told as interrupted is not answered as stored when its work ends after all', async () => {
  await oweAnswer(options, turn, null);
  await passes(minutes(3)).startDue();
  const stored = { posts: [], again: { text: 'Your request is stored' }, write: async () => [] };
  expect(await writeAnswer(options, turn, stored)).toMatchObject({
    text: expect.stringContaining('I was interrupted'),
  });
});

test('what was stored in the meantime is not told as interrupted', async () => {
  await oweAnswer(options, turn, message);
  await finish();
  expect(stored).toBe(1);
  await passes(minutes(3)).startDue();
  expect(await waiting()).toBe(1);
});

test('a click is owed its answer too, without a post of its own', async () => {
  await oweAnswer(options, turn, null);
  expect(await waiting()).toBe(0);
  await passes(minutes(3)).startDue();
  expect(await waiting()).toBe(1);
});
