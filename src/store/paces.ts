import type { Engine } from './engine';
import type { Db } from './tables';

/** Locked for the rest of the transaction, last of all that it locks: so that those who wait here hold nothing that the holder still needs. */
export async function lockPaces<T>(
  db: Db,
  forUpdate: Engine['forUpdate'],
  keys: readonly string[],
  unknown: T,
): Promise<ReadonlyMap<string, T>> {
  if (keys.length === 0) return new Map();
  const asked = db.selectFrom('paces').where('key', 'in', keys).orderBy('key');
  const known = new Set((await asked.select('key').execute()).map((row) => row.key));
  const missing = keys.filter((key) => !known.has(key)).sort();
  // A row that is not there cannot be locked.
  if (missing.length > 0)
    await db
      .insertInto('paces')
      .values(missing.map((key) => ({ key, body: JSON.stringify(unknown), forget_at: 0 })))
      .onConflict((c) => c.column('key').doNothing())
      .execute();
  const rows = await forUpdate(asked.select(['key', 'body'])).execute();
  return new Map(rows.map((row) => [row.key, JSON.parse(row.body) as T]));
}

export async function savePaces(
  db: Db,
  paces: ReadonlyArray<{ readonly key: string; readonly pace: unknown; readonly forgetAt: number }>,
): Promise<void> {
  if (paces.length === 0) return;
  await db
    .insertInto('paces')
    .values(paces.map(({ key, pace, forgetAt }) => ({ key, body: JSON.stringify(pace), forget_at: forgetAt })))
    .onConflict((c) =>
      c.column('key').doUpdateSet((e) => ({ body: e.ref('excluded.body'), forget_at: e.ref('excluded.forget_at') })),
    )
    .execute();
}

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
