import { ana, readThread } from '../fakes/fake-connector';
import { inChannel, type Kit, plainPost, startKit } from './kit';

let kit: Kit;
beforeEach(async () => {
  kit = await startKit();
});
afterEach(() => kit.stop());

test('a message in a channel thread reaches the flow and is answered in that thread', async () => {
  kit.flow.echo = async (turn, message) =>
    void (await kit.teams.post(turn.place, plainPost(`You wrote ${message.text.length} characters.`)));
  const { status, conversationId } = await kit.client.say(ana, inChannel, 'status');
  expect(status).toBe(200);
  expect(readThread(kit.connector, conversationId)).toEqual([
    'Ana Analyst: status',
    'Live Response: You wrote 30 characters.',
  ]);
  expect(kit.flow.reached).toMatchObject([
    {
      kind: 'message',
      turn: {
        person: { id: ana.aadObjectId, name: 'Ana Analyst' },
        place: { conversationId, scope: 'channel', personId: null },
      },
      message: { botMentions: ['<at>Live Response</at>'] },
    },
  ]);
});
