import type { Db } from '../engine/tables';
import type { ReaderMethods, WriterMethods } from './methods';

export interface TimeReader {
  /** The latest instant at which anything is said to have happened; later than now only when a clock was ahead. */
  latestRecordedTime(): Promise<number | null>;
}

export interface TimeWriter {
  /** What a clock that was ahead has stored is due now: no lease, wait or limit outlasts its own period. Gives how many rows and facts. */
  bringBackTimes(now: number): Promise<number>;
}

export const timeReader: ReaderMethods<TimeReader> = {
  /** Of what has happened, not of what is to come: only a clock that was ahead can have written a later one than now. */
  async latestRecordedTime() {
    const found: Array<number | null | undefined> = [];
    const audit = this.db.selectFrom('audit').select('at').orderBy('seq', 'desc').limit(1);
    found.push((await audit.executeTakeFirst())?.at);
    for (const table of ['submissions', 'activities'] as const) {
      const latest = this.db.selectFrom(table).select((e) => e.fn.max('at').as('at'));
      found.push((await latest.executeTakeFirst())?.at);
    }
    const known = found.filter((at) => at != null);
    return known.length === 0 ? null : Math.max(...known);
  },
};

export const timeWriter: WriterMethods<TimeWriter> = {
  async bringBackTimes(now) {
    let count = 0n;
    for (const column of ['due_at', 'first_due_at'] as const) {
      const late = this.db.updateTable('work').where('ended_at', 'is', null).where(column, '>', now);
      count += (await late.set({ [column]: now }).executeTakeFirst()).numUpdatedRows;
    }
    for (const table of ['submissions', 'activities', 'round_up_news'] as const) {
      const late = this.db.updateTable(table).set({ at: now }).where('at', '>', now);
      count += (await late.executeTakeFirst()).numUpdatedRows;
    }
    // Only a memory of calls: without it the next ones may be told to wait.
    await this.db.deleteFrom('rates').where('forget_at', '>', now).execute();
    return Number(count) + (await bringBackFacts(this.db, now));
  },
};

/** In a fact every number that is later than now is an instant: counts and limits are far smaller. */
async function bringBackFacts(db: Db, now: number): Promise<number> {
  let count = 0;
  for (const { name, value } of await db.selectFrom('facts').selectAll().execute()) {
    if (!/\d{13}/.test(value)) continue;
    const brought = JSON.stringify(
      JSON.parse(value, (_key, part: unknown) => (typeof part === 'number' && part > now ? now : part)),
    );
    if (brought === value) continue;
    await db.updateTable('facts').set({ value: brought }).where('name', '=', name).execute();
    count++;
  }
  return count;
}
