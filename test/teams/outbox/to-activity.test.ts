import { toActivity } from '../../../src/teams/outbox/to-activity';
import { person } from '../../thread/samples';

const place = {
  conversationId: '19:abc@thread.tacv2;messageid=1',
  tenantId: 't',
  scope: 'channel',
  reference: {},
  personId: null,
} as const;

test('each person of a post is mentioned once, and each mention stands in the text letter by letter', () => {
  const post = { text: 'Round-up', mention: person('Ana'), alsoMention: [person('Di')], card: null, summary: 's' };
  const activity = toActivity(post, { place: place as never, bot: { id: '28:bot', name: 'Bot' }, alert: false });
  expect(activity.text).toBe('<at>Ana</at> <at>Di</at> Round-up');
  const texts = (activity.entities ?? []).map((entity) => (entity as unknown as { readonly text: string }).text);
  expect(texts).toEqual(['<at>Ana</at>', '<at>Di</at>']);
});
