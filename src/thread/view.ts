import type { KeptResult } from '../evidence/keep-result';
import type { LiveResponseRequest } from '../request/request';

/** All that a card shows of one request, at one instant. */
export interface RequestView {
  readonly request: LiveResponseRequest;
  readonly results: readonly KeptResult[];
  /** Only when queued. */
  readonly queue: QueuePlace | null;
  readonly now: number;
  /** Puts the trial banner on the card. */
  readonly trial: boolean;
}

export interface QueuePlace {
  /** 1 is next. */
  readonly position: number;
  readonly of: number;
  readonly expectedAt: number | null;
  readonly waitsFor: 'slot' | 'rate' | 'device' | 'deviceBusy' | 'defender' | 'nothing';
}
