import type { Draft } from '../../../src/chat/draft';
import { cardUseOf, findUse, useCard } from '../../../src/flow/ask/used-card';
import { ok } from '../../../src/lib/result';
import type { RequestId } from '../../../src/request/request';
import type { Turn } from '../../../src/thread/kit/turn';
import { useStores } from '../../store/sample';

const stores = useStores();
const draft: Draft = {
  device: 'm1',
  commands: [{ type: 'RunScript', scriptName: 'a.ps1', args: null }],
  reason: 'INC-7',
};
const press = (replyToId: string | null, activityId = 'press-1') =>
  ({ activityId, replyToId, place: { conversationId: 'a:ana' }, person: { id: 'ana' }, at: 1 }) as unknown as Turn;

test('of two presses that both found no earlier use, one makes a request and the other hears of it', async () => {
  const store = await stores.openNew();
  const turns = [press('form', 'press-1'), press('form', 'press-2')];
  const uses = turns.map((turn) => cardUseOf(turn, draft));
  expect(await Promise.all(uses.map((use) => findUse(store, use)))).toEqual([null, null]);
  let made = 0;
  const make = async () => {
    made++;
    return ok(`LR-000${made}` as RequestId);
  };
  const answers = [];
  for (const [i, turn] of turns.entries())
    answers.push(await store.transact((tx) => useCard(tx, turn, uses[i] ?? null, make)));
  expect(answers).toEqual([
    ok('LR-0001'),
    { ok: false, error: { type: 'cardUsed', id: 'LR-0001', activityId: 'press-1' } },
  ]);
  expect(made).toBe(1);
});

test('what is not asked by a card has no earlier use', async () => {
  expect(cardUseOf(press(null), draft)).toBeNull();
});
