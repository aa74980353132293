import type { AdmissionInput } from '../../src/dispatch/admission';
import { nothingLearned } from '../../src/dispatch/limits';
import type { Submission } from '../../src/request/doubt/submission';
import type { RequestId } from '../../src/request/request';
import type { UnderWay, Waiting } from '../../src/request/waiting';

export const now = 10_000_000;
export const limits = { runsPerMinute: 10, sessions: 50 };

/** Nothing waits, nothing runs, nothing was sent. */
export const quiet: AdmissionInput = {
  waiting: [],
  underWay: [],
  resting: new Map(),
  submissions: [],
  learned: nothingLearned,
  limits,
  now,
};

export interface Wish {
  readonly id: string;
  readonly who?: string;
  readonly device?: string;
  readonly approvedAt?: number;
  readonly notBefore?: number;
  readonly hold?: Waiting['hold'];
}

export const waiting = ({
  id,
  who = 'ana',
  device = id,
  approvedAt = now - 1_000,
  notBefore = 0,
  hold = null,
}: Wish): Waiting => ({ id: id as RequestId, requesterId: who, machineId: device, approvedAt, notBefore, hold });

export const underWay = (device: string, who = 'ana', state: UnderWay['state'] = 'running'): UnderWay => ({
  id: `on-${device}` as RequestId,
  requesterId: who,
  machineId: device,
  state,
});

export const answered = (at: number, tookMs = 0): Submission => ({
  at,
  answeredAt: at + tookMs,
  answer: 'accepted',
});
