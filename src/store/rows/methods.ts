import type { AuditEntry } from '../../audit/chain';
import type { Engine } from '../engine/engine';
import type { Db } from '../engine/tables';

/** What the methods of a reader find in `this`. They are made once, since there is a transaction for every message. */
export interface OnDatabase {
  readonly db: Db;
}

/** What the methods of a transaction find in `this`. */
export interface InTransaction extends OnDatabase {
  readonly engine: Engine;
  /** Written as the last thing of the transaction. */
  readonly entries: AuditEntry[];
  readonly durations: Array<{ readonly what: Duration; readonly ms: number }>;
}

export interface Duration {
  /** From the request to its decision; from the decision to the first submission. */
  readonly name: 'decision' | 'submission';
  readonly outcome: 'approved' | 'denied';
}

export type ReaderMethods<M> = M & ThisType<OnDatabase>;
export type WriterMethods<M> = M & ThisType<InTransaction>;
