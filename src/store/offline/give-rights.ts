import { sql } from 'kysely';
import type { Engine } from '../engine/engine';
import { migrationTables } from '../engine/migrate';

/** What the service may do with each of its tables; anything not named is for the role that owns the schema. */
const rightsOf: Readonly<Record<string, string>> = {
  // What is in the audit stays as it was written.
  audit: 'select, insert',
  audit_head: 'select, update',
  ...Object.fromEntries(migrationTables.map((table) => [table, 'select'])),
};
const usualRights = 'select, insert, update, delete';

/**
 * Gives a role of PostgreSQL exactly what the service needs, in one transaction: to change rows, of the audit only to add some, and nothing of
 * the schema. Whatever it could do with these tables before is taken away first. Returns the number of tables.
 */
export async function giveRights(engine: Engine, role: string): Promise<number> {
  const tables = (await engine.schemaDb.introspection.getTables({ withInternalKyselyTables: true })).filter(
    ({ schema, isView }) => schema === 'public' && !isView,
  );
  await engine.schemaDb.transaction().execute(async (db) => {
    const to = sql.id(role);
    await sql`revoke all on all tables in schema public from ${to}`.execute(db);
    await sql`revoke create on schema public from ${to}`.execute(db);
    await sql`grant usage on schema public to ${to}`.execute(db);
    for (const { name } of tables)
      await sql`grant ${sql.raw(rightsOf[name] ?? usualRights)} on ${sql.id('public', name)} to ${to}`.execute(db);
  });
  return tables.length;
}
