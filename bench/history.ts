import { hours, minutes } from '../src/lib/clock';
import { digestOf } from '../src/request/ask/digest';
import type { Event } from '../src/request/event';
import type { RequestBase, RequestId } from '../src/request/request';
import { openRequest } from '../src/request/transition';
import { applyEvent, storeNewRequest } from '../src/store/commit/apply';
import type { Store, Tx } from '../src/store/store';
import { defenderWork, teamsWork } from '../src/store/work/work';
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
      for (let i = done; i < Math.min(done + perTransaction, count); i++) {
        const wish = requestOf(i, now - hours(24 * 30) + i * minutes(4));
        const actionId = `action-${wish.id}`;
        await insertOne(tx, wish, [
          ...takenBy(wish, actionId),
          { type: 'observed', action: action('InProgress', { actionId }) },
          { type: 'observed', action: action('Succeeded', { actionId }) },
        ]);
      }
      await finishAll(tx, now);
    });
  }
}

/** Requests that Defender has under these ids and that wait for their devices. */
export async function insertOpen(store: Store, actionIds: readonly string[], now: number): Promise<void> {
  await store.transact(async (tx) => {
    for (const [i, actionId] of actionIds.entries()) {
      const wish = requestOf(firstOpen + i, now);
      await insertOne(tx, wish, takenBy(wish, actionId));
    }
    await finishAll(tx, now);
  });
}

/** Beyond any history. */
const firstOpen = 1_000_000;

const perTransaction = 100;

async function insertOne(tx: Tx, wish: RequestBase, events: readonly Event[]): Promise<void> {
  const { id, createdAt, conversationId } = wish;
  await tx.savePlace({
    conversationId,
    tenantId,
    scope: 'channel',
    reference: JSON.stringify({ serviceUrl: 'http://127.0.0.1', bot, rosterId: 'team' }),
    personId: null,
  });
  await storeNewRequest(tx, openRequest(wish), createdAt);
  for (const event of events) {
    const stored = await tx.request(id);
    if (stored === null) throw new Error(`The request ${id} was not stored.`);
    const outcome = await applyEvent(tx, stored, event, 'bot', createdAt + 2);
    if (!outcome.ok) throw new Error(`${id} refused ${event.type}: ${outcome.error.type}`);
  }
}

/** Approved, admitted, and taken by Defender. */
function takenBy({ digest, createdAt }: RequestBase, actionId: string): readonly Event[] {
  const yes = vote(approver, 'approve', {
    personKey: approver.id,
    groups: ['approvers'],
    digest,
    at: createdAt + 1,
  });
  return [
    { type: 'voted', vote: yes },
    { type: 'admitted' },
    { type: 'accepted', action: action('Pending', { actionId }) },
  ];
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
