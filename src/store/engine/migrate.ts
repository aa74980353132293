import { Migrator, sql } from 'kysely';
import { StoreError } from '../store';
import type { Engine } from './engine';
import { migrations } from './migrations';

/** Brings the schema up to this program's and returns the steps taken; a database that a newer program has changed is left alone. */
export async function migrate(engine: Engine): Promise<readonly string[]> {
  const known = migrations(engine.columns);
  const unknown = (await appliedSteps(engine)).filter((name) => !(name in known));
  if (unknown.length > 0) {
    throw new StoreError(
      'store.newerSchema',
      `The database was last used by a newer version of this program (it has ${unknown.join(', ')}), and this version could damage it. Start the newer version again, or restore a backup from before the update.`,
    );
  }
  const migrator = new Migrator({ db: engine.schemaDb, provider: { getMigrations: async () => known } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map((step) => step.migrationName);
}

const stepsTable = 'kysely_migration';

/** The names of the steps that the database has taken, in order; none when it is empty. */
export async function appliedSteps({ db }: Pick<Engine, 'db'>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === stepsTable)) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(stepsTable)} order by name`.execute(db);
  return rows.map((row) => row.name);
}
