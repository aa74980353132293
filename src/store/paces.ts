import type { Engine } from './engine';
import { prepared } from './prepared';
import type { Db } from './tables';

/** Locked for the rest of the transaction, last of all that it locks: so that those who wait here hold nothing that the holder still needs. */
export async function lockPaces<T>(
  db: Db,
  { forUpdate, isSole }: Pick<Engine, 'forUpdate' | 'isSole'>,
  keys: readonly string[],
  unknown: T,
): Promise<ReadonlyMap<string, T>> {
  if (keys.length === 0) return new Map();
  if (!isSole) await addMissing(db, keys, unknown);
  const { rows } = await selectPaces(db, { keys }, forUpdate);
  const known = new Map(rows.map((row) => [row.key, JSON.parse(row.body) as T]));
  return new Map(keys.map((key) => [key, known.get(key) ?? unknown]));
}

/** A row that is not there cannot be locked; those that are not are added in one order, so that nobody waits in a circle. */
async function addMissing(db: Db, keys: readonly string[], unknown: unknown): Promise<void> {
  const known = new Set((await selectKeys(db, { keys })).rows.map((row) => row.key));
  const missing = keys.filter((key) => !known.has(key)).sort();
  if (missing.length > 0)
    await db
      .insertInto('paces')
      .values(missing.map((key) => ({ key, body: JSON.stringify(unknown), forget_at: 0 })))
      .onConflict((c) => c.column('key').doNothing())
      .execute();
}

interface Keys {
  readonly keys: readonly string[];
}

const selectKeys = prepared((db, { keys }: Keys) => db.selectFrom('paces').select('key').where('key', 'in', keys));

const selectPaces = prepared((db, { keys }: Keys, forUpdate) =>
  forUpdate(db.selectFrom('paces').select(['key', 'body']).where('key', 'in', keys).orderBy('key')),
);

export async function savePaces(
  db: Db,
  paces: ReadonlyArray<{ readonly key: string; readonly pace: unknown; readonly forgetAt: number }>,
): Promise<void> {
  for (const { key, pace, forgetAt } of paces)
    await upsertPace(db, { key, body: JSON.stringify(pace), forget_at: forgetAt });
}

const upsertPace = prepared((db, { key, body, forget_at }: { key: string; body: string; forget_at: number }) =>
  db
    .insertInto('paces')
    .values({ key, body, forget_at })
    .onConflict((c) => c.column('key').doUpdateSet({ body, forget_at })),
);

/** Never waits: what another replica has locked is in use. */
export async function forgetPaces(db: Db, skipLocked: Engine['skipLocked'], now: number): Promise<void> {
  const idle = await skipLocked(
    db.selectFrom('paces').select('key').where('forget_at', '<=', now).orderBy('forget_at').limit(500),
  ).execute();
  if (idle.length === 0) return;
  await db
    .deleteFrom('paces')
    .where(
      'key',
      'in',
      idle.map((row) => row.key),
    )
    .execute();
}
