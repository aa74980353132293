import { type Kysely, type Migration, sql } from 'kysely';

/** The step that tells when Defender answered, and lets a long queue be read without the bodies of its requests. */
export const submissionAnswers: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('submissions').addColumn('answered_at', 'bigint').execute();
    await db.schema.alterTable('submissions').addColumn('answer', 'text').execute();
    for (const column of ['approved_at', 'not_before', 'rests_until']) {
      await db.schema.alterTable('requests').addColumn(column, 'bigint').execute();
    }
    await db.schema.alterTable('requests').addColumn('hold', 'text').execute();
    await db.schema
      .createIndex('requests_rests_until')
      .on('requests')
      .column('rests_until')
      .where(sql.ref('rests_until'), 'is not', null)
      .execute();
    const { rows } = await sql<{
      id: string;
      body: string;
    }>`select id, body from requests where state = 'queued'`.execute(db);
    for (const { id, body } of rows) {
      const { approvedAt, notBefore, hold } = JSON.parse(body) as {
        readonly approvedAt: number;
        readonly notBefore: number;
        readonly hold: { readonly type: string } | null;
      };
      await sql`update requests set approved_at = ${approvedAt}, not_before = ${notBefore}, hold = ${hold?.type ?? null}
        where id = ${id}`.execute(db);
    }
  },
};
