import type { Survives } from './engine/engine';
import type { FigureReader, FigureWriter } from './history/figures';
import type { PruneWriter } from './history/prune';
import type { PrunedReader } from './history/pruned';
import type { ActivityWriter } from './rows/activities';
import type { AuditReader, AuditWriter } from './rows/audit';
import type { CardReader, CardWriter } from './rows/cards';
import type { ConversationReader, ConversationWriter } from './rows/conversations';
import type { FactReader, FactWriter } from './rows/facts';
import type { QueueReader } from './rows/queue';
import type { RateWriter } from './rows/rates';
import type { RequestReader, RequestWriter } from './rows/requests';
import type { ResultReader, ResultWriter } from './rows/results';
import type { ReviewReader, ReviewWriter } from './rows/reviews';
import type { RoundUpReader, RoundUpWriter } from './rows/round-ups';
import type { SubmissionReader, SubmissionWriter } from './rows/submissions';
import type { TimeReader, TimeWriter } from './rows/times';
import type { ClaimReader, ClaimWriter } from './work/claims';
import type { WorkReader, WorkWriter } from './work/work';

/**
 * Everything that must survive a crash. One code path over Kysely; what differs between engines is the dialect file.
 * Instants are epoch milliseconds. Reads outside a transaction see committed data.
 */
export interface Store extends Reader {
  /**
   * Runs `work` in one transaction: all of it is on disk when this resolves, or none of it. Never nest. Where replicas share the
   * database, `work` is run again after another one changed the same: what it does outside of the transaction must bear that.
   */
  transact<T>(work: (tx: Tx) => Promise<T>, survives?: Survives): Promise<T>;
  /** The clock that all services on this database share; null where there is one service, whose own clock will do. */
  readonly databaseNow: (() => Promise<number>) | null;
  close(): Promise<void>;
}

/** What is said of each noun is in its file. */
export interface Reader
  extends RequestReader,
    QueueReader,
    CardReader,
    ConversationReader,
    WorkReader,
    ClaimReader,
    ResultReader,
    SubmissionReader,
    ReviewReader,
    RoundUpReader,
    FactReader,
    AuditReader,
    TimeReader,
    FigureReader,
    PrunedReader {}

/** A transaction: what it reads includes what it has written. */
export interface Tx
  extends Reader,
    RequestWriter,
    CardWriter,
    ConversationWriter,
    WorkWriter,
    ClaimWriter,
    ResultWriter,
    SubmissionWriter,
    ReviewWriter,
    RoundUpWriter,
    FactWriter,
    ActivityWriter,
    RateWriter,
    AuditWriter,
    TimeWriter,
    FigureWriter,
    PruneWriter {}
