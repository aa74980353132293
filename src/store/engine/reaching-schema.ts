import { type Kysely, type Migration, sql } from 'kysely';

/** What is known of whether conversations can be reached, and what has to be made up for once they can. */
export const reaching: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('work')
      .addColumn('apart', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema
      .alterTable('copies')
      .addColumn('lost', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema
      .createIndex('copies_lost')
      .on('copies')
      .columns(['conversation_id', 'person_id'])
      .where(sql.ref('lost'), '=', sql.lit(1))
      .execute();
    await db.schema
      .alterTable('places')
      .addColumn('proven', 'integer', (c) => c.notNull().defaultTo(0))
      .execute();
    await db.schema.alterTable('places').addColumn('idle_since', 'bigint').execute();
  },
};
