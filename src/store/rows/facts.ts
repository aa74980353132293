import { firstOf, prepared } from '../engine/prepared';
import type { ReaderMethods, WriterMethods } from './methods';

export interface FactReader {
  /** A small named fact, such as when the next poll is due. */
  fact<T>(name: string): Promise<T | null>;
}

export interface FactWriter {
  /** Reads it, and keeps every other transaction that locks it waiting until this one ends. Lock several always in the same order. */
  lockFact<T>(name: string): Promise<T | null>;
  saveFact(name: string, value: unknown): Promise<void>;
}

export const factReader: ReaderMethods<FactReader> = {
  async fact(name) {
    const row = await firstOf(selectFact(this.db, { name }));
    return row === undefined ? null : JSON.parse(row.value);
  },
};

export const factWriter: WriterMethods<FactWriter> = {
  /** The row is made first, since what is not there cannot be locked. */
  async lockFact(name) {
    await ensureFact(this.db, { name });
    const row = await firstOf(selectFactToChange(this.db, { name }, this.engine.forUpdate));
    return row === undefined ? null : JSON.parse(row.value);
  },
  async saveFact(name, value) {
    await upsertFact(this.db, { name, value: JSON.stringify(value ?? null) });
  },
};

const selectFact = prepared((db, { name }: { name: string }) =>
  db.selectFrom('facts').select('value').where('name', '=', name),
);

const selectFactToChange = prepared((db, { name }: { name: string }, forUpdate) =>
  forUpdate(db.selectFrom('facts').select('value').where('name', '=', name)),
);

const ensureFact = prepared((db, { name }: { name: string }) =>
  db
    .insertInto('facts')
    .values({ name, value: 'null' })
    .onConflict((c) => c.column('name').doNothing()),
);

const upsertFact = prepared((db, { name, value }: { name: string; value: string }) =>
  db
    .insertInto('facts')
    .values({ name, value })
    .onConflict((c) => c.column('name').doUpdateSet({ value })),
);
