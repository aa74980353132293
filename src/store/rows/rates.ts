import { prepared } from '../engine/prepared';
import type { Db } from '../engine/tables';
import type { WriterMethods } from './methods';

/** How often Teams and Defender were called lately, for the limits that all replicas share. */
export interface RateWriter {
  /** By key; `unknown` where there is none yet. Locked for the rest of the transaction, last of all: those who wait here hold nothing that the holder still needs. */
  lockRates<T>(keys: readonly string[], unknown: T): Promise<ReadonlyMap<string, T>>;
  saveRates(
    paces: ReadonlyArray<{ readonly key: string; readonly pace: unknown; readonly forgetAt: number }>,
  ): Promise<void>;
  /** Never waits: what another replica has locked is in use. */
  forgetRates(now: number): Promise<void>;
}

export const rateWriter: WriterMethods<RateWriter> = {
  async lockRates(keys, unknown) {
    if (keys.length === 0) return new Map();
    const rows = this.engine.isSole
      ? (await selectRates(this.db, { keys })).rows
      : await takeInTurn(this.db, keys, unknown);
    const known = new Map(rows.map((row) => [row.key, JSON.parse(row.body)]));
    return new Map(keys.map((key) => [key, known.get(key) ?? unknown]));
  },
  async saveRates(paces) {
    for (const { key, pace, forgetAt } of paces)
      await upsertRate(this.db, { key, body: JSON.stringify(pace), forget_at: forgetAt });
  },
  async forgetRates(now) {
    const query = this.db.selectFrom('rates').select('key').where('forget_at', '<=', now).orderBy('forget_at');
    const idle = (await this.engine.skipLocked(query.limit(500)).execute()).map(({ key }) => key);
    if (idle.length > 0) await this.db.deleteFrom('rates').where('key', 'in', idle).execute();
  },
};

/**
 * One after the other in one order, whether a row is there already or not: whoever locked what is there and added the rest after that would wait
 * in a circle with others who do the same. A change of nothing, since a row that is not there cannot be locked.
 */
const takeInTurn = (db: Db, keys: readonly string[], unknown: unknown) =>
  db
    .insertInto('rates')
    .values([...keys].sort().map((key) => ({ key, body: JSON.stringify(unknown), forget_at: 0 })))
    .onConflict((c) => c.column('key').doUpdateSet((e) => ({ key: e.ref('excluded.key') })))
    .returning(['key', 'body'])
    .execute();

const selectRates = prepared((db, { keys }: { keys: readonly string[] }) =>
  db.selectFrom('rates').select(['key', 'body']).where('key', 'in', keys),
);

const upsertRate = prepared((db, { key, body, forget_at }: { key: string; body: string; forget_at: number }) =>
  db
    .insertInto('rates')
    .values({ key, body, forget_at })
    .onConflict((c) => c.column('key').doUpdateSet({ body, forget_at })),
);
