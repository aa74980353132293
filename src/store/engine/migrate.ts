import { type Migration, Migrator, sql } from 'kysely';
import { StoreError } from '../store-error';
import type { Engine } from './engine';
import { firstSchema } from './first-schema';
import { causeCodeOf } from './postgres-failure';
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

/**
 * Takes the steps that the database has not taken and returns their names; a database that a newer program has changed is left alone. With
 * nothing to take nothing is tried, so that a role without any right over the schema will do.
 */
export async function migrate(engine: Engine, steps = stepsFor(engine.identityColumn)): Promise<readonly string[]> {
  const taken = await appliedSteps(engine.db);
  const unknown = taken.filter((name) => !(name in steps));
  if (unknown.length > 0) {
    throw new StoreError(
      'store.newerSchema',
      `The database was last used by a newer version of this program (it has ${unknown.join(', ')}), and this version could damage it. Start the newer version again, or restore a backup from before the update.`,
    );
  }
  const missing = Object.keys(steps).filter((name) => !taken.includes(name));
  if (missing.length === 0) return [];
  const migrator = new Migrator({ db: engine.schemaDb, provider: { getMigrations: async () => ({ ...steps }) } });
  const { error, results } = await migrator.migrateToLatest();
  if (causeCodeOf(error) === insufficientPrivilege) throw notOurs(missing, error);
  if (error !== undefined) throw error;
  return (results ?? []).map((step) => step.migrationName);
}

const insufficientPrivilege = '42501';

const notOurs = (missing: readonly string[], cause: unknown): StoreError =>
  new StoreError(
    'store.unavailable',
    `The schema of the database lacks ${missing.join(', ')}, and the role of DATABASE_URL may not change it. Run npm run database -- migrate as the role that owns the schema (in the image: node dist/cli/database.js migrate).`,
    { cause },
  );

const stepsTable = 'kysely_migration';
/** The table of the steps, and the one by which two programs take turns. */
export const migrationTables: readonly string[] = [stepsTable, 'kysely_migration_lock'];

/** Steps that a newer program has taken since this one started; for a database whose schema is there. */
export async function newerSteps(engine: Engine): Promise<readonly string[]> {
  const steps = stepsFor(engine.identityColumn);
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(stepsTable)} order by name`.execute(
    engine.readDb,
  );
  return rows.map((row) => row.name).filter((name) => !(name in steps));
}

/** The names of the steps that the database has taken, in order; none when it is empty. */
export async function appliedSteps(db: Db): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === stepsTable)) return [];
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(stepsTable)} order by name`.execute(db);
  return rows.map((row) => row.name);
}
