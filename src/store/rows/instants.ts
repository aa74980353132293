import type { Db } from '../engine/tables';

/** Of what has happened, not of what is to come: only a clock that was ahead can have written a later one than now. */
export async function findLatestInstant(db: Db): Promise<number | null> {
  const audit = await db.selectFrom('audit').select('at').orderBy('seq', 'desc').limit(1).executeTakeFirst();
  const submission = await db
    .selectFrom('submissions')
    .select((e) => e.fn.max('at').as('at'))
    .executeTakeFirst();
  const activity = await db
    .selectFrom('activities')
    .select((e) => e.fn.max('at').as('at'))
    .executeTakeFirst();
  const found = [audit?.at, submission?.at, activity?.at].filter((at) => at != null);
  return found.length === 0 ? null : Math.max(...found);
}

export async function bringBackInstants(db: Db, now: number): Promise<number> {
  const changes = [
    await db
      .updateTable('work')
      .set({ due_at: now })
      .where('ended_at', 'is', null)
      .where('due_at', '>', now)
      .executeTakeFirst(),
    await db
      .updateTable('work')
      .set({ first_due_at: now })
      .where('ended_at', 'is', null)
      .where('first_due_at', '>', now)
      .executeTakeFirst(),
    await db.updateTable('submissions').set({ at: now }).where('at', '>', now).executeTakeFirst(),
    await db.updateTable('activities').set({ at: now }).where('at', '>', now).executeTakeFirst(),
    await db.updateTable('gathered_news').set({ at: now }).where('at', '>', now).executeTakeFirst(),
  ];
  // Only a memory of calls: without it the next ones may be told to wait.
  await db.deleteFrom('paces').where('forget_at', '>', now).execute();
  const rows = changes.reduce((sum, { numUpdatedRows }) => sum + Number(numUpdatedRows), 0);
  return rows + (await bringBackFacts(db, now));
}

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
