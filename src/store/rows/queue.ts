import type { LiveResponseRequest, RequestId } from '../../request/request';
import { type UnderWay, underWayStates, type Waiting, waitingOf } from '../../request/waiting';
import { prepared } from '../engine/prepared';
import type { Db } from '../engine/tables';

/** The queue as columns: what admission decides by, without the whole requests. */

export async function findWaiting(db: Db): Promise<readonly Waiting[]> {
  const { rows } = await selectWaiting(db, {});
  return rows.map((row) => ({
    id: row.id as RequestId,
    requesterId: row.requester_id,
    machineId: row.machine_id,
    approvedAt: row.approved_at ?? 0,
    notBefore: row.not_before ?? 0,
    hold: row.hold as Waiting['hold'],
  }));
}

const selectWaiting = prepared((db) =>
  db
    .selectFrom('requests')
    .select(['id', 'requester_id', 'machine_id', 'approved_at', 'not_before', 'hold'])
    .where('state', '=', 'queued')
    .orderBy('seq'),
);

export async function findUnderWay(db: Db): Promise<readonly UnderWay[]> {
  const { rows } = await selectUnderWay(db, {});
  return rows.map((row) => ({
    id: row.id as RequestId,
    requesterId: row.requester_id,
    machineId: row.machine_id,
    state: row.state as UnderWay['state'],
  }));
}

const selectUnderWay = prepared((db) =>
  db
    .selectFrom('requests')
    .select(['id', 'requester_id', 'machine_id', 'state'])
    .where('state', 'in', underWayStates)
    .orderBy('seq'),
);

export async function findResting(db: Db, now: number): Promise<ReadonlyMap<string, number>> {
  const { rows } = await selectResting(db, { now });
  return new Map(rows.map((row) => [row.machine_id, row.rests_until ?? 0]));
}

/** Not grouped: that would be done along the devices, over all of history. */
const selectResting = prepared((db, { now }: { now: number }) =>
  db.selectFrom('requests').select(['machine_id', 'rests_until']).where('rests_until', '>', now).orderBy('rests_until'),
);

/** The columns of a request that only a queue has. */
export function queueColumns(request: LiveResponseRequest) {
  const waiting = request.state === 'queued' ? waitingOf(request) : null;
  return {
    approved_at: waiting?.approvedAt ?? null,
    not_before: waiting?.notBefore ?? null,
    hold: waiting?.hold ?? null,
  };
}
