import type { LiveResponseRequest, RequestId } from '../request/request';
import { type UnderWay, underWayStates, type Waiting, waitingOf } from '../request/waiting';
import type { Db } from './tables';

/** The queue as columns: what admission decides by, without the whole requests. */

export async function findWaiting(db: Db): Promise<readonly Waiting[]> {
  const rows = await db
    .selectFrom('requests')
    .select(['id', 'requester_id', 'machine_id', 'approved_at', 'not_before', 'hold'])
    .where('state', '=', 'queued')
    .orderBy('seq')
    .execute();
  return rows.map((row) => ({
    id: row.id as RequestId,
    requesterId: row.requester_id,
    machineId: row.machine_id,
    approvedAt: row.approved_at ?? 0,
    notBefore: row.not_before ?? 0,
    hold: row.hold as Waiting['hold'],
  }));
}

export async function findUnderWay(db: Db): Promise<readonly UnderWay[]> {
  const rows = await db
    .selectFrom('requests')
    .select(['id', 'requester_id', 'machine_id', 'state'])
    .where('state', 'in', underWayStates)
    .orderBy('seq')
    .execute();
  return rows.map((row) => ({
    id: row.id as RequestId,
    requesterId: row.requester_id,
    machineId: row.machine_id,
    state: row.state as UnderWay['state'],
  }));
}

export async function findResting(db: Db, now: number): Promise<ReadonlyMap<string, number>> {
  // Not grouped: that would be done along the devices, over all of history.
  const rows = await db
    .selectFrom('requests')
    .select(['machine_id', 'rests_until'])
    .where('rests_until', '>', now)
    .orderBy('rests_until')
    .execute();
  return new Map(rows.map((row) => [row.machine_id, row.rests_until ?? 0]));
}

/** The columns of a request that only a queue has. */
export function queueColumns(request: LiveResponseRequest) {
  const waiting = request.state === 'queued' ? waitingOf(request) : null;
  return {
    approved_at: waiting?.approvedAt ?? null,
    not_before: waiting?.notBefore ?? null,
    hold: waiting?.hold ?? null,
  };
}
