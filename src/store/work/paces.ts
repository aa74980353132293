import type { Engine } from '../engine/engine';
import { prepared } from '../engine/prepared';
import type { Db } from '../engine/tables';

/** Locked for the rest of the transaction, last of all that it locks: so that those who wait here hold nothing that the holder still needs. */
export async function lockPaces<T>(
  db: Db,
  { isSole }: Pick<Engine, 'isSole'>,
  keys: readonly string[],
  unknown: T,
): Promise<ReadonlyMap<string, T>> {
  if (keys.length === 0) return new Map();
  const { rows } = isSole ? await selectPaces(db, { keys }) : { rows: await takeInTurn(db, keys, unknown) };
  const known = new Map(rows.map((row) => [row.key, JSON.parse(row.body) as T]));
  return new Map(keys.map((key) => [key, known.get(key) ?? unknown]));
}

/**
 * One after the other in one order, whether a row is there already or not: whoever locked what is there and added the rest after that would wait
 * in a circle with others who do the same. A change of nothing, since a row that is not there cannot be locked.
 */
const takeInTurn = (db: Db, keys: readonly string[], unknown: unknown) =>
  db
    .insertInto('paces')
    .values([...keys].sort().map((key) => ({ key, body: JSON.stringify(unknown), forget_at: 0 })))
    .onConflict((c) => c.column('key').doUpdateSet((e) => ({ key: e.ref('excluded.key') })))
    .returning(['key', 'body'])
    .execute();

const selectPaces = prepared((db, { keys }: { keys: readonly string[] }) =>
  db.selectFrom('paces').select(['key', 'body']).where('key', 'in', keys),
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
