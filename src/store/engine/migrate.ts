import { type Migration, Migrator, sql } from 'kysely';
import { StoreError } from '../store-error';
import type { Engine } from './engine';
import { firstSchema } from './first-schema';
import type { Db } from './tables';

export type Steps = Readonly<Record<string, Migration>>;

/** The schema, step by step; a step that was released is never edited. Names sort in the order of application. */
export const stepsFor = (identity: string): Steps => ({
  '0001-first': inSql(firstSchema.replaceAll('$identity', identity)),
});

const inSql = (text: string): Migration => ({
  async up(db) {
    for (const statement of text.split(';').filter((part) => part.trim() !== '')) await sql.raw(statement).execute(db);
  },
});

/** Takes the steps that the database has not taken and returns their names; a database that a newer program has changed is left alone. */
export async function migrate(engine: Engine, steps = stepsFor(engine.identityColumn)): Promise<readonly string[]> {
  const unknown = (await appliedSteps(engine.db)).filter((name) => !(name in steps));
  if (unknown.length > 0) {
    throw new StoreError(
      'store.newerSchema',
      `The database was last used by a newer version of this program (it has ${unknown.join(', ')}), and this version could damage it. Start the newer version again, or restore a backup from before the update.`,
    );
  }
  const migrator = new Migrator({ db: engine.schemaDb, provider: { getMigrations: async () => ({ ...steps }) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map((step) => step.migrationName);
}

const stepsTable = 'kysely_migration';

/** The names of the steps that the database has taken, in order; none when it is empty. */
export async function appliedSteps(db: Db): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === stepsTable)) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(stepsTable)} order by name`.execute(db);
  return rows.map((row) => row.name);
}
