import { hours, minutes } from '../src/lib/clock';
import { digestOf } from '../src/request/digest';
import type { Event } from '../src/request/event';
import type { RequestBase, RequestId } from '../src/request/request';
import { openRequest } from '../src/request/transition';
import { applyEvent, storeNewRequest } from '../src/store/apply';
import { defenderWork, type Store, type Tx, teamsWork } from '../src/store/store';
import { ana, bo, bot, tenantId } from '../test/fakes/fake-connector';
import { action, base, vote } from '../test/request/sample';

const analyst = { id: ana.aadObjectId, tenantId, name: ana.name };
const approver = { id: bo.aadObjectId, tenantId, name: bo.name };

/** The request of that number, as the people of the benchmark would have asked it. */
export function requestOf(index: number, createdAt: number): RequestBase {
  const bound = { ...base, tenantId, requester: analyst, round: 1 };
  const [letter, ...digits] = index.toString(36).toUpperCase().padStart(5, '0');
  return {
    ...bound,
    id: `LR-H${letter}${digits.join('')}` as RequestId,
    requesterKey: analyst.id,
    approverIds: [approver.id],
    digest: digestOf(bound),
    conversationId: `19:channel@thread.tacv2;messageid=${1_600_000_000_000 + index}`,
    createdAt,
  };
}

/** Each went the whole way by the same transitions as in life, and its cards and results count as sent. */
export async function insertEnded(store: Store, count: number, now: number): Promise<void> {
  for (let done = 0; done < count; done += perTransaction) {
    await store.transact(async (tx) => {
      for (let i = done; i < Math.min(done + perTransaction, count); i++)
        await insertOne(tx, requestOf(i, now - hours(24 * 30) + i * minutes(4)));
      await finishAll(tx, now);
    });
  }
}

const perTransaction = 100;

async function insertOne(tx: Tx, wish: RequestBase): Promise<void> {
  const { id, createdAt, digest, conversationId } = wish;
  await tx.savePlace({
    conversationId,
    tenantId,
    scope: 'channel',
    reference: JSON.stringify({ serviceUrl: 'http://127.0.0.1', bot, rosterId: 'team' }),
    personId: null,
  });
  await storeNewRequest(tx, openRequest(wish), createdAt);
  const actionId = `action-${id}`;
  const yes = vote({ id: approver.id, tenantId, name: approver.name });
  const events: readonly Event[] = [
    {
      type: 'voted',
      vote: { ...yes, by: approver, personKey: approver.id, groups: ['approvers'], digest, at: createdAt + 1 },
    },
    { type: 'admitted' },
    { type: 'accepted', action: action('Pending', { actionId }) },
    { type: 'observed', action: action('InProgress', { actionId }) },
    { type: 'observed', action: action('Succeeded', { actionId }) },
  ];
  for (const event of events) {
    const stored = await tx.request(id);
    if (stored === null) throw new Error(`The request ${id} was not stored.`);
    const outcome = await applyEvent(tx, stored, event, 'bot', createdAt + 2);
    if (!outcome.ok) throw new Error(`${id} refused ${event.type}: ${outcome.error.type}`);
  }
}

async function finishAll(tx: Tx, now: number): Promise<void> {
  for (;;) {
    const claimed = await tx.claimWork({
      types: [...teamsWork, ...defenderWork],
      now: now + hours(1),
      leaseMs: minutes(1),
      limit: 500,
      leaseToken: 'history',
    });
    if (claimed.length === 0) return;
    for (const work of claimed) await tx.finishWork(work, now);
  }
}
