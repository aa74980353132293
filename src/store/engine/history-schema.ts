import { type Kysely, type Migration, sql } from 'kysely';

/** The step that lets history be measured and pruned. */
export const history: Migration = {
  async up(db: Kysely<unknown>) {
    await addSince(db);
    await addFirstDueAt(db);
    await addEvidenceFiles(db);

    await db.schema
      .createTable('durations')
      .addColumn('name', 'text', (c) => c.notNull())
      .addColumn('outcome', 'text', (c) => c.notNull())
      .addColumn('le_ms', 'bigint', (c) => c.notNull())
      .addColumn('count', 'bigint', (c) => c.notNull())
      .addColumn('sum_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('durations_key', ['name', 'outcome', 'le_ms'])
      .execute();
    await db.schema
      .createTable('pruned_requests')
      .addColumn('id', 'text', (c) => c.primaryKey())
      .addColumn('tenant_id', 'text', (c) => c.notNull())
      .addColumn('conversation_id', 'text', (c) => c.notNull())
      .addColumn('ended_at', 'bigint', (c) => c.notNull())
      .addColumn('pruned_at', 'bigint', (c) => c.notNull())
      .execute();
    await db.schema
      .createTable('pruned_cards')
      .addColumn('conversation_id', 'text', (c) => c.notNull())
      .addColumn('activity_id', 'text', (c) => c.notNull())
      .addColumn('request_id', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('pruned_cards_key', ['conversation_id', 'activity_id'])
      .execute();
    await db.schema
      .createTable('evidence_leaving')
      .addColumn('path', 'text', (c) => c.primaryKey())
      .addColumn('noted_at', 'bigint', (c) => c.notNull())
      .addColumn('kept_at', 'bigint')
      .execute();

    // Whatever is removed is found by an index, and so is what a reference holds.
    await db.schema.createIndex('requests_state_since').on('requests').columns(['state', 'since']).execute();
    await db.schema.createIndex('vote_tokens_request_id').on('vote_tokens').column('request_id').execute();
    await db.schema.createIndex('vote_tokens_copy_id').on('vote_tokens').column('copy_id').execute();
    await db.schema.createIndex('activities_at').on('activities').column('at').execute();
    await db.schema
      .createIndex('work_request_id')
      .on('work')
      .column('request_id')
      .where(sql.ref('request_id'), 'is not', null)
      .execute();
    await db.schema
      .createIndex('work_ended')
      .on('work')
      .columns(['outcome', 'ended_at', 'type'])
      .where(sql.ref('ended_at'), 'is not', null)
      .execute();
  },
};

/** From the instants that the bodies of that time hold: the last one that was reached. */
async function addSince(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('requests').addColumn('since', 'bigint').execute();
  await sql`create index requests_without_since on requests (seq) where since is null`.execute(db);
  for (;;) {
    const { rows } = await sql<{ seq: number; body: string }>`
      select seq, body from requests where since is null order by seq limit ${sql.lit(batch)}`.execute(db);
    for (const { seq, body } of rows) {
      const r = JSON.parse(body) as Readonly<Record<string, number | null | undefined>>;
      const since = r.endedAt ?? r.runningSince ?? r.submittedAt ?? r.intentAt ?? r.approvedAt ?? r.createdAt ?? 0;
      await sql`update requests set since = ${since} where seq = ${seq}`.execute(db);
    }
    if (rows.length < batch) break;
  }
  await sql`drop index requests_without_since`.execute(db);
}

async function addFirstDueAt(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('work').addColumn('first_due_at', 'bigint').execute();
  await sql`update work set first_due_at = due_at`.execute(db);
  await db.schema
    .createIndex('work_first_due_at')
    .on('work')
    .columns(['first_due_at', 'type'])
    .where(sql.ref('ended_at'), 'is', null)
    .execute();
}

async function addEvidenceFiles(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('evidence_files')
    .addColumn('path', 'text', (c) => c.notNull())
    .addColumn('request_id', 'text', (c) => c.notNull())
    .addColumn('command_index', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('evidence_files_key', ['path', 'request_id', 'command_index'])
    .execute();
  await db.schema.createIndex('evidence_files_request_id').on('evidence_files').column('request_id').execute();
  let last = { request_id: '', command_index: -1 };
  for (;;) {
    const { rows } = await sql<{ request_id: string; command_index: number; body: string }>`
      select request_id, command_index, body from results
      where request_id > ${last.request_id} or (request_id = ${last.request_id} and command_index > ${last.command_index})
      order by request_id, command_index limit ${sql.lit(batch)}`.execute(db);
    for (const row of rows) {
      const result = JSON.parse(row.body) as {
        readonly rawRelativePath?: string | null;
        readonly file?: { readonly relativePath?: string } | null;
      };
      const paths = new Set([result.rawRelativePath, result.file?.relativePath].filter((path) => path != null));
      for (const path of paths)
        await sql`insert into evidence_files (path, request_id, command_index)
          values (${path}, ${row.request_id}, ${row.command_index})`.execute(db);
      last = row;
    }
    if (rows.length < batch) return;
  }
}

const batch = 500;
