import type { State } from '../../request/request';
import { prepared } from '../engine/prepared';
import type { Db, DurationsTable } from '../engine/tables';
import type { Duration, InTransaction, ReaderMethods, WriterMethods } from '../rows/methods';
import type { WorkType } from '../work/work';

export interface FigureReader {
  /** Counts and oldest instants, each by one query over an index. */
  figures(): Promise<Figures>;
}

export interface FigureWriter {
  /** Counts into a histogram that survives restarts. */
  addDuration(what: Duration, ms: number): void;
}

export interface Figures {
  readonly requests: ReadonlyArray<{ readonly state: State; readonly count: number; readonly oldestSince: number }>;
  /** Not done and not given up. `oldestDueAt` is when the oldest was due first, whatever its tries have moved it to. */
  readonly work: ReadonlyArray<{ readonly type: WorkType; readonly count: number; readonly oldestDueAt: number }>;
  readonly deadLetters: ReadonlyArray<{ readonly type: WorkType; readonly count: number }>;
  readonly durations: ReadonlyArray<
    Duration & {
      /** The upper bound of the bucket; `Number.MAX_SAFE_INTEGER` for the last one. */
      readonly leMs: number;
      readonly count: number;
      readonly sumMs: number;
    }
  >;
  readonly auditEntries: number;
}

/** Upper bounds of the buckets: from a decision at once to one that a night went by on. */
export const durationBoundsMs: readonly number[] = [
  1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400,
].map((seconds) => seconds * 1_000);

export const figureReader: ReaderMethods<FigureReader> = {
  async figures() {
    const requests = await this.db
      .selectFrom('requests')
      .select((e) => ['state', e.fn.countAll<number>().as('count'), e.fn.min('state_since').as('oldestSince')])
      .groupBy('state')
      .execute();
    const work = await this.db
      .selectFrom('work')
      .select((e) => ['type', e.fn.countAll<number>().as('count'), e.fn.min('first_due_at').as('oldestDueAt')])
      .where('ended_at', 'is', null)
      .groupBy('type')
      .execute();
    const deadLetters = await this.db
      .selectFrom('work')
      .select((e) => ['type', e.fn.countAll<number>().as('count')])
      .where('ended_at', 'is not', null)
      .where('outcome', '=', 'givenUp')
      .groupBy('type')
      .execute();
    const durations = await this.db.selectFrom('durations').selectAll().execute();
    const head = await this.db.selectFrom('audit_head').select('seq').where('id', '=', 1).executeTakeFirst();
    return {
      requests: requests.map((row) => ({ ...row, state: row.state as State, count: Number(row.count) })),
      work: work.map((row) => ({ ...row, type: row.type as WorkType, count: Number(row.count) })),
      deadLetters: deadLetters.map((row) => ({ type: row.type as WorkType, count: Number(row.count) })),
      durations: durations.map((row) => ({
        name: row.name as Duration['name'],
        outcome: row.outcome as Duration['outcome'],
        leMs: row.le_ms,
        count: row.count,
        sumMs: row.sum_ms,
      })),
      auditEntries: head?.seq ?? 0,
    };
  },
};

export const figureWriter: WriterMethods<FigureWriter> = {
  addDuration(what, ms) {
    this.durations.push({ what, ms });
  },
};

/** Asked for at the end of a transaction, after the audit: there writers take turns, so that no two wait for each other's rows. */
export async function writeDurations(db: Db, durations: InTransaction['durations']): Promise<void> {
  for (const { what, ms } of durations) {
    const spent = Math.max(Math.round(ms), 0);
    const le = durationBoundsMs.find((bound) => spent <= bound) ?? Number.MAX_SAFE_INTEGER;
    await addDuration(db, { ...what, le_ms: le, count: 1, sum_ms: spent });
  }
}

const addDuration = prepared((db, row: DurationsTable) =>
  db
    .insertInto('durations')
    .values(row)
    .onConflict((c) =>
      c.columns(['name', 'outcome', 'le_ms']).doUpdateSet((e) => ({
        count: e('durations.count', '+', e.ref('excluded.count')),
        sum_ms: e('durations.sum_ms', '+', e.ref('excluded.sum_ms')),
      })),
    ),
);
