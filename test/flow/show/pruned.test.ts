import { findMissing, findMissingCard } from '../../../src/flow/show/pruned';
import type { PrunedRequest } from '../../../src/store/history/pruned';
import type { Reader } from '../../../src/store/store';
import type { Turn } from '../../../src/thread/kit/turn';
import { requestId, t0 } from '../../store/sample';

const pruned: PrunedRequest = {
  id: requestId('LR-7F3K'),
  tenantId: 'tenant-1',
  conversationId: 'c',
  endedAt: t0,
  prunedAt: t0,
};
const reader = {
  prunedRequest: async (id: string) => (id === pruned.id ? pruned : null),
  prunedByCard: async ({ activityId }: { readonly activityId: string }) => (activityId === 'm' ? pruned : null),
} as unknown as Reader;
const turnOf = (tenantId: string, replyToId: string | null = 'm') =>
  ({ tenantId, replyToId, place: { conversationId: 'c' } }) as Turn;
const told = { type: 'prunedRequest', id: pruned.id, endedAt: t0 };

test('a request that the retention removed is told in its tenant, and never was in any other', async () => {
  expect(await findMissing(reader, turnOf('tenant-1'), 'lr-7f3k')).toEqual(told);
  expect(await findMissing(reader, turnOf('tenant-2'), 'LR-7F3K')).toEqual({ type: 'unknownRequest', id: 'LR-7F3K' });
  expect(await findMissing(reader, turnOf('tenant-1'), 'LR-9999')).toEqual({ type: 'unknownRequest', id: 'LR-9999' });
  expect(await findMissing(reader, turnOf('tenant-1'), 'no id')).toEqual({ type: 'unknownRequest', id: 'no id' });
});

test('and so is a card of it', async () => {
  expect(await findMissingCard(reader, turnOf('tenant-1'))).toEqual(told);
  expect(await findMissingCard(reader, turnOf('tenant-2'))).toEqual({ type: 'cardOutdated' });
  expect(await findMissingCard(reader, turnOf('tenant-1', null))).toEqual({ type: 'cardOutdated' });
});
