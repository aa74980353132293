import type { LiveResponseRequest, RequestId } from '../../request/request';
import { type UnderWay, underWayStates, type Waiting, waitingOf } from '../../request/waiting';
import { prepared } from '../engine/prepared';
import type { ReaderMethods } from './methods';

/** The queue as columns: what admission decides by, without the whole requests. */
export interface QueueReader {
  /** Approved requests that wait, oldest first. */
  waiting(): Promise<readonly Waiting[]>;
  /** Requests that Defender has or may have. */
  underWay(): Promise<readonly UnderWay[]>;
  /** Devices that Defender may still call busy with a cancelled action of ours, and until when. */
  resting(now: number): Promise<ReadonlyMap<string, number>>;
}

export const queueReader: ReaderMethods<QueueReader> = {
  async waiting() {
    const { rows } = await selectWaiting(this.db, {});
    return rows.map((row) => ({
      id: row.id as RequestId,
      requesterId: row.requester_id,
      machineId: row.machine_id,
      approvedAt: row.approved_at ?? 0,
      notBefore: row.not_before ?? 0,
      hold: row.hold as Waiting['hold'],
    }));
  },
  async underWay() {
    const { rows } = await selectUnderWay(this.db, {});
    return rows.map((row) => ({
      id: row.id as RequestId,
      requesterId: row.requester_id,
      machineId: row.machine_id,
      state: row.state as UnderWay['state'],
    }));
  },
  async resting(now) {
    const { rows } = await selectResting(this.db, { now });
    return new Map(rows.map((row) => [row.machine_id, row.rests_until ?? 0]));
  },
};

const selectWaiting = prepared((db) =>
  db
    .selectFrom('requests')
    .select(['id', 'requester_id', 'machine_id', 'approved_at', 'not_before', 'hold'])
    .where('state', '=', 'queued')
    .orderBy('seq'),
);

const selectUnderWay = prepared((db) =>
  db
    .selectFrom('requests')
    .select(['id', 'requester_id', 'machine_id', 'state'])
    .where('state', 'in', underWayStates)
    .orderBy('seq'),
);

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
