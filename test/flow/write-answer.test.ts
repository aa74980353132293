import type { FlowOptions } from '../../src/flow/answer';
import { writeAnswer } from '../../src/flow/write-answer';
import type { Turn } from '../../src/thread/kit/turn';
import { useStores } from '../store/sample';
import { recordingLog } from '../teams/kit';

const stores = useStores();
const turn = {
  activityId: '1700000000001',
  person: { id: 'bo', tenantId: 't', name: 'Bo' },
  place: { conversationId: 'a:bo', scope: 'personal', tenantId: 't', reference: '{}' },
  at: 1,
} as unknown as Turn;

test('what is stored is not called failed because its card could not be drawn, and a repeat is one', async () => {
  const store = await stores.openNew();
  const log = recordingLog();
  const options = { store, log, sayAfter: null } as unknown as FlowOptions;
  const answer = {
    posts: [],
    write: async (tx: Parameters<Parameters<typeof store.transact>[0]>[0]) => {
      await tx.saveFact('vote', 1);
      return [];
    },
    noticeAfter: () => Promise.reject(new Error('the database went away')),
  };
  expect(await writeAnswer(options, turn, answer)).toEqual({
    type: 'message',
    text: 'That is stored. I could not draw an answer to it: look at the card, or type status.',
  });
  expect(await store.fact('vote')).toBe(1);
  expect(log.lines).toMatchObject([{ level: 'error', message: 'stored, but not answered' }]);
  expect(await writeAnswer(options, turn, answer)).toMatchObject({
    text: expect.stringContaining('I have already handled this click'),
  });
});
